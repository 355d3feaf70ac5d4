"""Cases as lists and as one page: filtered, sorted by risk, deadline or distance; everything that happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from geo.errors import WrongUsage
from rules._verdict import RANK
from services._board import board
from services.assess import Assessment
from services.case_words import FOUND, OPEN_STATES, STATES
from services.casework import Facilities, case_for, open_wish, sees, wishes
from services.fieldwork import doubts
from services.findings import Filter, HotPlaces, facility_keys, select
from services.photos import metres_between
from services.scope import Principal
from store import accounts, cases, records
from store.cases import Basis, Case, Event
from store.open import Store

SORTS = ("risk", "due", "distance")
ALL_OPEN, OVERDUE, ASKED = "open", "overdue", "asked"
GROUPS = (ALL_OPEN, OVERDUE, ASKED)
PAGE_SIZE = 60
"""From places (lon, lat) to the lists of hot cells they are on."""
OF_FINDINGS = ("zone", "rule", "verdict", "fuel", "cap_from", "cap_to", "layer")


@dataclass(frozen=True)
class Wish:
    """What of the cases is asked for; every field lives in the URL.

    Attributes:
        state: a state, ``open``, ``overdue`` or ``asked`` (what somebody may decide). near: ``lon,lat`` to sort by distance from.
        zone, fuel, cap_from, cap_to, layer: as in the list of findings; one finding has to meet them all.
    """

    state: str = ALL_OPEN
    zone: str = ""
    town: str = ""
    cell: str = ""
    rule: str = ""
    verdict: str = ""
    fuel: str = ""
    cap_from: str = ""
    cap_to: str = ""
    layer: str = ""
    q: str = ""
    mine: str = ""
    sort: str = "risk"
    near: str = ""

    def __post_init__(self) -> None:
        """Raises WrongUsage: a state, an order or a place there is not."""
        if self.state not in (*STATES, *GROUPS):
            raise WrongUsage(value=self.state[:20], hint=" ".join((*STATES, *GROUPS)))
        if self.sort not in SORTS:
            raise WrongUsage(value=self.sort[:20], hint=" ".join(SORTS))
        self.place()
        self.findings().check()

    @classmethod
    def of(cls, asked: dict[str, str]) -> Wish:
        """From the parameters of a URL; empty ones count as not given."""
        return cls(**{f.name: asked[f.name] for f in fields(cls) if asked.get(f.name)})

    def findings(self) -> Filter:
        """What the findings a case rests on have to be."""
        return Filter(**{name: getattr(self, name) for name in OF_FINDINGS})

    def place(self) -> tuple[float, float] | None:
        """Where distances are measured from, (lon, lat) in degrees."""
        if not self.near:
            return None
        try:
            lon, lat = (float(part) for part in self.near.split(","))
        except ValueError:
            raise WrongUsage(value=self.near[:30], hint="near=lon,lat") from None
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise WrongUsage(value=self.near[:30], hint="near=lon,lat")
        return lon, lat


@dataclass(frozen=True)
class Row:
    """One case in a list. ``days``: until its deadline, negative when overdue. ``distance_m``: from the place asked for.

    ``hot``: lists its 3 km cell is on this month (``services.hotcells``): such cases come first.
    """

    case: Case
    bases: tuple[Basis, ...]
    assignee: str
    days: int | None
    distance_m: float | None
    hot: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """A list of cases, and how many there are of each state in the same scope and filter.

    Attributes:
        rows: of one page. every: of all pages. page, pages: which one, of how many.
    """

    rows: list[Row]
    every: list[Row]
    counts: dict[str, int]
    page: int
    pages: int

    @property
    def total(self) -> int:
        """How many cases are asked for."""
        return len(self.every)


def book(
    store: Store, found: Assessment, principal: Principal, wish: Wish, number: int = 1, hot: HotPlaces | None = None
) -> Book:
    """The cases somebody sees and asks for.

    Args:
        found: what they see of the assessment. number: of the page; beyond them the last. hot: tells hot cells; none by default.
    """
    facilities = found.facilities
    with store.read() as connection:
        every = [case for case in cases.every(connection) if sees(principal, facilities, case)]
        names = {one.id: one.display_name for one in accounts.listed(connection)}
        bases: dict[int, list[Basis]] = {}
        for basis in cases.bases(connection, [case.id for case in every]):
            bases.setdefault(basis.case_id, []).append(basis)
    narrowed = facility_keys(select(found, wish.findings())) if wish.findings().chosen() else None
    matching = [case for case in every if _matches(case, bases.get(case.id, []), wish, principal, narrowed)]
    counts = {state: sum(case.state == state for case in matching) for state in STATES}
    rows = [_row(case, bases.get(case.id, []), names, wish, found.as_of) for case in matching]
    rows = _warmed(rows, hot)
    asked = {case.id for case, _ in wishes(store, principal, facilities)}
    counts |= {OVERDUE: sum(map(_overdue, rows)), ASKED: sum(row.case.id in asked for row in rows)}
    chosen = (row for row in rows if (row.case.id in asked if wish.state == ASKED else _in_state(row, wish.state)))
    wanted = sorted(chosen, key=_order(wish.sort))
    pages = max(1, -(-len(wanted) // PAGE_SIZE))
    page = min(number, pages)
    return Book(wanted[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], wanted, counts, page, pages)


def _warmed(rows: list[Row], hot: HotPlaces | None) -> list[Row]:
    """Open cases with the lists their cell is on."""
    if hot is None or not rows:
        return rows
    lists = hot([(row.case.lon, row.case.lat) for row in rows])
    warm = ((row, names if row.case.closed_at is None else ()) for row, names in zip(rows, lists, strict=True))
    return [replace(row, hot=names) if names else row for row, names in warm]


def _overdue(row: Row) -> bool:
    return row.case.closed_at is None and row.days is not None and row.days < 0


def _in_state(row: Row, state: str) -> bool:
    if state == OVERDUE:
        return _overdue(row)
    return row.case.state in OPEN_STATES if state == ALL_OPEN else row.case.state == state


def _matches(
    case: Case, bases: Sequence[Basis], wish: Wish, principal: Principal, narrowed: set[tuple[str, str]] | None
) -> bool:
    needle = wish.q.casefold()
    told = " ".join((case.name, case.facility_key, *(basis.subject_code + basis.reason for basis in bases))).casefold()
    return (
        wish.town in ("", case.town)
        and wish.cell in ("", case.cell)
        and (not wish.mine or case.assignee_id == principal.account_id or bool(case.team and case.team == principal.team))
        and (not needle or needle in told)
        and (narrowed is None or case.facility in narrowed)
    )


def _row(case: Case, bases: Sequence[Basis], names: dict[int, str], wish: Wish, today: dt.date) -> Row:
    place, days = wish.place(), (case.due_on - today).days if case.due_on else None
    distance = metres_between(place, (case.lon, case.lat)) if place and case.lon is not None and case.lat is not None else None
    return Row(case, tuple(bases), names.get(case.assignee_id or 0, case.team or ""), days, distance)


def _order(sort: str) -> Any:
    late = 10**6

    def risk(row: Row) -> tuple[Any, ...]:
        days = row.days if row.days is not None else late
        return not row.hot, RANK[row.case.verdict], days, -len(row.bases), row.case.name, row.case.id

    def due(row: Row) -> tuple[Any, ...]:
        return (row.days if row.days is not None else late, *risk(row))

    def distance(row: Row) -> tuple[Any, ...]:
        return (row.distance_m if row.distance_m is not None else float("inf"), *risk(row))

    return {"risk": risk, "due": due, "distance": distance}[sort]


@dataclass(frozen=True)
class CasePage:
    """One case with all there is: what it rests on, what happened, records with photos.

    Attributes:
        wish: what was asked for and waits for a decision. records: with their photos and doubts about each.
        names: of accounts, as pages show them. contradicted: closed, though the register is still judged against it.
    """

    row: Row
    ended: list[Basis]
    events: list[Event]
    wish: Event | None
    records: list[tuple[records.Record, list[tuple[records.Photo, list[str]]]]]
    people: list[accounts.Account]
    names: dict[str, str]
    contradicted: bool


def case_page(store: Store, found: Assessment, number: int, principal: Principal, facilities: Facilities) -> CasePage:
    """Everything of one case.

    Raises:
        CaseUnknown: there is none, or not for them.
    """
    with store.read() as connection:
        case = case_for(connection, number, principal, facilities)
        everything = cases.bases(connection, [case.id], ended=True)
        events = cases.events(connection, case.id)
        people = accounts.listed(connection)
        made = records.listed(connection, case.id)
        photos = records.photos(connection, [record.id for record in made])
    shown = [(one, [(shot, doubts(one, shot)) for shot in photos if shot.record_id == one.id]) for one in made]
    row = _row(case, [b for b in everything if b.ended_at is None], {p.id: p.display_name for p in people}, Wish(), found.as_of)
    ended = [basis for basis in everything if basis.ended_at is not None]
    names = {one.name: one.display_name for one in people}
    enabled = [one for one in people if not one.disabled_at]
    contradicted = case.closed_at is not None and _still_found(found, case)
    return CasePage(row, ended, events, open_wish(events), shown, enabled, names, contradicted)


def _still_found(found: Assessment, case: Case) -> bool:
    """Whether the register still gives a verdict that makes cases."""
    table = board(found).findings
    mine = (table["facility_layer"] == case.facility_layer) & (table["facility_key"] == case.facility_key)
    return bool(table[mine]["verdict"].isin(FOUND).any())


def case_number_of(store: Store, layer: str, key: str) -> int | None:
    """The open case of a facility, or its last one; None where there never was one."""
    with store.read() as connection:
        found = cases.latest_of(connection, layer, key)
    return found.id if found else None
