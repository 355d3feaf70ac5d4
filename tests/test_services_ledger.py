"""The ledger: what came, went and stands in a week or month, each case once in the total, in what one sees."""

from __future__ import annotations

import datetime as dt

import pytest

from geo.errors import WrongUsage
from services.ledger import Line, Period, ledger, period
from services.scope import Area, Principal, local_principal
from services.seen import seen_by
from store.open import Store
from tests._case_world import city, desk, of, person, record, step, whole
from tests._store_rows import REGION

TODAY = REGION.today()


@pytest.fixture
def store(empty_store: Store) -> Store:
    city(empty_store)
    step(empty_store)
    return empty_store


@pytest.mark.parametrize(
    ("span", "day", "first", "last"),
    [
        ("week", "2026-11-26", "2026-11-23", "2026-11-29"), ("week", "2026-11-23", "2026-11-23", "2026-11-29"),
        ("month", "2026-02-10", "2026-02-01", "2026-02-28"), ("month", "2026-12-31", "2026-12-01", "2026-12-31"),
    ],
)  # fmt: skip
def test_a_period_holds_its_day_from_the_first_to_the_last(span: str, day: str, first: str, last: str) -> None:
    found = period(span, dt.date.fromisoformat(day))
    assert (str(found.first), str(found.last)) == (first, last)


def test_a_period_begins_at_local_midnight() -> None:
    start, end = Period(dt.date(2026, 11, 23), dt.date(2026, 11, 29)).bounds(REGION)
    assert (start, end) == (dt.datetime(2026, 11, 22, 16, tzinfo=dt.UTC), dt.datetime(2026, 11, 29, 16, tzinfo=dt.UTC))


def test_another_span_or_group_is_refused(store: Store) -> None:
    with pytest.raises(WrongUsage):
        period("year", TODAY)
    with pytest.raises(WrongUsage):
        ledger(store, REGION, whole(store), local_principal(), period("week", TODAY), "colour")


def test_a_case_stands_in_each_of_its_rules_and_once_in_the_total(store: Store) -> None:
    found = ledger(store, REGION, whole(store), local_principal(), period("week", TODAY), "rule")
    assert [(line.name, line.opened, line.standing) for line in found.lines] == [("R10-LE10", 2, 2), ("R11-NBZ", 2, 2)]
    assert (found.total.opened, found.total.standing, found.total.overdue) == (2, 2, 2)


def test_orders_visits_and_closed_cases_are_counted(store: Store) -> None:
    inspector = person(store, "chen", "inspector")
    at_work = desk(store, inspector)
    at_work.move(1, of(store, "E1").revision, "rectifying", "改", TODAY)
    at_work.move(1, of(store, "E1").revision, "recheck", "改了")
    record(store, inspector, case=1, result="rectified")
    at_work.move(1, of(store, "E1").revision, "closed", "好")
    found = ledger(store, REGION, whole(store), local_principal(), period("month", TODAY), "town")
    total = found.total
    assert (total.opened, total.closed, total.standing, total.ordered, total.inspections) == (2, 1, 1, 1, 1)
    assert [entry.case.state for entry in found.entries] == ["closed", "to_inspect"]


def test_a_period_before_anything_happened_is_empty(store: Store) -> None:
    found = ledger(store, REGION, whole(store), local_principal(), period("month", dt.date(2020, 1, 1)), "cell")
    assert (found.lines, found.total, found.entries) == ([], Line(""), [])


def test_one_sees_the_ledger_of_ones_own_cells_only(store: Store) -> None:
    stranger = Principal("x", frozenset(("view", "cases")), Area(False, frozenset(), frozenset({"G9"})))
    found = ledger(store, REGION, seen_by(whole(store), stranger), stranger, period("week", TODAY), "cell")
    assert (found.lines, found.entries) == ([], [])
