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


class Rings(NamedTuple):
    """Vertices (k, 2) ring by ring, whether an edge goes on from each, and where each zone's vertices begin."""

    ends: Floats
    goes_on: Bytes
    first: Positions


class Found(NamedTuple):
    """Touches (cell, first vertex, last, zone, parity of the cell's corner) and runs of covered cells (row, first, end, zone).

    Most edges are shorter than a cell: a touch is a stretch of a ring within one cell.
    """

    touches: Ints
    runs: Ints


@compiled
def _cell(value: float, start: float, inverse: float) -> int:
    return int(np.floor((value - start) * inverse))


@compiled
def ring_ends(ends: Floats, most: float) -> tuple[Bytes, int, float]:
    """Whether an edge goes on from each of some vertices (k, 2), ring after ring, how many rings there are, and how long.

    A ring ends where its first vertex comes again. The number of rings is for the caller to compare; it is
    -1 where a number is not finite, above ``most`` or finer than 1 / ``most``. The length is counted along the axes.
    """
    goes_on = np.zeros(len(ends), np.uint8)
    rings, begin, length = 0, 0, 0.0
    for i in range(len(ends)):
        x, y = ends[i, 0], ends[i, 1]
        if not (abs(x) < most and abs(y) < most) or (x != 0.0 and abs(x) * most < 1.0) or (y != 0.0 and abs(y) * most < 1.0):
            return goes_on, -1, length
        if i == begin:
            continue
        goes_on[i - 1] = 1
        length += abs(x - ends[i - 1, 0]) + abs(y - ends[i - 1, 1])
        if x == ends[begin, 0] and y == ends[begin, 1]:
            rings, begin = rings + 1, i + 1
    return goes_on, rings, length


@compiled
def _place(ends: Floats, begin: int, end: int, grid: Grid) -> Place:
    west, east, south, north = np.inf, -np.inf, np.inf, -np.inf
    for i in range(begin, end):
        west, east = min(west, ends[i, 0]), max(east, ends[i, 0])
        south, north = min(south, ends[i, 1]), max(north, ends[i, 1])
    slack, inverse = grid.size * SLACK, 1.0 / grid.size
    left, right = _cell(west - slack, grid.x0, inverse), _cell(east + slack, grid.x0, inverse)
    low, high = _cell(south - slack, grid.y0, inverse), _cell(north + slack, grid.y0, inverse)
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
def _cross(ends: Floats, e: int, grid: Grid, place: Place) -> None:
    """Turn the parity of every corner an edge lies west of, row by row (summed up later)."""
    ax, ay, bx, by = ends[e, 0], ends[e, 1], ends[e + 1, 0], ends[e + 1, 1]
    height, width = place.parity.shape
    inverse = 1.0 / grid.size
    begin = max(_cell(min(ay, by), grid.y0, inverse), place.row)
    end = min(_cell(max(ay, by), grid.y0, inverse) + 1, place.row + height - 1)
    for line in range(begin, end + 1):
        y = grid.y0 + line * grid.size
        if (ay < y) != (by < y):
            turned = max(_first_right_of(ax, ay, bx, by, line, grid) - place.column, 0)
            if turned < width:
                place.parity[line - place.row, turned] ^= 1


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
def _note(touches: Ints, noted: int, cell: int, e: int, zone: int) -> int:
    """Write that an edge touches a cell, or lengthen the last touch; returns how many there are."""
    if noted > 0 and touches[noted - 1, 0] == cell and touches[noted - 1, 2] == e and touches[noted - 1, 3] == zone:
        touches[noted - 1, 2] = e + 1
        return noted
    touches[noted, 0], touches[noted, 1], touches[noted, 2], touches[noted, 3] = cell, e, e + 1, zone
    return noted + 1


