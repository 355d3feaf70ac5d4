"""What people do with cases: each step by its role, on the revision they saw, with proof and a second person."""

from __future__ import annotations

import datetime as dt

import pytest

from geo.errors import Conflict, NotFound, WrongUsage
from services.casework import (
    CaseUnknown,
    DueMissing,
    ProofMissing,
    SecondPerson,
    StepImpossible,
    StepNotYours,
    TextMissing,
    wishes,
)
from services.scope import Principal
from store import audit
from store.open import Store
from tests._case_world import city, desk, every, of, person, record, standing, step, told

DUE = dt.date(2099, 9, 1)


@pytest.fixture
def store(empty_store: Store) -> Store:
    city(empty_store)
    step(empty_store)
    return empty_store


@pytest.fixture
def inspector(store: Store) -> Principal:
    return person(store, "chen", "inspector", team="一队")


def test_a_case_goes_from_inspection_to_closed_with_everything_written_down(store: Store, inspector: Principal) -> None:
    at_work = desk(store, inspector)
    record(store, inspector, case=1)
    at_work.move(1, of(store, "E1").revision, "rectifying", "改用天然气", DUE)
    assert of(store, "E1").due_on == DUE
    at_work.move(1, of(store, "E1").revision, "recheck", "企业报告已改")
    record(store, inspector, case=1, result="rectified")
    at_work.move(1, of(store, "E1").revision, "closed", "复查合格")
    case = of(store, "E1")
    assert case.state == "closed" and case.closed_at and standing(store, case) == []
    kinds = [event.kind for event in told(store, case) if event.actor == "chen"]
    assert kinds == ["inspection", "moved", "moved", "inspection", "moved"]
    assert audit.verify(store) == []


def test_closing_needs_a_photo_made_since_the_order(store: Store, inspector: Principal) -> None:
    at_work = desk(store, inspector)
    record(store, inspector, case=1)
    at_work.move(1, of(store, "E1").revision, "rectifying", "改", DUE)
    at_work.move(1, of(store, "E1").revision, "recheck", "改了")
    with pytest.raises(ProofMissing):
        at_work.move(1, of(store, "E1").revision, "closed", "看过")
    record(store, inspector, case=1, photos=[], result="rectified")
    with pytest.raises(ProofMissing):
        at_work.move(1, of(store, "E1").revision, "closed", "没有照片")
    assert of(store, "E1").state == "recheck"


def test_of_two_inspectors_on_one_case_the_second_is_told(store: Store, inspector: Principal) -> None:
    other = person(store, "he", "inspector")
    seen = of(store, "E1").revision
    desk(store, inspector).move(1, seen, "rectifying", "甲", DUE)
    with pytest.raises(Conflict):
        desk(store, other).ask(1, seen, "wrong", "乙")
    assert [event.kind for event in told(store, of(store, "E1"))][-1] == "moved"


@pytest.mark.parametrize("role", ["grid_head", "reviewer", "viewer"])
def test_an_order_takes_an_inspector_or_a_planner(role: str, store: Store) -> None:
    who = person(store, "someone", role)
    with pytest.raises(StepNotYours):
        desk(store, who).move(1, of(store, "E1").revision, "rectifying", "改", DUE)
    assert of(store, "E1").state == "to_inspect"


def test_a_grid_head_reports_a_correction_but_does_not_close(store: Store, inspector: Principal) -> None:
    head = person(store, "zhang", "grid_head", cells=("G1",))
    desk(store, inspector).move(1, of(store, "E1").revision, "rectifying", "改", DUE)
    desk(store, head).move(1, of(store, "E1").revision, "recheck", "已改")
    record(store, head, "patrol", case=1)
    with pytest.raises(StepNotYours):
        desk(store, head).move(1, of(store, "E1").revision, "closed", "好了")


def test_a_step_the_state_does_not_allow_is_refused(store: Store, inspector: Principal) -> None:
    for state in ("closed", "to_verify", "exempt", "nonsense"):
        with pytest.raises(StepImpossible):
            desk(store, inspector).move(1, of(store, "E1").revision, state, "x")


def test_every_step_says_why(store: Store, inspector: Principal) -> None:
    with pytest.raises(TextMissing):
        desk(store, inspector).move(1, of(store, "E1").revision, "rectifying", "  \n ", DUE)
    with pytest.raises(TextMissing):
        desk(store, inspector).comment(1, "")


def test_a_wish_is_decided_by_somebody_else_who_may(store: Store, inspector: Principal) -> None:
    planner, reviewer = person(store, "wang", "planner"), person(store, "li", "reviewer")
    desk(store, planner).ask(1, of(store, "E1").revision, "exempt", "集中供热")
    assert [case.id for case, _ in wishes(store, reviewer, None)] == [1]
    assert wishes(store, planner, None) == [] and wishes(store, inspector, None) == []
    with pytest.raises(StepNotYours):
        desk(store, inspector).decide(1, of(store, "E1").revision, True, "同意")
    with pytest.raises(SecondPerson):
        desk(store, planner).decide(1, of(store, "E1").revision, True, "同意")
    desk(store, reviewer).decide(1, of(store, "E1").revision, False, "依据不足")
    assert of(store, "E1").state == "to_inspect" and wishes(store, reviewer, None) == []
    with pytest.raises(StepImpossible):
        desk(store, reviewer).decide(1, of(store, "E1").revision, True, "再想想")


def test_one_takes_a_case_oneself_and_the_office_hands_it_out(store: Store, inspector: Principal) -> None:
    other, planner = person(store, "he", "inspector"), person(store, "wang", "planner")
    desk(store, inspector).assign(1, of(store, "E1").revision, "chen")
    assert of(store, "E1").assignee_id == inspector.account_id
    with pytest.raises(NotFound):
        desk(store, other).assign(1, of(store, "E1").revision, "li-that-is-not")
    with pytest.raises(StepNotYours):
        desk(store, other).assign(1, of(store, "E1").revision, "")
    desk(store, planner).assign(1, of(store, "E1").revision, "he", "二队")
    assert (of(store, "E1").assignee_id, of(store, "E1").team) == (other.account_id, "二队")
    with pytest.raises(WrongUsage):
        desk(store, planner).assign(1, of(store, "E1").revision, "nobody")


def test_a_case_of_somebody_elses_cell_looks_like_one_that_does_not_exist(store: Store) -> None:
    head = person(store, "zhang", "grid_head", cells=("G1",))
    mine = frozenset({("enterprises", "E2")})
    for number in (1, 999):
        with pytest.raises(CaseUnknown) as caught:
            desk(store, head, mine).comment(number, "偷看")
        assert str(caught.value) == f"没有找到案件“{number}”。"
    desk(store, head, mine).comment(2, "看过")
    assert [event.kind for case in every(store) for event in told(store, case) if event.actor == "zhang"] == ["comment"]


def test_an_order_takes_a_day_that_has_not_passed(store: Store, inspector: Principal) -> None:
    for due in (None, dt.date(2020, 6, 30), dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)):
        with pytest.raises(DueMissing):
            desk(store, inspector).move(1, of(store, "E1").revision, "rectifying", "改", due)
    assert of(store, "E1").state == "to_inspect"
    desk(store, inspector).move(1, of(store, "E1").revision, "rectifying", "改", dt.datetime.now(dt.UTC).date())
    assert of(store, "E1").state == "rectifying"
