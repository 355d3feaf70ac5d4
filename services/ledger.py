"""The ledger 台账: what came, what was done and what still stands, by week or month, per cell, town or rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from geo.errors import WrongUsage
from geo.region import Region
from services.assess import Assessment
from services.casework import sees
from services.photoview import sees_record
from services.scope import Principal
from store import accounts, cases, records
from store.cases import Basis, Case
from store.open import Store
from store.records import Record

SPANS = ("week", "month")
GROUPS = ("cell", "town", "rule")


@dataclass(frozen=True)
class Period:
    """Some days, both included."""

    first: dt.date
    last: dt.date

    def bounds(self, region: Region) -> tuple[dt.datetime, dt.datetime]:
        """Its first instant, and the first one after it (UTC)."""
        start = dt.datetime.combine(self.first, dt.time(), dt.UTC) - region.utc_offset
        return start, start + dt.timedelta(days=(self.last - self.first).days + 1)


def period(span: str, day: dt.date) -> Period:
    """The week (Monday to Sunday) or month a day lies in.

    Raises:
        WrongUsage: another span.
    """
    if span == "week":
        monday = day - dt.timedelta(days=day.weekday())
        return Period(monday, monday + dt.timedelta(days=6))
    if span == "month":
        first = day.replace(day=1)
        return Period(first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1))
    raise WrongUsage(value=span[:20], hint=" ".join(SPANS))


@dataclass
class Line:
    """One cell, town or rule: cases opened, closed, standing and overdue at the end; records made on site."""

    name: str
    opened: int = 0
    closed: int = 0
    standing: int = 0
    overdue: int = 0
    ordered: int = 0
    inspections: int = 0
    patrols: int = 0
    reports: int = 0


@dataclass(frozen=True)
class Entry:
    """One case of a ledger with what it rests on and who handles it."""

    case: Case
    bases: tuple[Basis, ...]
    assignee: str


@dataclass(frozen=True)
class Ledger:
    """Lines in the order of their names, all together, and every case the period touched.

    Attributes:
        days: of the ledger. total: each case and record counted once.
    """

    days: Period
    lines: list[Line]
    total: Line
    entries: list[Entry] = field(default_factory=list)


def ledger(store: Store, region: Region, found: Assessment, principal: Principal, days: Period, group: str) -> Ledger:
    """The ledger of some days, of what somebody sees.

    Args:
        group: one of ``GROUPS``; a case of several rules stands in each of their lines.
    Raises:
        WrongUsage: another group.
    """
    if group not in GROUPS:
        raise WrongUsage(value=group[:20], hint=" ".join(GROUPS))
    start, end = days.bounds(region)
    with store.read() as connection:
        every = [case for case in cases.every(connection) if sees(principal, found.facilities, case)]
        touched = [case for case in every if case.opened_at < end and (case.closed_at is None or case.closed_at >= start)]
        bases: dict[int, list[Basis]] = {}
        for basis in cases.bases(connection, [case.id for case in touched], ended=True):
            if basis.since < end and (basis.ended_at is None or basis.ended_at >= start):
                bases.setdefault(basis.case_id, []).append(basis)
        moved = [event for event in cases.touched(connection, start, ("moved",)) if event.at < end]
        orders = {event.case_id for event in moved if event.body["after"] == "rectifying"}
        made = [one for one in records.between(connection, start, end) if _shown(one, every, principal, found)]
        names = {one.id: one.display_name for one in accounts.listed(connection)}
    entries = [Entry(one, tuple(bases.get(one.id, ())), names.get(one.assignee_id or 0, one.team or "")) for one in touched]
    book = _Book(start, end, days.last, orders)
    for entry in entries:
        book.count(entry, _names(entry, group))
    _count_records(book, made, {entry.case.id: entry for entry in entries}, group)
    lines = sorted(book.lines.values(), key=lambda line: (not line.name, line.name))
    return Ledger(days, lines, book.total, sorted(entries, key=lambda one: one.case.id))


def _shown(record: Record, every: Iterable[Case], principal: Principal, found: Assessment) -> bool:
    if record.case_id is not None:
        return any(case.id == record.case_id for case in every)
    return sees_record(principal, found.facilities, record)


def _names(entry: Entry, group: str) -> list[str]:
    if group == "rule":
        return list(dict.fromkeys(basis.rule for basis in entry.bases)) or [""]
    return [getattr(entry.case, group)]


def _count_records(book: _Book, made: Iterable[Record], entries: dict[int, Entry], group: str) -> None:
    for record in made:
        entry = entries.get(record.case_id or 0)
        by_rule = _names(entry, group) if entry else [""]
        book.note(record, by_rule if group == "rule" else [getattr(record, group)])


@dataclass
class _Book:
    """Lines while they are counted."""

    start: dt.datetime
    end: dt.datetime
    last: dt.date
    orders: set[int]
    lines: dict[str, Line] = field(default_factory=dict)
    total: Line = field(default_factory=lambda: Line(""))

    def count(self, entry: Entry, names: list[str]) -> None:
        case = entry.case
        stands = case.closed_at is None or case.closed_at >= self.end

        def add(line: Line) -> None:
            line.opened += case.opened_at >= self.start
            line.closed += not stands
            line.standing += stands
            line.overdue += stands and case.due_on is not None and case.due_on < self.last
            line.ordered += case.id in self.orders

        self._each(names, add)

    def note(self, record: Record, names: list[str]) -> None:
        kind = {"inspection": "inspections", "patrol": "patrols", "report": "reports"}[record.kind]
        self._each(names, lambda line: setattr(line, kind, getattr(line, kind) + 1))

    def _each(self, names: list[str], add: Callable[[Line], None]) -> None:
        for name in names:
            add(self.lines.setdefault(name, Line(name)))
        add(self.total)
