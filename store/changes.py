"""Changesets and layer revisions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from store._content import NOTHING, canonical
from store._store import Store
from store.models import changeset, feature_version, layer_state


@dataclass(frozen=True)
class Change:
    """Who changes what, from which source."""

    kind: str
    layer: str
    actor: str
    source_name: str = ""
    sha256: str = ""
    note: str = ""


def revision(connection: Connection, layer: str) -> int:
    """The revision of a layer, 0 where nothing was ever recorded."""
    found = connection.execute(select(layer_state.c.revision).where(layer_state.c.layer == layer)).scalar()
    return int(found or 0)


def revisions(store: Store) -> dict[str, int]:
    """The revision of every layer that has one."""
    with store.read() as connection:
        rows = connection.execute(select(layer_state.c.layer, layer_state.c.revision).order_by(layer_state.c.layer))
        return {layer: number for layer, number in rows}


@dataclass(frozen=True)
class State:
    """Where a layer stands: its revision, and the hash of what its versions hold."""

    revision: int
    content: str


def states(connection: Connection) -> dict[str, State]:
    """The state of every layer that was ever recorded, by name."""
    query = select(layer_state).order_by(layer_state.c.layer)
    return {row.layer: State(row.revision, row.content) for row in connection.execute(query)}


def next_revision(connection: Connection, layer: str) -> int:
    """Raise the revision of a layer by one and return it; its row is ours until the transaction ends."""
    found = connection.execute(select(layer_state.c.revision).where(layer_state.c.layer == layer).with_for_update()).scalar()
    now = int(found or 0)
    if now:
        connection.execute(update(layer_state).where(layer_state.c.layer == layer).values(revision=now + 1))
    else:
        connection.execute(insert(layer_state).values(layer=layer, revision=1, content=NOTHING))
    return now + 1


def moment(connection: Connection) -> dt.datetime:
    """This instant in UTC, never before the last recorded change, even if the clock was set back."""
    last = connection.execute(select(changeset.c.at).order_by(changeset.c.id.desc()).limit(1)).scalar()
    now = dt.datetime.now(dt.UTC)
    return max(now, last) if last else now


def begin(connection: Connection, change: Change, number: int, counts: dict[str, Any], at: dt.datetime) -> int:
    """Record a changeset; features written under it name its id."""
    result = connection.execute(
        insert(changeset).values(
            kind=change.kind, layer=change.layer, revision=number, actor=change.actor, at=at,
            source_name=change.source_name, sha256=change.sha256, counts=canonical(counts), note=change.note,
        ).returning(changeset.c.id)
    )  # fmt: skip
    return int(result.scalar_one())


def log(store: Store, layer: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The latest changesets, newest first."""
    query = select(changeset).order_by(changeset.c.id.desc()).limit(limit)
    if layer:
        query = query.where(changeset.c.layer == layer)
    with store.read() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def is_empty(store: Store) -> bool:
    """Whether nothing was ever recorded."""
    with store.read() as connection:
        return not connection.execute(select(func.count()).select_from(feature_version)).scalar()
