"""What is drawn, as it comes from a browser or a file: checked before anything is made of it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely

from geo import crs as systems
from geo.errors import Refused
from geo.region import Region
from layers._layer import Layer
from services._drawing import shape_of as polygon_of
from store.drafts import Sketch

__all__ = ["EXTRA_PROPS", "Sketch", "area_km2", "geojson", "in_degrees", "in_metres", "polygon_of", "props_of"]

EXTRA_PROPS = ("repeals", "repealed_docs", "annex_sha256", "reason")
"""Facts of a publication that no column of the layer holds; ``repeals``: codes of zones that end, separated by ``;``."""
LONGEST = 2000


class PropUnknown(Refused):
    """A fact the record of this layer does not have."""

    zh = "法律记录中没有“{name}”这一项，请检查后重试。"
    en = "The legal record has no “{name}”; check it and try again."


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
