"""Zonal statistics against hand-made rasters: every number here can be checked by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import crs as systems
from geo._raster_make import write_grid
from geo._raster_open import RasterLost
from geo.raster import Asked
from geo.zonal import Zonal, zonal

XY = tuple[float, float]
CRS, EAST, NORTH = "EPSG:4549", 450_000.0, 3_236_000.0
FOUR = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, math.nan]], dtype=np.float32)
"""Cells of 1000 m; the south-eastern one has no value."""


def made(folder: Path, values: np.ndarray = FOUR, crs: str = CRS, corner: XY = (EAST, NORTH), cell: float = 1000) -> Path:
    path = folder / "grid.tif"
    write_grid(values.astype(np.float32), crs, corner, cell, Asked("other"), path)
    return path


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """In kilometres from the raster's south-western corner."""
    return shapely.box(EAST + west * 1000, NORTH - 4000 + south * 1000, EAST + east * 1000, NORTH - 4000 + north * 1000)


def measure(path: Path, *shapes: shapely.Geometry, threshold: float | None = None, crs: str = CRS) -> Zonal:
    return zonal(path, np.array(shapes, dtype=object), crs, threshold)


def test_whole_cells_give_plain_means(tmp_path: Path) -> None:
    found = measure(made(tmp_path), box(0, 2, 2, 4), threshold=4.0)
    assert found.mean[0] == pytest.approx((1 + 2 + 5 + 6) / 4)
    assert (found.highest[0], found.total[0], found.cells[0]) == (6, pytest.approx(14), pytest.approx(4))
    assert found.over[0] == pytest.approx(0.5)
    assert found.p90[0] == 6
    assert found.nodata[0] == 0.0


def test_cells_count_by_the_part_that_is_covered(tmp_path: Path) -> None:
    found = measure(made(tmp_path), box(0.75, 3.0, 1.5, 4.0))
    assert found.mean[0] == pytest.approx((1 * 0.25 + 2 * 0.5) / 0.75)
    assert found.total[0] == pytest.approx(1 * 0.25 + 2 * 0.5)
    assert found.cells[0] == pytest.approx(0.75)


def test_a_triangle_covers_half_of_what_its_box_does(tmp_path: Path) -> None:
    corner = shapely.Polygon([(EAST, NORTH), (EAST + 1000, NORTH), (EAST, NORTH - 1000)])
    found = measure(made(tmp_path), corner)
    assert (found.cells[0], found.mean[0], found.total[0]) == (pytest.approx(0.5), pytest.approx(1), pytest.approx(0.5))


def test_a_zone_smaller_than_a_cell_gets_its_value(tmp_path: Path) -> None:
    found = measure(made(tmp_path), box(1.4, 1.4, 1.41, 1.41))
    assert found.mean[0] == found.highest[0] == found.p90[0] == pytest.approx(10)
    assert found.cells[0] == pytest.approx(1e-4)


def test_no_data_and_what_lies_outside_are_stated(tmp_path: Path) -> None:
    found = measure(made(tmp_path), box(2, 0, 4, 1), box(3, 3, 5, 4), box(40, 40, 41, 41), box(3.2, 0.2, 3.8, 0.8))
    assert found.nodata.tolist() == pytest.approx([0.5, 0.5, 1.0, 1.0])
    assert found.mean[:2].tolist() == pytest.approx([15, 4])
    assert np.isnan(found.mean[2:]).all()


def test_holes_and_parts_are_left_out_and_counted(tmp_path: Path) -> None:
    ring = shapely.difference(box(0, 1, 3, 4), box(1, 2, 2, 3))
    both = shapely.union(box(0, 3, 1, 4), box(2, 1, 3, 2))
    found = measure(made(tmp_path), ring, both)
    assert found.cells.tolist() == pytest.approx([8, 2])
    assert found.mean.tolist() == pytest.approx([6.0, (1 + 11) / 2])


