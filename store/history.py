"""What the store knew of one row over time: every version of a code, also those that were replaced or retired."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from layers._layer import Layer
from store._content import frame_of
from store._store import Store
from store.models import changeset
from store.models import feature_version as versions


@dataclass(frozen=True)
class Recording:
    """One version of a row: in force when, known when (UTC), and the change that brought it and took it away."""

    version: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    recorded_at: dt.datetime
    retired_at: dt.datetime | None
    kind: str
    actor: str
    source_name: str
    note: str
    retired_note: str


def history(store: Store, layer: str, code: str) -> list[Recording]:
    """Every version of a code, newest recording first; empty where there never was one."""
    ending = changeset.alias("ending")
    query = (
        select(versions.c.version, versions.c.valid_from, versions.c.valid_to, versions.c.recorded_at, versions.c.retired_at,
               changeset.c.kind, changeset.c.actor, changeset.c.source_name, changeset.c.note, ending.c.note.label("ended"))
        .join(changeset, changeset.c.id == versions.c.changeset_id)
        .outerjoin(ending, ending.c.id == versions.c.retired_by)
        .where(versions.c.layer == layer, versions.c.code == code)
        .order_by(versions.c.recorded_at.desc(), versions.c.id.desc())
    )  # fmt: skip
    with store.read() as connection:
        return [Recording(*row[:9], row.ended or "") for row in connection.execute(query)]


def lives(store: Store, layer: Layer, code: str) -> pd.DataFrame:
    """Every version ever recorded of a code with all it held, in the order it was recorded.

    Returns:
        The columns of ``store.features.recorded``, and ``retired_at``.
    """
    query = select(versions).where(versions.c.layer == layer.name, versions.c.code == code).order_by(versions.c.id)
    with store.read() as connection:
        rows = list(connection.execute(query).all())
    frame = frame_of(layer, rows)
    frame["retired_at"] = pd.Series([row.retired_at for row in rows], dtype=object)
    return frame


def ended_by(connection: Connection, layer: Layer, code: str, changeset_id: int) -> list[dict[str, Any]]:
    """The versions of a code that a change took away, as rows that can be recorded again."""
    query = select(versions).where(versions.c.layer == layer.name, versions.c.code == code, versions.c.retired_by == changeset_id)
    return list(frame_of(layer, list(connection.execute(query.order_by(versions.c.id)).all())).to_dict("records"))


def standing(connection: Connection, layer: str, code: str) -> str:
    """The version of a row that holds now; empty where there is none. Of a zone with several, the last one."""
    mine = (versions.c.layer == layer, versions.c.code == code, versions.c.retired_at.is_(None))
    query = select(versions.c.version).where(*mine).order_by(versions.c.id.desc()).limit(1)
    return connection.execute(query).scalar() or ""
