"""Every way to the same pairs: each gives what GEOS says of the whole polygon, on and beside every edge."""

from __future__ import annotations

from unittest import mock

import geopandas as gpd
import numpy as np
import pytest
import shapely
from _engine import ODD, Floats, Zones, by_cell, planted, star, truth, worlds, zones_of
from hypothesis import given
from hypothesis import strategies as st

from geo import join
from geo._effort import watched
from geo._order import cell_order
from geo.join import match
from tests._often import SOAK, often


def found(xy: Floats, zones: Zones) -> list[tuple[int, int]]:
    left, right = match(xy, zones)
    assert left.dtype == right.dtype == np.int64
    return list(zip(left.tolist(), right.tolist(), strict=True))


@often(40)
@given(worlds())
def test_by_x_gives_the_pairs_of_geos(world: tuple[Floats, Zones]) -> None:
    assert found(*world) == truth(*world)


@often(40)
@given(worlds())
def test_by_cell_gives_the_pairs_of_geos(world: tuple[Floats, Zones]) -> None:
    with by_cell():
        assert found(*world) == truth(*world)


@often(15)
@given(worlds())
def test_geopandas_agrees(world: tuple[Floats, Zones]) -> None:
    xy, zones = world
    kept = np.isfinite(xy).all(axis=1)
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=shapely.points(xy[kept])), gpd.GeoDataFrame(geometry=zones[:-2]))
    expected = sorted(zip(np.flatnonzero(kept)[joined.index].tolist(), joined["index_right"].tolist(), strict=True))
    with by_cell():
        assert found(xy, zones[:-2]) == expected


def test_large_rings_with_many_points_by_cell() -> None:
    corners = 1_000_000 if SOAK else 50_000
    rng = np.random.default_rng(7)
    big = star(corners, 452_000, 3_230_000, 1, 30_000, 0.999)
    ring = shapely.Polygon(big.exterior.coords, [star(997, 452_000, 3_230_000, 2, 6_000, 0.9).exterior.coords])
    zones = zones_of([ring, shapely.box(452_000, 3_230_000, 482_000, 3_260_000)])
    free = rng.uniform((420_000, 3_200_000), (484_000, 3_262_000), (100_000, 2))
    xy = np.concatenate([free, planted(zones)[:: max(1, corners // 5_000)], ODD])
    with watched() as efforts, mock.patch.object(join, "TABLE_FROM", np.inf):
        pairs = found(xy, zones)
    shapely.prepare(ring)
    inside = [shapely.intersects_xy(zone, xy[:, 0], xy[:, 1]) for zone in zones]
    assert pairs == sorted((int(p), z) for z in (0, 1) for p in np.flatnonzero(inside[z]))
    assert efforts[0].way == "prepared, by cell"
    assert SOAK or efforts[0].tested < len(xy)


def test_zones_that_touch_share_the_points_of_their_common_edge() -> None:
    left, right = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
    xy = np.column_stack([np.full(21, 10.0), np.linspace(-5, 15, 21)])
    with by_cell():
        assert found(xy, zones_of([left, right])) == [(p, z) for p in range(5, 16) for z in (0, 1)]


@pytest.mark.parametrize("value", [0.0, 1e308, -1e308, 5e-324])
def test_many_points_in_one_place_and_at_the_end_of_the_numbers(value: float) -> None:
    xy = np.full((30_000, 2), value)
    xy[7] = np.nan
    zone = shapely.box(-1.5e308, -1.5e308, 1.5e308, 1.5e308)
    assert [len(side) for side in match(xy, zones_of([zone, shapely.box(9, 9, 10, 10)]))] == [29_999, 29_999]


def test_collapsed_extents_keep_every_point() -> None:
    line = np.column_stack([np.linspace(0, 1, 25_000), np.full(25_000, 3.0)])
    point, zone = match(line, zones_of([shapely.box(0.25, 3, 0.5, 4)]))
    assert point.tolist() == np.flatnonzero((line[:, 0] >= 0.25) & (line[:, 0] <= 0.5)).tolist()
    assert not zone.any()


def test_cells_hold_every_point_once() -> None:
    xy = np.random.default_rng(3).normal(0, 1000, (50_000, 2))
    order = cell_order(xy)
    assert order is not None
    assert np.array_equal(np.sort(order.order), np.arange(len(xy)))
    assert np.array_equal(order.x, xy[order.order, 0])
    box = np.array([-300.0, -200.0, 500.0, 100.0])
    inside = (xy[:, 0] >= -300) & (xy[:, 0] <= 500) & (xy[:, 1] >= -200) & (xy[:, 1] <= 100)
    assert np.array_equal(np.sort(order.within(box)[0]), np.flatnonzero(inside))


@often(60)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=300), st.tuples(*[st.integers(-1, 13)] * 4))
def test_a_box_counts_the_points_it_holds_edges_included(drawn: list[tuple[int, int]], box: tuple[int, int, int, int]) -> None:
    order = cell_order(np.array(drawn, dtype=np.float64).reshape(-1, 2))
    west, south, east, north = box
    held = sum(1 for x, y in drawn if west <= x <= east and south <= y <= north)
    assert (0 if order is None else order.count(np.array(box, dtype=np.float64))) == held


@pytest.mark.slow
@pytest.mark.skipif(not SOAK, reason="long")
@pytest.mark.parametrize("seed", range(20))
def test_a_province_of_random_zones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones = zones_of([star(int(rng.integers(3, 400)), *rng.uniform(0, 100, 2), seed * 100 + n, 20) for n in range(40)])
    xy = np.concatenate([rng.uniform(-10, 110, (60_000, 2)), planted(zones, seed)])
    assert found(xy, zones) == truth(xy, zones)
