"""Joins any two files, without a store: which points lie in which polygons."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geo import crs as systems
from geo.child import read_untrusted
from geo.coordinates import parse
from geo.distance import edge_distance
from geo.errors import CRSMissing, Refused, WrongUsage
from geo.join import Positions, match
from geo.raw import RawTable
from geo.read import ReadOptions
from geo.repair import repair

_LON = ("lon", "lng", "long", "longitude", "经度")
_LAT = ("lat", "latitude", "纬度")
_EAST = ("easting", "东坐标", "y坐标", "x", "point_x", "x_coord")
_NORTH = ("northing", "北坐标", "x坐标", "y", "point_y", "y_coord")


class NoPoints(Refused):
    """A point file without usable coordinates."""

    zh = "文件“{name}”中没有可用的点坐标（需要 lon/lat 或 easting/northing 列，或点要素）。"
    en = "“{name}” has no usable points (columns lon/lat or easting/northing, or point features)."


class NoPolygons(Refused):
    """A zone file without polygons."""

    zh = "文件“{name}”中没有面要素。"
    en = "“{name}” holds no polygons."


@dataclass(frozen=True)
class JoinOptions:
    """What the user says about two files; ids default to the first column that looks like one."""

    predicate: str = "intersects"
    point_id: str | None = None
    zone_id: str | None = None
    crs: str | None = None
    zones_crs: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class JoinResult:
    """Pairs as rows (point_id, zone_id, edge_distance_m), and what the user should know."""

    rows: list[tuple[str, str, str]]
    points: int
    zones: int
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def join_files(points_path: Path, zones_path: Path, options: JoinOptions | None = None) -> JoinResult:
    """Every (point, polygon) pair of two files.

    Points are brought to the zones' coordinate system; there, edges are straight lines and the pairs
    are exactly those of GEOS (``intersects``: edges and vertices belong; ``within``: they do not).
    Invalid polygons are repaired first, which is noted. ``edge_distance_m`` is in metres: planar for
    projected systems, along the ellipsoid to the nearest edge for degrees.

    Raises:
        NoPoints, NoPolygons, CRSMissing, FileUnreadable: one sentence.
    """
    asked = options or JoinOptions()
    if asked.predicate not in ("intersects", "within"):
        raise WrongUsage(value=asked.predicate, hint="intersects / within")
    raw_points = read_untrusted(points_path, ReadOptions(encoding=asked.encoding))
    raw_zones = read_untrusted(zones_path, ReadOptions(encoding=asked.encoding))
    zones, zone_rows, zones_crs, notes = _zones(raw_zones, zones_path.name, asked.zones_crs)
    xy, skipped = _points(raw_points, points_path.name, asked.crs, zones_crs)
    point, zone = match(xy, zones)
    if asked.predicate == "within":
        inside = shapely.within(shapely.points(xy[point]), zones[zone])
        point, zone = point[inside], zone[inside]
    distance = edge_metres(xy, zones, point, zone, zones_crs)
    point_ids = _ids(raw_points, asked.point_id)
    zone_ids = [_ids(raw_zones, asked.zone_id)[row] for row in zone_rows]
    rows = [
        (point_ids[p], zone_ids[z], f"{d:.3f}") for p, z, d in zip(point.tolist(), zone.tolist(), distance.tolist(), strict=True)
    ]
    notes = [*raw_points.notes, *raw_zones.notes, *notes]
    return JoinResult(rows, len(raw_points.rows), len(zones), skipped, notes)


def _zones(raw: RawTable, name: str, declared: str | None) -> tuple[npt.NDArray[np.object_], list[int], str, list[str]]:
    if raw.geometry is None:
        raise NoPolygons(name=name)
    kinds = shapely.get_type_id(raw.geometry)
    kept = np.flatnonzero((kinds == 3) | (kinds == 6) | (kinds == 7))
    if not len(kept):
        raise NoPolygons(name=name)
    notes = [
        f"第 {raw.rows[i]} 个要素不是面，略过 / feature {raw.rows[i]} is no polygon"
        for i in np.flatnonzero(~np.isin(kinds, (3, 6, 7)))
    ]
    fixed, repairs = repair(raw.geometry[kept])
    notes += [
        f"第 {raw.rows[kept[r.position]]} 个面无效（{r.reason}），已修复：面积 {r.area_before:.6g} → {r.area_after:.6g}"
        for r in repairs
    ]
    crs = declared or raw.crs
    if crs is None:
        raise CRSMissing()
    return fixed, kept.tolist(), systems.normalise(crs), notes


def _points(raw: RawTable, name: str, declared: str | None, target: str) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Coordinates in the target system, NaN where a row has none, and the rows left out."""
    xy, crs = _coordinates(raw, name, declared)
    moved = np.full_like(xy, np.nan)
    usable = np.isfinite(xy).all(axis=1)
    if usable.any():
        moved[usable] = systems.transform_xy(xy[usable, 0], xy[usable, 1], crs, target)
    moved[~np.isfinite(moved).all(axis=1)] = np.nan
    bad = np.flatnonzero(np.isnan(moved).any(axis=1))
    return moved, [f"第 {raw.rows[i]} 行没有可用坐标，未参与判断 / row {raw.rows[i]} has no usable coordinates" for i in bad]


