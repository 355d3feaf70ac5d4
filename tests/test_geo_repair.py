"""Repairs of polygons: valid, polygons only, no area invented, each one reported."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.repair import repair
from tests._often import often

SQUARE = shapely.box(0, 0, 2, 2)
BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
SPIKE = shapely.Polygon([(0, 0), (2, 0), (2, 2), (2, 5), (2, 2), (0, 2)])
FLAT = shapely.Polygon([(0, 0), (2, 0), (1, 0)])
HOLE_OUTSIDE = shapely.Polygon(SQUARE.exterior, [[(5, 5), (6, 5), (6, 6), (5, 6)]])
MIXED = shapely.GeometryCollection([SQUARE, shapely.Point(9, 9)])


def _array(*geoms: shapely.Geometry | None) -> np.ndarray:
    array = np.empty(len(geoms), dtype=object)
    array[:] = geoms
    return array


def test_valid_polygons_and_gaps_stay_as_they_are() -> None:
    given_array = _array(SQUARE, None)
    fixed, repairs = repair(given_array)
    assert fixed[0] is SQUARE
    assert fixed[1] is None
    assert repairs == []


@pytest.mark.parametrize(
    ("sick", "area", "reason"),
    [(BOW_TIE, 2.0, "自相交"), (SPIKE, 4.0, "自"), (MIXED, 4.0, "混合")],
)
def test_sick_polygons_become_valid_and_are_reported(
    sick: shapely.Geometry, area: float, reason: str
) -> None:
    fixed, repairs = repair(_array(SQUARE, sick))
    assert fixed[1].is_valid
    assert fixed[1].geom_type in ("Polygon", "MultiPolygon")
    assert fixed[1].area == pytest.approx(area)
    assert [note.position for note in repairs] == [1]
    assert reason in repairs[0].reason
    assert repairs[0].reason_en
    assert repairs[0].area_after == pytest.approx(area)


def test_a_hole_outside_its_shell_is_no_longer_a_hole() -> None:
    fixed, repairs = repair(_array(HOLE_OUTSIDE))
    assert fixed[0].is_valid
    assert repairs[0].reason.startswith("内环在外环之外")


def test_nothing_is_left_of_a_line() -> None:
    fixed, repairs = repair(_array(FLAT))
    assert fixed[0] is None
    assert repairs[0].area_after == 0


def test_the_array_of_the_caller_stays() -> None:
    array = _array(BOW_TIE)
    repair(array)
    assert array[0] is BOW_TIE


def test_parts_that_share_an_edge_are_dissolved() -> None:
    """What make_valid alone gets wrong: its answer is invalid itself."""
    ring = shapely.Polygon([(0, 0), (1, 1), (0, 1), (0, 2), (1, 1), (0, 1)])
    fixed, _ = repair(_array(ring))
    assert fixed[0].is_valid
    assert fixed[0].area == 1


@often(200)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=8))
def test_any_ring_becomes_a_valid_polygon_or_nothing(corners: list[tuple[int, int]]) -> None:
    fixed, _ = repair(_array(shapely.Polygon(corners)))
    assert fixed[0] is None or (fixed[0].is_valid and fixed[0].geom_type in ("Polygon", "MultiPolygon"))
