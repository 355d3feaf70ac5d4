"""Visiting orders: every place once, from the start, never longer than the nearest neighbour's way, short in small cases."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.photos import metres_between
from services.rounds import Place, plan_round
from tests._often import often

PLACES = st.tuples(st.floats(119.2, 119.8), st.floats(29.0, 29.4))


def length(places: Sequence[Place]) -> float:
    return sum(metres_between(a, b) for a, b in itertools.pairwise(places))


@given(st.lists(PLACES, min_size=1, max_size=25), PLACES)
@often(40)
def test_every_place_is_visited_once_and_the_metres_add_up(places: list[Place], start: Place) -> None:
    made = plan_round(places, start)
    order = [leg.place for leg in made.legs]
    assert sorted(order) == list(range(len(places)))
    way = [start, *(places[place] for place in order)]
    assert made.metres == pytest.approx(length(way), abs=0.1)
    arrivals = [leg.arrival for leg in made.legs]
    assert arrivals == sorted(arrivals) and made.minutes >= arrivals[-1]


@given(st.lists(PLACES, min_size=2, max_size=6), PLACES)
@often(30)
def test_a_small_round_is_close_to_the_best_there_is(places: list[Place], start: Place) -> None:
    best = min(length([start, *order]) for order in itertools.permutations(places))
    assert plan_round(places, start).metres <= best * 1.25 + 1


def test_a_crossing_is_undone() -> None:
    corners = [(119.5, 29.2), (119.52, 29.2), (119.51, 29.21), (119.5, 29.21), (119.52, 29.21), (119.53, 29.2)]
    made = plan_round(corners, (119.499, 29.2))
    assert made.metres <= min(length([(119.499, 29.2), *order]) for order in itertools.permutations(corners)) * 1.1


def test_nothing_to_visit_is_no_round() -> None:
    assert plan_round([]).legs == [] and plan_round([], (119.5, 29.2)).minutes == 0


def test_without_a_start_the_first_place_is_it() -> None:
    assert plan_round([(119.5, 29.2), (119.6, 29.2)]).legs[0].place == 0
