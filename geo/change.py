"""What changed between two drawings of an area: the edges that only one of them has, and whom they can concern.

Where two drawings differ, the border of the difference consists of edges that only one of them has, or has on the
other side: an edge of both flips both. So a point far from such edges and on the same side of both drawings sees
no difference at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from geo._order import Positions
from geo.index import PointIndex

Edges = npt.NDArray[np.float64]
"""Edges as float64 (n, 4): x, y of both ends, the area on one and the same hand."""
ROUNDING_M = 1e-6
"""Added to distances so that rounding never leaves out a point exactly at its reach."""


def changed_edges(old: shapely.Geometry | None, new: shapely.Geometry | None) -> Edges:
    """The edges that only one of two (multi)polygons has, whatever the order and direction of their rings.

    Args:
        old, new: polygons in one planar system; None has no edge.
    """
    rings_old, rings_new = _rings(old), _rings(new)
    before, after = _edges(rings_old), _edges(rings_new)
    if len(before) == len(after):  # most often the same edges in the same order
        differ = (before != after).any(axis=1)
        before, after = before[differ], after[differ]
    elif len(rings_old) == len(rings_new):
        pairs = [_trimmed(a, b) for a, b in zip(rings_old, rings_new, strict=True)]
        before, after = _edges([a for a, _ in pairs]), _edges([b for _, b in pairs])
    a, b = _handles(before), _handles(after)
    return np.concatenate([before[_missing(a, b)], after[_missing(b, a)]])


def as_lines(edges: Edges) -> shapely.Geometry:
    """Edges as one multi-line."""
    return shapely.multilinestrings(shapely.linestrings(edges.reshape(-1, 2, 2)))


def box_of(edges: Edges, margin: float) -> npt.NDArray[np.float64]:
    """The box (west, south, east, north) around edges, widened."""
    corners = edges.reshape(-1, 2)
    return np.concatenate([corners.min(axis=0) - margin, corners.max(axis=0) + margin])


def _rings(shape: shapely.Geometry | None) -> list[npt.NDArray[np.float64]]:
    if shape is None or shapely.is_empty(shape):
        return []
    rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(shape)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    return np.split(xy, np.flatnonzero(np.diff(ring)) + 1)


def _trimmed(
    old: npt.NDArray[np.float64], new: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Two rings without the vertices they share at their beginning and end (the last shared one stays)."""
    short = min(len(old), len(new))
    head = _shared(old[:short], new[:short])
    if head == short and len(old) == len(new):
        return old[:0], new[:0]
    tail = min(_shared(old[::-1][:short], new[::-1][:short]), short - head)
    start, stop = max(head - 1, 0), max(tail - 1, 0)
    return old[start : len(old) - stop], new[start : len(new) - stop]


