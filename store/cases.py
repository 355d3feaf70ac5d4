"""Questions asked of cases, and the few ways they change; the caller's transaction decides."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from store._content import canonical
from store.case_tables import case_basis, case_event, case_file

MOST_NAMED = 10_000
"""Cases named in one question; of more, all are read: a server takes 65,535 values at most."""


@dataclass(frozen=True)
class Case:
    """One case as recorded.

    Attributes:
        reporter: account that reported it on site; None for cases of recorded facilities.
        settled: signatures of bases that a decision has answered.
    """

    id: int
    facility_layer: str
    facility_key: str
    name: str
    town: str
    cell: str
    lon: float | None
    lat: float | None
    state: str
    verdict: str
    due_on: dt.date | None
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    changed_at: dt.datetime
    assignee_id: int | None
    team: str | None
    reporter: str | None
    settled: frozenset[str]
    revision: int

    @property
    def facility(self) -> tuple[str, str]:
        """Layer and key of the facility."""
        return self.facility_layer, self.facility_key


@dataclass(frozen=True)
class Basis:
    """Why a case is open, or was."""

    id: int
    case_id: int
    rule: str
    subject_layer: str
    subject_code: str
    verdict: str
    zone_version: str
    due_on: dt.date | None
    reason: str
    missing: str
    since: dt.datetime
    ended_at: dt.datetime | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about: rule, subject layer, subject."""
        return self.rule, self.subject_layer, self.subject_code


@dataclass(frozen=True)
class Event:
    """Something that happened to a case; ``body`` decoded."""

    id: int
    case_id: int
    at: dt.datetime
    actor: str
    kind: str
    body: dict[str, Any]
    client_id: str | None


def _case(row: Row[Any]) -> Case:
    values = dict(row._mapping)
    return Case(**values | {"settled": frozenset(json.loads(values["settled"]))})


def event_of(row: Row[Any]) -> Event:
    return Event(**dict(row._mapping) | {"body": json.loads(row.body)})


def of_number(connection: Connection, number: int) -> Case | None:
    """The case of a number."""
    row = connection.execute(select(case_file).where(case_file.c.id == number)).first()
    return _case(row) if row else None


def every(connection: Connection, open_only: bool = False) -> list[Case]:
    """Every case, the latest change first."""
    query = select(case_file).order_by(case_file.c.changed_at.desc(), case_file.c.id)
    if open_only:
        query = query.where(case_file.c.closed_at.is_(None))
    return [_case(row) for row in connection.execute(query)]


def opened(connection: Connection, numbers: Collection[int]) -> list[Case]:
    """Those of some cases that are open; one statement, however many."""
    if len(numbers) > MOST_NAMED:
        return [case for case in every(connection, open_only=True) if case.id in numbers]
    query = select(case_file).where(case_file.c.id.in_(list(numbers)), case_file.c.closed_at.is_(None))
    return [_case(row) for row in connection.execute(query)]


def stamp(connection: Connection) -> str:
    """A mark of the state of all cases: another after any of them changed."""
    query = select(func.max(case_file.c.changed_at), func.count(), func.sum(case_file.c.revision))
    return repr(tuple(connection.execute(query).one()))


def latest_of(connection: Connection, layer: str, key: str) -> Case | None:
    """The open case of a facility, or its last one."""
    query = select(case_file).where(case_file.c.facility_layer == layer, case_file.c.facility_key == key)
    row = connection.execute(query.order_by(case_file.c.closed_at.is_not(None), case_file.c.id.desc()).limit(1)).first()
    return _case(row) if row else None


def add(connection: Connection, facts: dict[str, Any], at: dt.datetime) -> int:
    """Open a case; returns its number."""
    values = stored_facts(facts) | {"opened_at": at, "changed_at": at, "revision": 1}
    return int(connection.execute(insert(case_file).returning(case_file.c.id), values).scalar_one())


def change(connection: Connection, number: int, facts: dict[str, Any], at: dt.datetime, revision: int | None = None) -> bool:
    """Change columns of a case; False where it has another revision than the one the change rests on."""
    wanted = [case_file.c.id == number, *([case_file.c.revision == revision] if revision is not None else [])]
    values = stored_facts(facts) | {"changed_at": at, "revision": case_file.c.revision + 1}
    return connection.execute(update(case_file).where(*wanted).values(values)).rowcount == 1


def stored_facts(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | ({"settled": canonical(sorted(facts["settled"]))} if "settled" in facts else {})


def bases(connection: Connection, numbers: Iterable[int] | None = None, ended: bool = False) -> list[Basis]:
    """What cases rest on, in the order it came; with ``ended`` also what they no longer rest on."""
    query, wanted = select(case_basis).order_by(case_basis.c.id), None if numbers is None else set(numbers)
    if wanted is not None and len(wanted) <= MOST_NAMED:
        query = query.where(case_basis.c.case_id.in_(wanted))
    if not ended:
        query = query.where(case_basis.c.ended_at.is_(None))
    found = (Basis(**row._mapping) for row in connection.execute(query))
    return [basis for basis in found if wanted is None or basis.case_id in wanted]


def end_basis(connection: Connection, number: int, at: dt.datetime) -> None:
    """A case rests on something less."""
    connection.execute(update(case_basis).where(case_basis.c.id == number).values(ended_at=at))


def note(connection: Connection, case_id: int, at: dt.datetime, actor: str, kind: str, body: dict[str, Any]) -> None:
    """Write down what happened to a case."""
    values = {"case_id": case_id, "at": at, "actor": actor, "kind": kind, "body": canonical(body)}
    connection.execute(insert(case_event), values)


def events(connection: Connection, case_id: int) -> list[Event]:
    """Everything that happened to a case, the latest first."""
    query = select(case_event).where(case_event.c.case_id == case_id).order_by(case_event.c.id.desc())
    return [event_of(row) for row in connection.execute(query)]


def touched(connection: Connection, since: dt.datetime | None = None, kinds: Iterable[str] = ()) -> list[Event]:
    """Events of every case, of some kinds or all, the earliest first."""
    query = select(case_event).order_by(case_event.c.id)
    if kinds:
        query = query.where(case_event.c.kind.in_(list(kinds)))
    if since is not None:
        query = query.where(case_event.c.at >= since)
    return [event_of(row) for row in connection.execute(query)]
