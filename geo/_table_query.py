"""Points against the table: one look-up, and in cells with edges the parity of the way from the cell's corner.

The way goes from the corner (moved by next to nothing, so that it lies on no edge) along the cell's
western side to the point's height, then to the point. Each edge crossed turns the parity; a point on
an edge is in. Only edges that touch the cell can be crossed, whatever the zone's size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo._exact import SMALL, SURE, UNSURE, corner_side, grown, is_tiny, side
from geo._numba import compiled
from geo._order import Floats, Positions
from geo._table_cells import AT_ONCE, LAST, LINE, MORE, PARITY, ZONE, Lists
from geo._table_edges import Grid, Ints

BLOCK = 256
"""Points whose places are looked up together."""


class Tables(NamedTuple):
    """Everything a look-up reads: ``rows`` as ``record`` writes them, ``longest`` the most zones a cell can give."""

    grid: Grid
    lists: Lists
    rows: Floats
    longest: int


class Block(NamedTuple):
    """What is looked up for a block of points together: numbers and cells of the points, the first heads of those in cells
    with edges, which these are, and room for what is read ahead."""

    numbers: Ints
    cells: Ints
    heads: Ints
    edges: Ints
    ahead: Floats


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
def _way(rows: Floats, begin: int, end: int, p: tuple[float, float], q: tuple[float, float], turned: int) -> int:
    """How the edges between vertices begin … end - 1 change the parity on the way corner q → point p.

    An edge that spans neither the point's height nor the corner's column has no part in it, unless one of its ends
    is at the point's height, where it may hold the point. One that spans the height alone has the corner's column
    wholly on one side, so the side of the point tells all; most are told by floating point. See :func:`_turns`.
    """
    px, py, qx = p[0], p[1], q[0]
    ax, ay = rows[begin, 0], rows[begin, 1]
    for k in range(begin + 1, end):
        bx, by = rows[k, 0], rows[k, 1]
        level, upright = (ay < py) != (by < py), (ax < qx) != (bx < qx)
        if level or upright or ay == py or by == py:
            left, right = (bx - ax) * (py - ay), (by - ay) * (px - ax)
            size = abs(left) + abs(right)
            if level and not upright and size > SMALL and abs(left - right) > SURE * size:
                turned ^= (left > right) != ((by > ay) == (ax >= qx))
            else:
                turn = _turns(ax, ay, bx, by, px, py, qx, q[1])
                if turn == -1 or turn == UNSURE:
                    return turn
                turned ^= turn
        ax, ay = bx, by
    return turned


@compiled
def _looked_at(rows: Floats, at: int, head: int, p: tuple[float, float], q: tuple[float, float], found: Ints, used: int) -> int:
    """Write the zones of a point p in a cell with edges and corner q; returns the new length.

    Args:
        at: where the cell's record begins. head: what its first row says.
    """
    start = UNSURE if is_tiny(p[0], p[1]) else 0
    turned = start
    while True:
        end = at + 1 + int(rows[at, 1])
        if turned != -1 and turned != UNSURE and at + 1 < end:
            turned = _way(rows, at + 1, end, p, q, turned)
        if head & MORE == 0:
            sure = turned != UNSURE
            found[used] = head // ZONE if sure else -1 - head // ZONE
            used += 1 if turned == -1 or not sure else turned ^ (head & PARITY)
            turned = start
        if head & LAST != 0:
            return used
        at, head = end, int(rows[end, 0])


@compiled
def _located(xy: Floats, tables: Tables, begin: int, end: int, block: Block) -> None:
    """Cell and number of points begin … end - 1 (0 outside the grid), and the first head of each record.

    Done for a block of points before any of them is answered: their words are fetched from memory side by side, and
    so are the next lines of each record, which are read for nothing else here.
    """
    grid, code, rows = tables.grid, tables.lists.code, tables.rows
    numbers, cells, heads = block.numbers, block.cells, block.heads
    inverse, waiting = 1.0 / grid.size, 0
    for i in range(begin, end):
        across, up = (xy[i, 0] - grid.x0) * inverse, (xy[i, 1] - grid.y0) * inverse
        inside = across >= 0.0 and up >= 0.0 and across < grid.columns and up < grid.rows
        cells[i - begin] = int(up) * grid.columns + int(across) if inside else 0
        numbers[i - begin] = code[cells[i - begin]] if inside else 0
    for k in range(end - begin):
        block.edges[waiting] = k
        waiting += numbers[k] < 0
    for j in range(waiting):
        at = -1 - numbers[block.edges[j]]
        heads[block.edges[j]] = int(rows[at, 0])
        block.ahead[j] = rows[at + LINE, 0] + rows[at + 2 * LINE, 0]


@compiled
def _fill(xy: Floats, tables: Tables, begin: int, end: int, counts: Ints, found: Ints, used: int) -> tuple[int, int]:
    """Answer points from one on, block by block while there is room; returns the point to go on from and the new length.

    The parts of the tables are taken out of them once: every access counts a reference, which costs more than a look-up.
    """
    grid, rows, covers, cover = tables.grid, tables.rows, tables.lists.first, tables.lists.zone
    numbers, cells, heads = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    block = Block(numbers, cells, heads, np.empty(BLOCK, np.int32), np.empty(BLOCK))
    while begin < end and used + BLOCK * tables.longest + AT_ONCE <= len(found):
        stop = min(begin + BLOCK, end)
        _located(xy, tables, begin, stop, block)
        for i in range(begin, stop):
            number, before = numbers[i - begin], used
            if number >= 0:
                first, count = covers[number], covers[number + 1] - covers[number]
                found[used], found[used + 1] = cover[first], cover[first + 1]
                found[used + 2], found[used + 3] = cover[first + 2], cover[first + 3]
                for k in range(AT_ONCE, count):
                    found[used + k] = cover[first + k]
                used += count
            else:
                row, head = cells[i - begin] // grid.columns, heads[i - begin]
                corner = (grid.x0 + (cells[i - begin] - row * grid.columns) * grid.size, grid.y0 + row * grid.size)
                used = _looked_at(rows, -1 - number, head, (xy[i, 0], xy[i, 1]), corner, found, used)
            counts[i] = used - before
        begin = stop
    return begin, used


@compiled
def answer(xy: Floats, tables: Tables, begin: int, end: int, counts: Ints, found: Ints) -> Ints:
    """The zones of points begin … end - 1, one after another; how many each has goes to ``counts``.

    A point's zones ascend; one GEOS has to decide is written as -1 - zone.

    Args:
        found: room to write to; a longer one is made where it does not suffice.
    """
    more = BLOCK * tables.longest + AT_ONCE
    i, used = _fill(xy, tables, begin, end, counts, found, 0)
    while i < end:
        found = grown(found, used, more)
        i, used = _fill(xy, tables, i, end, counts, found, used)
    return found[:used]


@compiled
def spread(first: int, counts: Ints, found: Ints, point: Positions, zone: Positions) -> None:
    """One row a pair from the zones of points one after another, the first point being ``first``.

    Args:
        counts: how many each point has. point, zone: to write to, as long as ``found``.
    """
    used, most = 0, len(point) - AT_ONCE
    for k in range(len(counts)):
        i = first + k
        if used <= most:
            point[used], point[used + 1], point[used + 2], point[used + 3] = i, i, i, i
            for j in range(used + AT_ONCE, used + counts[k]):
                point[j] = i
        else:
            for j in range(used, used + counts[k]):
                point[j] = i
        used += counts[k]
    for j in range(len(found)):
        zone[j] = found[j]
