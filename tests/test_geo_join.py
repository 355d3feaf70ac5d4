"""Which points lie in which polygons: visible answers, and identity with GEOS on everything random."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from _engine import polygons, whole
from hypothesis import given
from hypothesis import strategies as st

from geo.join import match

Pairs = list[tuple[int, int]]


def pairs(xy: object, zones: list[object]) -> Pairs:
    left, right = match(np.array(xy, dtype=np.float64).reshape(-1, 2), np.array([*zones, None], dtype=object)[:-1])
    assert left.dtype == right.dtype == np.int64
    return list(zip(left.tolist(), right.tolist(), strict=True))


SQUARE = shapely.box(0, 0, 4, 4)
RING = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (3, 1), (3, 3), (1, 3)]])


@pytest.mark.parametrize(
    ("spot", "inside"),
    [((2, 2), True), ((0, 2), True), ((4, 4), True), ((4.0000001, 2), False), ((-1, 2), False)],
)
def test_edges_and_vertices_belong(spot: tuple[float, float], inside: bool) -> None:
    assert bool(pairs([spot], [SQUARE])) is inside


@pytest.mark.parametrize(
    ("spot", "inside"), [((2, 2), False), ((1, 2), True), ((3, 3), True), ((0.5, 2), True), ((2.9999, 2), False)]
)
def test_the_edge_of_a_hole_belongs_and_the_hole_does_not(spot: tuple[float, float], inside: bool) -> None:
    assert bool(pairs([spot], [RING])) is inside


def test_a_point_on_a_shared_edge_is_in_both_and_pairs_are_sorted() -> None:
    zones = [shapely.box(4, 0, 8, 4), SQUARE, shapely.box(100, 100, 101, 101)]
    assert pairs([(4, 2), (200, 200), (4, 0), (5, 1)], zones) == [(0, 0), (0, 1), (2, 0), (2, 1), (3, 0)]


def test_overlaps_give_every_zone_and_parts_count_once() -> None:
    parts = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])
    assert pairs([(0.5, 0.5), (5.5, 5.5)], [parts, SQUARE, parts]) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2)]


def test_what_is_not_finite_or_empty_matches_nothing() -> None:
    spots = [(np.nan, 1), (1, np.inf), (-np.inf, np.nan), (1, 1)]
    assert pairs(spots, [None, shapely.Polygon(), SQUARE]) == [(3, 2)]
    assert pairs([], [SQUARE]) == []
    assert pairs([(1, 1)], []) == []


def test_a_ring_of_fifty_thousand_vertices_is_judged_whole() -> None:
    angle = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * 1000
    big = shapely.Polygon(ring)
    middle = (ring[:-1] + ring[1:]) / 2
    spots = np.concatenate([ring[::997], middle[::991], ring[::983] * 1.00001, ring[::971] * 0.99999])
    assert pairs(spots, [big]) == [(i, 0) for i in np.flatnonzero(shapely.intersects_xy(big, spots))]


def test_the_arrays_given_are_not_changed() -> None:
    xy, zones = np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([SQUARE, RING], dtype=object)
    before = xy.copy()
    match(xy, zones)
    assert (xy == before).all()
    assert zones.tolist() == [SQUARE, RING]


def planted(zones: list[shapely.Geometry], free: list[tuple[int, int]]) -> npt.NDArray[np.float64]:
    """Free points, every vertex, and the middle of every edge."""
    spots = [np.array(free, dtype=np.float64).reshape(-1, 2)]
    for zone in zones:
        vertices = shapely.get_coordinates(zone)
        spots += [vertices, (vertices[:-1] + vertices[1:]) / 2]
    return np.concatenate(spots)


@given(st.lists(polygons(), min_size=1, max_size=6), st.lists(st.tuples(whole, whole), max_size=12))
def test_pairs_are_those_of_geopandas(zones: list[shapely.Geometry], free: list[tuple[int, int]]) -> None:
    spots = planted(zones, free)
    frame = gpd.GeoDataFrame(geometry=shapely.points(spots))
    joined = gpd.sjoin(frame, gpd.GeoDataFrame(geometry=zones), predicate="intersects")
    expected = sorted(zip(joined.index.tolist(), joined["index_right"].tolist(), strict=True))
    assert pairs(spots, list(zones)) == expected


@given(st.lists(polygons(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_order_of_zones_changes_only_their_numbers(zones: list[shapely.Geometry], random: object) -> None:
    spots = planted(zones, [(0, 0), (1, 1)])
    order = list(range(len(zones)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis hands over a random.Random
    moved = {(p, order[z]) for p, z in pairs(spots, [zones[i] for i in order])}
    assert moved == set(pairs(spots, list(zones)))
