"""Large zones without a test for every point: cells no edge comes near are in or out as a whole.

Columns and rows rise with the coordinate (``geo/_order.py``), so an edge has points only in cells
between those of its two ends. Cells outside all such ranges hold no point of the boundary, and
neighbours in a row without a marked cell between them lie on one side of it together: GEOS is
asked about one point of each such run, and about every point in the marked cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo._order import CellOrder, Floats, Positions, ranges

WORTH_FROM = 2_000
"""Candidates of a zone from which marking its cells costs less than it saves."""


@dataclass(frozen=True)
class Window:
    """The cells of an order that a box touches: columns left … right, rows low … high, ends included."""

    order: CellOrder
    left: int
    right: int
    low: int
    high: int

    @property
    def width(self) -> int:
        """Columns of the window."""
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        """Rows of the window."""
        return self.high - self.low + 1

    def cells(self) -> Positions:
        """Every cell of the window, row by row."""
        rows = np.arange(self.low, self.high + 1, dtype=np.int64) * self.order.columns
        return (rows[:, None] + np.arange(self.left, self.right + 1)).ravel()


def window(order: CellOrder, box: Floats) -> Window:
    """The cells a box touches."""
    west, south, east, north = box.tolist()
    left, low = order.cell_of(west, south)
    right, high = order.cell_of(east, north)
    return Window(order, left, right, low, high)


def are_worth(order: CellOrder, zones: npt.NDArray[np.object_], boxes: Floats) -> npt.NDArray[np.bool_]:
    """Which zones have enough points around them for the number of their vertices."""
    (left, low), (right, high) = order.cells_of(boxes[:, 0], boxes[:, 1]), order.cells_of(boxes[:, 2], boxes[:, 3])
    height = high - low + 1
    row = ranges(low, high + 1) * order.columns
    points = order.first[row + np.repeat(right, height) + 1] - order.first[row + np.repeat(left, height)]
    count = np.add.reduceat(points, np.cumsum(height) - height)
    return np.asarray((count >= WORTH_FROM) & (2 * count >= shapely.get_num_coordinates(zones)))


def hits(place: Window, zone: shapely.Geometry) -> tuple[Positions, int]:
    """Positions of the points of a window in a prepared zone, in any order, and how many GEOS was asked about."""
    order, cells = place.order, place.cells()
    count = order.first[cells + 1] - order.first[cells]
    marked = _marked(place, zone)
    free = np.flatnonzero(~marked & (count > 0))
    run = np.cumsum(marked.reshape(place.height, place.width), axis=1).ravel()[free] + (free // place.width) * (place.width + 1)
    begins = np.flatnonzero(np.diff(run, prepend=-1))
    asked = order.first[cells[free[begins]]]
    inside = shapely.intersects_xy(zone, order.x[asked], order.y[asked])
    whole = cells[free[np.repeat(inside, np.diff(begins, append=len(free)))]]
    covered = ranges(order.first[whole], order.first[whole + 1])
    edge = cells[marked]
    near = ranges(order.first[edge], order.first[edge + 1])
    found = near[shapely.intersects_xy(zone, order.x[near], order.y[near])]
    return order.order[np.concatenate([covered, found])], len(asked) + len(near)


def _marked(place: Window, zone: shapely.Geometry) -> npt.NDArray[np.bool_]:
    """Flags of the window's cells (row by row) that some edge may touch."""
    ends, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(zone)), return_index=True)
    columns, rows = place.order.cells_of(ends[:, 0], ends[:, 1])
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    west, east = np.minimum(columns[edge], columns[edge + 1]), np.maximum(columns[edge], columns[edge + 1])
    south, north = np.minimum(rows[edge], rows[edge + 1]), np.maximum(rows[edge], rows[edge + 1])
    wide = place.width + 1
    # the corners of each range, +1 and -1: summed up along both axes they count the ranges over a cell
    corner = (south - place.low) * wide + (west - place.left)
    step, rise = east - west + 1, (north - south + 1) * wide
    size = (place.height + 1) * wide
    change = np.bincount(corner, minlength=size) + np.bincount(corner + rise + step, minlength=size)
    change -= np.bincount(corner + step, minlength=size) + np.bincount(corner + rise, minlength=size)
    over = change.reshape(place.height + 1, wide).cumsum(axis=0).cumsum(axis=1)
    return np.asarray(over[:-1, :-1] > 0).ravel()
