"""Touches and runs → one number a cell: a list of zones that cover it, or a record of what must be looked at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo._exact import grown
from geo._numba import compiled
from geo._order import Floats, Positions
from geo._table_edges import Found, Grid, Ints


class Lists(NamedTuple):
    """``code``: number of each cell's list (0: no zone). List n holds ``zone[first[n]:first[n + 1]]``, ascending."""

    code: Ints
    first: Ints
    zone: Ints


class Records(NamedTuple):
    """Record n is the stretches ``first[n]:first[n + 1]``, by zone: what lies together is read together.

    A stretch is (zone, flags, first edge, end). Flag 1: parity of the cell's corner; flag 2: the next
    stretch is of the same zone. A zone that covers the cell is a stretch of parity 1 without edges.
    """

    first: Ints
    stretches: Ints
    edges: Floats


@compiled
def _by_row(runs: Ints, rows: int) -> tuple[Positions, Positions]:
    """Where runs open and close, as sortable numbers (column, close before open, zone), row by row."""
    first = np.zeros(rows + 1, np.int64)
    for i in range(len(runs)):
        first[runs[i, 0] + 1] += 2
    for row in range(rows):
        first[row + 1] += first[row]
    place, events = first[:-1].copy(), np.empty(2 * len(runs), np.int64)
    for i in range(len(runs)):
        k = place[runs[i, 0]]
        events[k] = (np.int64(runs[i, 1]) << 33) | (np.int64(1) << 32) | np.int64(runs[i, 3])
        events[k + 1] = (np.int64(runs[i, 2]) << 33) | np.int64(runs[i, 3])
        place[runs[i, 0]] = k + 2
    return first, events


@compiled
def _open(active: Ints, count: int, zone: int) -> int:
    j = count
    while j > 0 and active[j - 1] > zone:
        active[j] = active[j - 1]
        j -= 1
    active[j] = zone
    return count + 1


@compiled
def _close(active: Ints, count: int, zone: int) -> int:
    j = 0
    while active[j] != zone:
        j += 1
    for k in range(j, count - 1):
        active[k] = active[k + 1]
    return count - 1


@compiled
def paint(runs: Ints, grid: Grid, zones: int) -> Lists:
    """The list of covering zones of every cell: a sweep along each row with the zones open at the moment."""
    begins, events = _by_row(runs, grid.rows)
    code = np.zeros(grid.columns * grid.rows, np.int32)
    first, lists = np.zeros(1024, np.int32), 1
    zone, used = np.empty(1024, np.int32), 0
    active = np.empty(zones + 1, np.int32)
    for row in range(grid.rows):
        line = np.sort(events[begins[row] : begins[row + 1]])
        count = 0
        for i in range(len(line)):
            which = line[i] & 0xFFFFFFFF
            count = _open(active, count, which) if (line[i] >> 32) & 1 else _close(active, count, which)
            column = line[i] >> 33
            until = line[i + 1] >> 33 if i + 1 < len(line) else column
            if count == 0 or until == column:
                continue
            zone, first = grown(zone, used, count), grown(first, lists, 2)
            zone[used : used + count] = active[:count]
            used += count
            code[row * grid.columns + column : row * grid.columns + until] = lists
            lists += 1
            first[lists] = used
    return Lists(code, first[: lists + 1].copy(), zone[:used].copy())


@compiled
def _by_cell(touches: Ints, cells: int) -> tuple[Positions, Positions]:
    """Touches in the order of their cells; of one cell they stay in the order of zones."""
    first = np.zeros(cells + 1, np.int64)
    for t in range(len(touches)):
        first[touches[t, 0] + 1] += 1
    for cell in range(cells):
        first[cell + 1] += first[cell]
    place, order = first[:-1].copy(), np.empty(len(touches), np.int64)
    for t in range(len(touches)):
        order[place[touches[t, 0]]] = t
        place[touches[t, 0]] += 1
    return first, order


@compiled
def _sizes(begins: Positions, code: Ints, covers: Ints) -> tuple[int, int]:
    """How many cells an edge touches, and how many zones cover them."""
    records, covering = 0, 0
    for cell in range(len(code)):
        if begins[cell] < begins[cell + 1]:
            records += 1
            covering += covers[code[cell] + 1] - covers[code[cell]]
    return records, covering


@compiled
def _write(stretches: Ints, used: int, zone: int, flags: int, begin: int, end: int) -> int:
    stretches[used, 0], stretches[used, 1], stretches[used, 2], stretches[used, 3] = zone, flags, begin, end
    return used + 1


@compiled
def record(found: Found, edges: Floats, lists: Lists) -> Records:
    """The records of all cells an edge touches; ``lists.code`` of such a cell becomes -1 - its record."""
    touches, code, covers, covering = found.touches, lists.code, lists.first, lists.zone
    begins, order = _by_cell(touches, len(code))
    records, more = _sizes(begins, code, covers)
    first, stretches = np.zeros(records + 1, np.int32), np.empty((len(touches) + more, 4), np.int32)
    number, used = 0, 0
    for cell in range(len(code)):
        if begins[cell] == begins[cell + 1]:
            continue
        cover, stop = covers[code[cell]], covers[code[cell] + 1]
        for k in range(begins[cell], begins[cell + 1]):
            t, zone = order[k], touches[order[k], 3]
            while cover < stop and covering[cover] < zone:
                used = _write(stretches, used, covering[cover], 1, 0, 0)
                cover += 1
            on = k + 1 < begins[cell + 1] and touches[order[k + 1], 3] == zone
            used = _write(stretches, used, zone, touches[t, 4] + (2 if on else 0), touches[t, 1], touches[t, 2])
        for rest in range(cover, stop):
            used = _write(stretches, used, covering[rest], 1, 0, 0)
        code[cell] = -1 - number
        number += 1
        first[number] = used
    return Records(first, stretches, edges)
