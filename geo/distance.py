"""How far points are from the edges of polygons, in the units of the plane they lie in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo.join import Positions, boxed, ordered

_BAND = 0.002
"""Latitudes whose cosines differ by less than 0.2 % share one shortening of longitudes."""

_AMPLE, _LEAST = 2.0, 1e-6
"""So much farther than asked, and so many units more, is looked for first: no rounding can lose a point that is near."""

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
    for rows in _groups(zone):
        spots = shapely.points(xy[point[rows]])
        distances[rows] = _to_boundary(shapely.boundary(zones[zone[rows[0]]]), spots)
    return distances


def at_edge(
    xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_], point: Positions, zone: Positions, tolerance: float
) -> npt.NDArray[np.bool_]:
    """Whether each pair's point is at most ``tolerance`` from an edge of its polygon: as :func:`edge_distance` has it, but only
    points nearer than a little more than that are measured.

    Args:
        xy: float64 (n, 2). zones: object array (m,) of polygons. point, zone: int64 arrays (k,) of positions. tolerance: ≥ 0; a
            distance equal to it counts.
    Returns:
        bool (k,).
    """
    near = np.zeros(len(point), dtype=np.bool_)
    for rows in _groups(zone):
        boundary, spots = shapely.boundary(zones[zone[rows[0]]]), shapely.points(xy[point[rows]])
        shapely.prepare(boundary)
        close = np.flatnonzero(shapely.dwithin(boundary, spots, _AMPLE * tolerance + _LEAST))
        near[rows[close]] = _to_boundary(boundary, spots[close]) <= tolerance
    return near


def _groups(*keys: Positions) -> list[Positions]:
    """Positions of the rows that have the same keys, group by group."""
    order = np.lexsort(keys)
    changed = np.zeros(max(len(order) - 1, 0), dtype=np.bool_)
    for key in keys:
        changed |= np.diff(key[order]) != 0
    return np.split(order, np.flatnonzero(changed) + 1) if len(order) else []


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


def edge_metres(
    xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_], point: Positions, zone: Positions, crs: str
) -> npt.NDArray[np.float64]:
    """Metres from each pair's point to the nearest edge of its polygon, whatever the coordinate system.

    Plane systems: the planar distance times the unit. Degrees, and planes that stretch lengths (Web
    Mercator): the nearest place of the edge is found in the plane, degrees of longitude shortened by the
    cosine of the latitude, and measured along the ellipsoid.

    Args:
        xy: float64 (n, 2). zones: object array (m,) of polygons in the same system ``crs``.
        point, zone: int64 arrays (k,) of positions.
    Returns:
        float64 (k,), 0 on the edge.
    """
    if not len(point):
        return np.empty(0)
    spots, degrees = xy[point], systems.is_degrees(crs)
    if not degrees and not systems.stretches(spots, crs):
        return edge_distance(xy, zones, point, zone) * systems.metres_per_unit(crs)
    cosine = np.maximum(np.cos(np.radians(spots[:, 1])), 1e-9) if degrees else np.ones(len(spots))
    bands = np.round(np.log(cosine) / _BAND).astype(np.int64)
    feet = np.empty_like(spots)
    for rows in _groups(bands, zone):
        squeeze = np.array([np.exp(bands[rows[0]] * _BAND), 1.0])
        boundary = shapely.transform(shapely.boundary(zones[zone[rows[0]]]), lambda c, by=squeeze: c * by)
        feet[rows] = _nearest(boundary, shapely.points(spots[rows] * squeeze)) / squeeze
    return systems.ellipsoid_metres(spots, feet, crs)


def _nearest(boundary: shapely.Geometry, spots: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """The place of a boundary nearest to each spot: float64 (n, 2)."""
    edges = _edges(boundary)
    line: shapely.Geometry | npt.NDArray[np.object_] = boundary
    if len(edges) >= _TREE_FROM and len(spots) >= 4:
        line = edges[shapely.STRtree(edges).query_nearest(spots, all_matches=False)[1]]
    ends = shapely.get_coordinates(shapely.shortest_line(spots, line)).reshape(-1, 2, 2)
    return np.asarray(ends[:, 1], dtype=np.float64)
