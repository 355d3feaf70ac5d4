"""Regular grids by arithmetic, polygons on polygons, nearest and within a distance: the answers of GEOS."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from _engine import ODD, Floats, planted, polygons, truth, zones_of
from hypothesis import given
from hypothesis import strategies as st

from geo._effort import watched
from geo._kept import ZoneIndex
from geo.grids import regular_grid
from geo.join import match
from geo.nearest import nearest, within
from geo.overlap import overlaps
from tests._often import often

whole = st.integers(-8, 8).map(float)
spots = st.lists(st.tuples(whole, whole), max_size=12).map(lambda found: np.array(found, dtype=np.float64).reshape(-1, 2))


def cells(size: float, columns: int, rows: int, x0: float = 0.0, y0: float = 0.0) -> list[shapely.Polygon]:
    x, y = np.meshgrid(x0 + np.arange(columns) * size, y0 + np.arange(rows) * size)
    return list(shapely.box(x.ravel(), y.ravel(), x.ravel() + size, y.ravel() + size))


@often(25)
@given(st.sampled_from([1.0, 0.1, 1000.0, 1 / 3]), st.sampled_from([0.0, 451_000.3, -7e6]), st.randoms(use_true_random=False))
def test_a_grid_gives_the_pairs_of_geos(size: float, x0: float, random: object) -> None:
    made = cells(size, 9, 8, x0, 1.7)
    random.shuffle(made)  # type: ignore[attr-defined]  # hypothesis hands over a random.Random
    zones = zones_of(made[:66])
    xy = np.concatenate([planted(zones), ODD, np.random.default_rng(1).uniform(x0 - size, x0 + 10 * size, (200, 2))])
    with watched() as efforts:
        point, zone = match(xy, zones)
    assert efforts[0].way == "grid"
    assert list(zip(point.tolist(), zone.tolist(), strict=True)) == truth(xy, zones)


def test_each_point_has_one_cell_by_the_half_open_rule() -> None:
    zones = zones_of(cells(1.0, 10, 10))
    grid = regular_grid(zones)
    assert grid is not None
    xy = np.array([[0.5, 0.5], [1, 0.5], [1, 1], [0, 0], [10, 5], [5, 10], [9.99, 9.99], [np.nan, 1], [-0.1, 5], [1e308, 0]])
    assert grid.cell_of(xy).tolist() == [0, 1, 11, 0, -1, -1, 99, -1, -1, -1]


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made[:63],
        lambda made: [*made[1:], made[1]],
        lambda made: [*made[1:], shapely.box(0.1, 0, 1.1, 1)],
        lambda made: [*made[1:], shapely.Polygon([(0, 0), (1, 0.5), (1, 1), (0, 1)])],
        lambda made: [*made[1:], shapely.box(9_000, 9_000, 9_001, 9_001)],
        lambda made: [*made[1:], None],
    ],
)
def test_what_is_no_grid_is_not_taken_for_one(change: object) -> None:
    zones = zones_of(change(cells(1.0, 8, 8)))  # type: ignore[operator]  # a function of the list
    assert ZoneIndex(zones).grid is None
    xy = planted(zones)
    assert list(zip(*(side.tolist() for side in match(xy, zones)), strict=True)) == truth(xy, zones)


@often(40)
@given(st.lists(polygons(), max_size=5), st.lists(polygons(), max_size=5))
def test_overlaps_are_those_of_geos(sites: list[shapely.Geometry], zones: list[shapely.Geometry]) -> None:
    left, right = zones_of([*sites, None, shapely.Polygon()]), zones_of([*zones, None])
    site, zone, area = overlaps(left, right)
    expected = [(s, z) for s, one in enumerate(sites) for z, other in enumerate(zones) if one.intersects(other)]
    assert list(zip(site.tolist(), zone.tolist(), strict=True)) == expected
    assert area == pytest.approx([sites[s].intersection(zones[z]).area for s, z in expected], abs=1e-9)


def test_a_large_zone_is_cut_to_the_site() -> None:
    turn = np.linspace(0, 2 * np.pi, 5_000, endpoint=False)
    zone = shapely.Polygon(np.column_stack([452_000 + 9_000 * np.cos(turn), 3_230_000 + 9_000 * np.sin(turn)]))
    sites = zones_of([shapely.Point(452_000 + d, 3_230_000).buffer(80) for d in (0, 8_950, 9_050, 9_200)])
    site, _, area = overlaps(sites, zones_of([zone]))
    assert site.tolist() == [0, 1, 2]
    assert area == pytest.approx([shapely.intersection(sites[s], zone).area for s in (0, 1, 2)], rel=1e-9)


@often(40)
@given(spots, spots)
def test_nearest_is_the_first_of_the_nearest(xy: Floats, targets: Floats) -> None:
    found, distance = nearest(np.concatenate([xy, ODD[:1]]), targets)
    apart = np.hypot(*(xy[:, None, :] - targets[None, :, :]).transpose(2, 0, 1)) if len(targets) else np.empty((len(xy), 0))
    assert found.tolist() == [*(int(np.argmin(row)) if len(row) else -1 for row in apart), -1]
    assert np.isnan(distance[-1])


@often(40)
@given(spots, spots, st.sampled_from([0.0, 1.0, 2.5, 5.0, 100.0]))
def test_within_a_distance_is_what_measuring_all_gives(xy: Floats, targets: Floats, distance: float) -> None:
    point, target = within(np.concatenate([xy, ODD]), np.concatenate([targets, ODD[:3]]), distance)
    expected = [(p, t) for p, one in enumerate(xy) for t, other in enumerate(targets) if np.hypot(*(one - other)) <= distance]
    assert [pair for pair in zip(point.tolist(), target.tolist(), strict=True) if pair[0] < len(xy)] == expected