def _coordinates(raw: RawTable, name: str, declared: str | None) -> tuple[npt.NDArray[np.float64], str]:
    if raw.geometry is not None and (shapely.get_type_id(raw.geometry) == 0).any():
        if (declared or raw.crs) is None:
            raise CRSMissing()
        kinds = shapely.get_type_id(raw.geometry)
        xy = np.full((len(kinds), 2), np.nan)
        points = raw.geometry[kinds == 0]
        xy[kinds == 0] = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
        return xy, systems.normalise(declared or raw.crs or "")
    headers = {str(h).strip().lower(): h for h in raw.frame.columns}
    lon, lat = _named(headers, _LON), _named(headers, _LAT)
    if lon and lat and not (declared and not systems.is_degrees(declared)):
        return _degrees(raw, lon, lat), systems.normalise(declared or "EPSG:4490")
    east, north = _named(headers, _EAST), _named(headers, _NORTH)
    if not (east and north):
        raise NoPoints(name=name)
    if declared is None:
        raise CRSMissing()
    return np.column_stack([_numbers(raw, east), _numbers(raw, north)]), systems.normalise(declared)


def _named(headers: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((headers[name] for name in names if name in headers), None)


def _degrees(raw: RawTable, lon: Any, lat: Any) -> npt.NDArray[np.float64]:
    pairs = zip(raw.frame[lon], raw.frame[lat], strict=True)
    return np.array([[_degree(x, "lon"), _degree(y, "lat")] for x, y in pairs], dtype=np.float64).reshape(-1, 2)


def _degree(cell: Any, axis: Any) -> float:
    if cell is None:
        return np.nan
    try:
        return parse(str(cell).strip(), axis).degrees
    except Refused:
        return np.nan


def _numbers(raw: RawTable, header: Any) -> npt.NDArray[np.float64]:
    return np.array([_number(cell) for cell in raw.frame[header]], dtype=np.float64)


def _number(cell: Any) -> float:
    try:
        return float(str(cell).strip())
    except ValueError:
        return np.nan


def _ids(raw: RawTable, wanted: str | None) -> list[str]:
    """The id of each row: the column asked for, else the first that looks like one, else the row number."""
    headers = [str(h) for h in raw.frame.columns]
    if wanted is not None:
        if wanted not in headers:
            raise WrongUsage(value=wanted, hint=f"可用列：{'、'.join(headers)} / no such column")
        column: str | None = wanted
    else:
        low = [h.strip().lower() for h in headers]
        column = next(
            (h for h, name in zip(headers, low, strict=True) if name in ("id", "code") or name.endswith(("_id", "_code"))), None
        )
    if column is None:
        return [str(row) for row in raw.rows]
    return [str(row) if cell is None else str(cell) for cell, row in zip(raw.frame[column], raw.rows, strict=True)]


def edge_metres(
    xy: npt.NDArray[np.float64], zones: npt.NDArray[np.object_], point: Positions, zone: Positions, crs: str
) -> npt.NDArray[np.float64]:
    """Metres from each pair's point to the nearest edge of its polygon.

    Projected systems: planar distance times the unit. Degrees: the nearest place of the edge is found
    after scaling longitudes by the cosine of the point's latitude, then measured on the ellipsoid.
    """
    if not len(point):
        return np.empty(0)
    known = pyproj.CRS.from_user_input(crs)
    if not known.is_geographic:
        return edge_distance(xy, zones, point, zone) * float(known.axis_info[0].unit_conversion_factor)
    geod = known.get_geod() or pyproj.Geod(ellps="GRS80")
    metres = np.empty(len(point))
    for pair, (p, z) in enumerate(zip(point.tolist(), zone.tolist(), strict=True)):
        near = _nearest_on_edge(xy[p], zones[z])
        metres[pair] = geod.inv(xy[p, 0], xy[p, 1], near[0], near[1])[2]
    return metres


def _nearest_on_edge(spot: npt.NDArray[np.float64], zone: shapely.Geometry) -> tuple[float, float]:
    scale = max(float(np.cos(np.radians(spot[1]))), 1e-9)
    squeezed = shapely.transform(shapely.boundary(zone), lambda c: c * np.array([scale, 1.0]))
    line = shapely.shortest_line(shapely.Point(spot[0] * scale, spot[1]), squeezed)
    x, y = shapely.get_coordinates(line)[-1]
    return float(x / scale), float(y)
