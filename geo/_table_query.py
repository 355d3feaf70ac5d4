"""Points against the table: one look-up, and in cells with edges the parity of the way from the cell's corner.

The way goes from the corner (moved by next to nothing, so that it lies on no edge) along the cell's
western side to the point's height, then to the point. Each edge crossed turns the parity; a point on
an edge is in. Only edges that touch the cell can be crossed, whatever the zone's size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo._exact import UNSURE, corner_side, grown, is_tiny, side
from geo._numba import compiled
from geo._order import Floats, Positions
from geo._table_cells import Lists, Records
from geo._table_edges import Grid, Ints


class Tables(NamedTuple):
    """Everything a look-up reads; ``longest`` is the most zones a cell can give."""

    grid: Grid
    lists: Lists
    records: Records
    longest: int


@compiled
def _cell_of(x: float, y: float, grid: Grid) -> int:
    """The cell of a place; -1 outside and for what is not finite."""
    column, row = (x - grid.x0) / grid.size, (y - grid.y0) / grid.size
    if not (column >= 0.0 and row >= 0.0 and column < grid.columns and row < grid.rows):
        return -1
    return int(row) * grid.columns + int(column)


@compiled
def _turns(ax: float, ay: float, bx: float, by: float, px: float, py: float, qx: float, qy: float) -> int:
    """How an edge a → b changes the parity on the way corner q → point p: 0 or 1; -1: p is on it; ``UNSURE``."""
    level, upright = (ay < py) != (by < py), (ax < qx) != (bx < qx)
    around = min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by)
    turned = 0
    here = 0
    if level or around:
        here = side(ax, ay, bx, by, px, py)
        if here == UNSURE:
            return UNSURE
        if here == 0 and around:
            return -1
    if level or upright:
        bend = corner_side(ax, ay, bx, by, qx, py)
        if level and here != bend:
            turned ^= 1
        if upright and corner_side(ax, ay, bx, by, qx, qy) != bend:
            turned ^= 1
    return turned


@compiled
def _way(edges: Floats, begin: int, end: int, px: float, py: float, qx: float, qy: float, turned: int) -> int:
    """How the edges of a stretch change the parity on the way corner q → point p; see :func:`_turns`.

    An edge that spans neither the point's height nor the corner's column has no part in it, unless it
    is level and at the point's height, where it may hold the point.
    """
    if turned == -1 or turned == UNSURE:
        return turned
    for k in range(begin, end):
        ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        if (ay < py) == (by < py) and (ax < qx) == (bx < qx) and ay != py and by != py:
            continue
        turn = _turns(ax, ay, bx, by, px, py, qx, qy)
        if turn == -1 or turn == UNSURE:
            return turn
        turned ^= turn
    return turned


@compiled
def _verdict(turned: int, parity: int) -> int:
    """1 in the zone (edges belong), 0 not, ``UNSURE`` where GEOS has to say."""
    if turned == -1:
        return 1
    return UNSURE if turned == UNSURE else turned ^ parity


@compiled
def _looked_at(records: Records, number: int, p: tuple[float, float], q: tuple[float, float], found: Ints, used: int) -> int:
    """Write the zones of a point p in a cell with edges and corner q; returns the new length."""
    stretches, edges = records.stretches, records.edges
    start = UNSURE if is_tiny(p[0], p[1]) else 0
    turned = start
    for k in range(records.first[number], records.first[number + 1]):
        turned = _way(edges, stretches[k, 2], stretches[k, 3], p[0], p[1], q[0], q[1], turned)
        if stretches[k, 1] >= 2:
            continue
        inside = _verdict(turned, stretches[k, 1])
        if inside != 0:
            found[used] = stretches[k, 0] if inside == 1 else -1 - stretches[k, 0]
            used += 1
        turned = start
    return used


@compiled
def answer(xy: Floats, tables: Tables, begin: int, end: int, counts: Ints) -> Ints:
    """The zones of points begin … end - 1, one after another; how many each has goes to ``counts``.

    A point's zones ascend; one GEOS has to decide is written as -1 - zone. The parts of the tables are
    taken out of them once: every access counts a reference, which costs more than a look-up.
    """
    grid, longest, code = tables.grid, tables.longest, tables.lists.code
    covers, cover = tables.lists.first, tables.lists.zone
    records = tables.records
    found = np.empty(2 * (end - begin) + longest, np.int32)
    used = 0
    for i in range(begin, end):
        if used + longest > len(found):
            found = grown(found, used, longest)
        px, py, before = xy[i, 0], xy[i, 1], used
        cell = _cell_of(px, py, grid)
        number = code[cell] if cell >= 0 else 0
        if number >= 0:
            for k in range(covers[number], covers[number + 1]):
                found[used] = cover[k]
                used += 1
        else:
            column, row = cell % grid.columns, cell // grid.columns
            corner = (grid.x0 + column * grid.size, grid.y0 + row * grid.size)
            used = _looked_at(records, -1 - number, (px, py), corner, found, used)
        counts[i] = used - before
    return found[:used]


@compiled
def partition(xy: Floats, grid: Grid, tile: int) -> tuple[Positions, Floats]:
    """The points within the grid, tile by tile (squares of cells): positions and coordinates."""
    across, down = grid.columns // tile + 1, grid.rows // tile + 1
    where = np.empty(len(xy), np.int32)
    first = np.zeros(across * down + 1, np.int64)
    for i in range(len(xy)):
        cell = _cell_of(xy[i, 0], xy[i, 1], grid)
        where[i] = -1 if cell < 0 else cell // grid.columns // tile * across + cell % grid.columns // tile
        if cell >= 0:
            first[where[i] + 1] += 1
    for k in range(across * down):
        first[k + 1] += first[k]
    order, sorted_xy = np.empty(first[-1], np.int64), np.empty((first[-1], 2))
    for i in range(len(xy)):
        if where[i] >= 0:
            k = first[where[i]]
            order[k], sorted_xy[k, 0], sorted_xy[k, 1] = i, xy[i, 0], xy[i, 1]
            first[where[i]] = k + 1
    return order, sorted_xy


@compiled
def spread(order: Positions, counts: Ints, found: Ints, points: int) -> tuple[Positions, Positions]:
    """Answers in another order of points → pairs sorted by point, then zone."""
    place = np.zeros(points + 1, np.int64)
    for k in range(len(order)):
        place[order[k] + 1] = counts[k]
    for i in range(points):
        place[i + 1] += place[i]
    point, zone = np.empty(len(found), np.int64), np.empty(len(found), np.int64)
    read = 0
    for k in range(len(order)):
        write = place[order[k]]
        for j in range(counts[k]):
            point[write + j], zone[write + j] = order[k], found[read + j]
        read += counts[k]
    return point, zone
