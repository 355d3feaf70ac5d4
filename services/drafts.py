"""Drafts 草案: what planners draw before it becomes law. Every step is kept; undo and redo move between steps.

Nobody overwrites anybody: each change names the revision it was made on, and whoever was slower is told what
stands now and decides (mine, theirs, or a draft of its own).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from geo.errors import Conflict, NotFound, Refused, WrongUsage
from geo.region import Region
from layers._layer import Layer
from services._drawing import CELLS
from services._drawing import drawable as drawn_layer
from services.scope import Principal, layer_for, visible_layers
from services.sketches import area_km2, geojson
from store import audit, changes, drafts
from store.drafts import Draft, Sketch, Step
from store.open import Store

__all__ = [
    "DraftChanged", "DraftClosed", "DraftUnknown", "Sheet", "Table", "as_json", "draft_for", "drawn_layer", "drawn_layers",
    "named",
]  # fmt: skip

LONGEST_NAME, MOST_ENTRIES = 80, 500
STEP_KINDS = (
    "draw", "vertex", "drag", "add", "cut", "split", "merge", "simplify", "clip", "repair", "units", "props", "other",
)  # fmt: skip
"""What a step may be called by whoever draws it; ``start``, ``theirs`` and ``mine`` are the service's own."""


class DraftUnknown(NotFound):
    """No such draft."""

    zh = "没有找到草案“{what}”。"
    en = "There is no draft “{what}”."


class DraftClosed(Refused):
    """A draft that is with the reviewer, published or discarded."""

    zh = "草案“{name}”已送审、发布或作废，不能再修改；请收回送审，或另存为新草案。"
    en = "The draft “{name}” is submitted, published or discarded and cannot be changed; take it back, or fork it."


class DraftChanged(Conflict):
    """Somebody else drew on the same draft meanwhile."""

    zh = "“{who}”刚刚修改了这份草案，您的修改尚未保存：请选择保留我的、采用对方的，或另存为新草案。"
    en = "“{who}” has just changed this draft and your change is not saved: keep yours, take theirs, or fork."


class NothingThere(Refused):
    """Undo at the first step, redo at the last."""

    zh = "没有可以撤销或重做的步骤。"
    en = "There is nothing to undo or redo."


@dataclass(frozen=True)
class Sheet:
    """A draft with the step that counts.

    Attributes:
        steps: of the whole history, without the sketches that do not count. stale: the zone changed since the base.
    """

    draft: Draft
    layer: Layer
    now: Step
    steps: list[Step]
    redo: int | None
    stale: bool
    area_km2: float

    @property
    def is_open(self) -> bool:
        """Whether it may be drawn on."""
        return self.draft.state == "open"

    @property
    def bounds(self) -> list[float]:
        """West, south, east, north of what is drawn, in degrees; empty for nothing."""
        shape = self.now.sketch.geometry
        return [] if shape is None else [round(float(value), 5) for value in shape.bounds]


def drawn_layers(principal: Principal) -> dict[str, Layer]:
    """Polygon layers with a legal record, and the grid: those that are drafted."""
    layers = visible_layers(principal)
    return {name: layer for name, layer in layers.items() if layer.zone or name == CELLS}


def draft_for(connection: Connection, number: int) -> Draft:
    """A draft by number.

    Raises:
        DraftUnknown: there is none.
    """
    found = drafts.of_number(connection, number)
    if found is None:
        raise DraftUnknown(what=number)
    return found


def now_of(connection: Connection, found: Draft) -> Step:
    """The step of a draft that counts."""
    step = drafts.step_of(connection, found.id, found.step)
    if step is None:
        raise DraftUnknown(what=found.id)
    return step


def is_stale(connection: Connection, found: Draft) -> bool:
    """Whether the zone changed since the version the draft was drawn upon."""
    return found.state in ("open", "submitted", "approved") and drafts.changed_since(
        connection, found.layer, found.code, found.base_revision
    )


