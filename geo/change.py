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

from geo._changed import Edges, box_of, changed_edges
from geo._order import Positions
from geo.index import PointIndex

__all__ = ["Bystanders", "Change", "as_lines", "changed_edges"]

ROUNDING_M = 1e-6
"""Added to distances so that rounding never leaves out a point exactly at its reach."""


def as_lines(edges: Edges) -> shapely.Geometry:
    """Edges as one multi-line."""
    return shapely.multilinestrings(shapely.linestrings(edges.reshape(-1, 2, 2)))


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
