"""Questions asked of rasters, and the two ways they change; their files lie beside the store under their SHA-256."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from store._content import canonical
from store._store import Store
from store.raster_tables import raster, raster_removed
from store.records import folder_of


@dataclass(frozen=True)
class Raster:
    """One raster as recorded; ``facts`` decoded. ``on_day``: the day, or the first day of the month, it shows."""

    id: int
    name: str
    kind: str
    on_day: dt.date | None
    sha256: str
    source_name: str
    source_sha256: str
    facts: dict[str, Any]
    actor: str
    at: dt.datetime


def listed(connection: Connection, kind: str = "") -> list[Raster]:
    """Every raster that counts: by kind, name and day."""
    query = _current().order_by(raster.c.kind, raster.c.name, raster.c.on_day, raster.c.id)
    return [_raster(row) for row in connection.execute(query.where(raster.c.kind == kind) if kind else query)]


def of_number(connection: Connection, number: int) -> Raster | None:
    """The raster of a number; None for one that was taken out."""
    row = connection.execute(_current().where(raster.c.id == number)).first()
    return _raster(row) if row else None


def twin(connection: Connection, facts: dict[str, Any]) -> Raster | None:
    """A raster that counts and holds the same place in the same series."""
    same = [raster.c[name] == facts[name] for name in ("name", "kind", "on_day")]
    row = connection.execute(_current().where(*same)).first()
    return _raster(row) if row else None


def _current() -> Select[Any]:
    return select(raster).where(raster.c.id.not_in(select(raster_removed.c.raster_id)))


def _raster(row: Row[Any]) -> Raster:
    return Raster(**dict(row._mapping) | {"facts": json.loads(row.facts)})


def add(connection: Connection, facts: dict[str, Any], actor: str, at: dt.datetime) -> int:
    """Add a raster; returns its number."""
    values = facts | {"facts": canonical(facts["facts"]), "actor": actor, "at": at}
    return int(connection.execute(insert(raster).values(values).returning(raster.c.id)).scalar_one())


def remove(connection: Connection, number: int, reason: str, actor: str, at: dt.datetime) -> None:
    """Let a raster no longer count."""
    connection.execute(insert(raster_removed).values(raster_id=number, actor=actor, at=at, reason=reason))


def path_of(store: Store, one: Raster) -> Path:
    """Where the file of a raster lies; whether it is whole, the audit and the backup look."""
    return folder_of(store) / one.sha256[:2] / one.sha256