def test_a_file_that_is_gone_or_broken_is_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0 no raster")
    for path in (tmp_path / "gone.tif", broken):
        with pytest.raises(RasterLost, match=path.name):
            zonal(path, np.array([shapely.box(0, 0, 1, 1)], dtype=object), "EPSG:4549")


def test_missing_and_empty_shapes_give_nothing(tmp_path: Path) -> None:
    shapes = np.array([None, shapely.Polygon(), box(0, 3, 1, 4)], dtype=object)
    found = zonal(made(tmp_path), shapes, CRS)
    assert np.isnan(found.mean[:2]).all()
    assert found.mean[2] == pytest.approx(1)


def test_ninety_per_cent_of_the_area_do_not_exceed_p90(tmp_path: Path) -> None:
    line = np.arange(1, 11, dtype=np.float32).reshape(1, 10)
    path = made(tmp_path, line)
    nine, ten = shapely.box(EAST, NORTH - 1000, EAST + 10_000, NORTH), shapely.box(EAST, NORTH - 1000, EAST + 9_000, NORTH)
    found = measure(path, nine, ten)
    assert found.p90.tolist() == [9, 9]


def test_zones_in_degrees_over_a_raster_in_metres(tmp_path: Path) -> None:
    metres = np.array([box(0.5, 0.5, 3.1, 3.3)], dtype=object)
    degrees = systems.transform(systems.densify(metres, CRS), CRS, "EPSG:4490")
    here, there = zonal(made(tmp_path), metres, CRS), zonal(tmp_path / "grid.tif", degrees, "EPSG:4490")
    assert there.mean[0] == pytest.approx(here.mean[0], abs=1e-5)
    assert there.cells[0] == pytest.approx(here.cells[0], abs=1e-5)


def test_cells_in_degrees_are_weighted_by_their_area(tmp_path: Path) -> None:
    path = made(tmp_path, np.array([[1.0], [0.0]]), "EPSG:4490", (119.0, 61.0), 1.0)
    found = measure(path, shapely.box(119, 59, 120, 61), crs="EPSG:4490")
    north, south = (shapely.area(equal_area(shapely.box(119, low, 120, low + 1))) for low in (60, 59))
    assert found.mean[0] == pytest.approx(north / (north + south), abs=2e-5)
    assert found.total[0] == pytest.approx(1)


def equal_area(shape: shapely.Geometry) -> shapely.Geometry:
    fine = shapely.segmentize(shape, 0.01)
    return systems.transform(np.array([fine], dtype=object), "EPSG:4490", "EPSG:6933")[0]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.05, 3.95), st.floats(0.05, 3.95)), min_size=3, max_size=8),
    st.floats(1, 16),
)
def test_law_covered_cells_are_the_area(tmp_path_factory: pytest.TempPathFactory, spots: list[XY], over: float) -> None:
    shape = shapely.convex_hull(shapely.multipoints([(EAST + x * 1000, NORTH - 4000 + y * 1000) for x, y in spots]))
    if shape.geom_type != "Polygon" or shape.area < 1:
        return
    whole = np.arange(1, 17, dtype=np.float32).reshape(4, 4)
    cells = [(box(c, 3 - r, c + 1, 4 - r), whole[r, c]) for r in range(4) for c in range(4)]
    parts = [(float(shapely.intersection(cell, shape).area), float(value)) for cell, value in cells]
    found = measure(made(tmp_path_factory.mktemp("law"), whole), shape, threshold=over)
    assert found.cells[0] == pytest.approx(shape.area / 1e6, rel=1e-4, abs=1e-6)
    assert found.mean[0] == pytest.approx(sum(a * v for a, v in parts) / shape.area, rel=1e-4)
    assert found.over[0] == pytest.approx(sum(a for a, v in parts if v > over) / shape.area, abs=1e-4)
    assert found.nodata[0] == pytest.approx(0, abs=1e-5)
