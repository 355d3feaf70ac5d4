"""Moves a whole store into another database: every table, all history, the audit log with its key, every photo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from geo.errors import Refused
from store import _copy, _swap, audit, features, records
from store._dialects import look_at
from store._place import Place, place_of
from store.errors import DataFolderWrong, StoreBroken, StoreFull
from store.migrate import rows_of
from store.models import SCHEMA_REVISION
from store.open import Store, open_store

_ALWAYS_THERE = ("store_info", "spatial_ref_sys")
"""Tables that have rows in an empty store: what it is, and what PostGIS brings."""

Told = Callable[[str, int], None]


class TargetNotEmpty(Refused):
    """A store would be mixed with another."""

    zh = "“{name}”中已有数据，未作任何改动；复制只能写入空库，请换一个新文件或新建一个空数据库。"
    en = "“{name}” holds data already; nothing was changed. A copy needs a new file or an empty database."


class SameStore(Refused):
    """Source and target are one."""

    zh = "“{name}”既是来源又是目标，请换一个目标。"
    en = "“{name}” is both source and target; name another target."


@dataclass
class Copied:
    """What was moved: rows by table, photo files, the audit head both end at, and what was not whole in the source."""

    rows: dict[str, int]
    files: int = 0
    head: tuple[int, str] = (0, "")
    faults: list[str] = field(default_factory=list)


def copy_store(source: str | Path | Place, target: str | Path | Place, told: Told = lambda *_: None) -> Copied:
    """Copy a store into an empty place, whole or not at all; the source may be in use and stays as it is.

    What was read and what was written are held against each other by hashes of every table before the copy counts; the
    content hashes of all versions and the audit log are verified afterwards. Uploads nobody has taken in yet and indexes
    stay behind.

    Args:
        told: hears of every table that has been moved, and how many rows it had.
    Raises:
        TargetNotEmpty, SameStore, DataFolderWrong, StoreBroken, StoreFull: the target holds nothing.
    """
    here, there = place_of(source), place_of(target)
    if here.identity == there.identity:
        raise SameStore(name=here.name)
    store = open_store(here)
    try:
        _refuse_filled(there, here)
        with _opened(there) as made:
            return _copied(store, made, told)
    finally:
        store.close()


@contextmanager
def _opened(place: Place) -> Iterator[Store]:
    """The empty target; what was made of it goes again where the copy fails."""
    new = place.url is None and not place.path.exists()
    store = open_store(place, create=True)
    try:
        yield store
    except BaseException:
        store.close()
        for suffix in (*_swap.BESIDE, *(("", "-wal", "-shm") if new else ())):
            place.path.with_name(place.path.name + suffix).unlink(missing_ok=True)
        raise
    finally:
        store.close()


def _refuse_filled(place: Place, source: Place) -> None:
    if look_at(place) is not None:
        standing = open_store(place)
        try:
            with standing.read() as connection:
                filled = [name for name, count in rows_of(connection).items() if count and name not in _ALWAYS_THERE]
        finally:
            standing.close()
        if filled:
            raise TargetNotEmpty(name=place.name)
    for suffix in _swap.BESIDE:  # a copy that was killed leaves the source's own
        beside, theirs = (one.path.with_name(one.path.name + suffix) for one in (place, source))
        if beside.exists() and not (theirs.exists() and theirs.read_bytes().startswith(beside.read_bytes())):
            raise DataFolderWrong(folder=place.path.parent.name, detail=beside.name)


def _copied(source: Store, target: Store, told: Told) -> Copied:
    _take_beside(audit.anchor_file(source), audit.anchor_file(target))  # before the rows: no anchor may be ahead of them
    with source.read() as reading, target.write() as writing:
        read, written = _copy.pour(reading, writing, SCHEMA_REVISION, told)
        wrong = [name for name in read if read[name] != written[name]]
        if wrong:
            raise StoreBroken(detail=f"{wrong[0]}: {read[wrong[0]]} → {written[wrong[0]]}")
        files = _files(source, target)
        _take_beside(audit.key_file(source), audit.key_file(target))
    done = Copied({name: count for name, (count, _) in read.items()}, files, audit.head(target))
    with target.read() as connection:
        done.faults += features.damaged(connection)
    done.faults += audit.verify(target)
    with source.read() as connection:
        lost = records.known_files(connection) - records.kept_files(target)
    done.faults += [f"photo {digest[:12]}: missing or changed" for digest in sorted(lost)]
    return done


def _files(source: Store, target: Store) -> int:
    """Photos, papers and rasters lie under their hash; those that no longer fit it stay behind and are told."""
    found = 0
    for digest in sorted(records.kept_files(source)):
        place = records.file_of(source, digest)
        if place is not None:
            records.keep_made(target, place)  # a raster may be too large for memory
            found += 1
    return found


def _take_beside(source: Path, target: Path) -> None:
    """Copy a small file for its owner alone."""
    if not source.is_file():
        return
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(source.read_bytes())
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    except OSError as fault:
        raise StoreFull(detail=fault.strerror or target.name) from fault
