"""Ground in judging metres: the county, zones and towns, and the part of it that somebody sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo import crs as systems
from geo.errors import WrongUsage
from geo.region import Region
from layers._rows import rows_where
from services.assess import Assessment
from services.mapdata import base_geojson
from services.overview import in_force
from services.scope import Principal
from services.seen import ground_of

COUNTY = "county"
CLIPS = ("development_zones", "built_up_areas", "no_burn_zones", "nrmm_zones", "towns")
"""Layers whose features a grid may be cut to."""


def county(region: Region) -> Any:
    """The county in judging metres; its edges are straight in degrees."""
    shapes = [f["geometry"] for f in base_geojson(region)["features"] if f["properties"]["kind"] == "county"]
    filed = np.array([shapely.geometry.shape(shape) for shape in shapes], dtype=object)
    return shapely.union_all(systems.to_judging(filed, region.map_crs, region.judging_crs))


def outline(found: Assessment, region: Region, clip: str, principal: Principal) -> Any:
    """The ground of a choice, as far as somebody sees it, in judging metres.

    Args:
        clip: ``county``, a layer of ``CLIPS`` (all of it in force), or ``layer/key``.
    Raises:
        WrongUsage: there is no such ground.
    """
    layer, _, key = clip.partition("/")
    if clip == COUNTY:
        whole = county(region)
    elif layer in CLIPS:
        whole = shapely.union_all(_shapes(found, layer, key))
    else:
        whole = shapely.Polygon()
    if not principal.area.whole:
        seen = np.array([ground_of(principal.area, found.frames)], dtype=object)
        whole = shapely.intersection(whole, systems.to_judging(seen, region.map_crs, region.judging_crs)[0])
    if shapely.is_empty(whole) and clip not in (COUNTY, *CLIPS):
        raise WrongUsage(value=clip[:60], hint=" ".join((COUNTY, *(key for key, _ in clips(found)))[:12]))
    return whole


def _shapes(found: Assessment, layer: str, key: str) -> list[Any]:
    frame = in_force(found.frames[layer], found)
    named = frame["town_code" if layer == "towns" else "zone_code"]
    kept = rows_where(frame, (not key or str(code) == key for code in named))
    return [shape for shape in kept["geometry"] if shape is not None]


def clips(found: Assessment) -> list[tuple[str, str]]:
    """(choice, name) of everything a grid may be cut to beside the county."""
    made: list[tuple[str, str]] = []
    for layer in CLIPS:
        frame = in_force(found.frames[layer], found)
        columns = ("town_code", "town_name") if layer == "towns" else ("zone_code", "zone_name")
        rows = sorted({(str(code), str(name or code)) for code, name in zip(*(frame[c] for c in columns), strict=True)})
        made += [(f"{layer}/{code}", name) for code, name in rows]
    return made


def in_degrees(shapes: Any, region: Region) -> npt.NDArray[np.object_]:
    """Shapes of judging metres as the map shows them."""
    return systems.transform(np.asarray(shapes, dtype=object), region.judging_crs, region.map_crs)


def metres(frame: pd.DataFrame, region: Region) -> npt.NDArray[np.float64]:
    """Points of ``lon``, ``lat`` columns in judging metres, (n, 2), NaN where there is none."""
    lonlat = frame[["lon", "lat"]].to_numpy(dtype=np.float64)
    xy = np.full(lonlat.shape, np.nan)
    placed = np.isfinite(lonlat).all(axis=1)
    xy[placed] = systems.transform_xy(lonlat[placed, 0], lonlat[placed, 1], region.map_crs, region.judging_crs)
    return xy
