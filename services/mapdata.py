"""What the map fetches: layers, facilities and the quiet ground, as GeoJSON in degrees."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.errors import WrongUsage
from geo.region import Region
from layers._cells import to_text
from layers._layer import Layer
from layers._rows import rows_where
from services.assess import Assessment
from services.facilities import board
from services.overview import in_force
from services.scope import Principal, layer_for, restrict

DETAIL_DEGREES = 0.00008
"""Simplification for the screen, some 8 m; judging always uses the full geometry."""


def bbox_of(text: str) -> tuple[float, float, float, float] | None:
    """``west,south,east,north`` in degrees; None for no limit.

    Raises:
        WrongUsage: anything else.
    """
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise WrongUsage(value=text, hint="bbox=west,south,east,north") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise WrongUsage(value=text, hint="bbox=west,south,east,north")
    return west, south, east, north


def layer_geojson(
    assessment: Assessment, layer_name: str, principal: Principal,
    bbox: tuple[float, float, float, float] | None = None, full: bool = False, most: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Features of a layer in force on the day of an assessment.

    Args:
        bbox: only features whose box touches it. full: every vertex and every column instead of the
            screen's form. most: of more rows none is sent, only ``numberMatched``, how many there are.
    Raises:
        LayerUnknown: it does not exist or may not be seen.
    """
    layer = layer_for(principal, layer_name)
    frame = restrict(in_force(assessment.frames[layer_name], assessment), layer, principal)
    frame = rows_where(frame, (shape is not None for shape in frame["geometry_map"]))
    shapes = frame["geometry_map"].to_numpy(dtype=object)
    if bbox is not None and len(frame):
        touching = shapely.intersects(shapely.box(*bbox), shapely.envelope(shapes))
        frame, shapes = frame[touching], shapes[touching]
    if most is not None and len(frame) > most:
        return {"type": "FeatureCollection", "features": [], "numberMatched": len(frame)}
    if not full:
        return {"type": "FeatureCollection", "features": screen_features(layer, frame, shapes)}
    columns = {c.name: c for c in layer.columns}
    features = []
    for record, geometry in zip(frame.to_dict("records"), _geometries(shapes, 9), strict=True):
        told = {name: to_text(c, record[name]) for name, c in columns.items() if record[name] is not None}
        told = _named(layer, record) | told | {"version": record["version"]}
        features.append({"type": "Feature", "id": record[layer.key], "properties": told, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def screen_features(layer: Layer, frame: pd.DataFrame, shapes: Any) -> list[dict[str, Any]]:
    """Rows of a layer as GeoJSON features in the screen's form: simplified, with key, label and style.

    Args:
        shapes: the rows' geometries in degrees.
    """
    simple = shapely.simplify(shapes, DETAIL_DEGREES, preserve_topology=True)
    return [
        {"type": "Feature", "id": record[layer.key], "properties": _named(layer, record), "geometry": geometry}
        for record, geometry in zip(frame.to_dict("records"), _geometries(simple, 6), strict=True)
    ]


def _named(layer: Layer, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": record[layer.key],
        "label": record[layer.label] or record[layer.key],
        "layer": layer.name,
        "style": record[layer.style_by] if layer.style_by else None,
    }


def _geometries(shapes: Any, digits: int) -> list[Any]:
    rounded = shapely.transform(np.asarray(shapes, dtype=object), lambda xy: np.round(xy, digits)) if len(shapes) else []
    return [json.loads(shapely.to_geojson(shape)) for shape in rounded]


def facilities_geojson(assessment: Assessment, keys: set[tuple[str, str]] | None = None) -> dict[str, Any]:
    """Facilities as points with their worst verdict.

    Args:
        keys: (layer, key) of the facilities wanted; None for all that were judged or exist.
    """
    table = board(assessment).facilities
    if keys is not None:
        table = rows_where(table, (pair in keys for pair in zip(table["layer"], table["key"], strict=True)))
    return {"type": "FeatureCollection", "features": [facility_feature(row) for row in table.to_dict("records")]}


def facility_feature(row: dict[str, Any]) -> dict[str, Any]:
    """One row of the board as a GeoJSON feature; without a place its geometry is null."""
    placed = np.isfinite(row["lon"])
    return {
        "type": "Feature",
        "id": f"{row['layer']}/{row['key']}",
        "properties": {name: row[name] for name in ("layer", "key", "name", "verdict", "counts", "town")}
        | {"near": bool(row["near"])},
        "geometry": {"type": "Point", "coordinates": [round(row["lon"], 6), round(row["lat"], 6)]} if placed else None,
    }


def base_geojson(region: Region) -> dict[str, Any]:
    """County, neighbours, rivers and roads of the background."""
    return _base(region.boundary, region.code, region.boundary_code_field)


@lru_cache(maxsize=4)
def _base(boundary: Path, code: str, field: str) -> dict[str, Any]:
    features = []
    for feature in json.loads(boundary.read_text("utf-8"))["features"]:
        kind = "county" if feature["properties"][field] == code else "neighbour"
        features.append(
            {
                "type": "Feature",
                "properties": {"kind": kind, "name": feature["properties"]["name"]},
                "geometry": feature["geometry"],
            }
        )
    sketch = boundary.with_name("basemap_example.geojson")
    if sketch.is_file():
        features += json.loads(sketch.read_text("utf-8"))["features"]
    return {"type": "FeatureCollection", "features": features}


def county_bounds(region: Region) -> tuple[float, float, float, float]:
    """The box of the county in degrees: where a page's map opens."""
    county = [f for f in base_geojson(region)["features"] if f["properties"]["kind"] == "county"]
    if not county:
        bounds = region.bounds
        return bounds.west, bounds.south, bounds.east, bounds.north
    west, south, east, north = shapely.bounds(shapely.geometry.shape(county[0]["geometry"])).tolist()
    return west, south, east, north