@dataclass(frozen=True)
class Table:
    """The drawing table: who draws, in which store."""

    store: Store
    region: Region
    principal: Principal

    def listing(self) -> list[Draft]:
        """Every draft, the latest change first."""
        with self.store.read() as connection:
            return drafts.every(connection)

    def sheet(self, number: int) -> Sheet:
        """A draft as it is now.

        Raises:
            DraftUnknown: there is none.
        """
        with self.store.read() as connection:
            found = draft_for(connection, number)
            now = now_of(connection, found)
            steps, redo = drafts.steps(connection, number), drafts.step_after(connection, number, found.step)
            stale = is_stale(connection, found)
        layer = layer_for(self.principal, found.layer)
        return Sheet(found, layer, now, steps, redo, stale, area_km2(now.sketch.geometry, self.region))

    def save(self, number: int, revision: int, sketch: Sketch, kind: str, note: str = "") -> int:
        """Add a step behind the one that counts; returns the draft's new revision.

        Raises:
            DraftChanged: somebody was quicker; nothing was saved. DraftClosed: it may not be drawn on.
        """
        with self._open(number, revision) as (connection, found, at):
            before = now_of(connection, found)
            if before.sketch.sha256 == sketch.sha256:
                return found.revision
            return self._step(connection, found, sketch, kind if kind in STEP_KINDS else "other", note, at)

    def overrule(self, number: int, sketch: Sketch, note: str = "") -> int:
        """Put a sketch on top of whatever somebody else made of the draft meanwhile; theirs stays in the history."""
        with self._open(number, None) as (connection, found, at):
            return self._step(connection, found, sketch, "mine", note, at)

    def go(self, number: int, revision: int, where: str) -> int:
        """Undo, redo, or go to a step by its number; returns the draft's new revision.

        Raises:
            NothingThere: there is no such step. DraftChanged, DraftClosed: as ``save``.
        """
        with self._open(number, revision) as (connection, found, at):
            step = self._where(connection, found, where)
            self.change(connection, found, {"step": step}, at)
            told = {"from": found.step, "to": step, "how": where if where in ("undo", "redo") else "step"}
            self.say(connection, "draft_go", found.id, told, at)
            return found.revision + 1

    def rename(self, number: int, revision: int, name: str) -> None:
        """Give a draft another name."""
        with self._open(number, revision) as (connection, found, at):
            self.change(connection, found, {"name": named(name)}, at)
            self.say(connection, "draft_rename", found.id, {"before": found.name, "after": named(name)}, at)

    def discard(self, number: int, revision: int, why: str) -> None:
        """Lay a draft aside; it stays in the history and can be forked."""
        with self._open(number, revision) as (connection, found, at):
            self.change(connection, found, {"state": "discarded", "note": why.strip()[:500]}, at)
            self.say(connection, "draft_discard", found.id, {"why": why.strip()[:500]}, at)

    def restore(self, number: int, revision: int) -> None:
        """Take a discarded draft up again, as it was.

        Raises:
            DraftClosed: it was not discarded. DraftChanged: somebody was quicker.
        """
        with self._in_state("discarded", number, revision) as (connection, found, at):
            self.change(connection, found, {"state": "open", "note": ""}, at)
            self.say(connection, "draft_restore", found.id, {"before": found.note}, at)

    def set_aside(self, number: int, issue: dict[str, Any], reason: str) -> None:
        """Write down that a warning was set aside, and why.

        Raises:
            WrongUsage: no reason.
        """
        if not reason.strip():
            raise WrongUsage(value="reason", hint="请写明忽略的理由 / say why it is set aside")
        with self._open(number, None) as (connection, found, at):
            told = {name: str(value)[:300] for name, value in issue.items() if value}
            self.say(connection, "draft_set_aside", found.id, told | {"why": reason.strip()[:300]}, at)

    def asides(self, number: int) -> list[dict[str, Any]]:
        """The warnings that were set aside in a draft: ``code``, ``lonlat``, ``neighbour``, ``why``."""
        with self.store.read() as connection:
            entries = audit.about(connection, f"draft {number}", MOST_ENTRIES)
        told = [entry["body"] for entry in entries if entry["action"] == "draft_set_aside"]
        return [
            {"code": body.get("code", ""), "lonlat": _place(body.get("lonlat", "")), "why": body["why"],
             "neighbour": body.get("neighbour", "")} for body in told
        ]  # fmt: skip

    def fork(self, number: int, name: str, sketch: Sketch | None = None) -> int:
        """A draft of its own from another: from what counts there, or from a sketch that could not be saved there."""
        with self.store.write() as connection:
            at = changes.moment(connection)
            found = draft_for(connection, number)
            facts = {
                "layer": found.layer, "code": found.code, "name": named(name or found.name), "parent_id": found.id,
                "origin": {"kind": "draft", "draft": found.id, "step": found.step}, "base_version": found.base_version,
                "base_revision": found.base_revision,
            }  # fmt: skip
            made = self.begin(connection, facts, sketch or now_of(connection, found).sketch, at)
        audit.anchor(self.store)
        return made

    def begin(self, connection: Connection, facts: dict[str, Any], sketch: Sketch, at: dt.datetime) -> int:
        """Record a new draft with its first step, in the caller's transaction; returns its number."""
        actor = self.principal.name
        number = drafts.add(connection, facts, actor, at)
        step = drafts.add_step(connection, number, None, sketch, "start", "", actor, at)
        self.change(connection, draft_for(connection, number), {"step": step}, at)
        told = {name: facts[name] for name in ("layer", "code", "name", "origin", "base_version")} | {"sha256": sketch.sha256}
        self.say(connection, "draft_start", number, told, at)
        return number

    def change(self, connection: Connection, found: Draft, facts: dict[str, Any], at: dt.datetime) -> None:
        """Change a draft as it was read.

        Raises:
            DraftChanged: it no longer is.
        """
        if not drafts.change(connection, found, facts, self.principal.name, at):
            raise DraftChanged(who=found.changed_by)

    def say(self, connection: Connection, action: str, number: int, body: dict[str, Any], at: dt.datetime) -> None:
        """Write an audit entry about a draft."""
        audit.append(connection, self.store, audit.Entry(self.principal.name, action, f"draft {number}", body), at)

    def _step(self, connection: Connection, found: Draft, sketch: Sketch, kind: str, note: str, at: dt.datetime) -> int:
        actor = self.principal.name
        step = drafts.add_step(connection, found.id, found.step, sketch, kind, note[:500], actor, at)
        self.change(connection, found, {"step": step}, at)
        self.say(connection, "draft_step", found.id, {"step": step, "kind": kind, "sha256": sketch.sha256}, at)
        return found.revision + 1

    def _open(self, number: int, revision: int | None) -> AbstractContextManager[tuple[Connection, Draft, dt.datetime]]:
        """One transaction on a draft that may be drawn on and still is as its reader saw it."""
        return self._in_state("open", number, revision)

    @contextmanager
    def _in_state(
        self, state: str, number: int, revision: int | None
    ) -> Iterator[tuple[Connection, Draft, dt.datetime]]:
        """One transaction on a draft in a state that still is as its reader saw it."""
        with self.store.write() as connection:
            found = draft_for(connection, number)
            if found.state != state:
                raise DraftClosed(name=found.name)
            if revision is not None and found.revision != revision:
                raise DraftChanged(who=found.changed_by, draft=found.id)
            yield connection, found, changes.moment(connection)
        audit.anchor(self.store)

    def _where(self, connection: Connection, found: Draft, where: str) -> int:
        if where == "undo":
            step = now_of(connection, found).parent
        elif where == "redo":
            step = drafts.step_after(connection, found.id, found.step)
        else:
            step = int(where) if where.isdigit() and drafts.step_of(connection, found.id, int(where)) else None
        if step is None:
            raise NothingThere()
        return step