@compiled
def _touch(ends: Floats, e: int, grid: Grid, place: Place, touches: Ints, noted: int, zone: int) -> int:
    """Flag and note every cell an edge may touch; returns how many touches there are."""
    ax, ay, bx, by = ends[e, 0], ends[e, 1], ends[e + 1, 0], ends[e + 1, 1]
    slack, inverse = grid.size * SLACK, 1.0 / grid.size
    height, width = place.touched.shape
    begin = max(_cell(min(ay, by) - slack, grid.y0, inverse), place.row)
    end = min(_cell(max(ay, by) + slack, grid.y0, inverse), place.row + height - 1)
    for line in range(begin, end + 1):
        south = grid.y0 + line * grid.size - slack
        west, east = _reach(ax, ay, bx, by, south, south + grid.size + 2 * slack)
        left = max(_cell(west - slack, grid.x0, inverse), place.column)
        right = min(_cell(east + slack, grid.x0, inverse), place.column + width - 1)
        for column in range(left, right + 1):
            place.touched[line - place.row, column - place.column] = 1
            noted = _note(touches, noted, line * grid.columns + column, e, zone)
    return noted


@compiled
def _trace(rings: Rings, zone: int, start: int, grid: Grid, place: Place, touches: Ints, noted: int) -> tuple[int, int, int]:
    """Lay a zone's edges from a vertex on.

    Returns:
        The vertex to go on from where ``touches`` has no room for the next edge, how many touches there are,
        and how much room is missing; 0 when all edges are laid.
    """
    ends, goes_on, inverse = rings.ends, rings.goes_on, 1.0 / grid.size
    clear, room = 2.0 * SLACK, len(touches)
    right, high = (ends[start, 0] - grid.x0) * inverse, (ends[start, 1] - grid.y0) * inverse
    for e in range(start, rings.first[zone + 1] - 1):
        left, low = right, high
        right, high = (ends[e + 1, 0] - grid.x0) * inverse, (ends[e + 1, 1] - grid.y0) * inverse
        if goes_on[e] == 0:
            continue
        missing = noted + int(4.0 * (abs(right - left) + abs(high - low) + 4.0)) - room
        if missing > 0:
            return e, noted, missing
        column, row = np.floor(left), np.floor(low)
        beside = min(left, right) < column + clear or max(left, right) > column + 1.0 - clear
        if beside or min(low, high) < row + clear or max(low, high) > row + 1.0 - clear:
            _cross(ends, e, grid, place)
            noted = _touch(ends, e, grid, place, touches, noted, zone)
        else:
            place.touched[int(row) - place.row, int(column) - place.column] = 1
            noted = _note(touches, noted, int(row) * grid.columns + int(column), e, zone)
    return 0, noted, 0


@compiled
def _sum_up(place: Place, zone: int, runs: Ints, used: int) -> int:
    """Crossings → parity of every corner; covered cells without an edge → runs, of which there is room for all."""
    height, width = place.parity.shape
    for row in range(height):
        odd, begin = np.uint8(0), -1
        for column in range(width + 1):
            if column < width:
                odd ^= place.parity[row, column]
                place.parity[row, column] = odd
            covered = column < width and odd == 1 and place.touched[row, column] == 0
            if covered and begin < 0:
                begin = column
            elif not covered and begin >= 0:
                runs[used, 0], runs[used, 1] = row + place.row, begin + place.column
                runs[used, 2], runs[used, 3] = column + place.column, zone
                used += 1
                begin = -1
    return used


@compiled
def lay(rings: Rings, grid: Grid, touches: Ints) -> Found:
    """Every touch and every run of every zone, in the order of the zones.

    Args:
        touches: room (n, 5) to write to; a longer one is made where it does not suffice.
    """
    first, noted = rings.first, 0
    runs, covered = np.empty((1024, 4), np.int32), 0
    for zone in range(len(first) - 1):
        if first[zone] == first[zone + 1]:
            continue
        place = _place(rings.ends, first[zone], first[zone + 1], grid)
        begin = noted
        vertex, noted, missing = _trace(rings, zone, first[zone], grid, place, touches, noted)
        while missing > 0:
            touches = grown(touches, noted, missing + len(touches) - noted)
            vertex, noted, missing = _trace(rings, zone, vertex, grid, place, touches, noted)
        height, width = place.parity.shape
        runs = grown(runs, covered, height * (width // 2 + 1))
        covered = _sum_up(place, zone, runs, covered)
        for t in range(begin, noted):
            row = touches[t, 0] // grid.columns
            touches[t, 4] = place.parity[row - place.row, touches[t, 0] - row * grid.columns - place.column]
    return Found(touches[:noted], runs[:covered])
