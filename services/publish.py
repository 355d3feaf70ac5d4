"""Publishing 发布: submit, review by a second person, publish as a legal record, withdraw before it comes into force.

A publication is one transaction: the versions of the zone, the draft's state and the audit entries stand together
or not at all. The former version stays and is answered "as of". Asking twice publishes once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from geo.errors import Conflict, Refused, WrongUsage
from layers._layer import Layer
from services._hook_settings import PUBLISHED, WITHDRAWN
from services._outbox import put_zone
from services._recording import record
from services.cases import follow
from services.casework import SecondPerson
from services.draft_starts import facts_of, standing
from services.drafts import DraftChanged, Table, draft_for, is_stale, named, now_of
from services.publication import record_faults, shape_faults, whole
from services.scope import layer_for
from store import audit, changes, drafts, features, history
from store.changes import Change
from store.drafts import Draft, Sketch

STATE_WORDS = {
    "open": ("起草中", "being drawn"), "submitted": ("待审核", "with the reviewer"), "approved": ("审核通过", "approved"),
    "published": ("已发布", "published"), "withdrawn": ("已撤回", "withdrawn"), "discarded": ("已作废", "discarded"),
}  # fmt: skip
MOST_ENTRIES = 500
MOST_ROUNDS = 8
"""How often tasks are brought up to date again where others publish meanwhile."""


class DraftStep(Refused):
    """A step that the draft's state does not allow."""

    zh = "草案现为“{state}”，不能这样处理，请刷新后查看可做的操作。"
    en = "The draft is “{state_en}” and cannot be handled so; reload to see what can be done."


class BaseStale(Conflict):
    """The zone changed since the version the draft was drawn upon."""

    zh = "区域“{code}”在起草后已有新版本，未发布；请比较两个版本后选择保留我的、采用对方的，或另存为新草案。"
    en = "The zone “{code}” has a newer version than the draft's base; nothing was published. Keep yours, take theirs, or fork."


class InForceAlready(Refused):
    """A publication that is law already."""

    zh = "该版本已于 {day} 施行，不能撤回；如需更正请另行发布。"
    en = "This version is in force since {day} and cannot be withdrawn; publish another one."


@dataclass(frozen=True)
class Published:
    """A publication: the layer's revision and changeset; ``fresh``: made now and not before."""

    number: int
    changeset: int
    fresh: bool


def submit(table: Table, number: int, revision: int) -> None:
    """Hand a draft to a reviewer; it cannot be drawn on until it is taken back or returned.

    Raises:
        DraftStep, DraftChanged, BaseStale, or the first sentence of what stands in the way.
    """
    _must_be_drawn(table, number)
    with _step(table, number, revision, ("open",)) as (connection, found, at):
        if is_stale(connection, found):
            raise BaseStale(code=found.code)
        step = now_of(connection, found)
        _must_be_recordable(table, connection, found, step.sketch)
        facts = {"state": "submitted", "submitted_by": table.principal.name, "submitted_at": at, "note": ""}
        table.change(connection, found, facts, at)
        table.say(connection, "draft_submit", number, {"step": step.number, "sha256": step.sha256}, at)


def take_back(table: Table, number: int, revision: int) -> None:
    """Draw on: a submitted or approved draft is open again, and has to be reviewed anew."""
    with _step(table, number, revision, ("submitted", "approved")) as (connection, found, at):
        table.change(connection, found, {"state": "open", "reviewed_by": None, "reviewed_at": None}, at)
        table.say(connection, "draft_take_back", number, {"before": found.state}, at)


def review(table: Table, number: int, revision: int, granted: bool, note: str) -> None:
    """Approve a submitted draft, or return it with a remark.

    Raises:
        SecondPerson: who submitted it, or drew it. WrongUsage: returned without a remark.
    """
    note = " ".join(note.split())[:500]
    if not granted and not note:
        raise WrongUsage(value="note", hint="退回时请写明意见 / say why it is returned")
    with _step(table, number, revision, ("submitted",)) as (connection, found, at):
        drew = {step.actor for step in drafts.steps(connection, number)} | {found.submitted_by}
        if table.principal.name in drew:
            raise SecondPerson()
        facts: dict[str, Any] = {"state": "approved" if granted else "open", "note": note}
        table.change(connection, found, facts | {"reviewed_by": table.principal.name, "reviewed_at": at}, at)
        step = now_of(connection, found)
        body = {"granted": granted, "note": note, "step": step.number, "sha256": step.sha256}
        table.say(connection, "draft_review", number, body, at)


