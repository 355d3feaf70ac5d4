"""Joins any two files, without a store: which points lie in which polygons."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo.child import read_untrusted
from geo.distance import edge_metres
from geo.errors import CRSMissing, Refused, WrongUsage
from geo.join import match
from geo.raw import RawTable
from geo.read import ReadOptions
from geo.region import load_region
from geo.repair import repair
from services._join_points import NoPoints, NotDegrees, beyond_degrees, spots_of

__all__ = ["JoinOptions", "JoinResult", "NoPoints", "NoPolygons", "ZonesCRSMissing", "join_files"]

_AREAS = (3, 6, 7)
FARTHEST = 1e9
"""Units beyond which no plane system has a place: eastings with the number of their zone have eight digits."""
Positions = npt.NDArray[np.int64]


class NoPolygons(Refused):
    """A zone file without polygons."""

    zh = "文件“{name}”中没有面要素。"
    en = "“{name}” holds no polygons."


class NotMetres(Refused):
    """Coordinates in a plane system that lie nowhere on earth."""

    zh = "文件“{name}”的坐标（例如 {x:.10g}, {y:.10g}）不在地球范围内；请检查坐标数值，或用 {option} 指定正确的坐标系。"
    en = "The coordinates of “{name}” (such as {x:.10g}, {y:.10g}) lie nowhere on earth; check them, or name their system with {option}."  # noqa: E501  one sentence


class ZonesCRSMissing(CRSMissing):
    """The zone file says no coordinate system."""

    zh = "面文件没有说明坐标系，请用 --zones-crs 指定，例如 --zones-crs EPSG:4549。"
    en = "The file of zones does not say which coordinate system it uses; name it with --zones-crs, for example EPSG:4549."


@dataclass(frozen=True)
class JoinOptions:
    """What the user says about two files; ids default to the first column that looks like one."""

    predicate: str = "intersects"
    point_id: str | None = None
    zone_id: str | None = None
    crs: str | None = None
    zones_crs: str | None = None
    encoding: str | None = None
    point_sheet: str | None = None
    zone_sheet: str | None = None


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
    Invalid polygons are repaired first, which is noted. ``edge_distance_m`` is in metres, see
    :func:`geo.distance.edge_metres`.

    Raises:
        NoPoints, NoPolygons, NotDegrees, CRSMissing, CRSUnknown, FileUnreadable: one sentence.
    """
    asked = options or JoinOptions()
    if asked.predicate not in ("intersects", "within"):
        raise WrongUsage(value=asked.predicate, hint="intersects / within")
    raw_points = read_untrusted(points_path, ReadOptions(encoding=asked.encoding, sheet=asked.point_sheet))
    raw_zones = read_untrusted(zones_path, ReadOptions(encoding=asked.encoding, sheet=asked.zone_sheet))
    point_ids, zone_ids = _ids(raw_points, asked.point_id), _ids(raw_zones, asked.zone_id)
    zones, zone_rows, zones_crs, notes = _zones(raw_zones, zones_path.name, asked.zones_crs)
    spots = spots_of(raw_points, points_path.name, asked.crs, zones_crs, load_region())
    point, zone = match(spots.xy, zones)
    if asked.predicate == "within":
        inside = shapely.within(shapely.points(spots.xy[point]), zones[zone])
        point, zone = point[inside], zone[inside]
    distance = edge_metres(spots.xy, zones, point, zone, zones_crs)
    pairs = zip(point.tolist(), zone.tolist(), distance.tolist(), strict=True)
    rows = [(point_ids[p], zone_ids[zone_rows[z]], f"{d:.3f}") for p, z, d in pairs]
    notes = [*raw_points.notes, *raw_zones.notes, *spots.notes, *notes]
    skipped = spots.skipped(raw_points.rows)
    return JoinResult(rows, len(raw_points.rows), len(zones), skipped, notes)


def _zones(raw: RawTable, name: str, declared: str | None) -> tuple[npt.NDArray[np.object_], list[int], str, list[str]]:
    if raw.geometry is None:
        raise NoPolygons(name=name)
    kinds = shapely.get_type_id(raw.geometry)
    kept = np.flatnonzero(np.isin(kinds, _AREAS))
    if not len(kept):
        raise NoPolygons(name=name)
    crs = declared or raw.crs
    if crs is None:
        raise ZonesCRSMissing()
    crs = systems.usable(crs)
    notes = [
        f"第 {raw.rows[i]} 个要素不是面，略过 / feature {raw.rows[i]} is no polygon"
        for i in np.flatnonzero(~np.isin(kinds, _AREAS))
    ]
    kept, left_out = _placed(raw, kept, name, systems.is_degrees(crs))
    notes += left_out
    fixed, repairs = repair(raw.geometry[kept])
    notes += [
        f"第 {raw.rows[kept[r.position]]} 个面无效（{r.reason}），已修复：面积 {r.area_before:.6g} → {r.area_after:.6g}"
        f" / polygon {raw.rows[kept[r.position]]} was invalid ({r.reason_en}) and repaired"
        for r in repairs
    ]
    return fixed, kept.tolist(), crs, notes


def _placed(raw: RawTable, kept: Positions, name: str, degrees: bool) -> tuple[Positions, list[str]]:
    """The polygons that lie somewhere on earth, and a line for each of the others; refused when no polygon is left.

    Numbers that are no degrees, or no metres on earth, have no place; far enough out, no arithmetic is right on them.
    """
    assert raw.geometry is not None
    bounds = shapely.bounds(raw.geometry[kept])
    low, high = bounds[:, :2], bounds[:, 2:]
    wrong = beyond_degrees(low, high) if degrees else (np.maximum(np.abs(low), np.abs(high)) > FARTHEST).any(axis=1)
    if wrong.all():
        raise (NotDegrees if degrees else NotMetres)(
            name=name, x=float(bounds[0, 0]), y=float(bounds[0, 1]), option="--zones-crs"
        )
    zh = "坐标不是经纬度" if degrees else "坐标不在地球范围内"
    en = "has coordinates that are no degrees" if degrees else "has coordinates that lie nowhere on earth"
    told = [f"第 {raw.rows[i]} 个面的{zh}，略过 / polygon {raw.rows[i]} {en} and is left out" for i in kept[wrong].tolist()]
    return kept[~wrong], told


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
