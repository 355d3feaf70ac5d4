"""Which points lie in which polygons: the one exact join everything stands on.

A pair is what GEOS' ``intersects`` says on the whole polygon: points on edges and vertices
belong. Nothing is subdivided, so no point on an edge is ever lost.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

Positions = npt.NDArray[np.int64]


class PointIndex:
    """Points sorted by x, so that those in a box are found without looking at all of them.

    Built once and asked often: a box costs by the points in its vertical strip, not by their number.
    """

    def __init__(self, xy: npt.NDArray[np.float64]) -> None:
        """Sort points; rows of ``xy`` (float64 (n, 2)) that are not finite are in no box."""
        finite = np.flatnonzero(np.isfinite(xy).all(axis=1)) if len(xy) else np.empty(0, np.int64)
        self._order = finite[np.argsort(xy[finite, 0], kind="stable")]
        self._xs, self._ys = xy[self._order, 0], xy[self._order, 1]

    def strips(self, boxes: npt.NDArray[np.float64]) -> tuple[Positions, Positions]:
        """For boxes (m, 4), where the points between their west and east edges begin and end in the sorted order."""
        first = np.searchsorted(self._xs, boxes[:, 0], side="left")
        return first.astype(np.int64), np.searchsorted(self._xs, boxes[:, 2], side="right").astype(np.int64)

    def inside(self, box: npt.NDArray[np.float64], first: int | None = None, last: int | None = None) -> Positions:
        """Ascending positions of the points in a box (west, south, east, north), its edges included.

        Args:
            first, last: its strip where it is known already (:meth:`strips`).
        """
        if first is None or last is None:
            starts, ends = self.strips(box.reshape(1, 4))
            first, last = int(starts[0]), int(ends[0])
        y = self._ys[first:last]
        return np.sort(self._order[first:last][(y >= box[1]) & (y <= box[3])])


def boxed(xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_], margin: float = 0.0) -> Iterator[tuple[int, Positions]]:
    """The points in the bounding box of each zone, box edges included.

    Args:
        xy: float64 (n, 2), one planar system; rows that are not finite are in no box.
        zones: object array (m,) of polygons or None in the same system.
        margin: the boxes are widened by this much on every side.
    Yields:
        (zone position, ascending point positions) for zones with at least one such point.
    """
    index = PointIndex(xy)
    boxes = shapely.bounds(zones) + np.array([-margin, -margin, margin, margin])
    first, last = index.strips(boxes)
    for zone in np.flatnonzero((last > first) & np.isfinite(boxes).all(axis=1)):
        points = index.inside(boxes[zone], int(first[zone]), int(last[zone]))
        if len(points):
            yield int(zone), points


def match(xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_]) -> tuple[Positions, Positions]:
    """Every (point, polygon) pair that touches.

    Args:
        xy: float64 array (n, 2), one planar coordinate system (degrees included); rows with NaN or
            infinity match nothing.
        zones: array (m,) of valid (multi)polygons in the same system; None and empty match nothing.
    Returns:
        Two int64 arrays of one length, point positions and zone positions, sorted by point, then zone.
        Points on an edge or a vertex belong, on the edges of holes too.
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    zones = np.asarray(zones, dtype=object)
    points: list[Positions] = []
    owners: list[Positions] = []
    for zone, candidates in boxed(xy, zones):
        shapely.prepare(zones[zone])
        inside = shapely.intersects_xy(zones[zone], xy[candidates, 0], xy[candidates, 1])
        hits = candidates[inside]
        points.append(hits)
        owners.append(np.full(len(hits), zone, dtype=np.int64))
    return ordered(points, owners)


def ordered(points: list[Positions], zones: list[Positions]) -> tuple[Positions, Positions]:
    """Pairs collected zone by zone → one pair of int64 arrays sorted by point, then zone."""
    if not points:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    left = np.concatenate(points).astype(np.int64)
    right = np.concatenate(zones).astype(np.int64)
    order = np.lexsort((right, left))
    return left[order], right[order]
