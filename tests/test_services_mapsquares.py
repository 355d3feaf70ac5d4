"""Squares of a far view: each point once, in a square that holds it, whatever the window."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.tiles import PointMap
from services._mapsquares import MapSquares
from tests._often import often

KINDS = ("V", "C")
WORLD = (-180.0, -90.0, 180.0, 90.0)


def of(*places: tuple[float, float, int]) -> MapSquares:
    lonlat = np.array([place[:2] for place in places], dtype=np.float64).reshape(-1, 2)
    return MapSquares(PointMap.of(lonlat, np.array([place[2] for place in places], np.uint8)), KINDS)


def test_a_square_of_64_pixels_has_its_middle_and_the_count_of_each_kind() -> None:
    far = of((10.0, 10.0, 0), (12.0, 10.0, 1), (14.0, 10.0, 1), (-100.0, 10.0, 0), (np.nan, 10.0, 0))
    first, second = far.within(WORLD, 2)  # at zoom 2 a square has 22.5 degrees
    assert first == {"at": [-100.0, 10.0], "count": 1, "kinds": {"V": 1}}
    assert second == {"at": [12.0, 10.0], "count": 3, "kinds": {"V": 1, "C": 2}}


def test_a_window_gets_the_squares_it_meets_whole() -> None:
    far = of((10.0, 10.0, 0), (20.0, 10.0, 1), (30.0, 10.0, 1))
    assert [one["count"] for one in far.within((15.0, 5.0, 16.0, 6.0), 2)] == [2]
    assert [one["count"] for one in far.within((15.0, 5.0, 22.5, 6.0), 2)] == [2, 1], "an edge belongs to the next square"
    assert far.within((60.0, 5.0, 61.0, 6.0), 2) == [] == of().within(WORLD, 2)


@often(60)
@given(st.lists(st.tuples(st.floats(-180, 179), st.floats(-84, 84), st.integers(0, 1)), max_size=40), st.integers(0, 9))
def test_every_point_is_counted_once(drawn: list[tuple[float, float, int]], zoom: int) -> None:
    found = of(*drawn).within(WORLD, zoom)
    assert sum(one["count"] for one in found) == len(drawn)
    for number, kind in enumerate(KINDS):
        assert sum(one["kinds"].get(kind, 0) for one in found) == sum(1 for one in drawn if one[2] == number)
