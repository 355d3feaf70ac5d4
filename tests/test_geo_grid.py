"""Regular cells: they tile what they are cut from, and every point has exactly one."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.grid import column_row, gaps, how_many, overlaps, squares
from tests._often import often

SIZES = st.sampled_from([500, 1000, 3000])
METRES = st.integers(-9_000, 9_000)


@st.composite
def outlines(draw: st.DrawFn) -> shapely.Geometry:
    """Outlines of several parts, some with holes, vertices anywhere."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        corners = draw(st.lists(st.tuples(METRES, METRES), min_size=3, max_size=8, unique=True))
        parts.append(shapely.convex_hull(shapely.multipoints(np.array(corners) * 0.37 + 448_000)))
    hole = shapely.box(*(draw(METRES) * 0.1 + 448_000 for _ in range(2)), 449_111.5, 449_222.25)
    made = shapely.difference(shapely.union_all(parts), hole)
    kept = [part for part in shapely.get_parts(made) if part.geom_type == "Polygon" and part.area > 1]
    return shapely.union_all(kept) if kept else shapely.box(448_000, 448_000, 448_700, 448_900)


@often(60)
@given(outlines(), SIZES)
def test_cells_tile_the_outline_exactly(outline: shapely.Geometry, size: int) -> None:
    made = squares(outline, size)
    assert math.isclose(shapely.area(made.shapes).sum(), outline.area, rel_tol=1e-9, abs_tol=1e-4)
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(made.shapes), outline)) < 1e-3
    assert overlaps(made.shapes, 0.0001) == []
    assert gaps(outline, made.shapes, 0.0001) == []
    assert len(made) <= how_many(outline, size)
    assert len({*zip(made.column.tolist(), made.row.tolist(), strict=True)}) == len(made)
    assert set(shapely.get_type_id(made.shapes).tolist()) <= {3, 6} and shapely.is_valid(made.shapes).all()


@often(60)
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4), st.integers(0, 999)), min_size=1, max_size=20), SIZES)
def test_a_point_belongs_to_exactly_one_cell(spots: list[tuple[int, int, int]], size: int) -> None:
    """Corners and edges of the cells too: west and south belong."""
    xy = np.array([(448_000 + x * 250 + part / 1000, 3_231_000 + y * 250) for x, y, part in spots])
    home = column_row(xy, size)
    for (x, y), (column, row) in zip(xy, home, strict=True):
        owners = [
            (c, r)
            for c in (column - 1, column, column + 1)
            for r in (row - 1, row, row + 1)
            if c * size <= x < (c + 1) * size and r * size <= y < (r + 1) * size
        ]
        assert owners == [(column, row)]


def test_cells_lie_on_round_coordinates_and_keep_their_names() -> None:
    made = squares(shapely.box(447_900, 3_231_000, 449_100, 3_232_000), 1000)
    assert list(zip(made.column.tolist(), made.row.tolist(), strict=True)) == [(447, 3231), (448, 3231), (449, 3231)]
    assert shapely.area(made.shapes).tolist() == [100_000, 1_000_000, 100_000]
    smaller = squares(shapely.box(448_000, 3_231_000, 448_500, 3_231_500), 1000)
    assert (smaller.column[0], smaller.row[0]) == (448, 3231), "the same ground has the same name whatever it is cut from"


def test_an_edge_that_only_touches_makes_no_cell() -> None:
    assert len(squares(shapely.box(0, 0, 1000, 1000), 1000)) == 1
    assert len(squares(shapely.Polygon(), 1000)) == 0 == how_many(shapely.Polygon(), 1000)


@pytest.mark.parametrize(("width", "found"), [(0.3, 0), (0.5, 1), (100, 1)])
def test_a_seam_within_the_tolerance_is_no_gap(width: float, found: int) -> None:
    """A point in the middle of a seam of 0.4 m lies 0.2 m from both cells and belongs to one of them."""
    cells = np.array([shapely.box(0, 0, 500, 1000), shapely.box(500 + width, 0, 1000, 1000)], dtype=object)
    holes = gaps(shapely.box(0, 0, 1000, 1000), cells, 0.2)
    assert len(holes) == found
    assert all(math.isclose(hole.area, width * 1000) for hole in holes)


@pytest.mark.parametrize(("width", "found"), [(0.3, 0), (0.5, 1), (100, 1)])
def test_an_overlap_within_the_tolerance_is_none(width: float, found: int) -> None:
    cells = np.array([shapely.box(0, 0, 500, 1000), shapely.box(500 - width, 0, 1000, 1000)], dtype=object)
    shared = overlaps(cells, 0.2)
    assert [(a, b) for a, b, _ in shared] == [(0, 1)] * found
    assert all(math.isclose(part.area, width * 1000) for *_, part in shared)


def test_without_cells_all_ground_is_a_gap() -> None:
    ground = shapely.box(0, 0, 10, 10)
    assert gaps(ground, np.empty(0, dtype=object), 0.2) == [ground]
    assert overlaps(np.empty(0, dtype=object), 0.2) == []
