"""The edges of zones on a grid: which cells they touch, and on which side the corners of cells lie.

Conservative where it matters: a cell counts as touched up to a millionth of its size beyond its
border. The parity of a corner (how many edges lie west of it, odd or even) is exact: crossings too
near to a corner to be told by floating point are decided by ``corner_side``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo._exact import corner_side, grown
from geo._numba import compiled
from geo._order import Floats, Positions

SLACK = 1e-6
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


class Grid(NamedTuple):
    """South-west corner, size of a cell, columns and rows."""

    x0: float
    y0: float
    size: float
    columns: int
    rows: int


class Place(NamedTuple):
    """The cells around one zone, and two flags for each: parity of crossings, touched."""

    column: int
    row: int
    parity: Bytes
    touched: Bytes


class Found(NamedTuple):
    """Touches (cell, first edge, end, zone, parity of the cell's corner) and runs of covered cells (row, first, end, zone).

    Most edges are shorter than a cell: a touch is a stretch of a ring within one cell.
    """

    touches: Ints
    runs: Ints


@compiled
def _cell(value: float, start: float, size: float) -> int:
    return int(np.floor((value - start) / size))


@compiled
def edges_of(ends: Floats, owner: Positions, zones: int, most: float) -> tuple[Floats, Positions, int]:
    """Edges (k, 4) of zones given as vertices (k, 2), zone by zone, and where each zone's begin.

    A ring ends where its first vertex comes again. The third answer is how many rings there are, for
    the caller to compare, or -1 where a number is not finite, above ``most`` or finer than 1 / ``most``.
    """
    edges, first = np.empty((len(ends), 4)), np.zeros(zones + 1, np.int64)
    count, rings, begin = 0, 0, 0
    for i in range(len(ends)):
        x, y = ends[i, 0], ends[i, 1]
        if not (abs(x) < most and abs(y) < most) or (x != 0.0 and abs(x) * most < 1.0) or (y != 0.0 and abs(y) * most < 1.0):
            return edges, first, -1
        if i == begin:
            continue
        edges[count, 0], edges[count, 1], edges[count, 2], edges[count, 3] = ends[i - 1, 0], ends[i - 1, 1], x, y
        count += 1
        first[owner[i] + 1] += 1
        if x == ends[begin, 0] and y == ends[begin, 1]:
            rings, begin = rings + 1, i + 1
    for zone in range(zones):
        first[zone + 1] += first[zone]
    return edges[:count], first, rings


@compiled
def _place(edges: Floats, begin: int, end: int, grid: Grid) -> Place:
    west, east, south, north = np.inf, -np.inf, np.inf, -np.inf
    for e in range(begin, end):
        west, east = min(west, edges[e, 0]), max(east, edges[e, 0])
        south, north = min(south, edges[e, 1]), max(north, edges[e, 1])
    slack = grid.size * SLACK
    left, right = _cell(west - slack, grid.x0, grid.size), _cell(east + slack, grid.x0, grid.size)
    low, high = _cell(south - slack, grid.y0, grid.size), _cell(north + slack, grid.y0, grid.size)
    shape = (high - low + 1, right - left + 1)
    return Place(left, low, np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))


@compiled
def _first_right_of(ax: float, ay: float, bx: float, by: float, row: int, grid: Grid) -> int:
    """The first column whose corner on the southern line of a row lies right of the edge that crosses it."""
    y = grid.y0 + row * grid.size
    place = (ax + (y - ay) / (by - ay) * (bx - ax) - grid.x0) / grid.size
    column = int(np.floor(place)) + 1
    rest = place - np.floor(place)
    if SLACK < rest < 1.0 - SLACK:
        return column
    up = 1 if by > ay else -1
    column -= 2
    while corner_side(ax, ay, bx, by, grid.x0 + column * grid.size, y) * up > 0:
        column += 1
    return column


@compiled
def _cross(edges: Floats, e: int, grid: Grid, column: int, row: int, parity: Bytes) -> None:
    """Turn the parity of every corner an edge lies west of, row by row (summed up later)."""
    ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
    height, width = parity.shape
    begin = max(_cell(min(ay, by), grid.y0, grid.size), row)
    end = min(_cell(max(ay, by), grid.y0, grid.size) + 1, row + height - 1)
    for line in range(begin, end + 1):
        y = grid.y0 + line * grid.size
        if (ay < y) != (by < y):
            turned = max(_first_right_of(ax, ay, bx, by, line, grid) - column, 0)
            if turned < width:
                parity[line - row, turned] ^= 1


@compiled
def _reach(ax: float, ay: float, bx: float, by: float, south: float, north: float) -> tuple[float, float]:
    """How far west and east an edge lies between two heights."""
    west, east = min(ax, bx), max(ax, bx)
    if by == ay or (min(ay, by) >= south and max(ay, by) <= north):
        return west, east
    one = ax + min(max((south - ay) / (by - ay), 0.0), 1.0) * (bx - ax)
    other = ax + min(max((north - ay) / (by - ay), 0.0), 1.0) * (bx - ax)
    return max(min(one, other), west), min(max(one, other), east)


@compiled
def _touched(edges: Floats, e: int, grid: Grid, column: int, row: int, flags: Bytes, cells: Ints) -> int:
    """Flag every cell an edge may touch and write their numbers; returns how many, also where there is no room."""
    ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
    slack = grid.size * SLACK
    height, width = flags.shape
    begin = max(_cell(min(ay, by) - slack, grid.y0, grid.size), row)
    end = min(_cell(max(ay, by) + slack, grid.y0, grid.size), row + height - 1)
    count = 0
    for line in range(begin, end + 1):
        south = grid.y0 + line * grid.size - slack
        west, east = _reach(ax, ay, bx, by, south, south + grid.size + 2 * slack)
        left = max(_cell(west - slack, grid.x0, grid.size), column)
        right = min(_cell(east + slack, grid.x0, grid.size), column + width - 1)
        for c in range(left, right + 1):
            flags[line - row, c - column] = 1
            if count < len(cells):
                cells[count] = line * grid.columns + c
            count += 1
    return count


@compiled
def _sum_up(place: Place, zone: int, runs: Ints, used: int) -> tuple[Ints, int]:
    """Crossings → parity of every corner; covered cells without an edge → runs."""
    height, width = place.parity.shape
    for row in range(height):
        odd = np.uint8(0)
        begin = -1
        for column in range(width + 1):
            if column < width:
                odd ^= place.parity[row, column]
                place.parity[row, column] = odd
            covered = column < width and odd == 1 and place.touched[row, column] == 0
            if covered and begin < 0:
                begin = column
            elif not covered and begin >= 0:
                runs = grown(runs, used, 1)
                runs[used, 0], runs[used, 1] = row + place.row, begin + place.column
                runs[used, 2], runs[used, 3] = column + place.column, zone
                used += 1
                begin = -1
    return runs, used


@compiled
def _within_one(edges: Floats, e: int, grid: Grid) -> int:
    """The cell an edge lies in, clear of its border; -1 where there is none."""
    left, low = (edges[e, 0] - grid.x0) / grid.size, (edges[e, 1] - grid.y0) / grid.size
    right, high = (edges[e, 2] - grid.x0) / grid.size, (edges[e, 3] - grid.y0) / grid.size
    column, row = np.floor(left), np.floor(low)
    clear = 2.0 * SLACK
    if min(left, right) < column + clear or max(left, right) > column + 1.0 - clear:
        return -1
    if min(low, high) < row + clear or max(low, high) > row + 1.0 - clear:
        return -1
    return int(row) * grid.columns + int(column)


@compiled
def _note(touches: Ints, noted: int, cell: int, e: int, zone: int) -> int:
    """Write a touch, or lengthen the last one; returns how many there are."""
    if noted > 0 and touches[noted - 1, 0] == cell and touches[noted - 1, 2] == e and touches[noted - 1, 3] == zone:
        touches[noted - 1, 2] = e + 1
        return noted
    touches[noted, 0], touches[noted, 1], touches[noted, 2], touches[noted, 3] = cell, e, e + 1, zone
    return noted + 1


@compiled
def lay(edges: Floats, first: Positions, grid: Grid) -> Found:
    """Every touch and every run of every zone, in the order of the zones."""
    touches, noted = np.empty((max(16, len(edges) // 4), 5), np.int32), 0
    runs, covered = np.empty((1024, 4), np.int32), 0
    cells = np.empty(64, np.int32)
    for zone in range(len(first) - 1):
        if first[zone] == first[zone + 1]:
            continue
        place = _place(edges, first[zone], first[zone + 1], grid)
        column, row, parity, flags = place.column, place.row, place.parity, place.touched
        begin = noted
        for e in range(first[zone], first[zone + 1]):
            cells[0], count = _within_one(edges, e, grid), 1
            if cells[0] >= 0:
                flags[cells[0] // grid.columns - row, cells[0] % grid.columns - column] = 1
            else:
                _cross(edges, e, grid, column, row, parity)
                count = _touched(edges, e, grid, column, row, flags, cells)
                if count > len(cells):
                    cells = np.empty(2 * count, np.int32)
                    count = _touched(edges, e, grid, column, row, flags, cells)
            if noted + count > len(touches):
                touches = grown(touches, noted, count)
            for k in range(count):
                noted = _note(touches, noted, cells[k], e, zone)
        runs, covered = _sum_up(place, zone, runs, covered)
        for t in range(begin, noted):
            touches[t, 4] = parity[touches[t, 0] // grid.columns - row, touches[t, 0] % grid.columns - column]
    return Found(touches[:noted], runs[:covered])
