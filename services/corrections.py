"""数据更正: cases in which somebody says that the verdict is wrong, and the rows to look at; answered from the edit form."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from layers._find import load_layers
from services._board import Subject, label_of
from services.assess import Assessment
from services.casework import CaseUnknown, Facilities, case_for, open_wish, sees
from services.scope import Principal, may
from store import accounts, audit, cases, changes
from store.cases import Case, Event
from store.open import Store

ANSWERED, REGISTERED = "corrected", "registered"
"""Kinds of events: data was corrected, or what was reported entered the register."""


@dataclass(frozen=True)
class Correction:
    """One open wish. ``subjects``: rows the case rests on (layer, key, name). ``answers``: corrections since, newest first.

    ``names``: of accounts, as pages show them.
    """

    case: Case
    wish: Event
    subjects: list[tuple[str, str, str]]
    answers: list[Event]
    names: dict[str, str]


def listed(store: Store, found: Assessment, principal: Principal, facilities: Facilities) -> list[Correction]:
    """The open wishes somebody sees: those not corrected yet first, the oldest first."""
    with store.read() as connection:
        mine = {case.id: case for case in cases.every(connection, open_only=True) if sees(principal, facilities, case)}
        events: dict[int, list[Event]] = {}
        for event in cases.touched(connection):
            if event.case_id in mine:
                events.setdefault(event.case_id, []).insert(0, event)
        bases = cases.bases(connection, list(mine))
        names = {one.name: one.display_name for one in accounts.listed(connection)}
    wishes = []
    for number, told in events.items():
        wish = open_wish(told)
        if wish is None or wish.body["what"] != "wrong":
            continue
        rows = dict.fromkeys((b.subject_layer, b.subject_code) for b in bases if b.case_id == number)
        subjects = [(layer, key, _name(found, (layer, key))) for layer, key in rows or {mine[number].facility: None}]
        answers = [event for event in told if event.kind == ANSWERED and event.id > wish.id]
        wishes.append(Correction(mine[number], wish, subjects, answers, names))
    return sorted(wishes, key=lambda one: (bool(one.answers), one.wish.id))


def _name(found: Assessment, subject: Subject) -> str:
    layer, key = subject
    frame = found.frames.get(layer)
    if frame is None:
        return ""
    names = frame[label_of(layer)][frame[load_layers()[layer].key].astype(str) == key]
    return str(names.iloc[-1] or "") if len(names) else ""


def case_of_wish(store: Store, principal: Principal, facilities: Facilities, number: int) -> Case:
    """The case an edit form answers.

    Raises:
        CaseUnknown: there is none, or not theirs.
    """
    if not may(principal, "cases"):
        raise CaseUnknown(what=number)
    with store.read() as connection:
        return case_for(connection, number, principal, facilities)


def wish_of(store: Store, case: Case) -> Event | None:
    """What somebody says of a case that is seen, and what waits for an answer: an edit form shows it beside the data."""
    with store.read() as connection:
        return open_wish(cases.events(connection, case.id))


def note_answer(
    connection: Connection,
    store: Store,
    principal: Principal,
    facilities: Facilities,
    number: int,
    subject: Subject,
    why: str,
    registered: bool,
) -> None:
    """Write into a case that its data was corrected, or that what was reported is registered now.

    Raises:
        CaseUnknown: there is none, or not theirs.
    """
    case = case_for(connection, number, principal, facilities)
    at, kind = changes.moment(connection), REGISTERED if registered else ANSWERED
    body = {"layer": subject[0], "key": subject[1], "text": why}
    cases.note(connection, case.id, at, principal.name, kind, body)
    audit.append(connection, store, audit.Entry(principal.name, f"case_{kind}", f"case {case.id}", body), at)
