"""What people do with a case: take, assign, comment, order, re-check, close, ask for an exemption or a correction.

Every step rests on the revision somebody saw: of two who act at once the second is told, and nothing is overwritten.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from geo.errors import Conflict, NotFound, Refused, WrongUsage
from services.case_words import STATES, may_decide, steps_of
from services.cases import REPORTED, signature
from services.scope import Principal, may
from store import accounts, audit, cases, changes, records
from store.cases import Case
from store.open import Store

LONGEST = 2000
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Control characters, and marks that turn the direction of text: what is read would not be what was written."""
DECISIONS = {"exempt": "exempt", "wrong": "wrong"}
"""What may be asked for, and the state it leads to."""


class CaseUnknown(NotFound):
    """No such case, or none that may be seen: both look the same."""

    zh = "没有找到案件“{what}”。"
    en = "There is no case “{what}”."


class StepImpossible(Refused):
    """A step that the case's state does not allow."""

    zh = "案件现为“{state}”，不能这样处理，请刷新后查看可做的操作。"
    en = "The case is “{state_en}” and cannot be handled so; reload to see what can be done."


class StepNotYours(Refused):
    """A step that takes another role."""

    zh = "您的角色不能办理这一步，请交由执法人员、规划人员或审核人员办理。"
    en = "Your role cannot take this step; an inspector, planner or reviewer has to."


class ProofMissing(Refused):
    """Closing without anything that proves it."""

    zh = "销号需要证明：请先提交复查记录并附照片（如拆除、切断烟道、改用清洁能源）。"
    en = "Closing needs proof: first send a re-check record with a photo (dismantled, flue cut, clean fuel)."


class TextMissing(Refused):
    """A step that must say why."""

    zh = "请写明原因或内容。"
    en = "Say why, or what."


class DueMissing(Refused):
    """An order to correct without a day, or with one that has passed."""

    zh = "责令改正须写明整改期限，期限不能早于今天。"
    en = "An order to correct takes a deadline, today or later."


class SecondPerson(Refused):
    """A decision that needs another person than who asked for it."""

    zh = "申请人不能批准自己的申请，请由另一人审批。"
    en = "Who asked cannot approve; another person has to decide."


Facilities = frozenset[tuple[str, str]] | None
"""Those somebody sees (layer, key); None for all."""


def sees(principal: Principal, facilities: Facilities, case: Case) -> bool:
    """Whether a case is somebody's to see: by its facility, or as its reporter, or by the place of what was reported."""
    if facilities is None or case.facility in facilities:
        return True
    area = principal.area
    mine = case.reporter == principal.name or case.cell in area.cells or case.town in area.towns
    return case.facility_layer == REPORTED and mine


def case_for(connection: Connection, number: int, principal: Principal, facilities: Facilities) -> Case:
    """A case somebody may see.

    Raises:
        CaseUnknown: there is none, or not for them.
    """
    found = cases.of_number(connection, number)
    if found is None or not sees(principal, facilities, found):
        raise CaseUnknown(what=number)
    return found


