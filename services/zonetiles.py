"""Vector tiles of a layer's areas and points, for maps of other makers: simplified to the pixel, clipped, never for judging."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.tiles import BUFFER, EXTENT, in_tile, point_tile, tile_box
from layers._cells import to_text
from services.layerview import Rows
from services.mapview import FEATURES

HALF_PIXEL = 8.0
"""Of the 16 units a pixel has in a tile."""
Shapes = npt.NDArray[np.object_]


def layer_tile(rows: Rows, zoom: int, x: int, y: int) -> bytes:
    """One tile (MVT) of a layer; empty where nothing lies.

    Each feature carries the layer's columns that somebody may see as text, and its version. In a tile of more than 1,500
    rows areas carry key and label alone, and points, thinned to what a screen can show, their ``kind``.

    Raises:
        TileMissing: no such tile.
    """
    import mapbox_vector_tile

    found = rows.within(tile_box(zoom, x, y, BUFFER / EXTENT))
    if rows.points is not None and len(found) > FEATURES:
        return point_tile(rows.points, zoom, x, y, rows.kinds, rows.layer.name)
    crowded = len(found) > FEATURES
    if crowded:
        found = found[_seen(rows.shapes[found], zoom)]
    drawn = _drawn(rows.shapes[found], zoom, x, y)
    kept = np.flatnonzero(~shapely.is_empty(drawn))
    told = _told(rows, found[kept], crowded)
    if not told:
        return b""
    features = [{"geometry": shape, "properties": row} for shape, row in zip(drawn[kept], told, strict=True)]
    options = {"extents": EXTENT, "y_coord_down": True}
    made: bytes = mapbox_vector_tile.encode([{"name": rows.layer.name, "features": features}], default_options=options)
    return made


def _told(rows: Rows, found: npt.NDArray[np.int64], crowded: bool) -> list[dict[str, Any]]:
    layer = rows.layer
    columns = [c for c in layer.columns if not crowded or c.name in (layer.key, layer.label, layer.style_by)]
    return [
        {c.name: to_text(c, row[c.name]) for c in columns if row[c.name] is not None} | {"version": row["version"]}
        for row in rows.frame.iloc[found].to_dict("records")
    ]


def _seen(shapes: Shapes, zoom: int) -> npt.NDArray[np.bool_]:
    """Which shapes are points, or at least half a pixel high or wide."""
    west, south, east, north = shapely.bounds(shapes).T
    half = HALF_PIXEL / EXTENT * 360 / 2**zoom
    large: npt.NDArray[np.bool_] = (east - west >= half) | (north - south >= half) | (shapely.get_dimensions(shapes) == 0)
    return large


def _drawn(shapes: Shapes, zoom: int, x: int, y: int) -> Shapes:
    """Geometries in whole units of a tile; an empty one where nothing is left."""
    placed: Shapes = shapely.transform(shapes, lambda lonlat: in_tile(lonlat, zoom, x, y).astype(np.float64))
    areas = shapely.get_dimensions(placed) > 0
    valid = shapely.make_valid(shapely.simplify(placed[areas], HALF_PIXEL))
    clipped = shapely.clip_by_rect(valid, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    placed[areas] = [_polygons(shape) for shape in clipped]
    return placed


def _polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0])
