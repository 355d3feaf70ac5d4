"""What the store knew of one row over time: every version of a code, also those that were replaced or retired."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, select

from store.models import changeset
from store.models import feature_version as versions
from store.open import Store


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


def standing(connection: Connection, layer: str, code: str) -> str:
    """The version of a row that holds now; empty where there is none. Of a zone with several, the last one."""
    mine = (versions.c.layer == layer, versions.c.code == code, versions.c.retired_at.is_(None))
    query = select(versions.c.version).where(*mine).order_by(versions.c.id.desc()).limit(1)
    return connection.execute(query).scalar() or ""
