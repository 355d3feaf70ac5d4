"""Operations on a drawn area: the areas are those of plain arithmetic, kept vertices stay where they were."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.redraw import (
    common,
    cut,
    filled,
    holes_of,
    joined,
    snapped,
    split,
    thinned,
    tied,
    vertices_dropped,
    without,
)
from tests._often import often

SQUARE = shapely.box(0, 0, 10, 10)


def corners(shape: shapely.Geometry) -> set[tuple[float, float]]:
    return set(map(tuple, shapely.get_coordinates(shape).tolist()))


def test_joined_cut_and_common() -> None:
    other = shapely.box(5, 0, 15, 10)
    assert joined([SQUARE, other]).equals(shapely.box(0, 0, 15, 10))
    assert cut(SQUARE, other).equals(shapely.box(0, 0, 5, 10))
    assert common(SQUARE, other).equals(shapely.box(5, 0, 10, 10))
    assert cut(SQUARE, SQUARE) is None and common(SQUARE, shapely.box(10, 0, 20, 10)) is None


def test_split_gives_pieces_the_largest_first() -> None:
    pieces = split(SQUARE, shapely.LineString([(3, -1), (3, 11)]))
    assert [piece.area for piece in pieces] == [70, 30]
    assert len(split(SQUARE, shapely.LineString([(3, -1), (3, 5)]))) == 1, "it ends inside"
    ring = SQUARE.difference(shapely.box(4, 4, 6, 6))
    assert sum(piece.area for piece in split(ring, shapely.LineString([(5, -1), (5, 11)]))) == pytest.approx(96)


@often(20)
@given(st.integers(6, 60), st.integers(0, 99), st.floats(0.01, 3))
def test_what_is_thinned_keeps_exact_vertices_and_all_fixed_ones(count: int, seed: int, tolerance: float) -> None:
    chance = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    reach = 10 + chance.uniform(-3, 3, count)
    shape = shapely.Polygon(np.column_stack([reach * np.cos(turn), reach * np.sin(turn)]))
    fixed = chance.random(count + 1) < 0.2
    made = thinned(shape, shape, fixed, tolerance)
    assert made.is_valid and corners(made) <= corners(shape)
    assert {tuple(xy) for xy in shapely.get_coordinates(shape)[:-1][fixed[:-1]].tolist()} <= corners(made)


def test_thinning_takes_vertices_of_straight_edges_and_leaves_holes() -> None:
    ring = [(0, 0), (5, 0.001), (10, 0), (10, 10), (0, 10)]
    hole = [(4, 4), (6, 4), (6, 6), (4, 6)]
    shape = shapely.Polygon(ring, [hole])
    made = thinned(shape, shape, np.zeros(11, dtype=bool), 0.1)
    assert corners(made) == {(0, 0), (10, 0), (10, 10), (0, 10), *hole}
    fixed = np.zeros(11, dtype=bool)
    fixed[1] = True
    assert (5, 0.001) in corners(thinned(shape, shape, fixed, 0.1))


def test_new_vertices_take_the_coordinates_of_a_neighbour() -> None:
    anchors = np.array([[10.0000001, 10.0], [50.0, 50.0]])
    made = tied(SQUARE, anchors, 1e-6)
    assert (10.0000001, 10.0) in corners(made) and (10.0, 10.0) not in corners(made)
    assert tied(SQUARE, np.empty((0, 2)), 1e-6) is SQUARE


def test_snapping_closes_a_gap_exactly() -> None:
    neighbour = shapely.Polygon([(10.3, -5), (20, -5), (20, 15), (10.3, 15)])
    made = snapped(SQUARE, neighbour, 0.5)
    assert shapely.intersection(made, neighbour).length >= 10 and made.area == pytest.approx(103)
    assert snapped(SQUARE, shapely.box(12, 0, 20, 10), 0.5).equals(SQUARE)


def test_parts_holes_and_vertices_go() -> None:
    both = shapely.MultiPolygon([SQUARE, shapely.box(20, 0, 21, 1)])
    assert without(both, np.array([False, True])).equals(SQUARE) and without(SQUARE, np.array([True])) is None
    holed = SQUARE.difference(shapely.box(1, 1, 2, 2)).difference(shapely.box(5, 5, 8, 8))
    large = shapely.area(holes_of(holed)) > 1
    assert filled(holed, large).area == 91 and filled(holed, ~large).area == 99
    bent = shapely.Polygon([(0, 0), (5, -9), (10, 0), (10, 10), (0, 10)])
    assert vertices_dropped(bent, np.array([False, True, False, False, False, False])).equals(SQUARE)
