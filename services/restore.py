"""Brings a backup back: looked over first, then whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.errors import Refused
from services.backup import MANIFEST, contents
from services.copy import copy_store
from store import _swap, audit, changes, records
from store._dialects import alone, integrity
from store._place import Place, place_of
from store.errors import StoreFull, StoreInUse
from store.open import Store, as_it_stands, finish_restore, open_store

LARGEST_MANIFEST = 100_000_000
_INSIDE = re.compile(r"store\.sqlite(\.key|\.anchor|\.files/([0-9a-f]{2})/(\2[0-9a-f]{62}))?")
_BLOCK = 1 << 20


class StoreInTheWay(Refused):
    """A store would be overwritten."""

    zh = "“{name}”处已有数据库，未作任何改动；确要用备份替换请加 --replace（原库另存一份）。"
    en = "There is a store at “{name}” already; nothing was changed. Say --replace to put the backup there; a copy is kept."


class BackupUnusable(Refused):
    """A file that is no backup of ours, or is damaged."""

    zh = "备份“{name}”不可用（{detail}），未作任何改动；请换一份备份。"
    en = "The backup “{name}” cannot be used ({detail}); nothing was changed. Take another one."


@dataclass
class Restored:
    """What was brought back: when it was made, photos, the audit head it ended at, where the former store is kept."""

    made_at: str
    files: int
    head: tuple[int, str]
    faults: list[str] = field(default_factory=list)
    kept: str | None = None


def restore_store(told: str | Path | Place, archive: Path, *, replace: bool = False, key: Path | None = None) -> Restored:
    """Put the store of a backup at a place, photos included.

    Args:
        told: where the store lies afterwards; a database of a server must be empty. replace: even where a file is
            already. key: the key of the audit log, where it was kept apart from the backup.
    Raises:
        StoreInTheWay, TargetNotEmpty, BackupUnusable, StoreInUse, StoreTooNew, StoreFull: nothing was changed.
    """
    place = place_of(told)
    return _into_server(place, archive, key) if place.url is not None else _into_file(place.path, archive, replace, key)


def _into_server(place: Place, archive: Path, key: Path | None) -> Restored:
    """Restore into a file, look it over as always, and copy that into the empty database."""
    place.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.path.parent, prefix="restoring-") as room:
        file, beside = Path(room) / _swap.NAME, place.path.with_name(place.path.name + ".key")
        if beside.is_file():
            shutil.copy2(beside, file.with_name(file.name + ".key"))
        done = _into_file(file, archive, False, key)
        copy_store(file, place)
    return done


def _into_file(path: Path, archive: Path, replace: bool, key: Path | None) -> Restored:
    finish_restore(path)
    occupied = path.is_file() and path.stat().st_size > 0
    if occupied and not replace:
        raise StoreInTheWay(name=path.name)
    if occupied and not alone(path):
        raise StoreInUse(path=path.name)
    try:
        folder = _swap.prepared(path)
        try:
            return _restore(path, folder, archive, key)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as fault:
        raise BackupUnusable(name=archive.name, detail=str(fault)[:80] or "zip") from fault
    except OSError as fault:
        if fault.filename == str(archive):
            raise BackupUnusable(name=archive.name, detail=fault.strerror or "error") from fault
        raise StoreFull(detail=fault.strerror or "error") from fault


def _restore(path: Path, folder: Path, archive: Path, key: Path | None) -> Restored:
    with zipfile.ZipFile(archive) as packed:
        told = _contents(packed)
        for name, digest in sorted(told["files"].items()):
            _unpack(packed, name, digest, folder)
    place = folder / _swap.NAME
    _find_key(place, path, key)
    (folder / f"{_swap.NAME}.anchor").touch()
    _look_over(place, archive.name, told)
    done = _settled(path, place, told)
    if path.is_file():
        if path.stat().st_size > 0 and not alone(path):  # somebody came meanwhile
            raise StoreInUse(path=path.name)
        done.kept = _swap.set_aside(path, f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}")
    _swap.decide(path, folder)
    return done


def _contents(packed: zipfile.ZipFile) -> dict[str, Any]:
    """The list of contents, held against what is there."""
    names = packed.namelist()
    if MANIFEST not in names or packed.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise ValueError(MANIFEST)
    told = contents(packed.read(MANIFEST))
    if sorted([*told["files"], MANIFEST]) != sorted(names):
        raise ValueError("files missing or added")
    strange = [name for name, digest in told["files"].items() if not _fits(name, digest)]
    if strange:
        raise ValueError(strange[0][:60])
    return told


def _fits(name: str, digest: str) -> bool:
    """A name of ours; a photo is called after its hash."""
    found = _INSIDE.fullmatch(name)
    return found is not None and found[3] in (None, digest)


def _unpack(packed: zipfile.ZipFile, name: str, digest: str, folder: Path) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    found = hashlib.sha256()
    with packed.open(name) as inside, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while block := inside.read(_BLOCK):
            found.update(block)
            out.write(block)
    if found.hexdigest() != digest:
        raise ValueError(f"{name[-20:]}: changed")


def _find_key(place: Path, path: Path, key: Path | None) -> None:
    """The key named, else that of the backup, else the one that lies where the store goes."""
    target = place.with_name(place.name + ".key")
    beside = path.with_name(path.name + ".key")
    source = key or (None if target.is_file() else beside if beside.is_file() else None)
    if source is not None:
        target.unlink(missing_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(source.read_bytes())


def _look_over(place: Path, name: str, told: dict[str, Any]) -> None:
    """The database, its audit log and its photos must be as whole as they were when the backup was made."""
    store = as_it_stands(place)
    try:
        with store.read() as connection:
            faults = integrity(connection)
            wanted = records.known_files(connection)
        faults += audit.verify(store)
        faults += [f"photo {digest[:12]}: missing or changed" for digest in sorted(wanted - records.kept_files(store))]
    finally:
        store.close()
    fresh = [fault for fault in faults if fault not in told.get("faults", [])]
    if fresh:
        raise BackupUnusable(name=name, detail="; ".join(fresh[:3]))


def _settled(path: Path, place: Path, told: dict[str, Any]) -> Restored:
    """The store at today's schema, with an entry that says where it came from and what it replaces."""
    replaced = _head_of(path)
    store = open_store(place)
    try:
        head = audit.head(store)
        body = {"made_at": told["made_at"], "head": list(head), "replaced_head": list(replaced) if replaced else None}
        with store.write() as connection:
            audit.append(connection, store, audit.Entry("local", "restore", "store", body), changes.moment(connection))
        audit.anchor(store)
        return Restored(told["made_at"], len(records.kept_files(store)), head, list(told.get("faults", [])))
    finally:
        store.close()


def _head_of(path: Path) -> tuple[int, str] | None:
    """The audit head of the store that is being replaced, where it can still be read."""
    if not path.is_file():
        return None
    try:
        former: Store = as_it_stands(path)
        try:
            return audit.head(former)
        finally:
            former.close()
    except Exception:  # broken in whatever way: that is why it is being replaced
        return None
