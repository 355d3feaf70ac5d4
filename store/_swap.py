"""Puts a prepared store in the place of another, whole or not at all.

The new store is prepared in a folder beside the place. Renaming that folder decides: until then nothing has happened,
afterwards whoever opens the store next moves its files in, however often the machine stops meanwhile.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAME = "store.sqlite"
"""What the store is called inside the folder; the files beside it are called after it, as always."""
BESIDE = (".key", ".anchor")
FOLDER = ".files"


def prepared(path: Path) -> Path:
    """The folder in which a new store is prepared; what an earlier try left is cleared away."""
    folder = path.with_name(path.name + ".coming")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def set_aside(path: Path, stamp: str) -> str | None:
    """Keep the store that is about to be replaced under another name beside it; returns that name."""
    kept = path.with_name(f"{path.name}.replaced-{stamp}")
    if not path.is_file():
        return None
    for suffix in ("", *BESIDE):
        source = path.with_name(path.name + suffix)
        if source.is_file():
            shutil.copy2(source, kept.with_name(kept.name + suffix))
    return kept.name


def decide(path: Path, folder: Path) -> None:
    """From here on the prepared store is the one at the place."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
    folder.replace(_decided(path))
    sync_folder(path.parent)
    finish(path)


def finish(path: Path) -> None:
    """Move in what was decided; does nothing where nothing was."""
    folder = _decided(path)
    if not folder.is_dir():
        return
    for file in (folder / f"{NAME}{FOLDER}").glob("*/*"):
        target = path.with_name(path.name + FOLDER) / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
    for suffix in BESIDE:
        _move(folder / f"{NAME}{suffix}", path.with_name(path.name + suffix))
    if (folder / NAME).is_file():
        for suffix in ("-wal", "-shm", "-journal"):  # the old store's; they would be read into the new one
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        _move(folder / NAME, path)
    sync_folder(path.parent)
    shutil.rmtree(folder)


def sync_folder(folder: Path) -> None:
    """Make names in a folder last, where the system can."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _decided(path: Path) -> Path:
    return path.with_name(path.name + ".decided")


def _move(source: Path, target: Path) -> None:
    if source.is_file():
        source.replace(target)
