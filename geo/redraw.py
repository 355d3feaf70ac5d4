"""Operations on a drawn area: joining, cutting, splitting, simplifying, snapping, mending.

Pure geometry. Vertices that an operation keeps stay exactly where they were; new ones that fall on a vertex of a
neighbour take its very coordinates, so that shared borders stay shared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from geo.repair import polygons_only

XY = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def joined(shapes: Sequence[shapely.Geometry]) -> shapely.Geometry | None:
    """并入: all of some areas together."""
    return polygons_only(shapely.union_all(np.array(shapes, dtype=object)))


def cut(shape: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry | None:
    """扣除: an area without another; None where nothing is left."""
    return polygons_only(shapely.difference(shape, other))


def common(shape: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry | None:
    """裁剪: what an area shares with another; None where nothing is left."""
    return polygons_only(shapely.intersection(shape, other))


def split(shape: shapely.Geometry, line: shapely.Geometry) -> list[shapely.Geometry]:
    """分割: the pieces of an area along a line, the largest first; one piece where the line does not cross it."""
    edges = shapely.union_all([shapely.boundary(shape), line])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    shapely.prepare(shape)
    inside = faces[shapely.intersects(shape, shapely.point_on_surface(faces))]
    return sorted(inside, key=lambda piece: -float(shapely.area(piece)))


def thinned(shape: shapely.Geometry, metres: shapely.Geometry, fixed: Mask, tolerance: float) -> shapely.Geometry:
    """简化: fewer vertices, each of those left exactly where it was (Douglas-Peucker in metres).

    Args:
        shape: polygons. metres: the same vertex by vertex in metres. fixed: of each vertex, whether it must stay
            (it belongs to a neighbour, too). tolerance: metres a vertex left out may lie from the new edge.
    Returns:
        A valid shape; with a smaller tolerance where the one given would make it cross itself, at last as it was.
    """
    for step in range(6):
        made = _thinned(shape, metres, fixed, tolerance / 2**step)
        if shapely.is_valid(made) and not shapely.is_empty(made):
            return made
    return shape


def _thinned(shape: shapely.Geometry, metres: shapely.Geometry, fixed: Mask, tolerance: float) -> shapely.Geometry:
    polygons, at = [], 0
    for part, plane in zip(shapely.get_parts(shape), shapely.get_parts(metres), strict=True):
        rings = []
        for ring, flat in zip(shapely.get_rings(part), shapely.get_rings(plane), strict=True):
            xy, away = shapely.get_coordinates(ring), shapely.get_coordinates(flat)
            keep = _kept(away[:-1], fixed[at : at + len(xy) - 1], tolerance)
            at += len(xy)
            rings.append(xy[:-1][keep])
        if len(rings[0]) >= 3:
            polygons.append(shapely.Polygon(rings[0], [ring for ring in rings[1:] if len(ring) >= 3]))
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _kept(xy: XY, fixed: Mask, tolerance: float) -> npt.NDArray[np.int64]:
    """Positions of the vertices of an open ring that stay: the fixed ones and what lies between them, thinned."""
    stay = np.flatnonzero(fixed)
    if not len(stay):
        stay = np.array([int(np.lexsort((xy[:, 1], xy[:, 0]))[0])])
    if len(stay) == 1:
        far = int(np.argmax(np.hypot(*(xy - xy[stay[0]]).T)))
        stay = np.unique(np.append(stay, far))
    kept = [stay]
    for first, last in zip(stay, np.append(stay[1:], stay[0] + len(xy)), strict=True):
        chain = np.arange(first, last + 1) % len(xy)
        if len(chain) > 2:
            left = shapely.get_coordinates(shapely.simplify(shapely.LineString(xy[chain]), tolerance, preserve_topology=False))
            kept.append(chain[_found_in(xy[chain], left)])
    return np.unique(np.concatenate(kept))


def _found_in(xy: XY, left: XY) -> npt.NDArray[np.int64]:
    """Positions in a chain of the vertices that were left, in their order."""
    found, at = [], 0
    for vertex in left:
        while (xy[at] != vertex).any():
            at += 1
        found.append(at)
        at += 1
    return np.array(found, dtype=np.int64)


def on_anchors(xy: XY, anchors: XY, tolerance: float) -> npt.NDArray[np.int64]:
    """For each of some vertices the anchor at most ``tolerance`` away, -1 for none."""
    found = np.full(len(xy), -1, dtype=np.int64)
    if len(anchors) and len(xy):
        tree = shapely.STRtree(shapely.points(anchors))
        vertex, anchor = tree.query_nearest(shapely.points(xy), max_distance=tolerance, all_matches=False)
        found[vertex] = anchor
    return found


def tied(shape: shapely.Geometry, anchors: XY, tolerance: float) -> shapely.Geometry:
    """The same area with every vertex that lies on an anchor taking its very coordinates; as it was if that breaks it."""
    def move(xy: XY) -> XY:
        at = on_anchors(xy, anchors, tolerance)
        return np.where((at >= 0)[:, None], anchors[at], xy)

    made = shapely.transform(shape, move) if len(anchors) else shape
    return made if shapely.is_valid(made) else shape


def snapped(shape: shapely.Geometry, neighbour: shapely.Geometry, tolerance: float) -> shapely.Geometry:
    """吸附: vertices near a neighbour are drawn onto its vertices, else onto its border; those far away stay."""
    border = shapely.boundary(neighbour)
    anchors = shapely.get_coordinates(border)

    def move(xy: XY) -> XY:
        at = on_anchors(xy, anchors, tolerance)
        spots = shapely.points(xy)
        foot = shapely.get_coordinates(shapely.line_interpolate_point(border, shapely.line_locate_point(border, spots)))
        near = (shapely.distance(border, spots) <= tolerance)[:, None]
        return np.where((at >= 0)[:, None], anchors[at], np.where(near, foot, xy))

    return shapely.snap(shapely.transform(shape, move), neighbour, tolerance)


def without(shape: shapely.Geometry, unwanted: Mask) -> shapely.Geometry | None:
    """An area without some of its parts."""
    parts = shapely.get_parts(shape)[~unwanted]
    return None if not len(parts) else parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))


def filled(shape: shapely.Geometry, keep: Mask) -> shapely.Geometry:
    """An area of which only some holes stay, in the order of its parts and their rings."""
    made, at = [], 0
    for part in shapely.get_parts(shape):
        holes = [hole for number, hole in enumerate(part.interiors, at) if keep[number]]
        at += len(part.interiors)
        made.append(shapely.Polygon(part.exterior, holes))
    return made[0] if len(made) == 1 else shapely.union_all(made)


def holes_of(shape: shapely.Geometry) -> npt.NDArray[np.object_]:
    """The holes of an area as polygons, in the order of its parts and their rings."""
    found = [shapely.Polygon(ring) for part in shapely.get_parts(shape) for ring in part.interiors]
    return np.array(found, dtype=object)


def vertices_dropped(shape: shapely.Geometry, unwanted: Mask) -> shapely.Geometry:
    """An area without some of its vertices (a flag for each, the closing ones ignored)."""
    made, at = [], 0
    for part in shapely.get_parts(shape):
        rings = []
        for ring in shapely.get_rings(part):
            xy = shapely.get_coordinates(ring)
            rings.append(xy[:-1][~unwanted[at : at + len(xy) - 1]])
            at += len(xy)
        if len(rings[0]) >= 3:
            made.append(shapely.Polygon(rings[0], [ring for ring in rings[1:] if len(ring) >= 3]))
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)
