"""Geometry from untrusted text, capped in depth and size before GEOS sees it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

MOST_VERTICES = 2_000_000
MOST_VERTICES_FILE = 5_000_000
MOST_PARTS = 10_000
"""Of one shape: whether parts lie within one another takes GEOS the square of their number, eight seconds for so many."""
_KINDS = {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}
_DEPTH = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}


class ShapeUnusable(ValueError):
    """A geometry that cannot be used; the message says why (Chinese / English)."""


def from_geojson(geometry: Any) -> shapely.Geometry | None:
    """A GeoJSON geometry as a 2D shapely geometry; None for null or empty.

    Raises:
        ShapeUnusable: an unknown type, wrong nesting, not finite, too few points, too many vertices.
    """
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        raise ShapeUnusable("图形不是对象 / the geometry is no object")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        parts = [from_geojson(part) for part in _list(geometry.get("geometries"))]
        return shapely.GeometryCollection([part for part in parts if part is not None])
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ShapeUnusable(f"未知图形类型 {str(kind)[:30]} / unknown geometry type")
    try:
        coordinates = _numbers(geometry.get("coordinates"), _DEPTH[kind])
        return _build(kind, coordinates) if len(coordinates) else None
    except (shapely.errors.ShapelyError, ValueError, TypeError) as fault:
        if isinstance(fault, ShapeUnusable):
            raise
        raise ShapeUnusable(f"图形坐标不完整 / incomplete coordinates ({str(fault)[:80]})") from fault


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ShapeUnusable("坐标不是数组 / coordinates are no array")
    return value


def _numbers(value: Any, depth: int) -> Any:
    """Positions (two finite numbers) nested to exactly the depth of the type."""
    if depth == 1 and isinstance(value, np.ndarray):
        return value  # read and looked at as a whole
    items = _list(value)
    if depth == 1 and (line := _line(items)) is not None:
        return line
    if depth:
        return [_numbers(item, depth - 1) for item in items]
    if not items:
        return []
    if len(items) < 2 or any(isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) for n in items[:2]):
        raise ShapeUnusable("坐标不是有限的数字 / a coordinate is no finite number")
    return (float(items[0]), float(items[1]))


def _line(items: list[Any]) -> npt.NDArray[np.float64] | None:
    """Many positions at once; None where one of them needs a closer look."""
    try:
        found = np.array(items)
    except ValueError:
        return None
    if found.ndim != 2 or found.shape[1] < 2 or found.dtype != np.float64 or not np.isfinite(found).all():
        return None
    return np.asarray(found[:, :2], dtype=np.float64)


def _build(kind: str, coordinates: Any) -> shapely.Geometry | None:
    if kind == "Point":
        return shapely.Point(coordinates)
    if kind == "MultiPoint":
        return shapely.MultiPoint(coordinates)
    if kind == "LineString":
        return shapely.LineString(coordinates)
    if kind == "MultiLineString":
        return shapely.MultiLineString(coordinates)
    if kind == "Polygon":
        return _polygon(coordinates)
    parts = [part for part in (_polygon(rings) for rings in coordinates if len(rings)) if part is not None]
    return shapely.MultiPolygon(parts) if parts else None


def _polygon(rings: Any) -> shapely.Geometry | None:
    if not len(rings) or not len(rings[0]):
        return None
    for ring in rings:
        if len(ring) < 3:
            raise ShapeUnusable("边界顶点少于三个 / a ring has fewer than three vertices")
    return shapely.Polygon(rings[0], [ring for ring in rings[1:] if len(ring)])


def count_vertices(shapes: list[shapely.Geometry | None]) -> None:
    """Refuse too many vertices in one feature or in the file, or too many polygons in one feature.

    Raises:
        ShapeUnusable: over a limit.
    """
    every = np.array([*shapes, None], dtype=object)
    areas = every[shapely.get_type_id(every) == shapely.GeometryType.MULTIPOLYGON.value]
    if shapely.get_num_geometries(areas).max(initial=0) > MOST_PARTS:
        raise ShapeUnusable(f"一个图形的部分过多（上限 {MOST_PARTS}），请拆成多个图形 / too many parts in one shape; split it")
    sizes = shapely.get_num_coordinates(every)
    if sizes.max() > MOST_VERTICES or sizes.sum() > MOST_VERTICES_FILE:
        raise ShapeUnusable(f"顶点过多（单个图形上限 {MOST_VERTICES}，文件上限 {MOST_VERTICES_FILE}） / too many vertices")


def oddities(geometry: Any) -> list[tuple[str, str, str]]:
    """What a GeoJSON geometry has that is taken and told: heights, unclosed rings, vertices twice, clockwise shells.

    Returns:
        code, Chinese, English.
    """
    if not isinstance(geometry, dict) or geometry.get("type") not in _DEPTH:
        return []
    found = []
    first = geometry.get("coordinates")
    while isinstance(first, list) and first and isinstance(first[0], list):
        first = first[0]
    if isinstance(first, list) and len(first) > 2:
        found.append(("geometry_3d", "图形带高程，已去掉", "the geometry has heights, which were dropped"))
    if geometry["type"] in ("Polygon", "MultiPolygon"):
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings = [ring for part in parts for ring in part if ring]
        if any(ring[0][:2] != ring[-1][:2] for ring in rings):
            found.append(("ring_unclosed", "边界未闭合，已补上最后一段", "a ring was not closed; the last edge was added"))
        if any(one[:2] == other[:2] for ring in rings for one, other in pairwise(ring)):
            found.append(("vertex_twice", "有连续重复的顶点", "vertices follow each other twice"))
        if any(part and part[0] and _clockwise(part[0]) for part in parts):
            found.append(("ring_clockwise", "外环为顺时针方向，不影响面积", "the shell runs clockwise; its area is the same"))
    return found


def _clockwise(ring: list[Any]) -> bool:
    return bool(sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in pairwise(ring)) > 0)
