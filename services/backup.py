"""Backups: one file with everything that cannot be made again, taken while the store is in use."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.errors import Refused
from geo.write import NotWritten
from store import _swap, audit, records
from store._content import canonical
from store._dialects import integrity
from store.migrate import schema_of
from store.models import PRODUCT
from store.open import Store, as_it_stands

MANIFEST = "manifest.json"
FORM = 1
STAMPED = re.compile(r"bluesky-\d{8}-\d{6}\.zip")
_BLOCK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BackupExists(Refused):
    """The target is already there."""

    zh = "备份文件“{name}”已存在，请换一个文件名。"
    en = "The backup “{name}” already exists; choose another name."


@dataclass
class Backup:
    """What was written.

    Attributes:
        path: the file. sha256: of its list of contents, which holds the hash of everything else. files: photos in it.
        head: number and mac of the last audit entry. faults: what was not whole, one line each; empty when all was.
    """

    path: Path
    sha256: str = ""
    files: int = 0
    head: tuple[int, str] = (0, "")
    faults: list[str] = field(default_factory=list)


def backup_store(store: Store, target: Path, key_apart: Path | None = None) -> Backup:
    """Write everything into one file, whole or not at all; the store may be in use.

    Photos lie under their hash and are written before the rows that speak of them, so that every photo a copied row
    speaks of is there. What is damaged is told, and the rest is kept all the same. Uploads nobody has taken in yet
    (``services/uploads.py``) are left out: whoever uploaded a file has it, and rows that came in are in the store.

    Args:
        target: a new file, or a folder, in which a name is made of the time.
        key_apart: where the key of the audit log goes instead of into the backup.
    Raises:
        BackupExists, NotWritten, StoreFull: nothing was changed.
    """
    if target.is_dir():
        target = target / f"bluesky-{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}.zip"
    for place in (target, key_apart):
        if place is not None and place.exists():
            raise BackupExists(name=place.name)
    try:
        with _workroom(target) as room:
            return _backup(store, target, room, key_apart)
    except OSError as fault:
        raise NotWritten(name=target.name, detail=fault.strerror or "error") from fault


def prune(folder: Path, keep: int) -> int:
    """Remove the oldest backups of a folder that were named by their time; returns how many.

    Raises:
        NotWritten: one cannot be removed.
    """
    found = sorted(place for place in folder.iterdir() if STAMPED.fullmatch(place.name))
    try:
        for place in found[: max(0, len(found) - keep)]:
            place.unlink()
    except OSError as fault:
        raise NotWritten(name=folder.name, detail=fault.strerror or "error") from fault
    return max(0, len(found) - keep)


@contextmanager
def _workroom(target: Path) -> Iterator[Path]:
    """A folder for what is being put together; gone afterwards, and at the next try if the machine stopped."""
    room = target.with_name(target.name + ".part")
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(mode=0o700)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _backup(store: Store, target: Path, room: Path, key_apart: Path | None) -> Backup:
    copy = room / _swap.NAME
    _copy_if_there(audit.anchor_file(store), room / f"{_swap.NAME}.anchor")  # before the rows: no anchor may be ahead of them
    store.backup(copy)
    _copy_if_there(audit.key_file(store), room / f"{_swap.NAME}.key")
    done = Backup(target)
    facts = _look_over(copy, done)
    if key_apart is not None:
        _copy_if_there(room / f"{_swap.NAME}.key", key_apart.with_name(key_apart.name + ".part"))
        (room / f"{_swap.NAME}.key").unlink(missing_ok=True)
    part = room / "backup.zip"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        _pack(store, out, room, facts, done)
        out.flush()
        os.fsync(out.fileno())
    if key_apart is not None:
        key_apart.with_name(key_apart.name + ".part").replace(key_apart)
    part.replace(target)
    _swap.sync_folder(target.parent)
    return done


def _copy_if_there(source: Path, target: Path) -> None:
    if source.is_file():
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(source.read_bytes())


def _look_over(copy: Path, done: Backup) -> dict[str, Any]:
    """Whether the copy is a whole store; what the list of contents says of it."""
    twin = as_it_stands(copy)
    try:
        with twin.read() as connection:
            done.faults += integrity(connection)
            schema, wanted = schema_of(connection), records.known_files(connection)
        done.faults += audit.verify(twin)
        done.head = audit.head(twin)
    finally:
        twin.close()
    return {"schema": schema, "wanted": sorted(wanted), "head": list(done.head)}


def _pack(store: Store, out: Any, room: Path, facts: dict[str, Any], done: Backup) -> None:
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        for suffix in ("", *_swap.BESIDE):
            source = room / f"{_swap.NAME}{suffix}"
            if source.is_file():
                hashes[source.name] = _add(archive, source.name, source, zipfile.ZIP_DEFLATED)
        for digest in sorted({*facts["wanted"], *records.kept_files(store)}):
            place = records.file_of(store, digest)
            if place is not None:
                inside = f"{_swap.NAME}{_swap.FOLDER}/{digest[:2]}/{digest}"
                hashes[inside] = _add(archive, inside, place, zipfile.ZIP_STORED)
                done.files += 1
            elif digest in facts["wanted"]:
                done.faults.append(f"photo {digest[:12]}: missing or changed")
        listed = {
            "product": PRODUCT, "form": FORM, "schema": facts["schema"], "made_at": dt.datetime.now(dt.UTC).isoformat(),
            "head": facts["head"], "faults": done.faults, "files": hashes,
        }  # fmt: skip
        text = canonical(listed).encode()
        archive.writestr(zipfile.ZipInfo(MANIFEST, _EPOCH), text, zipfile.ZIP_DEFLATED)
    done.sha256 = hashlib.sha256(text).hexdigest()


def _add(archive: zipfile.ZipFile, name: str, source: Path, compression: int) -> str:
    digest, entry = hashlib.sha256(), zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type, entry.external_attr = compression, 0o600 << 16
    with source.open("rb") as file, archive.open(entry, "w", force_zip64=True) as inside:
        while block := file.read(_BLOCK):
            digest.update(block)
            inside.write(block)
    return digest.hexdigest()


def contents(text: bytes) -> dict[str, Any]:
    """The list of contents of a backup.

    Raises:
        ValueError: it is none of ours.
    """
    found = json.loads(text)
    if not isinstance(found, dict) or found.get("product") != PRODUCT or found.get("form") != FORM:
        raise ValueError("product")
    if not isinstance(found.get("files"), dict) or _swap.NAME not in found["files"]:
        raise ValueError("files")
    return found
