"""Where an outline changed: the edges that only one of two drawings of an area has, and the box around them.

An outline is its edges: what lies in one of two polygons and not in the other is bounded by edges only one of them
has, or has on the other side, and so lies in the box of those. Coordinates are compared as they are, so nothing
rests on an overlay that rounds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo._order import Floats

Edges = npt.NDArray[np.float64]
"""Edges as float64 (n, 4): x, y of both ends, the area on one and the same hand."""
NOWHERE = np.array([np.nan, np.nan, np.nan, np.nan])


def changed_edges(old: shapely.Geometry | None, new: shapely.Geometry | None) -> Edges:
    """The edges that only one of two (multi)polygons has, whatever the order and direction of their rings.

    Args:
        old, new: polygons in one planar system; None has no edge.
    """
    rings_old, rings_new = _rings(old), _rings(new)
    if len(rings_old) == len(rings_new):  # most often the same rings in the same order, a few vertices apart
        pairs = [_trimmed(a, b) for a, b in zip(rings_old, rings_new, strict=True)]
        before, after = _edges([a for a, _ in pairs]), _edges([b for _, b in pairs])
    else:
        before, after = _edges(rings_old), _edges(rings_new)
    if len(before) == len(after):
        differ = _differ(before, after)
        before, after = before[differ], after[differ]
    a, b = _handles(before), _handles(after)
    return np.concatenate([before[_missing(a, b)], after[_missing(b, a)]])


def changed_box(old: shapely.Geometry | None, new: shapely.Geometry | None) -> Floats:
    """The box (west, south, east, north) outside which two outlines are the same; NaN where they are the same."""
    edges = changed_edges(old, new)
    return box_of(edges, 0.0) if len(edges) else NOWHERE


def box_of(edges: Edges, margin: float) -> Floats:
    """The box (west, south, east, north) around edges, widened."""
    corners = edges.reshape(-1, 2)
    return np.concatenate([corners.min(axis=0) - margin, corners.max(axis=0) + margin])


def _rings(shape: shapely.Geometry | None) -> list[Floats]:
    """The vertices of each ring, closing one included, the area on one and the same hand."""
    if shape is None or shapely.is_empty(shape):
        return []
    parts = shapely.get_parts(shape)
    lines, sizes = shapely.get_rings(parts), shapely.get_num_interior_rings(parts) + 1
    is_shell = np.zeros(len(lines), dtype=np.bool_)
    is_shell[np.cumsum(sizes) - sizes] = True
    rings = np.split(shapely.get_coordinates(lines), np.cumsum(shapely.get_num_coordinates(lines))[:-1])
    kept = (shapely.is_ccw(lines) == is_shell).tolist()
    return [ring if right else ring[::-1] for ring, right in zip(rings, kept, strict=True)]


def _trimmed(old: Floats, new: Floats) -> tuple[Floats, Floats]:
    """Two rings without the vertices they share at their beginning and end (the last shared one stays)."""
    short = min(len(old), len(new))
    head = _shared(old[:short], new[:short])
    if head == short and len(old) == len(new):
        return old[:0], new[:0]
    tail = min(_shared(old[::-1][:short], new[::-1][:short]), short - head)
    start, stop = max(head - 1, 0), max(tail - 1, 0)
    return old[start : len(old) - stop], new[start : len(new) - stop]


def _shared(one: Floats, other: Floats) -> int:
    """How many vertices agree from the beginning."""
    differs = _differ(one, other)
    first = int(np.argmax(differs)) if len(differs) else 0
    return first if len(differs) and differs[first] else len(one)


def _differ(one: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    """Which rows differ, column by column: much faster than over the short axis."""
    found: npt.NDArray[np.bool_] = one[:, 0] != other[:, 0]
    for column in range(1, one.shape[1]):
        found |= one[:, column] != other[:, column]
    return found


def _edges(rings: list[Floats]) -> Edges:
    pairs = [np.concatenate([ring[:-1], ring[1:]], axis=1) for ring in rings if len(ring) > 1]
    if not pairs:
        return np.empty((0, 4))
    return np.asarray(np.concatenate(pairs) + 0.0)  # -0.0 and 0.0 are one number


def _handles(edges: Edges) -> list[bytes]:
    """Each edge as one value that can be compared."""
    found: list[bytes] = np.ascontiguousarray(edges).view("V32").reshape(-1).tolist()
    return found


def _missing(these: list[bytes], those: list[bytes]) -> npt.NDArray[np.bool_]:
    """Which of these are not among those."""
    known = set(those)
    return np.fromiter((one not in known for one in these), dtype=np.bool_, count=len(these))
