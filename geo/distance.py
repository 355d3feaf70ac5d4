"""How far points are from the edges of polygons, in the units of the plane they lie in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo.join import Positions, boxed, ordered

_TREE_FROM = 64
"""Edges from which a tree of edges is faster than looking at every edge."""
_TREE_POINTS = 16
"""Points from which it pays to build that tree."""


def candidates(
    xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_], reach: npt.NDArray[np.float64]
) -> tuple[Positions, Positions]:
    """Pairs in which the point lies in the polygon or at most ``reach`` from it.

    Args:
        xy: float64 (n, 2), planar. zones: object array (m,) of polygons or None.
        reach: float64 (n,), each point's own distance, ≥ 0; a distance equal to it counts.
    Returns:
        Point and zone positions (int64), sorted by point, then zone.
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    margin = float(reach.max()) if len(reach) else 0.0
    points: list[Positions] = []
    owners: list[Positions] = []
    for zone, found in boxed(xy, zones, margin):
        shapely.prepare(zones[zone])
        close = shapely.dwithin(zones[zone], shapely.points(xy[found]), reach[found])
        points.append(found[close])
        owners.append(np.full(int(close.sum()), zone, dtype=np.int64))
    return ordered(points, owners)


def edge_distance(
    xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_], point: Positions, zone: Positions
) -> npt.NDArray[np.float64]:
    """Distance of each pair's point to the nearest edge of its polygon; edges of holes count.

    Args:
        xy: float64 (n, 2). zones: object array (m,) of polygons.
        point, zone: int64 arrays (k,) of positions.
    Returns:
        float64 (k,), 0 on the edge.
    """
    distances = np.empty(len(point), dtype=np.float64)
    for owner in np.unique(zone):
        rows = np.flatnonzero(zone == owner)
        spots = shapely.points(xy[point[rows]])
        distances[rows] = _to_boundary(shapely.boundary(zones[owner]), spots)
    return distances


def _to_boundary(boundary: shapely.Geometry, spots: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    if shapely.get_num_coordinates(boundary) < _TREE_FROM or len(spots) < _TREE_POINTS:
        return np.asarray(shapely.distance(boundary, spots), dtype=np.float64)
    _, found = shapely.STRtree(_edges(boundary)).query_nearest(spots, return_distance=True, all_matches=False)
    return np.asarray(found, dtype=np.float64)


def _edges(boundary: shapely.Geometry) -> npt.NDArray[np.object_]:
    """Every edge of a boundary as a two-point line."""
    coordinates, ring = shapely.get_coordinates(shapely.get_parts(boundary), return_index=True)
    same = ring[1:] == ring[:-1]
    pairs = np.stack([coordinates[:-1][same], coordinates[1:][same]], axis=1)
    return np.asarray(shapely.linestrings(pairs), dtype=object)