@dataclass(frozen=True)
class Desk:
    """Somebody at work: who, in which store, seeing which facilities (None for all).

    ``due_from``: the first day an order may set; None for today. The example city tells of orders given long ago.
    """

    store: Store
    principal: Principal
    facilities: Facilities = None
    due_from: dt.date | None = None

    def comment(self, number: int, text: str) -> None:
        """Write something into the case."""
        with self._step(number, None) as (connection, case, at):
            cases.note(connection, case.id, at, self.principal.name, "comment", {"text": said(text)})

    def assign(self, number: int, revision: int, assignee: str = "", team: str = "") -> None:
        """Give the case to an account, a team, or nobody; who may not assign takes it or lays it down.

        Raises:
            WrongUsage: an account there is not.
        """
        free = may(self.principal, "assign")
        if not free and assignee not in ("", self.principal.name):
            raise NotFound(what=assignee)
        with self._step(number, revision) as (connection, case, at):
            if not free and not assignee and case.assignee_id not in (None, self.principal.account_id):
                raise StepNotYours()
            found = accounts.by_name(connection, assignee) if assignee else None
            if assignee and (found is None or found.disabled_at):
                raise WrongUsage(value=assignee[:70], hint="账号不存在或已停用 / no such account")
            told_team = tidied(team)[:120] or None if free else case.team
            facts = {"assignee_id": found.id if found else None, "team": told_team}
            self._change(connection, case, facts, at)
            told = {"assignee": found.display_name if found else "", "team": facts["team"] or ""}
            cases.note(connection, case.id, at, self.principal.name, "assigned", told)

    def move(self, number: int, revision: int, state: str, text: str, due_on: dt.date | None = None) -> None:
        """Order a correction (with its deadline), report it done, send it back, or close with proof.

        Raises:
            StepImpossible: not from the state the case is in. ProofMissing: closing without a photo since the order.
            DueMissing: an order without a deadline, or with one in the past.
        """
        with self._step(number, revision) as (connection, case, at):
            if state not in STATES[case.state].next:
                now = STATES[case.state]
                raise StepImpossible(state=now.title, state_en=now.title_en)
            if state not in steps_of(case.state, self.principal):
                raise StepNotYours()
            if state == "closed":
                self._must_be_proved(connection, case)
            facts: dict[str, Any] = {"state": state}
            if state == "rectifying":
                facts["due_on"] = due_on or case.due_on
                if facts["due_on"] is None or facts["due_on"] < (self.due_from or at.date()):
                    raise DueMissing()
            if not STATES[state].is_open:
                facts |= {"closed_at": at, "settled": self._standing(connection, case)}
            self._change(connection, case, facts, at)
            body = {"before": case.state, "after": state, "text": said(text), "due_on": str(facts.get("due_on") or "")}
            cases.note(connection, case.id, at, self.principal.name, "moved", body)

    def ask(self, number: int, revision: int, what: str, text: str) -> None:
        """Ask for an exemption, or say that the verdict is wrong; somebody else decides."""
        if what not in DECISIONS:
            raise WrongUsage(value=what[:20], hint=" ".join(DECISIONS))
        with self._step(number, revision) as (connection, case, at):
            self._change(connection, case, {}, at)
            cases.note(connection, case.id, at, self.principal.name, "asked", {"what": what, "text": said(text)})

    def decide(self, number: int, revision: int, granted: bool, text: str) -> None:
        """Grant or refuse what was asked for last.

        Raises:
            StepImpossible: nothing is asked for. SecondPerson: the own wish.
        """
        with self._step(number, revision) as (connection, case, at):
            wish = open_wish(cases.events(connection, case.id))
            if wish is None:
                now = STATES[case.state]
                raise StepImpossible(state=now.title, state_en=now.title_en)
            if not may_decide(self.principal):
                raise StepNotYours()
            if wish.actor == self.principal.name:
                raise SecondPerson()
            facts: dict[str, Any] = {}
            if granted:
                after = DECISIONS[str(wish.body["what"])]
                facts = {"state": after, "closed_at": at, "settled": self._standing(connection, case)}
            self._change(connection, case, facts, at)
            body = {"what": wish.body["what"], "granted": granted, "text": said(text)}
            cases.note(connection, case.id, at, self.principal.name, "decided", body)

    @contextmanager
    def _step(self, number: int, revision: int | None) -> Iterator[tuple[Connection, Case, dt.datetime]]:
        """One transaction on an open case, with its audit entry."""
        with self.store.write() as connection:
            case = case_for(connection, number, self.principal, self.facilities)
            if case.closed_at is not None and revision is not None:
                now = STATES[case.state]
                raise StepImpossible(state=now.title, state_en=now.title_en)
            if revision is not None and case.revision != revision:
                raise Conflict()
            at = changes.moment(connection)
            yield connection, case, at
            last = cases.events(connection, case.id)[0]
            entry = audit.Entry(self.principal.name, f"case_{last.kind}", f"case {case.id}", {"event": last.id, **last.body})
            audit.append(connection, self.store, entry, at)
        audit.anchor(self.store)

    def _change(self, connection: Connection, case: Case, facts: dict[str, Any], at: dt.datetime) -> None:
        if not cases.change(connection, case.id, facts, at, case.revision):
            raise Conflict()

    def _standing(self, connection: Connection, case: Case) -> frozenset[str]:
        """What a closed case has answered: all it rested on, and what it had answered before."""
        now = {signature(basis.key, basis.__dict__) for basis in cases.bases(connection, [case.id])}
        for basis in cases.bases(connection, [case.id]):
            cases.end_basis(connection, basis.id, changes.moment(connection))
        return case.settled | now

    def _must_be_proved(self, connection: Connection, case: Case) -> None:
        """A photo in a record made since the correction was ordered, or since the case was opened."""
        orders = [e.at for e in cases.events(connection, case.id) if e.kind == "moved" and e.body.get("after") == "rectifying"]
        since = max(orders, default=case.opened_at)
        made = [record.id for record in records.listed(connection, case.id) if record.sent_at >= since]
        if not records.photos(connection, made):
            raise ProofMissing()


def open_wish(events: list[cases.Event]) -> cases.Event | None:
    """What was asked for and not decided yet."""
    for event in events:
        if event.kind == "decided":
            return None
        if event.kind == "asked":
            return event
    return None


def wishes(store: Store, principal: Principal, facilities: Facilities) -> list[tuple[Case, cases.Event]]:
    """What waits for a decision somebody may take, the oldest first."""
    if not may_decide(principal):
        return []
    with store.read() as connection:
        asked: dict[int, cases.Event] = {}
        for event in cases.touched(connection, kinds=("asked", "decided")):
            if event.kind == "asked":
                asked[event.case_id] = event
            else:
                asked.pop(event.case_id, None)
        open_ones = cases.opened(connection, asked)
    seen = {case.id: case for case in open_ones if sees(principal, facilities, case)}
    return [(seen[number], event) for number, event in asked.items() if number in seen and event.actor != principal.name]


def said(text: str) -> str:
    """What somebody wrote, tidied.

    Raises:
        TextMissing: nothing.
    """
    tidy = "\n".join(map(tidied, text.strip().splitlines()))[:LONGEST]
    if not tidy:
        raise TextMissing()
    return tidy


def tidied(line: str) -> str:
    """One line of what somebody wrote, without doubled blanks and without marks nobody sees."""
    return " ".join(_UNSEEN.sub("", " ".join(line.split())).split())
