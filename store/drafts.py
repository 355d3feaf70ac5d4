"""Questions asked of drafts, and the few ways they change; the caller's transaction decides."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from store._content import canonical
from store.draft_tables import draft, draft_step
from store.models import changeset, feature_version


@dataclass(frozen=True)
class Draft:
    """One draft as recorded; ``origin`` decoded."""

    id: int
    layer: str
    code: str
    name: str
    state: str
    origin: dict[str, Any]
    parent_id: int | None
    base_version: str | None
    base_revision: int
    step: int
    revision: int
    created_by: str
    created_at: dt.datetime
    changed_by: str
    changed_at: dt.datetime
    submitted_by: str | None
    submitted_at: dt.datetime | None
    reviewed_by: str | None
    reviewed_at: dt.datetime | None
    note: str
    changeset_id: int | None


@dataclass(frozen=True)
class Sketch:
    """What a draft holds after a step.

    Attributes:
        geometry: degrees EPSG:4490, None for nothing drawn yet. props: column → canonical text.
        units: (layer, key) of the whole units it was painted from.
    """

    geometry: shapely.Geometry | None
    props: dict[str, str]
    units: tuple[tuple[str, str], ...] = ()

    @property
    def sha256(self) -> str:
        """What it holds, as a hash: equal coordinates, record and units give equal hashes."""
        wkb = b"" if self.geometry is None else bytes(shapely.to_wkb(self.geometry, byte_order=1))
        return hashlib.sha256(wkb + canonical([self.props, self.units]).encode()).hexdigest()


@dataclass(frozen=True)
class Step:
    """One step, and what the draft held after it."""

    number: int
    parent: int | None
    at: dt.datetime
    actor: str
    kind: str
    note: str
    sha256: str
    sketch: Sketch


def of_number(connection: Connection, number: int) -> Draft | None:
    """The draft of a number."""
    row = connection.execute(select(draft).where(draft.c.id == number)).first()
    return _draft(row) if row else None


def every(connection: Connection, layer: str | None = None, code: str | None = None) -> list[Draft]:
    """Every draft, the latest change first."""
    query = select(draft).order_by(draft.c.changed_at.desc(), draft.c.id.desc())
    if layer is not None:
        query = query.where(draft.c.layer == layer)
    if code is not None:
        query = query.where(draft.c.code == code)
    return [_draft(row) for row in connection.execute(query)]


def _draft(row: Row[Any]) -> Draft:
    return Draft(**dict(row._mapping) | {"origin": json.loads(row.origin)})


def add(connection: Connection, facts: dict[str, Any], actor: str, at: dt.datetime) -> int:
    """A new draft without a step yet; returns its number.

    Args:
        facts: layer, code, name, origin, parent_id, base_version, base_revision.
    """
    values = facts | {
        "origin": canonical(facts["origin"]), "state": "open", "step": 0, "revision": 1, "created_by": actor, "created_at": at,
        "changed_by": actor, "changed_at": at, "note": "",
    }  # fmt: skip
    return int(connection.execute(insert(draft).values(values).returning(draft.c.id)).scalar_one())


def change(connection: Connection, before: Draft, facts: dict[str, Any], actor: str, at: dt.datetime) -> bool:
    """Change a draft that still is as it was read; its revision rises by one. False: somebody was quicker."""
    mine = and_(draft.c.id == before.id, draft.c.revision == before.revision)
    values = facts | {"revision": before.revision + 1, "changed_by": actor, "changed_at": at}
    return connection.execute(update(draft).where(mine).values(values)).rowcount == 1


def add_step(
    connection: Connection, number: int, parent: int | None, sketch: Sketch, kind: str, note: str, actor: str, at: dt.datetime
) -> int:
    """Add a step behind another; returns its number within the draft."""
    last = connection.execute(select(func.max(draft_step.c.number)).where(draft_step.c.draft_id == number)).scalar()
    step = int(last or 0) + 1
    connection.execute(
        insert(draft_step).values(
            draft_id=number, number=step, parent=parent, at=at, actor=actor, kind=kind, note=note, geometry=sketch.geometry,
            props=canonical(sketch.props), units=canonical(sketch.units), sha256=sketch.sha256,
        )
    )  # fmt: skip
    return step


def steps(connection: Connection, number: int) -> list[Step]:
    """Every step of a draft, the first one first."""
    query = select(draft_step).where(draft_step.c.draft_id == number).order_by(draft_step.c.number)
    return [_step(row) for row in connection.execute(query)]


def step_of(connection: Connection, number: int, step: int) -> Step | None:
    """One step of a draft."""
    query = select(draft_step).where(draft_step.c.draft_id == number, draft_step.c.number == step)
    row = connection.execute(query).first()
    return _step(row) if row else None


def step_after(connection: Connection, number: int, step: int) -> int | None:
    """The latest step that was made behind another: where redo leads."""
    mine = and_(draft_step.c.draft_id == number, draft_step.c.parent == step)
    found = connection.execute(select(func.max(draft_step.c.number)).where(mine)).scalar()
    return None if found is None else int(found)


def _step(row: Row[Any]) -> Step:
    shape = None if row.geometry is None else shapely.from_wkb(row.geometry)
    units = tuple((str(layer), str(key)) for layer, key in json.loads(row.units))
    sketch = Sketch(shape, json.loads(row.props), units)
    return Step(row.number, row.parent, row.at, row.actor, row.kind, row.note, row.sha256, sketch)


def changed_since(connection: Connection, layer: str, code: str, revision: int) -> bool:
    """Whether a version of a code was recorded or retired after a revision of its layer."""
    ending = changeset.alias("ending")
    query = (
        select(feature_version.c.id)
        .join(changeset, changeset.c.id == feature_version.c.changeset_id)
        .outerjoin(ending, ending.c.id == feature_version.c.retired_by)
        .where(feature_version.c.layer == layer, feature_version.c.code == code)
        .where(or_(changeset.c.revision > revision, ending.c.revision > revision))
        .limit(1)
    )
    return connection.execute(query).first() is not None