def publish(table: Table, number: int, revision: int) -> Published:
    """Make an approved draft law, in one transaction; then tasks follow the verdicts.

    Raises:
        BaseStale: the zone changed meanwhile; nothing is overwritten. DraftStep, DraftChanged, or what stands in the way.
    """
    if table.sheet(number).draft.state == "approved":
        _must_be_drawn(table, number)
    with table.store.write() as connection:
        found = draft_for(connection, number)
        if found.state == "published" and found.changeset_id is not None:
            return Published(number, found.changeset_id, False)
        _allow(found, revision, ("approved",))
        if is_stale(connection, found):
            raise BaseStale(code=found.code)
        changeset = _record(table, connection, found, changes.moment(connection))
    audit.anchor(table.store)
    bring_up_to_date(table, f"publish {found.layer} {found.code}")
    return Published(number, changeset, True)


def _record(table: Table, connection: Connection, found: Draft, at: dt.datetime) -> int:
    layer, step = layer_for(table.principal, found.layer), now_of(connection, found)
    _must_be_recordable(table, connection, found, step.sketch)
    made = whole(connection, layer, table.region, found, step.sketch)
    reason = step.sketch.props.get("reason", "")
    change = Change("publish", layer.name, table.principal.name, f"#{found.id} {found.name}", step.sha256, reason)
    done = record(connection, table.store, layer, made, change)
    table.change(connection, found, {"state": "published", "changeset_id": done.changeset}, at)
    put_zone(connection, table.store, PUBLISHED, _news(found, step.sketch, done.revision, done.changeset), at)
    body = {"layer": layer.name, "code": found.code, "revision": done.revision, "changeset": done.changeset}
    body |= {"sha256": step.sha256, "record": step.sketch.props, "base": found.base_version}
    table.say(connection, "draft_publish", found.id, body, at)
    return done.changeset


def _news(found: Draft, sketch: Sketch, revision: int, changeset: int) -> dict[str, Any]:
    """What other systems are told of a publication."""
    repealed = [code for code in sketch.props.get("repeals", "").split(";") if code]
    return {
        "doc_no": sketch.props.get("doc_no", ""), "layer": found.layer, "revision": revision, "changeset": changeset,
        "zones": [found.code], "repealed": repealed, "effective_from": sketch.props.get("effective_from", ""), "draft": found.id,
    }  # fmt: skip


def bring_up_to_date(table: Table, why: str) -> None:
    """Tasks follow the verdicts of today; where a layer changes meanwhile, once more."""
    for _ in range(MOST_ROUNDS):
        before = changes.revisions(table.store)
        follow(table.store, table.region, why, actor=table.principal.name)
        if changes.revisions(table.store) == before:
            return


def withdraw(table: Table, number: int, revision: int, why: str) -> None:
    """Take a publication back before it comes into force; what it would have ended goes on.

    Raises:
        InForceAlready: too late. WrongUsage: no reason. DraftStep: nothing was published.
    """
    why = " ".join(why.split())[:500]
    if not why:
        raise WrongUsage(value="why", hint="请写明撤回原因 / give the reason")
    with _step(table, number, revision, ("published",)) as (connection, found, at):
        layer = layer_for(table.principal, found.layer)
        sketch = now_of(connection, found).sketch
        start = start_of(sketch)
        if start is None or start <= table.region.today():
            raise InForceAlready(day=start or "—")
        plan = features.plan_retirement(connection, layer, found.code, start)
        revived = _revived(connection, layer, found)
        revised = changes.next_revision(connection, layer.name)
        change = Change("retire", layer.name, table.principal.name, f"#{found.id} {found.name}", note=why)
        changeset = changes.begin(connection, change, revised, {"retired": plan.ended}, at)
        features.apply(connection, plan, changeset, revised, at)
        features.apply(connection, revived, changeset, revised, at)
        table.change(connection, found, {"state": "withdrawn", "note": why}, at)
        put_zone(connection, table.store, WITHDRAWN, _news(found, sketch, revised, changeset), at)
        table.say(connection, "draft_withdraw", number, {"why": why, "code": found.code, "changeset": changeset}, at)
    bring_up_to_date(table, f"withdraw {found.layer} {found.code}")


