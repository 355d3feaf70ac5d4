"""Cases follow the verdicts: one a facility, opened, updated and ended by exactly what changed, and it says why."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.casework import StepImpossible
from services.retire import retire
from store import audit
from store.open import Store, open_store
from tests._case_world import (
    DAY,
    OUTSIDE,
    boilers,
    city,
    desk,
    every,
    firms,
    of,
    person,
    record,
    standing,
    step,
    told,
)
from tests._store_rows import put_zones, zone


@pytest.fixture
def store(empty_store: Store) -> Store:
    city(empty_store)
    return empty_store


def test_an_assessment_opens_one_case_a_facility_with_all_it_rests_on(store: Store) -> None:
    assert step(store).opened == [1, 2]
    first = of(store, "E1")
    assert (first.state, first.verdict, first.due_on) == ("to_inspect", "V", dt.date(2020, 6, 30))
    assert {basis.rule for basis in standing(store, first)} == {"R10-LE10", "R11-NBZ"}
    assert [basis.zone_version for basis in standing(store, first) if basis.rule == "R11-NBZ"] == ["Z1@2019-09-01#1"]
    assert [case.facility_key for case in every(store)] == ["E1", "E2"], "E3 burns gas outside: no case"


def test_the_same_assessment_again_changes_nothing(store: Store) -> None:
    step(store)
    before = (every(store), told(store, of(store, "E1")))
    done = step(store)
    assert (done.opened, done.updated, done.closed) == ([], [], [])
    assert (every(store), told(store, of(store, "E1"))) == before


def test_the_earliest_deadline_leads(store: Store) -> None:
    step(store, day=dt.date(2020, 6, 1))
    case = of(store, "E1")
    assert (case.state, case.verdict, case.due_on) == ("rectifying", "T", dt.date(2020, 6, 30))
    assert sorted(str(basis.due_on) for basis in standing(store, case)) == ["2020-06-30", "2020-12-31"]


def test_a_deadline_that_passes_turns_the_case_into_one_to_be_inspected_by_itself(store: Store) -> None:
    step(store, day=dt.date(2020, 6, 30))
    done = step(store, "nightly", dt.date(2020, 7, 1))
    case = of(store, "E1")
    assert done.updated == [1, 2] and (case.state, case.verdict) == ("to_inspect", "V")
    changed = [event for event in told(store, case) if event.kind == "basis_changed"]
    assert [(e.body["rule"], e.body["verdict_before"], e.body["verdict"], e.body["why"]) for e in changed] == [
        ("R11-NBZ", "T", "V", "nightly")
    ]


def test_corrected_data_end_exactly_the_cases_they_concern(store: Store) -> None:
    step(store)
    boilers(store, {"unit_code": "U1", "enterprise_code": "E1", "fuel": "natural_gas"})
    done = step(store, "import combustion_units fix.csv")
    assert (done.opened, done.updated, done.closed) == ([], [], [1])
    assert of(store, "E1").state == "closed" and of(store, "E2").state == "to_inspect"
    last = told(store, of(store, "E1"))
    assert {event.body["why"] for event in last if event.kind == "basis_ended"} == {"import combustion_units fix.csv"}


def test_a_published_zone_opens_and_changes_exactly_the_cases_it_concerns(store: Store) -> None:
    firms(store, {"enterprise_code": "E4", "lon": str(119.475)})
    boilers(store, {"unit_code": "U4", "enterprise_code": "E4", "capacity_tph": "40", "ultra_low_retrofit": "yes"})
    step(store)
    assert [case.facility_key for case in every(store)] == ["E1", "E2"]
    put_zones(store, zone("Z2", "2021-01-01", place=1, existing_deadline="2021-12-31", zone_class="III"))
    done = step(store, "publish no_burn_zones Z2")
    assert (len(done.opened), done.updated, done.closed) == (1, [], [])
    assert (of(store, "E4").state, of(store, "E4").verdict) == ("rectifying", "T")


def test_a_retired_row_ends_its_case(store: Store) -> None:
    step(store)
    retire(store, "combustion_units", "U2", "重复登记")
    assert step(store, "retire combustion_units U2").closed == [2]


def test_who_was_told_to_rectify_is_looked_at_once_more_before_the_case_ends(store: Store) -> None:
    step(store)
    inspector = person(store, "chen", "inspector")
    at_work = desk(store, inspector)
    at_work.move(1, of(store, "E1").revision, "rectifying", "改用天然气", dt.date(2099, 9, 1))
    boilers(store, {"unit_code": "U1", "enterprise_code": "E1", "fuel": "natural_gas"})
    done = step(store)
    assert (done.updated, done.closed, of(store, "E1").state) == ([1], [], "recheck")
    record(store, inspector, case=1, result="rectified")
    at_work.move(1, of(store, "E1").revision, "closed", "复查合格")
    assert of(store, "E1").state == "closed"


def test_what_a_decision_answered_is_not_asked_again_but_something_new_is(store: Store) -> None:
    step(store)
    inspector, reviewer = person(store, "chen", "inspector"), person(store, "li", "reviewer")
    desk(store, inspector).ask(1, of(store, "E1").revision, "wrong", "已拆除")
    desk(store, reviewer).decide(1, of(store, "E1").revision, True, "同意")
    assert of(store, "E1").state == "wrong"
    assert step(store).opened == [], "the same verdict for the same reasons was answered"
    boilers(store, {"unit_code": "U1", "enterprise_code": "E1", "fuel": "coke"})
    done = step(store)
    assert len(done.opened) == 1 and of(store, "E1").state == "to_inspect", "another fuel is another verdict"
    assert [event.actor for event in told(store, every(store)[0])][-1] == "li", "the first case keeps its notes"


def test_a_facility_that_moves_out_takes_its_name_and_place_along(store: Store) -> None:
    step(store)
    firms(store, {"enterprise_code": "E1", "enterprise_name": "新名"} | OUTSIDE)
    step(store)
    case = of(store, "E1")
    assert case.name == "新名" and {basis.rule for basis in standing(store, case)} == {"R10-LE10"}
    assert case.lat == pytest.approx(float(OUTSIDE["lat"]), abs=1e-6)


def test_a_closed_case_takes_no_more_steps(store: Store) -> None:
    step(store)
    inspector = person(store, "chen", "inspector")
    boilers(store, {"unit_code": "U1", "enterprise_code": "E1", "fuel": "natural_gas"})
    step(store)
    with pytest.raises(StepImpossible):
        desk(store, inspector).move(1, of(store, "E1").revision, "rectifying", "x")


ACTIONS = st.one_of(
    st.tuples(st.just("fuel"), st.sampled_from(["U1", "U2"]), st.sampled_from(["raw_coal", "natural_gas", "coke", "unknown"])),
    st.tuples(st.just("day"), st.sampled_from(["2020-06-01", "2020-07-01", "2021-07-01"]), st.just("")),
    st.tuples(st.just("zone"), st.sampled_from(["2019-09-01", "2020-01-01"]), st.sampled_from(["II", "III"])),
    st.tuples(st.just("step"), st.sampled_from(["E1", "E2"]), st.sampled_from(["rectifying", "recheck", "closed", "to_inspect"])),
    st.tuples(st.just("wish"), st.sampled_from(["E1", "E2"]), st.sampled_from(["wrong", "exempt"])),
    st.tuples(st.just("visit"), st.sampled_from(["E1", "E2"]), st.just("")),
    st.tuples(st.just("note"), st.sampled_from(["E1", "E2"]), st.just("备注")),
)
SOAK = bool(os.environ.get("BLUESKY_SOAK"))
LENGTH = 40 if SOAK else 7
STORM = settings(max_examples=200 if SOAK else 8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class _Life:
    """A small city living through imports, nights, publications and people."""

    def __init__(self, store: Store) -> None:
        self.store, self.day, self.notes = store, DAY, 0
        city(store)
        self.inspector, self.reviewer = person(store, "chen", "inspector"), person(store, "li", "reviewer")
        step(store)

    def act(self, what: str, where: str, how: str) -> None:
        """One thing happens; what the state of a case forbids is refused and changes nothing."""
        from geo.errors import BlueSkyError

        try:
            getattr(self, f"_{what}")(where, how)
        except (BlueSkyError, AssertionError):
            return

    def _fuel(self, where: str, how: str) -> None:
        boilers(self.store, {"unit_code": where, "enterprise_code": where.replace("U", "E"), "fuel": how})
        step(self.store, "import", self.day)

    def _day(self, where: str, _: str) -> None:
        self.day = dt.date.fromisoformat(where)
        step(self.store, "nightly", self.day)

    def _zone(self, where: str, how: str) -> None:
        put_zones(self.store, zone("Z1", where, zone_class=how, existing_deadline="2020-06-30"))
        step(self.store, "publish", self.day)

    def _step(self, where: str, how: str) -> None:
        case = of(self.store, where)
        desk(self.store, self.inspector).move(case.id, case.revision, how, "做了", dt.date(2099, 9, 1))

    def _wish(self, where: str, how: str) -> None:
        case = of(self.store, where)
        desk(self.store, self.inspector).ask(case.id, case.revision, how, "请看")
        desk(self.store, self.reviewer).decide(case.id, of(self.store, where).revision, len(how) % 2 == 0, "看过")

    def _visit(self, where: str, _: str) -> None:
        record(self.store, self.inspector, case=of(self.store, where).id)

    def _note(self, where: str, how: str) -> None:
        desk(self.store, self.inspector).comment(of(self.store, where).id, how)
        self.notes += 1

    def check(self) -> None:
        """One open case a facility at most; what stands is what is found; no note is lost; the chain holds."""
        held = [case.facility for case in every(self.store, open_only=True)]
        assert len(held) == len(set(held))
        kept = [event for case in every(self.store) for event in told(self.store, case)]
        assert sum(event.kind == "comment" for event in kept) == self.notes
        for case in every(self.store):
            assert (case.closed_at is None) == (case.state in ("to_verify", "to_inspect", "rectifying", "recheck"))
        assert audit.verify(self.store) == []


def _live(actions: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "s.sqlite", create=True)
        life = _Life(store)
        for action in actions:
            life.act(*action)
        life.check()
        store.close()


@pytest.mark.slow
@given(st.lists(ACTIONS, max_size=LENGTH))
@STORM
def test_whatever_happens_a_facility_has_one_open_case_and_nothing_is_lost(actions: list[tuple[Any, ...]]) -> None:
    _live(actions)


def test_many_cases_take_as_few_statements_as_one(empty_store: Store) -> None:
    from sqlalchemy import event

    from tests._case_world import boilers, firms

    asked: list[str] = []
    event.listen(empty_store.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    def statements(count: int, first: int, fuel: str = "raw_coal") -> int:
        names = [f"{n:03d}" for n in range(first, first + count)]
        firms(empty_store, *({"enterprise_code": f"E{n}"} for n in names))
        boilers(empty_store, *({"unit_code": f"U{n}", "enterprise_code": f"E{n}", "fuel": fuel} for n in names))
        asked.clear()
        step(empty_store)
        return len(asked)

    put_zones(empty_store, zone("Z1", "2019-09-01", existing_deadline="2020-06-30"))
    one, many = statements(1, 0), statements(60, 1)
    assert many <= one + 5 and len(every(empty_store, open_only=True)) == 61
    ended_one, ended_many = statements(1, 0, "natural_gas"), statements(60, 1, "natural_gas")
    assert ended_many <= ended_one + 5 and every(empty_store, open_only=True) == []
    assert audit.verify(empty_store) == []
