"""The region's own area and its neighbours', read from its boundary file, in judging metres."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo._shapes import from_geojson
from geo.region import Bounds, Region, RegionUnreadable

_MARGIN = 0.1
GENERALISED_M = 600.0
"""How far the drawn line may lie from the legal one, in metres: it is generalised."""


@dataclass(frozen=True)
class County:
    """One county.

    Attributes:
        area: of the region; lines: edges of the region and its neighbours; both in judging metres. bounds: degrees.
        edges: every edge of the area, to measure many points against.
    """

    area: shapely.Geometry
    lines: shapely.Geometry
    neighbours: tuple[tuple[str, shapely.Geometry], ...]
    bounds: Bounds
    edges: shapely.STRtree

    def distance_outside(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Metres from the area, 0 inside; NaN where a point is not finite.

        Args:
            xy: float64 (n, 2) in judging metres.
        """
        away = np.full(len(xy), np.nan)
        fine = np.asarray(np.isfinite(xy).all(axis=1), dtype=np.bool_)
        away[fine] = 0.0
        shapely.prepare(self.area)
        out = fine.copy()
        out[fine] = ~shapely.intersects_xy(self.area, xy[fine, 0], xy[fine, 1])
        if out.any():
            (points, _), metres = self.edges.query_nearest(shapely.points(xy[out]), return_distance=True, all_matches=False)
            away[np.flatnonzero(out)[points]] = metres
        return away

    def places(self, xy: npt.NDArray[np.float64]) -> list[str]:
        """The neighbour each point lies in; empty beyond them all.

        Args:
            xy: float64 (n, 2) in judging metres.
        """
        found = [""] * len(xy)
        for name, area in reversed(self.neighbours):
            shapely.prepare(area)
            for at in np.flatnonzero(shapely.contains_xy(area, xy[:, 0], xy[:, 1])).tolist():
                found[at] = name
        return found


def county(region: Region) -> County:
    """The county of a region.

    Raises:
        RegionUnreadable: its boundary file is missing or holds no such code.
    """
    return _county(str(region.boundary), region.boundary_code_field, region.code, region.map_crs, region.judging_crs)


@cache
def _county(path: str, field: str, code: str, degrees: str, metres: str) -> County:
    try:
        features: list[dict[str, Any]] = json.loads(Path(path).read_text("utf-8"))["features"]
        shapes = np.array([from_geojson(feature["geometry"]) for feature in features], dtype=object)
        codes = [str(feature["properties"][field]) for feature in features]
        own = codes.index(code)
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise RegionUnreadable(path=Path(path).name, detail=fault) from fault
    planes = systems.to_judging(shapes, degrees, metres)
    lines = shapely.line_merge(shapely.union_all(shapely.boundary(planes)))
    names = [str(feature["properties"].get("name", "")) for feature in features]
    neighbours = tuple((name, plane) for place, (name, plane) in enumerate(zip(names, planes, strict=True)) if place != own)
    return County(planes[own], lines, neighbours, Bounds(*shapely.total_bounds(shapes).tolist()), _edges(planes[own]))


def _edges(area: shapely.Geometry) -> shapely.STRtree:
    corners, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(area)), return_index=True)
    joined = ring[1:] == ring[:-1]
    return shapely.STRtree(shapely.linestrings(np.stack([corners[:-1][joined], corners[1:][joined]], axis=1)))


def surroundings(region: Region) -> Bounds:
    """The box of the region and its neighbours with a margin, in degrees."""
    drawn, box = county(region).bounds, region.bounds
    return Bounds(
        min(box.west, drawn.west - _MARGIN), min(box.south, drawn.south - _MARGIN),
        max(box.east, drawn.east + _MARGIN), max(box.north, drawn.north + _MARGIN),
    )  # fmt: skip
