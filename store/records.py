"""Records made on site and their photos: rows here, files beside the store under their SHA-256."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, insert, inspect, select

from store._content import canonical
from store._store import Store
from store.case_tables import field_record, photo
from store.errors import StoreFull
from store.raster_tables import raster

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Record:
    """What somebody wrote down on site; ``body`` decoded. ``client_id``: given by the sender."""

    id: int
    kind: str
    case_id: int | None
    facility_layer: str | None
    facility_key: str | None
    cell: str
    town: str
    at: dt.datetime
    sent_at: dt.datetime
    actor: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    distance_m: float | None
    body: dict[str, Any]
    client_id: str


@dataclass(frozen=True)
class Photo:
    """One photo of a record: files by hash, what its EXIF says."""

    id: int
    record_id: int
    sha256: str
    thumb_sha256: str
    kind: str
    width: int
    height: int
    bytes: int
    taken_at: str
    lon: float | None
    lat: float | None
    added_at: dt.datetime


def _record(row: Row[Any]) -> Record:
    return Record(**dict(row._mapping) | {"body": json.loads(row.body)})


def by_client_id(connection: Connection, client_id: str) -> Record | None:
    """The record a sender gave an id to: sent twice, it is there once."""
    row = connection.execute(select(field_record).where(field_record.c.client_id == client_id)).first()
    return _record(row) if row else None


def add(connection: Connection, facts: dict[str, Any]) -> int:
    """Add a record; returns its number."""
    values = facts | {"body": canonical(facts["body"])}
    return int(connection.execute(insert(field_record).values(values).returning(field_record.c.id)).scalar_one())


def listed(connection: Connection, case_id: int | None = None, kinds: Iterable[str] = (), limit: int = 500) -> list[Record]:
    """Records, the latest first; of one case, or of some kinds."""
    query = select(field_record).order_by(field_record.c.at.desc(), field_record.c.id.desc()).limit(limit)
    if case_id is not None:
        query = query.where(field_record.c.case_id == case_id)
    if kinds:
        query = query.where(field_record.c.kind.in_(list(kinds)))
    return [_record(row) for row in connection.execute(query)]


def between(connection: Connection, start: dt.datetime, end: dt.datetime) -> list[Record]:
    """Records made from an instant on and before another (UTC), the earliest first."""
    made = select(field_record).where(field_record.c.at >= start, field_record.c.at < end)
    return [_record(row) for row in connection.execute(made.order_by(field_record.c.at, field_record.c.id))]


def of_number(connection: Connection, number: int) -> Record | None:
    """The record of a number."""
    row = connection.execute(select(field_record).where(field_record.c.id == number)).first()
    return _record(row) if row else None


def add_photo(connection: Connection, facts: dict[str, Any]) -> int:
    """Add a photo; returns its number."""
    return int(connection.execute(insert(photo).values(facts).returning(photo.c.id)).scalar_one())


def photos(connection: Connection, record_ids: Iterable[int]) -> list[Photo]:
    """The photos of some records, in the order they came."""
    query = select(photo).where(photo.c.record_id.in_(list(record_ids))).order_by(photo.c.id)
    return [Photo(**row._mapping) for row in connection.execute(query)]


def photo_of_number(connection: Connection, number: int) -> Photo | None:
    """The photo of a number."""
    row = connection.execute(select(photo).where(photo.c.id == number)).first()
    return Photo(**row._mapping) if row else None


def folder_of(store: Store) -> Path:
    """Where files lie: beside the store."""
    return store.path.with_name(store.path.name + ".files")


def keep_file(store: Store, content: bytes) -> str:
    """Write a file under its SHA-256, whole or not at all, for its owner alone; what is there already stays.

    Raises:
        StoreFull: it cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    _put(store, digest, io.BytesIO(content))
    return digest


def keep_made(store: Store, made: Path) -> str:
    """As :func:`keep_file`, of a file that may be too large for memory."""
    with made.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        _put(store, digest, file)
    return digest


def _put(store: Store, digest: str, content: BinaryIO) -> None:
    place = folder_of(store) / digest[:2] / digest
    if place.is_file():
        return
    part = place.with_name(f"{digest}.{secrets.token_hex(4)}.part")
    try:
        for folder in (folder_of(store), place.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise StoreFull(detail=fault.strerror or place.name) from fault


def known_files(connection: Connection) -> set[str]:
    """Hashes of every file that some record or raster speaks of, rasters taken out included."""
    found = {digest for row in connection.execute(select(photo.c.sha256, photo.c.thumb_sha256)) for digest in row}
    if not inspect(connection).has_table(raster.name):  # a backup of an older schema is looked over as it stands
        return found
    return found | {digest for (digest,) in connection.execute(select(raster.c.sha256))}


def kept_files(store: Store) -> set[str]:
    """Hashes of every file that lies beside the store."""
    return {place.name for place in folder_of(store).glob("??/*") if _DIGEST.fullmatch(place.name)}


def file_of(store: Store, digest: str) -> Path | None:
    """Where the file of a hash lies; None where it is lost or was changed."""
    place = folder_of(store) / digest[:2] / digest
    if not place.is_file():
        return None
    with place.open("rb") as file:
        return place if hashlib.file_digest(file, "sha256").hexdigest() == digest else None