def _shared(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> int:
    """How many vertices agree from the beginning."""
    differs = np.flatnonzero((one != other).any(axis=1))
    return int(differs[0]) if len(differs) else len(one)


def _edges(rings: list[npt.NDArray[np.float64]]) -> Edges:
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


@dataclass(frozen=True)
class Change:
    """What became of one area.

    Attributes:
        old, new: its drawings in one planar system, None where there is none. whole: everything in or near
            either drawing is concerned (its text changed), not only what the difference of the drawings touches.
    """

    old: shapely.Geometry | None
    new: shapely.Geometry | None
    whole: bool = False

    @cached_property
    def edges(self) -> Edges:
        """The edges only one of the drawings has."""
        return changed_edges(self.old, self.new)

    @cached_property
    def lines(self) -> shapely.Geometry:
        """The same as one multi-line."""
        return as_lines(self.edges)

    @cached_property
    def box(self) -> npt.NDArray[np.float64]:
        """The box around them; the whole difference of the drawings lies in it."""
        return box_of(self.edges, 0.0)

    def _boxed(self, box: npt.NDArray[np.float64], margin: float) -> bool:
        return bool((box[:2] <= self.box[2:] + margin).all() and (box[2:] >= self.box[:2] - margin).all())

    def touches(self, shape: shapely.Geometry, margin: float = 0.0) -> bool:
        """Whether how an area lies to the drawing may have changed: the difference is at most ``margin`` from it."""
        if not len(self.edges) or not self._boxed(shapely.bounds(shape), margin):
            return False
        shapely.prepare(shape)
        if shapely.dwithin(shape, self.lines, margin) if margin else shapely.intersects(shape, self.lines):
            return True
        spots = np.array([shapely.get_coordinates(part)[0] for part in shapely.get_parts(shape)])
        return bool((_inside(self.old, spots) != _inside(self.new, spots)).any())  # no edge is near: a part has one side


class Bystanders:
    """Points and areas that changes of zones may concern, sorted once and asked often."""

    ROUGH_M = 60.0
    """Points less accurate than this are few and looked at one by one, so that they widen no box."""

    def __init__(
        self, xy: npt.NDArray[np.float64], reach: npt.NDArray[np.float64], areas: npt.NDArray[np.object_], at: Positions
    ) -> None:
        """Sort them.

        Args:
            xy: float64 (n, 2) points, NaN where there is none. reach: float64 (n,), how near a change must be.
            areas: polygons in the same plane. at: their positions among the n.
        """
        self._xy, self._reach = xy, reach
        rough = reach > self.ROUGH_M
        self._rough = np.flatnonzero(rough & np.isfinite(xy).all(axis=1))
        self._margin = float(reach[~rough].max()) if (~rough).any() else 0.0
        self._index = PointIndex(np.where(rough[:, None], np.nan, xy))
        self._areas, self._at = shapely.STRtree(areas), at

    def concerned(self, changes: Sequence[Change]) -> Positions:
        """Ascending positions of those whose place against the zones may have changed."""
        found = [self._one(change) for change in changes]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def _one(self, change: Change) -> Positions:
        if change.whole:
            shapes = [shape for shape in (change.old, change.new) if shape is not None]
            return np.concatenate([np.empty(0, np.int64), *(self._around(shape) for shape in shapes)])
        edges = change.edges
        if not len(edges):
            return np.empty(0, np.int64)
        points = self._boxed(box_of(edges, 0.0))
        xy = self._xy[points]
        moved = _inside(change.old, xy) != _inside(change.new, xy)
        return np.concatenate([points[moved | self._near(change.lines, points)], self._at[self._areas.query(_box(edges))]])

    def _around(self, shape: shapely.Geometry) -> Positions:
        points = self._boxed(shapely.bounds(shape))
        return np.concatenate([points[self._near(shape, points)], self._at[self._areas.query(shape)]])

    def _boxed(self, box: npt.NDArray[np.float64]) -> Positions:
        """Points whose reach may touch a box."""
        margin = self._margin + ROUNDING_M
        fine = self._index.near(box, margin)
        spots, reach = self._xy[self._rough], self._reach[self._rough] + ROUNDING_M
        inside = (spots >= box[:2] - reach[:, None]).all(axis=1) & (spots <= box[2:] + reach[:, None]).all(axis=1)
        return np.concatenate([fine, self._rough[inside]])

    def _near(self, shape: shapely.Geometry, points: Positions) -> npt.NDArray[np.bool_]:
        shapely.prepare(shape)
        spots = shapely.points(self._xy[points])
        return np.asarray(shapely.dwithin(shape, spots, self._reach[points] + ROUNDING_M), dtype=np.bool_)


def _inside(shape: shapely.Geometry | None, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which points lie in a shape, edges included."""
    if shape is None or not len(xy):
        return np.zeros(len(xy), dtype=np.bool_)
    shapely.prepare(shape)
    return np.asarray(shapely.intersects_xy(shape, xy[:, 0], xy[:, 1]), dtype=np.bool_)


def _box(edges: Edges) -> shapely.Geometry:
    return shapely.box(*box_of(edges, ROUNDING_M))
