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


def boxed(xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_], margin: float = 0.0) -> Iterator[tuple[int, Positions]]:
    """The points in the bounding box of each zone, box edges included.

    Args:
        xy: float64 (n, 2), one planar system; rows that are not finite are in no box.
        zones: object array (m,) of polygons or None in the same system.
        margin: the boxes are widened by this much on every side.
    Yields:
        (zone position, ascending point positions) for zones with at least one such point.
    """
    finite = np.flatnonzero(np.isfinite(xy).all(axis=1)) if len(xy) else np.empty(0, np.int64)
    order = finite[np.argsort(xy[finite, 0], kind="stable")]
    xs, ys = xy[order, 0], xy[order, 1]
    boxes = shapely.bounds(zones) + np.array([-margin, -margin, margin, margin])
    first = np.searchsorted(xs, boxes[:, 0], side="left")
    last = np.searchsorted(xs, boxes[:, 2], side="right")
    for zone in np.flatnonzero((last > first) & np.isfinite(boxes).all(axis=1)):
        y = ys[first[zone] : last[zone]]
        near = (y >= boxes[zone, 1]) & (y <= boxes[zone, 3])
        points = order[first[zone] : last[zone]][near]
        if len(points):
            yield int(zone), np.sort(points)


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
