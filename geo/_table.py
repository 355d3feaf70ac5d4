"""The table of one version of zones: covered cells answered by one look-up, edge cells by exact arithmetic.

Kernel for many points, in one piece: build, ask, keep on disk. The parts are compiled where numba is
installed (``geo/_numba.py``); reasoning and figures are in ``docs/engine.md``.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import shapely

from geo._numba import installed
from geo._order import Floats, Positions
from geo._table_cells import AT_ONCE, paint, record
from geo._table_edges import Grid, Ints, Rings, lay, ring_ends
from geo._table_query import BLOCK, Tables, answer, spread

Zones = npt.NDArray[np.object_]

FEWEST_CELLS, MOST_CELLS = 1 << 16, 1 << 24
"""More cells spare a point of each question some edges; of 3,000 zones of a province so many take 190 MB."""
MOST_CELLS_ONCE = 1 << 22
"""Cells of a table made for a single question, at most: more take longer to make than they spare."""
THREADS_FROM = 100_000
"""Points below which one thread is faster than several."""
PART = 50_000
COARSE = 2.0**26
LARGEST = 1e100
MOST_WORK = 1 << 26
"""Cells in the boxes of all zones, and four for each cell an edge crosses, up to which a table is made: at most some
gigabyte. Thousands of zones within one another, or thousands of edges across the whole, would fill any memory."""


def grid_for(boxes: Floats, cells: int) -> Grid | None:
    """A grid over zones with about so many cells, within limits.

    Returns:
        None where the zones' numbers are too large, or too fine for their size, to be counted exactly.
    """
    known = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(known):
        return None
    west, south = known[:, :2].min(axis=0).tolist()
    east, north = known[:, 2:].max(axis=0).tolist()
    width, height = east - west, north - south
    largest = max(abs(west), abs(south), abs(east), abs(north))
    if not largest < LARGEST:
        return None
    cells = min(max(cells, 4 * len(known), FEWEST_CELLS), MOST_CELLS)
    size = max((width * height / cells) ** 0.5, max(width, height) / cells)
    if size * COARSE < largest or size < 1 / LARGEST:
        return None
    return Grid(west - size, south - size, size, int(width / size) + 4, int(height / size) + 4)


class Table:
    """Built once for a version of zones, asked as often as wanted, from several threads at a time."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @property
    def bytes(self) -> int:
        """Memory of the table."""
        return sum(int(part.nbytes) for part in (*self.tables.lists, self.tables.rows))

    def match(self, xy: Floats) -> tuple[Positions, Positions, int]:
        """Pairs (point, zone) sorted by point, then zone; zones GEOS must decide come as -1 - zone.

        Returns:
            Point and zone positions, and how many threads worked.
        """
        xy = np.ascontiguousarray(xy)
        counts = np.zeros(len(xy), np.int32)
        threads = min(os.cpu_count() or 1, max(1, len(xy) // PART)) if installed() and len(xy) >= THREADS_FROM else 1
        if threads == 1:
            with np.errstate(over="ignore", invalid="ignore"):  # plain Python warns where compiled code does not
                return *_rows([0, len(xy)], counts, [self._part(xy, 0, len(xy), counts)]), 1
        ends = np.linspace(0, len(xy), 4 * threads + 1).astype(int).tolist()
        with ThreadPoolExecutor(threads) as pool:
            parts = pool.map(lambda k: self._part(xy, ends[k], ends[k + 1], counts), range(len(ends) - 1))
            return *_rows(ends, counts, list(parts), pool), threads

    def _part(self, xy: Floats, begin: int, end: int, counts: Ints) -> Ints:
        found = np.empty(2 * (end - begin) + AT_ONCE + BLOCK * self.tables.longest, np.int32)  # large pages: see ``record``
        return answer(xy, self.tables, begin, end, counts, found)


def _rows(
    ends: list[int], counts: Ints, parts: list[Ints], pool: ThreadPoolExecutor | None = None
) -> tuple[Positions, Positions]:
    """Answers of points ``ends[k]`` … ``ends[k + 1]`` - 1 each → one row a pair."""
    at = np.cumsum([0, *map(len, parts)]).tolist()
    point, zone = np.empty(at[-1], np.int64), np.empty(at[-1], np.int64)

    def write(k: int) -> None:
        here = slice(at[k], at[k + 1])
        spread(ends[k], counts[ends[k] : ends[k + 1]], parts[k], point[here], zone[here])

    for _ in (map if pool is None else pool.map)(write, range(len(parts))):
        pass
    return point, zone


def build(zones: Zones, cells: int) -> Table | None:
    """The table of some valid (multi)polygons with about so many cells; None where they do not suit one."""
    boxes = shapely.bounds(zones)
    grid = grid_for(boxes, cells)
    if grid is None:
        return None
    ends = shapely.get_coordinates(zones)
    goes_on, rings, length = ring_ends(ends, LARGEST)
    if rings != _rings(zones):
        return None
    if _work(boxes, length, grid.size) > MOST_WORK:
        return build(zones, MOST_CELLS_ONCE) if cells > MOST_CELLS_ONCE else None
    first = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(zones))]).astype(np.int64)
    found = lay(Rings(ends, goes_on, first), grid, np.empty((max(64, len(ends) // 2), 5), np.int32))
    lists = paint(found.runs, grid, len(zones), np.zeros(grid.columns * grid.rows, np.int32))
    rows, longest = record(found, ends, lists, len(zones))
    return Table(Tables(grid, lists, rows, longest))


def _work(boxes: Floats, length: float, size: float) -> float:
    """About how much room and time a table takes: see ``MOST_WORK``."""
    sides = (boxes[:, 2:] - boxes[:, :2]) / size + 1.0
    return float(np.nansum(sides[:, 0] * sides[:, 1])) + 4.0 * length / size


def _rings(zones: Zones) -> int:
    """How many rings there are."""
    kinds = shapely.get_type_id(zones)
    parts = np.concatenate([zones[kinds == 3], shapely.get_parts(zones[kinds == 6])])
    parts = parts[~shapely.is_empty(parts)]
    return int(len(parts) + shapely.get_num_interior_rings(parts).sum()) if (kinds[kinds >= 0] % 3 == 0).all() else -2
