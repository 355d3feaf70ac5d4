"""What is drawn, as it comes from a browser or a file: checked before anything is made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from geo import crs as systems
from geo._shapes import ShapeUnusable as Unreadable
from geo._shapes import from_geojson
from geo.errors import Refused
from geo.region import Region
from layers._layer import Layer
from store.drafts import Sketch

__all__ = ["EXTRA_PROPS", "ShapeUnusable", "Sketch", "area_km2", "geojson", "in_degrees", "in_metres", "polygon_of", "props_of"]

EXTRA_PROPS = ("repeals", "annex_sha256", "reason")
"""Facts of a publication that no column of the layer holds."""
LONGEST = 2000


class ShapeUnusable(Refused):
    """A geometry that cannot be drawn upon."""

    zh = "图形不可用：{zh}。草案保持原样。"
    en = "The geometry cannot be used: {en}. The draft stays as it was."


class PropUnknown(Refused):
    """A fact the record of this layer does not have."""

    zh = "法律记录中没有“{name}”这一项，请检查后重试。"
    en = "The legal record has no “{name}”; check it and try again."


def polygon_of(value: Any) -> shapely.Geometry:
    """A polygon or multipolygon from GeoJSON in degrees; its validity is not judged here.

    Args:
        value: decoded JSON of a geometry, a feature, or a collection with one feature.
    Raises:
        ShapeUnusable: no polygon, coordinates that are no degrees, rings too short, too many vertices.
    """
    try:
        shape = from_geojson(_geometry(value))
    except Unreadable as fault:
        zh, _, en = str(fault).partition(" / ")
        raise ShapeUnusable(zh=zh, en=en or zh) from fault
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise ShapeUnusable(zh="需要面（Polygon 或 MultiPolygon）", en="a Polygon or MultiPolygon is needed")
    if (np.abs(shapely.get_coordinates(shape)) > (180.0, 90.0)).any():
        raise ShapeUnusable(zh="坐标超出经纬度范围", en="the coordinates are no degrees")
    return shape


def _geometry(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and value.get("type") == "FeatureCollection":
        features = value.get("features")
        value = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(value, Mapping) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, Mapping):
        raise ShapeUnusable(zh="没有图形", en="there is no geometry")
    return value


def geojson(shape: shapely.Geometry | None) -> Any:
    """A geometry as decoded GeoJSON with every digit; None stays."""
    return None if shape is None or shapely.is_empty(shape) else json.loads(shapely.to_geojson(shape))


def in_metres(shape: shapely.Geometry, region: Region) -> shapely.Geometry:
    """A geometry in degrees as it is judged: densified, in the region's metre system."""
    return systems.to_judging(np.array([shape], dtype=object), region.map_crs, region.judging_crs)[0]


def in_degrees(shape: shapely.Geometry, region: Region) -> shapely.Geometry:
    """A geometry in judging metres as degrees."""
    return systems.transform(np.array([shape], dtype=object), region.judging_crs, region.map_crs)[0]


def area_km2(shape: shapely.Geometry | None, region: Region) -> float:
    """Area of a geometry in degrees; 0 for none."""
    return 0.0 if shape is None else float(shapely.area(in_metres(shape, region))) / 1e6


def props_of(layer: Layer, given: Any) -> dict[str, str]:
    """The facts of a record as a form or a client gives them: known names, tidy texts, empty ones left out.

    Raises:
        PropUnknown: a name the layer does not have.
    """
    known = {column.name for column in layer.columns if column.name != layer.key} | set(EXTRA_PROPS)
    found: dict[str, str] = {}
    for name, value in dict(given or {}).items():
        if name not in known:
            raise PropUnknown(name=str(name)[:40])
        told = ";".join(str(one) for one in value) if isinstance(value, list | tuple) else "" if value is None else str(value)
        if told.strip():
            found[name] = " ".join(told.split())[:LONGEST]
    return found
