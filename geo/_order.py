"""Points in the order of the cells of a plain grid: what every box asks for lies in a few slices.

The column of a coordinate is one floating-point formula, and that formula never falls while the
coordinate rises. So every point between two edges of a box has a column between theirs: no
rounding can lose a candidate, and no margin is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Near = tuple[Positions, Floats, Floats]
"""Positions of points, in any order, and their x and y."""

POINTS_PER_CELL = 2.0
MOST_CELLS = 1 << 23


@dataclass(frozen=True)
class CellOrder:
    """Points sorted by cell, rows of cells one after another.

    Attributes:
        x0, y0: corner of the grid. per_unit: cells per unit. columns, rows: size of the grid.
        first: int64 (cells + 1,), where each cell's points begin. order: int64, position each point
            had in the array given. x, y: coordinates in cell order.
    """

    x0: float
    y0: float
    per_unit: float
    columns: int
    rows: int
    first: Positions
    order: Positions
    x: Floats
    y: Floats

    def within(self, box: Floats) -> Near:
        """The points in a box (west, south, east, north), its edges included."""
        west, south, east, north = box.tolist()
        if not (west <= east and south <= north):
            return np.empty(0, np.int64), np.empty(0), np.empty(0)
        (left, low), (right, high) = self.cell_of(west, south), self.cell_of(east, north)
        rows = np.arange(low, high + 1) * self.columns
        slots = ranges(self.first[rows + left], self.first[rows + right + 1])
        x, y = self.x[slots], self.y[slots]
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        return self.order[slots[inside]], x[inside], y[inside]

    def count(self, box: Floats) -> int:
        """How many points a box holds, its edges included: only the cells of its edges are looked into."""
        west, south, east, north = box.tolist()
        if not (west <= east and south <= north):
            return 0
        (left, low), (right, high) = self.cell_of(west, south), self.cell_of(east, north)
        inner = np.arange(low + 1, high) * self.columns
        if left == right or not len(inner):
            return len(self.within(box)[0])
        ends = np.array([low, high]) * self.columns
        begin = np.concatenate([self.first[ends + left], self.first[inner + left], self.first[inner + right]])
        end = np.concatenate([self.first[ends + right + 1], self.first[inner + left + 1], self.first[inner + right + 1]])
        slots = ranges(begin, end)
        x, y = self.x[slots], self.y[slots]
        at_edges = np.count_nonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        return int(at_edges) + int((self.first[inner + right] - self.first[inner + left + 1]).sum())

    def within_each(self, boxes: Floats) -> tuple[Positions, Near]:
        """The points in each of some finite boxes at once: where each box's begin, and all of them."""
        (left, low), (right, high) = self.cells_of(boxes[:, 0], boxes[:, 1]), self.cells_of(boxes[:, 2], boxes[:, 3])
        height = high - low + 1
        owner = np.repeat(np.arange(len(boxes)), height)
        row = ranges(low, high + 1) * self.columns
        begin, end = self.first[row + left[owner]], self.first[row + right[owner] + 1]
        slots, owner = ranges(begin, end), np.repeat(owner, end - begin)
        x, y = self.x[slots], self.y[slots]
        box = boxes[owner].T
        inside = np.flatnonzero((x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3]))
        first = np.searchsorted(owner[inside], np.arange(len(boxes) + 1))
        return first, (self.order[slots[inside]], x[inside], y[inside])

    def cell_of(self, x: float, y: float) -> tuple[int, int]:
        """Column and row of one place, held within the grid."""
        return _cell((x - self.x0) * self.per_unit, self.columns), _cell((y - self.y0) * self.per_unit, self.rows)

    def cells_of(self, x: Floats, y: Floats) -> tuple[Positions, Positions]:
        """Columns and rows of many places, held within the grid."""
        with np.errstate(over="ignore"):
            columns, rows = (x - self.x0) * self.per_unit, (y - self.y0) * self.per_unit
        return columns.clip(0, self.columns - 1).astype(np.int64), rows.clip(0, self.rows - 1).astype(np.int64)


def _cell(place: float, count: int) -> int:
    return 0 if place < 0 else count - 1 if place >= count else int(place)


def ranges(first: Positions, last: Positions) -> Positions:
    """Concatenated ``first[i] … last[i] - 1``."""
    length: Positions = last - first
    if len(length) == 1:
        return np.arange(first[0], last[0], dtype=np.int64)
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    places: Positions = np.arange(total, dtype=np.int64) + np.repeat(first - (ends - length), length)
    return places


def cell_order(xy: Floats, wanted: Positions | None = None) -> CellOrder | None:
    """Sort points by cell.

    Args:
        xy: float64 (n, 2). wanted: positions to take, all of them finite; all rows by default.
    Returns:
        The order, or None where no grid can be laid: no points, or an extent beyond the numbers.
    """
    x, y = (xy[:, 0], xy[:, 1]) if wanted is None else (xy[wanted, 0], xy[wanted, 1])
    if not len(x):
        return None
    x0, y0, width, height = _extent(x, y)
    if not math.isfinite(width * height):
        return None
    count = len(x)
    square = math.sqrt(width * height * POINTS_PER_CELL / count)
    side = max(square, max(width, height) * POINTS_PER_CELL / min(count, MOST_CELLS))
    per_unit = 1.0 / side if side > 0 else 1.0
    if not math.isfinite(per_unit):
        return None
    columns, rows = int(width * per_unit) + 1, int(height * per_unit) + 1
    if columns * rows > 2 * MOST_CELLS:
        per_unit *= math.sqrt(MOST_CELLS / (columns * rows))
        columns, rows = int(width * per_unit) + 1, int(height * per_unit) + 1
    cell = ((y - y0) * per_unit).astype(np.int64) * columns + ((x - x0) * per_unit).astype(np.int64)
    slots = argsort(cell, columns * rows)
    first = np.zeros(columns * rows + 1, np.int64)
    np.cumsum(np.bincount(cell, minlength=columns * rows), out=first[1:])
    order = slots if wanted is None else wanted[slots]
    return CellOrder(x0, y0, per_unit, columns, rows, first, order, x[slots], y[slots])


def _extent(x: Floats, y: Floats) -> tuple[float, float, float, float]:
    """West, south, width and height of some points; infinite where the numbers end."""
    with np.errstate(over="ignore"):
        west, south = float(x.min()), float(y.min())
        return west, south, float(x.max()) - west, float(y.max()) - south


DIGIT = 16
FEW = 1 << 12


def argsort(keys: Positions, above: int) -> Positions:
    """Stable order of whole numbers in [0, above), digit by digit: NumPy counts 16-bit numbers instead of comparing them."""
    if len(keys) < FEW:
        return np.asarray(np.argsort(keys, kind="stable"), dtype=np.int64)
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    for shift in range(DIGIT, max(above - 1, 1).bit_length(), DIGIT):
        order = order[np.argsort((keys >> shift)[order].astype(np.uint16), kind="stable")]
    return order
