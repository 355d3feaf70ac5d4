"""Distances to edges, and who is within reach."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import at_edge, candidates, edge_distance

RING = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(4, 4), (6, 4), (6, 6), (4, 6)]])


def distance(spot: tuple[float, float], zone: shapely.Geometry) -> float:
    at = np.zeros(1, dtype=np.int64)
    return float(edge_distance(np.array([spot], dtype=float), np.array([zone], dtype=object), at, at)[0])


@pytest.mark.parametrize(
    ("spot", "metres"),
    [((5, 1), 1), ((0, 5), 0), ((10, 10), 0), ((5, 3.5), 0.5), ((5, 5), 1), ((5, -2), 2), ((13, 14), 5)],
)
def test_distance_counts_holes_and_is_never_negative(spot: tuple[float, float], metres: float) -> None:
    assert distance(spot, RING) == pytest.approx(metres)


def test_reach_is_each_points_own_and_its_end_counts() -> None:
    xy = np.array([[12.0, 5.0], [12.0, 5.0], [5.0, 5.0], [5.0, 2.0], [np.nan, 1.0]])
    point, zone = candidates(xy, np.array([RING, None], dtype=object), np.array([2.0, 1.9, 0.5, 0.0, 9.0]))
    assert point.tolist() == [0, 3]
    assert zone.tolist() == [0, 0]


def test_no_points_and_no_zones() -> None:
    none = np.empty((0, 2))
    assert candidates(none, np.array([RING], dtype=object), np.empty(0))[0].size == 0
    assert candidates(np.zeros((1, 2)), np.empty(0, dtype=object), np.ones(1))[0].size == 0


@given(st.integers(70, 300), st.lists(st.tuples(st.floats(-15, 15), st.floats(-15, 15)), min_size=5, max_size=30))
def test_the_tree_of_edges_gives_what_every_edge_gives(vertices: int, spots: list[tuple[float, float]]) -> None:
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    star = shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * (8 + 3 * np.cos(7 * angle))[:, None])
    xy, many = np.array(spots), np.arange(len(spots))
    zones = np.array([star], dtype=object)
    found = edge_distance(xy, zones, many, np.zeros(len(spots), dtype=np.int64))
    assert found == pytest.approx(shapely.distance(star.boundary, shapely.points(xy)), abs=1e-12)


@given(
    st.integers(4, 90), st.sampled_from([0.0, 0.2, 1.0]),
    st.lists(st.tuples(st.integers(-60, 60), st.integers(-60, 60)), min_size=1, max_size=40),
)  # fmt: skip
def test_at_the_edge_is_whoever_is_within_the_tolerance(vertices: int, tolerance: float, spots: list[tuple[int, int]]) -> None:
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    zones = np.array([shapely.Polygon(10 * np.column_stack([np.cos(turn), np.sin(turn)])), shapely.box(-5, -5, 3, 5)], object)
    xy = np.array(spots) / 5  # fifths lie at 0.2 from edges of the box, some at exactly that
    point, zone = (side.ravel() for side in np.indices((len(xy), 2)))
    measured = edge_distance(xy, zones, point, zone) <= tolerance
    assert at_edge(xy, zones, point, zone, tolerance).tolist() == measured.tolist()