def _place(text: str) -> list[float] | None:
    """Longitude and latitude as an audit entry holds them; None for anything else."""
    try:
        lon, lat = (float(part) for part in text.strip("[]").split(","))
    except ValueError:
        return None
    return [lon, lat] if math.isfinite(lon) and math.isfinite(lat) else None


def named(name: str) -> str:
    """A draft's name, tidied.

    Raises:
        WrongUsage: none.
    """
    tidy = " ".join(name.split())[:LONGEST_NAME]
    if not tidy:
        raise WrongUsage(value="name", hint="请给草案起个名字 / give the draft a name")
    return tidy


def as_json(sheet: Sheet) -> dict[str, Any]:
    """A draft as the API tells it, coordinates with every digit."""
    found, now = sheet.draft, sheet.now
    return {
        "id": found.id, "layer": found.layer, "code": found.code, "name": found.name, "state": found.state,
        "revision": found.revision, "step": found.step, "base_version": found.base_version, "stale": sheet.stale,
        "created_by": found.created_by, "changed_by": found.changed_by, "changed_at": found.changed_at.isoformat(),
        "geometry": geojson(now.sketch.geometry), "props": now.sketch.props, "units": [list(unit) for unit in now.sketch.units],
        "area_km2": sheet.area_km2, "undo": now.parent is not None, "redo": sheet.redo is not None,
        "steps": [
            {"number": step.number, "parent": step.parent, "at": step.at.isoformat(), "actor": step.actor, "kind": step.kind,
             "note": step.note} for step in sheet.steps
        ],
    }  # fmt: skip
