"""Vector tiles of a layer's areas and points, for maps of other makers: simplified to the pixel, clipped, never for judging."""

from __future__ import annotations

import numpy as np
import shapely

from geo.tiles import BUFFER, EXTENT, in_tile, tile_box
from layers._cells import to_text
from layers._rows import rows_where
from services.assess import Assessment
from services.overview import in_force
from services.scope import Principal, layer_for, restrict

HALF_PIXEL = 8.0
"""Of the 16 units a pixel has in a tile."""


def layer_tile(assessment: Assessment, name: str, principal: Principal, zoom: int, x: int, y: int) -> bytes:
    """One tile (MVT) of a layer in force on the day of an assessment; empty where nothing lies.

    Each feature carries the layer's columns that somebody may see as text, and its version.

    Raises:
        LayerUnknown: it does not exist or may not be seen. TileMissing: no such tile.
    """
    import mapbox_vector_tile

    layer, box = layer_for(principal, name), tile_box(zoom, x, y, BUFFER / EXTENT)
    frame = restrict(in_force(assessment.frames[name], assessment), layer, principal)
    frame = rows_where(frame, (shape is not None for shape in frame["geometry_map"]))
    shapes = frame["geometry_map"].to_numpy(dtype=object)
    near = shapely.intersects(shapely.box(*box), shapely.envelope(shapes)) if len(frame) else np.empty(0, bool)
    frame, shapes = frame[near], shapes[near]
    features = []
    for row, shape in zip(frame.to_dict("records"), shapes, strict=True):
        drawn = _drawn(shape, zoom, x, y)
        if drawn is not None:
            told = {c.name: to_text(c, row[c.name]) for c in layer.columns if row[c.name] is not None}
            features.append({"geometry": drawn, "properties": told | {"version": row["version"]}})
    if not features:
        return b""
    options = {"extents": EXTENT, "y_coord_down": True}
    made: bytes = mapbox_vector_tile.encode([{"name": name, "features": features}], default_options=options)
    return made


def _drawn(shape: shapely.Geometry, zoom: int, x: int, y: int) -> shapely.Geometry | None:
    """A geometry in whole units of a tile; None where nothing is left of it."""
    placed = shapely.transform(shape, lambda lonlat: in_tile(lonlat, zoom, x, y).astype(np.float64))
    if placed.geom_type == "Point":
        return placed
    clipped = shapely.clip_by_rect(
        shapely.make_valid(shapely.simplify(placed, HALF_PIXEL)), -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER
    )
    areas = [part for part in shapely.get_parts(clipped) if part.geom_type == "Polygon" and part.area > 0]
    return shapely.MultiPolygon(areas) if areas else None
