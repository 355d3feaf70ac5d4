"""The table kernel: the pairs of GEOS whatever the size of its cells, compiled or as plain Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import shapely
from _engine import ODD, Floats, Zones, planted, star, truth, worlds, zones_of
from hypothesis import given
from hypothesis import strategies as st

from geo import _exact, _kept, _numba, _table, _table_file
from geo._effort import watched
from geo.join import match
from tests._often import SOAK, often

ROOT = Path(__file__).resolve().parent.parent
SQUARE = shapely.box(0, 0, 4, 4)


def with_table(xy: Floats, zones: Zones, cells: int) -> tuple[list[tuple[int, int]], str]:
    """Pairs by way of a table of about that many cells; those that suit none are answered all the same."""
    index = _kept.ZoneIndex(zones)
    with mock.patch.multiple(_table, FEWEST_CELLS=cells, MOST_CELLS=cells):
        index.table = _table.build(zones, cells)
    with mock.patch("geo.join.index_of", return_value=(index, True)), watched() as efforts:
        point, zone = match(xy, zones)
    assert point.dtype == zone.dtype == np.int64
    return list(zip(point.tolist(), zone.tolist(), strict=True)), efforts[0].way


@often(12)
@given(worlds(), st.sampled_from([1, 7, 150]))
def test_a_table_gives_the_pairs_of_geos(world: tuple[Floats, Zones], cells: int) -> None:
    assert with_table(*world, cells)[0] == truth(*world)


def test_points_on_corners_and_borders_of_cells_and_edges_along_them() -> None:
    half = shapely.Polygon([(0, 0), (8, 8), (0, 8)])
    zones = zones_of([shapely.box(0, 0, 8, 8), half, shapely.box(8, 0, 16, 8), star(9, 8, 4, 5)])
    whole = np.stack(np.meshgrid(np.arange(-1, 18, 0.5), np.arange(-1, 10, 0.5)), axis=-1).reshape(-1, 2)
    for cells in (1, 8, 32, 128, 512):
        table = _table.grid_for(shapely.bounds(zones), cells)
        assert table is not None
        corners = np.column_stack([table.x0 + np.arange(20) * table.size, table.y0 + np.arange(20) * table.size])
        xy = np.concatenate([whole, corners, planted(zones)])
        assert with_table(xy, zones, cells) == (truth(xy, zones), "table, 1 thread")


def test_zones_that_suit_no_table_are_answered_by_geos() -> None:
    fine, huge = shapely.box(1e9, 1e9, 1e9 + 1e-3, 1e9 + 1e-3), shapely.box(-1e200, -1e200, 1e200, 1e200)
    for zone in (fine, huge, shapely.box(0, 0, 1e-320, 1)):
        xy = np.concatenate([planted(zones_of([zone])), ODD])
        found, way = with_table(xy, zones_of([zone]), 100)
        assert (found, way) == (truth(xy, zones_of([zone])), "prepared, by x")


def test_zones_that_would_fill_any_memory_are_answered_by_geos() -> None:
    reach = np.linspace(10, 1000, 3000)
    nested = shapely.box(-reach, -reach, reach, reach)
    teeth = np.arange(40_000.0)
    comb = shapely.Polygon([*zip(teeth, np.where(teeth % 2, 40_000, 0), strict=True), (39_999, -1), (0, -1)])
    for zones in (nested, zones_of([comb])):
        assert _table.build(zones, 400_000) is None


def test_zones_too_much_for_a_fine_table_get_that_of_a_single_question() -> None:
    zones = zones_of([shapely.box(0, 0, 10, 10)])
    limits = {"FEWEST_CELLS": 1, "MOST_CELLS_ONCE": 100, "MOST_WORK": 1000}
    with mock.patch.multiple(_table, **limits):
        coarse, once = _table.build(zones, 10_000), _table.build(zones, 100)
    fine = _table.build(zones, 10_000)
    assert coarse is not None and once is not None and fine is not None
    assert coarse.tables.grid == once.tables.grid != fine.tables.grid
    found, _, _ = coarse.match(np.array([[10.0, 3.0], [10.1, 3.0]]))
    assert found.tolist() == [0]


@given(*[st.integers(-(2**40), 2**40)] * 6)
def test_the_exact_side_is_that_of_whole_numbers(ax: int, ay: int, bx: int, by: int, px: int, py: int) -> None:
    exact = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    assert _exact.exact_sign(*map(float, (ax, ay, bx, by, px, py)))[0] == (exact > 0) - (exact < 0)


def test_a_side_floating_point_cannot_tell() -> None:
    ax, ay, bx, by = 12.0, 12.0, 24.0, 24.0
    for step in range(-3, 4):
        px, py = 0.5 + step * 2.0**-53, 0.5
        assert _exact.side(ax, ay, bx, by, px, py) == (px < py) - (px > py)


def test_beside_a_vertex_where_geos_rounds_the_table_says_what_geos_says() -> None:
    a, b = (float.fromhex("-0x1.e1094d643f785p-28"), -4e-9), (-1e-9, 2e-9)
    zones = zones_of([shapely.Polygon([a, b, (-1e-9, 1e-9)])])
    spot = np.array([[np.nextafter(a[0], 0), np.nextafter(a[1], 0)]])
    assert _exact.side(*a, *b, *spot[0]) == _exact.UNSURE  # outside by 10^-17 of the terms: more than GEOS can tell
    assert with_table(spot, zones, 1)[0] == truth(spot, zones) == [(0, 0)]


def test_on_an_edge_that_geos_misses_by_rounding_the_table_says_what_geos_says() -> None:
    a, b = (-1e-9, float.fromhex("0x1.e1094d643f785p-28")), (4e-9, float.fromhex("0x1.9c511dc3a41e0p-29"))
    on = ("0x1.baa7f9c1d6108p-33", "0x1.9efe8dd8843c7p-28")
    zones = zones_of([shapely.Polygon([(-1e-9, 0), (-2e-9, 1e-9), a, b])])
    spot = np.array([[float.fromhex(number) for number in on]])
    assert _exact.exact_sign(*a, *b, *spot[0])[0] == 0
    assert _exact.side(*a, *b, *spot[0]) == _exact.UNSURE
    assert with_table(spot, zones, 1)[0] == truth(spot, zones) == []


def test_what_changed_is_looked_at_anew_and_nothing_else() -> None:
    zones = zones_of([star(12, x, y, int(x * 7 + y), 3) for x in (0, 4, 8) for y in (0, 4, 8)])
    xy = np.concatenate([planted(zones), np.random.default_rng(2).uniform(-4, 12, (500, 2))])
    index = _kept.ZoneIndex(zones)
    index.table = _table.build(zones, 1)
    moved = index.replaced(4, shapely.box(3, 3, 6, 6)).replaced(0, None)
    assert moved.table is index.table
    assert moved.fresh.tolist() == [0, 4]
    assert moved.boxes[4].tolist() == [3, 3, 6, 6]
    with mock.patch("geo.join.index_of", return_value=(moved, True)):
        assert list(zip(*(side.tolist() for side in match(xy, moved.zones)), strict=True)) == truth(xy, moved.zones)


def test_a_new_version_takes_over_the_table_of_the_one_before() -> None:
    zones = zones_of([star(12, x, y, int(x * 7 + y), 3) for x in (0, 4, 8) for y in (0, 4, 8)])
    before = _kept.ZoneIndex(zones)
    before.table = _table.build(zones, 1)
    same = shapely.from_wkb(shapely.to_wkb(zones))
    after = _kept.ZoneIndex(zones_of([*same[5:], SQUARE, *same[1:5]]))
    assert after.take_over(before)
    assert after.fresh.tolist() == [4]
    xy = planted(after.zones)
    with mock.patch("geo.join.index_of", return_value=(after, True)):
        assert list(zip(*(side.tolist() for side in match(xy, after.zones)), strict=True)) == truth(xy, after.zones)
    others = _kept.ZoneIndex(zones_of([SQUARE, *same[:2]]))
    assert others.take_over(before)
    assert not _kept.ZoneIndex(zones_of([shapely.box(n, 0, n + 1, 2) for n in range(5)])).take_over(before)


def test_a_table_on_disk_is_the_same_and_a_broken_one_is_not_used(tmp_path: Path) -> None:
    zones = zones_of([star(20, 0, 0, 1), SQUARE])
    made = _table.build(zones, 1)
    assert made is not None
    _table_file.save(tmp_path / "index", "zones", made)
    read = _table_file.load(tmp_path / "index", "zones")
    assert read is not None
    xy = planted(zones)
    assert [part.tolist() for part in read.match(xy)[:2]] == [part.tolist() for part in made.match(xy)[:2]]
    file = next((tmp_path / "index").glob("*.table"))
    content = bytearray(file.read_bytes())
    content[-40] ^= 1
    file.write_bytes(content)
    assert _table_file.load(tmp_path / "index", "zones") is None
    assert _table_file.load(tmp_path / "index", "others") is None


def test_a_folder_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    open_to_all = tmp_path / "kernels"
    with mock.patch.object(_numba, "cache_folder", return_value=open_to_all):
        assert _numba.own_folder() == open_to_all
        open_to_all.chmod(0o777)
        assert _numba.own_folder() is None


def test_without_numba_nothing_of_the_table_is_loaded() -> None:
    code = (
        "import sys, numpy as np, shapely; sys.modules['numba'] = None\n"
        "from geo import _numba; _numba.installed = lambda: False\n"
        "from geo.join import match\n"
        "match(np.random.rand(150_000, 2), np.array([shapely.box(0, 0, 1, 1)], dtype=object))\n"
        "print([name for name in sys.modules if name.startswith('geo._table')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not _numba.ready(), reason="numba is not installed, or its kernels are not compiled (python -m geo._warm)")
@pytest.mark.parametrize("seed", range(40 if SOAK else 2))
def test_compiled_kernels_with_many_points_in_any_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones = zones_of([star(int(rng.integers(3, 800)), *rng.uniform(0, 100, 2), seed * 100 + n, 20, 0.7) for n in range(40)])
    xy = np.concatenate([rng.uniform(-10, 110, (150_000, 2)), planted(zones, seed), ODD])
    for order in (np.arange(len(xy)), np.argsort(xy[:, 1])):
        _kept.forget()
        with watched() as efforts:
            point, zone = match(xy[order], zones)
        assert efforts[0].way.startswith("table")
        assert list(zip(point.tolist(), zone.tolist(), strict=True)) == truth(xy[order], zones)
