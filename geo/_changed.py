"""Where an outline changed: the box around the edges that only one of two outlines has."""

from __future__ import annotations

import numpy as np
import shapely

from geo._order import Floats, Positions

NOWHERE = np.array([np.nan, np.nan, np.nan, np.nan])


def changed_box(old: shapely.Geometry | None, new: shapely.Geometry | None) -> Floats:
    """The box (west, south, east, north) outside which two outlines are the same; NaN where they are the same.

    An outline is its edges: what lies in one of two polygons and not in the other is bounded by edges
    only one of them has, and so lies in the box of those. Coordinates are compared as they are, so
    nothing rests on an overlay that rounds.

    Args:
        old, new: valid (multi)polygons in one plane, or None for nothing.
    """
    before, after = _vertices(old), _vertices(new)
    if len(before) == len(after):
        moved = np.flatnonzero((before != after).any(axis=1))
        if not len(moved):
            return NOWHERE
        if len(moved) <= len(before) // 8:
            return _box([before[_around(moved, len(before))], after[_around(moved, len(after))]])
    shorter = min(len(before), len(after))
    head = _same(before[:shorter], after[:shorter])
    tail = min(_same(before[::-1][:shorter], after[::-1][:shorter]), shorter - head)
    return _box([_between(before, head, tail), _between(after, head, tail)])


def _vertices(shape: shapely.Geometry | None) -> Floats:
    return np.empty((0, 2)) if shape is None else np.asarray(shapely.get_coordinates(shape), dtype=np.float64)


def _same(one: Floats, other: Floats) -> int:
    """How many rows are the same before the first that differs."""
    differing = (one != other).any(axis=1)
    return int(np.argmax(differing)) if differing.any() else len(one)


def _around(moved: Positions, count: int) -> Positions:
    """The moved vertices and those before and after them; those of another ring only widen the box."""
    return np.unique(np.concatenate([moved - 1, moved, moved + 1]).clip(0, count - 1))


def _between(vertices: Floats, head: int, tail: int) -> Floats:
    return vertices[max(head - 1, 0) : len(vertices) - max(tail - 1, 0)]


def _box(parts: list[Floats]) -> Floats:
    spots = np.concatenate(parts)
    return np.concatenate([spots.min(axis=0), spots.max(axis=0)])