def _revived(connection: Connection, layer: Layer, found: Draft) -> features.Plan:
    """What brings back the zones that a publication repealed, as they were filed before."""
    codes = [code for code in now_of(connection, found).sketch.props.get("repeals", "").split(";") if code and code != found.code]
    ended = [row for code in codes for row in history.ended_by(connection, layer, code, found.changeset_id or 0)]
    return features.plan(connection, layer, pd.DataFrame(ended, dtype=object)) if ended else features.Plan(layer)


def start_of(sketch: Sketch) -> dt.date | None:
    """The first day in force that a record states."""
    try:
        return dt.date.fromisoformat(sketch.props.get("effective_from", ""))
    except ValueError:
        return None


def settle(table: Table, number: int, revision: int, choice: str, name: str = "") -> int:
    """Decide about a draft whose zone changed: ``mine`` goes on upon the new version, ``theirs`` takes its shape and record,
    ``fork`` leaves this draft and goes on with mine in a new one.

    Returns:
        The draft to go on with.
    Raises:
        WrongUsage: another choice. DraftStep, DraftChanged: as for any step.
    """
    if choice not in ("mine", "theirs", "fork"):
        raise WrongUsage(value=choice[:20], hint="mine, theirs, fork")
    with _step(table, number, revision, ("open", "submitted", "approved")) as (connection, found, at):
        layer, sketch = layer_for(table.principal, found.layer), now_of(connection, found).sketch
        now = standing(table, layer, found.code, table.region.today())
        base = {"base_version": now["version"] if now else None, "base_revision": changes.revision(connection, layer.name)}
        if choice == "fork":
            facts = {"layer": layer.name, "code": found.code, "name": named(name or found.name), "parent_id": found.id}
            facts |= base | {"origin": {"kind": "draft", "draft": found.id, "step": found.step}}
            return table.begin(connection, facts, sketch, at)
        if choice == "theirs" and now is not None:
            sketch = Sketch(now["geometry_map"], facts_of(layer, now))
        step = drafts.add_step(connection, number, found.step, sketch, choice, "", table.principal.name, at)
        table.change(connection, found, base | {"state": "open", "step": step}, at)
        table.say(connection, "draft_settle", number, {"choice": choice, "was": found.base_version, **base}, at)
    return number


def _must_be_drawn(table: Table, number: int) -> None:
    """Before the transaction: what counts cannot change there without another revision."""
    sheet = table.sheet(number)
    wrong = shape_faults(table, sheet.layer.name, sheet.draft.code, sheet.now.sketch)
    if wrong:
        raise wrong[0]


def _must_be_recordable(table: Table, connection: Connection, found: Draft, sketch: Sketch) -> None:
    wrong = record_faults(table, connection, found, sketch)
    if wrong:
        raise wrong[0]


def _allow(found: Draft, revision: int, states: tuple[str, ...]) -> None:
    if found.state not in states:
        zh, en = STATE_WORDS[found.state]
        raise DraftStep(state=zh, state_en=en)
    if found.revision != revision:
        raise DraftChanged(who=found.changed_by)


@contextmanager
def _step(table: Table, number: int, revision: int, states: tuple[str, ...]) -> Iterator[tuple[Connection, Draft, dt.datetime]]:
    """One transaction on a draft in one of some states, as its reader saw it."""
    with table.store.write() as connection:
        found = draft_for(connection, number)
        _allow(found, revision, states)
        yield connection, found, changes.moment(connection)
    audit.anchor(table.store)


def journal(table: Table, number: int) -> list[dict[str, Any]]:
    """Every audit entry about a draft, newest first."""
    with table.store.read() as connection:
        return audit.about(connection, f"draft {number}", MOST_ENTRIES)
