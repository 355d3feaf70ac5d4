"""Touches and runs → one number a cell: a list of zones that cover it, or a record of what must be looked at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo._exact import grown
from geo._numba import compiled
from geo._order import Floats, Positions
from geo._table_edges import Found, Grid, Ints


class Lists(NamedTuple):
    """``code``: number of each cell's list (0: no zone). List n holds ``zone[first[n]:first[n + 1]]``, ascending.

    ``AT_ONCE`` numbers follow the last list, so that as many can be read wherever one begins.
    """

    code: Ints
    first: Ints
    zone: Ints


AT_ONCE = 4
"""Covering zones copied without asking how many there are."""
LINE = 4
"""Rows in a line of the processor's cache; two lines follow the last row, so that they can be read wherever one begins."""
BLOCK = 256
"""Touches whose records are looked up together."""
PARITY, MORE, LAST, ZONE = 1, 2, 4, 8
"""What the head of a stretch says: the parity of the cell's corner, whether the next stretch is of the same zone,
whether it is the cell's last; the zone counts in eights."""


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
def _is_list(known: int, active: Ints, count: int, first: Ints, zone: Ints) -> bool:
    """Whether a list (0: none) holds just the active zones."""
    same, k = known != 0 and first[known + 1] - first[known] == count, 0
    while same and k < count:
        same = zone[first[known] + k] == active[k]
        k += 1
    return same


@compiled
def paint(runs: Ints, grid: Grid, zones: int, code: Ints) -> Lists:
    """The list of covering zones of every cell: a sweep along each row with the zones open at the moment.

    A zone alone has one list, and several have that of the row before where it holds the same: so few lists are read so
    often that they stay in the processor's cache.

    Args:
        code: zeros, one a cell; written to.
    """
    begins, events = _by_row(runs, grid.rows)
    first, lists = np.zeros(1024, np.int32), 1
    zone, used = np.empty(1024, np.int32), 0
    active, alone = np.empty(zones + 1, np.int32), np.zeros(zones, np.int32)
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
            middle = (row - 1) * grid.columns + (column + until) // 2
            known = alone[active[0]] if count == 1 else code[middle] if row > 0 else 0
            if not _is_list(known, active, count, first, zone):
                zone, first = grown(zone, used, count), grown(first, lists, 2)
                zone[used : used + count] = active[:count]
                used += count
                known = lists
                lists += 1
                first[lists] = used
            if count == 1:
                alone[active[0]] = known
            code[row * grid.columns + column : row * grid.columns + until] = known
    zone = grown(zone, used, AT_ONCE)
    zone[used : used + AT_ONCE] = 0
    return Lists(code, first[: lists + 1].copy(), zone[: used + AT_ONCE].copy())


AT, COVER, STOP, HEAD, OWNER, COUNT, START, STATE = range(8)
"""State of a cell's record while it is written: next row, covering zone to come and their end, last head and its zone,
how many zones, first row."""


@compiled
def _count(touches: Ints, needed: Ints) -> int:
    """How many cells have edges; ``needed`` (zeros, one a cell) becomes the rows of each for its edges."""
    cells = 0
    for t in range(len(touches)):
        cells += needed[touches[t, 0]] == 0
        needed[touches[t, 0]] += 2 + touches[t, 2] - touches[t, 1]
    return cells


@compiled
def _begin(lists: Lists, needed: Ints, states: Ints) -> int:
    """The state of each record, and how many rows there will be; ``code`` of a cell with edges becomes -1 - its record."""
    code, covers, rows, number = lists.code, lists.first, 0, 0
    for cell in range(len(code)):
        if needed[cell] > 0:
            states[number, AT], states[number, START], states[number, OWNER] = rows, rows, -1
            states[number, COVER], states[number, STOP] = covers[code[cell]], covers[code[cell] + 1]
            rows += needed[cell] + covers[code[cell] + 1] - covers[code[cell]]
            code[cell] = -1 - number
            number += 1
    return rows


