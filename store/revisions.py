"""What a layer held at each of its revisions: versions are only ever added and retired, so that every one can be read again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, func, or_, select

from layers._layer import Layer
from store._content import NOTHING, frame_of, shifted
from store.models import audit_log, changeset
from store.models import feature_version as versions


@dataclass(frozen=True)
class Revision:
    """One revision of a layer: when and by whom it was made (UTC), and from what."""

    number: int
    at: dt.datetime
    actor: str
    kind: str
    source_name: str


@dataclass(frozen=True)
class Past:
    """A layer as it stood at a revision. ``sha256``: of what it held, as ``store.changes.State.content`` says it."""

    frame: pd.DataFrame
    sha256: str


def identity(connection: Connection) -> str:
    """What tells a store from every other one and stays with it when it is copied or restored; empty before its first entry."""
    first = connection.execute(select(audit_log.c.mac).where(audit_log.c.seq == 1)).scalar()
    return str(first or "")[:32]


def listed(connection: Connection, layer: str, limit: int = 200) -> list[Revision]:
    """The revisions of a layer, the latest first; a change that left everything as it was made none."""
    query = select(func.min(changeset.c.id)).where(changeset.c.layer == layer).group_by(changeset.c.revision)
    names = ("revision", "at", "actor", "kind", "source_name")
    rows = select(*(changeset.c[name] for name in names)).where(changeset.c.id.in_(query), changeset.c.revision > 0)
    return [Revision(*row) for row in connection.execute(rows.order_by(changeset.c.id.desc()).limit(limit))]


def read(connection: Connection, layer: Layer, number: int) -> Past | None:
    """Every version that stood at a revision; None where the layer never had it.

    Returns:
        The columns of ``store.features.recorded``, in its order, every version whatever its validity.
    """
    mine = (changeset.c.layer == layer.name, changeset.c.revision == number)
    last = connection.execute(select(func.max(changeset.c.id)).where(*mine)).scalar()
    if last is None:
        return Past(frame_of(layer, []), NOTHING) if number == 0 else None
    query = select(versions).where(
        versions.c.layer == layer.name,
        versions.c.changeset_id <= last,
        or_(versions.c.retired_by.is_(None), versions.c.retired_by > last),
    )
    rows = connection.execute(query).all()
    return Past(frame_of(layer, rows, by_code=True), shifted(NOTHING, (row.sha256 for row in rows), ()))
