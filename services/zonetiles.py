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
SQUARE = 64
"""Four pixels: in a crowded tile, areas lower and narrower than that are drawn as squares of that size."""
IN_ONE = 256
"""Squares in one feature, so that a reader can draw a little at a time."""
POLYGON = 3
Shapes = npt.NDArray[np.object_]


def layer_tile(rows: Rows, zoom: int, x: int, y: int) -> bytes:
    """One tile (MVT) of a layer; empty where nothing lies.

    Each feature carries the layer's columns that somebody may see as text, and its version. In a tile of more than 1,500
    rows areas carry key, label, style and version alone, those smaller than four pixels are squares of that size with their
    ``kind``, and points, thinned to what a screen can show, carry their ``kind``.

    Raises:
        TileMissing: no such tile.
    """
    import mapbox_vector_tile

    found = rows.within(tile_box(zoom, x, y, BUFFER / EXTENT))
    if rows.points is not None and len(found) > FEATURES:
        return point_tile(rows.points, zoom, x, y, rows.kinds, rows.layer.name)
    crowded = len(found) > FEATURES
    squares, kinds = np.empty(0, object), list[dict[str, Any]]()
    if crowded:
        large = _large(rows.shapes[found], zoom)
        (squares, kinds), found = _squares(rows, found[~large], zoom, x, y), found[large]
    drawn = _drawn(rows.shapes[found], zoom, x, y)
    kept = np.flatnonzero(~shapely.is_empty(drawn))
    told = kinds + _told(rows, found[kept], crowded)
    features = [
        {"geometry": shape, "properties": row} for shape, row in zip(np.concatenate([squares, drawn[kept]]), told, strict=True)
    ]
    if not features:
        return b""
    options = {"extents": EXTENT, "y_coord_down": True}
    made: bytes = mapbox_vector_tile.encode([{"name": rows.layer.name, "features": features}], default_options=options)
    return made


def _squares(rows: Rows, small: npt.NDArray[np.int64], zoom: int, x: int, y: int) -> tuple[Shapes, list[dict[str, Any]]]:
    """Where areas lie that are too small to be drawn one by one: squares of four pixels that hold the middle of one, by kind."""
    west, south, east, north = shapely.bounds(rows.shapes[small]).T
    squares = in_tile(np.column_stack([(west + east) / 2, (south + north) / 2]), zoom, x, y) // SQUARE
    kinds = rows.kind[small]
    shapes: list[shapely.Geometry] = []
    told: list[dict[str, Any]] = []
    for number in np.unique(kinds).tolist():
        at = np.unique(squares[kinds == number], axis=0) * SQUARE
        boxes = shapely.box(at[:, 0], at[:, 1], at[:, 0] + SQUARE, at[:, 1] + SQUARE)
        shapes += [shapely.multipolygons(boxes[start : start + IN_ONE]) for start in range(0, len(boxes), IN_ONE)]
        told += [{"kind": rows.kinds[number]}] * (len(shapes) - len(told))
    return np.array(shapes, dtype=object), told


def _told(rows: Rows, found: npt.NDArray[np.int64], crowded: bool) -> list[dict[str, Any]]:
    layer = rows.layer
    columns = [c for c in layer.columns if not crowded or c.name in (layer.key, layer.label, layer.style_by)]
    return [
        {c.name: to_text(c, row[c.name]) for c in columns if row[c.name] is not None} | {"version": row["version"]}
        for row in rows.frame.iloc[found][[*(c.name for c in columns), "version"]].to_dict("records")
    ]


def _large(shapes: Shapes, zoom: int) -> npt.NDArray[np.bool_]:
    """Which shapes are points, or at least four pixels high or wide."""
    west, south, east, north = shapely.bounds(shapes).T
    least = SQUARE / EXTENT * 360 / 2**zoom
    large: npt.NDArray[np.bool_] = (east - west >= least) | (north - south >= least) | (shapely.get_dimensions(shapes) == 0)
    return large


def _drawn(shapes: Shapes, zoom: int, x: int, y: int) -> Shapes:
    """Geometries in whole units of a tile; an empty one where nothing is left."""
    placed: Shapes = shapely.transform(shapes, lambda lonlat: in_tile(lonlat, zoom, x, y).astype(np.float64))
    areas = shapely.get_dimensions(placed) > 0
    valid = shapely.make_valid(shapely.simplify(placed[areas], HALF_PIXEL))
    clipped = shapely.clip_by_rect(valid, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    whole = shapely.transform(clipped, np.rint)
    plain = (shapely.get_type_id(whole) == POLYGON) & (shapely.area(whole) > 0)
    placed[areas] = [shape if fine else _polygons(shape) for shape, fine in zip(whole, plain.tolist(), strict=True)]
    return placed


def _polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0])