@compiled
def _head(rows: Floats, states: Ints, number: int, zone: int, parity: int, vertices: int) -> int:
    """Write the head of a stretch; returns the row after it."""
    at = int(states[number, AT])
    if states[number, OWNER] == zone:
        rows[states[number, HEAD], 0] += MORE
    else:
        states[number, COUNT] += 1
    rows[at, 0], rows[at, 1] = ZONE * zone + parity, vertices
    states[number, HEAD], states[number, OWNER] = at, zone
    states[number, AT] = at + 1 + vertices
    return at + 1


@compiled
def _covering(rows: Floats, states: Ints, number: int, covering: Ints, below: int) -> None:
    """Write the covering zones below a zone that are still to come."""
    while states[number, COVER] < states[number, STOP] and covering[states[number, COVER]] < below:
        _head(rows, states, number, covering[states[number, COVER]], PARITY, 0)
        states[number, COVER] += 1


@compiled
def _write(found: Found, ends: Floats, covering: Ints, to: tuple[Ints, Ints, Floats], begin: int, end: int) -> None:
    """Write a block of touches into their records.

    Which records have covering zones to come is asked for the whole block first (none can be added meanwhile): so their
    states are fetched from memory side by side.
    """
    touches = found.touches
    code, states, rows = to
    numbers, waiting = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.uint8)
    for t in range(begin, end):
        numbers[t - begin] = -1 - code[touches[t, 0]]
    for k in range(end - begin):
        waiting[k] = states[numbers[k], COVER] < states[numbers[k], STOP]
    for t in range(begin, end):
        number, zone, vertex = numbers[t - begin], touches[t, 3], touches[t, 1]
        if waiting[t - begin] != 0:
            _covering(rows, states, number, covering, zone)
        at = _head(rows, states, number, zone, touches[t, 4], touches[t, 2] - vertex + 1)
        for row in range(at, states[number, AT]):
            rows[row, 0], rows[row, 1] = ends[vertex, 0], ends[vertex, 1]
            vertex += 1


def record(found: Found, ends: Floats, lists: Lists, zones: int) -> tuple[Floats, int]:
    """What must be looked at in each cell an edge touches, all of it together: a point reads one piece of memory.

    Large arrays are made here and not in compiled code: NumPy asks the system for large pages, which spares most of the
    time that reading and writing all over them waits for page tables.

    Args:
        found: touches and runs. ends: vertices (k, 2). lists: ``code`` of a cell with edges becomes -1 - its first row.
    Returns:
        Rows (r, 2), and the most zones a cell has. A record is stretches by zone: a head (eight times the zone plus
        ``PARITY``, ``MORE``, ``LAST``; how many vertices) and the vertices. A zone that covers the cell is a head of
        parity 1 without vertices.
    """
    needed = np.zeros(len(lists.code), np.int32)
    states = np.zeros((_count(found.touches, needed), STATE), np.int32)
    rows = np.empty((_begin(lists, needed, states) + 2 * LINE, 2))
    rows[-2 * LINE :] = 0
    return rows, int(_record(found, ends, lists, zones, states, rows))


@compiled
def _record(found: Found, ends: Floats, lists: Lists, zones: int, states: Ints, rows: Floats) -> int:
    """Write the rows; returns the most zones a cell has.

    Touches are read one after another; only writing jumps about, which does not keep the processor waiting.
    """
    touches, code, covering, most = found.touches, lists.code, lists.zone, 0
    for begin in range(0, len(touches), BLOCK):
        _write(found, ends, covering, (code, states, rows), begin, min(begin + BLOCK, len(touches)))
    for cell in range(len(code)):
        if code[cell] < 0:
            number = -1 - code[cell]
            _covering(rows, states, number, covering, zones)
            rows[states[number, HEAD], 0] += LAST
            most = max(most, states[number, COUNT])
            code[cell] = -1 - states[number, START]
    for n in range(len(lists.first) - 1):
        most = max(most, lists.first[n + 1] - lists.first[n])
    return most
