"""暴露 exposure: how many people live under a zone, in what air, and what burns there; for zones in force and for drafts.

People are those of the population raster, PM2.5 the area-weighted mean of the raster that shows the day; both are named
in every answer, and so is the share of the zone without data.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.county import county
from geo.join import match
from geo.region import Region
from geo.write import Sheet, workbook_bytes
from geo.zonal import Zonal, zonal
from layers._layer import Layer
from rules._units import effective_capacity
from services._drawing import judging_of, parse, shape_of
from services._points import subject_points
from services.assess import Assessment, current
from services.drafts import draft_for
from services.overview import in_force
from services.rasters import every_raster, latest
from services.scope import Principal, visible_layers
from services.seen import seen_by
from services.zonal_tables import WEIGHTING
from store import rasters
from store.open import Store
from store.rasters import Raster

KINDS = ("pm25", "population")
THRESHOLDS = {"pm25": 35.0}
"""The share of the area above it is told, too (µg/m³, the plan's yearly limit of class 2)."""
MEASURED = ("mean", "highest", "p90", "total", "over", "nodata", "cells")
PER_KM2 = "人/km²"
GONE = "removed"
"""Status of units that burn nothing any more."""
UNIT_COLUMNS = ("unit_code", "status", "capacity_tph", "capacity_mw")
KEPT = 256

_kept: OrderedDict[tuple[Any, ...], dict[str, Zonal]] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class Sources:
    """The rasters an answer rests on, by kind; None where there is none. ``paths``: their files."""

    found: dict[str, Raster | None]
    store: Store

    def told(self) -> dict[str, Any]:
        """Kind → id, name, day and unit."""
        return {
            kind: one and {"id": one.id, "name": one.name, "day": str(one.on_day or ""), "unit": one.facts["unit"]}
            for kind, one in self.found.items()
        }

    def under(self, shapes: npt.NDArray[np.object_], crs: str) -> dict[str, Zonal]:
        """Statistics of each raster under some shapes; those of the same shapes are kept."""
        key = (crs, tuple(one.sha256 if one else "" for one in self.found.values()), _names(shapes))
        with _lock:
            if key in _kept:
                _kept.move_to_end(key)
                return _kept[key]
        made = {
            kind: zonal(rasters.path_of(self.store, one), shapes, crs, THRESHOLDS.get(kind))
            for kind, one in self.found.items()
            if one is not None
        }
        with _lock:
            _kept[key] = made
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        return made


def _names(shapes: npt.NDArray[np.object_]) -> bytes:
    import hashlib

    digest = hashlib.sha256()
    for shape in shapes:
        digest.update(b"-" if shape is None else shapely.to_wkb(shape))
    return digest.digest()


def sources(store: Store, principal: Principal, day: dt.date) -> Sources:
    """The rasters that show a day best."""
    return Sources({kind: latest(every_raster(store, principal, kind), day) for kind in KINDS}, store)


def people_of(one: Raster | None, measured: Zonal | None, place: int, km2: float) -> float | None:
    """People under a shape: the sum of counts, or density times the area with data."""
    if one is None or measured is None or not math.isfinite(measured.mean[place]):
        return None
    if one.facts["unit"] == PER_KM2:
        return float(measured.mean[place]) * km2 * (1 - float(measured.nodata[place]))
    return float(measured.total[place])


def draft_exposure(
    store: Store, region: Region, principal: Principal, number: int, asked: bytes, day: dt.date
) -> dict[str, Any]:
    """People, air and built-up area under a drawn zone, and the air outside it.

    Args:
        asked: JSON with ``geometry`` (GeoJSON, EPSG:4490). number: of the draft, which must be one that may be seen.
    Returns:
        ``people``, ``people_share`` of the county's, ``pm25`` inside and ``pm25_outside``, ``built_up_km2``,
        ``built_up_share`` of the zone, ``nodata`` and ``statistics`` by kind, ``sources``, ``weighting``; null where
        nothing is known.
    Raises:
        DraftUnknown, DrawingRefused: each with its own sentence.
    """
    body = parse(asked)
    with store.read() as connection:
        draft_for(connection, number)
    shape = judging_of(shape_of(body.get("geometry")), region)
    return exposure_of(store, region, principal, shape, day)


def exposure_of_degrees(
    store: Store, region: Region, principal: Principal, shape: shapely.Geometry, day: dt.date
) -> dict[str, Any]:
    """The same of a valid shape in degrees."""
    return exposure_of(store, region, principal, judging_of(shape, region), day)


def exposure_of(store: Store, region: Region, principal: Principal, shape: shapely.Geometry, day: dt.date) -> dict[str, Any]:
    """The same of a shape in judging metres."""
    used, crs = sources(store, principal, day), region.judging_crs
    inside = used.under(np.array([shape], dtype=object), crs)
    whole = used.under(np.array([county(region).area], dtype=object), crs)
    area = float(shapely.area(shape)) / 1e6
    people = people_of(used.found["population"], inside.get("population"), 0, area)
    everybody = people_of(used.found["population"], whole.get("population"), 0, float(county(region).area.area) / 1e6)
    built = _built_km2(current(store, region, day), [shape])[0]
    air = inside.get("pm25")
    return {
        "people": people, "people_share": people / everybody if people is not None and everybody else None,
        "pm25": _plain(air.mean[0]) if air else None, "pm25_outside": _outside(air, whole.get("pm25")),
        "area_km2": area, "built_up_km2": built, "built_up_share": built / area if area else None,
        "nodata": {kind: float(one.nodata[0]) for kind, one in inside.items()},
        "statistics": {kind: _told(one, THRESHOLDS.get(kind)) for kind, one in inside.items()},
        "sources": used.told(), "weighting": {"zh": WEIGHTING[0], "en": WEIGHTING[1]}, "as_of": day.isoformat(),
    }  # fmt: skip


def _told(one: Zonal, threshold: float | None) -> dict[str, float | None]:
    """Every statistic of one shape; ``over`` is the share of its area with data above the threshold."""
    return {name: _plain(getattr(one, name)[0]) for name in MEASURED} | {"threshold": threshold}


def _plain(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _outside(inside: Zonal | None, whole: Zonal | None) -> float | None:
    """The mean of the county without the zone, by the weights of both."""
    if whole is None or not math.isfinite(whole.mean[0]):
        return None
    if inside is None or not math.isfinite(inside.mean[0]):
        return float(whole.mean[0])
    rest = float(whole.weight[0] - inside.weight[0])
    if rest <= 1e-9 * float(whole.weight[0]):
        return None
    return float(whole.mean[0] * whole.weight[0] - inside.mean[0] * inside.weight[0]) / rest


def _built_km2(assessment: Assessment, shapes: list[Any]) -> list[float]:
    """km² of built-up area in force under each shape."""
    frame = in_force(assessment.frames["built_up_areas"], assessment)
    built = shapely.union_all([shape for shape in frame["geometry"] if shape is not None])
    shapely.prepare(built)
    return [0.0 if shape is None else float(shapely.area(shapely.intersection(shape, built))) / 1e6 for shape in shapes]


@dataclass(frozen=True)
class ExposureTable:
    """Every version of every zone, with who and what is under it.

    Attributes:
        rows: layer, code, name, version, valid_from, valid_to, in_force, area_km2, people, built_up_km2, pm25, units, t_h,
            nodata_pm25, nodata_people.
    """

    rows: list[dict[str, Any]]
    sources: Sources
    day: dt.date


def exposure_table(
    store: Store, region: Region, principal: Principal, day: dt.date, only: tuple[str, str] | None = None
) -> ExposureTable:
    """People, built-up area, air, units and t/h under every version of every zone.

    Args:
        day: picks the rasters. only: (layer, code) of one zone.
    """
    found = seen_by(current(store, region, day), principal)
    records = [
        (layer, record)
        for layer in visible_layers(principal).values()
        if layer.zone and only in (None, (layer.name, only[1] if only else ""))
        for record in found.frames[layer.name].to_dict("records")
        if only is None or record[layer.key] == only[1]
    ]
    used = sources(store, principal, day)
    shapes = np.array([record["geometry"] for _, record in records], dtype=object)
    measured = used.under(shapes, region.judging_crs) if len(shapes) else {}
    built = _built_km2(found, list(shapes))
    units = _units(found, shapes)
    rows = [
        _row(found, one, place, measured, used) | {"built_up_km2": built[place]} | units[place]
        for place, one in enumerate(records)
    ]
    return ExposureTable(sorted(rows, key=lambda row: (row["layer"], row["code"], row["valid_from"])), used, day)


def _row(
    found: Assessment, one: tuple[Layer, dict[str, Any]], place: int, measured: dict[str, Zonal], used: Sources
) -> dict[str, Any]:
    layer, record = one
    area = float(shapely.area(record["geometry"])) / 1e6
    air, people = measured.get("pm25"), measured.get("population")
    start, end = record["valid_from"], record["valid_to"]
    return {
        "layer": layer.name, "code": str(record[layer.key]), "name": str(record[layer.label] or record[layer.key]),
        "version": record["version"], "valid_from": str(start or ""), "valid_to": str(end or ""),
        "in_force": (start is None or start <= found.as_of) and (end is None or end >= found.as_of),
        "area_km2": area, "people": people_of(used.found["population"], people, place, area),
        "pm25": _plain(air.mean[place]) if air else None, "nodata_pm25": float(air.nodata[place]) if air else None,
        "nodata_people": float(people.nodata[place]) if people else None,
    }  # fmt: skip


def _units(found: Assessment, shapes: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    """Units that are not removed under each shape (edges belong), and their t/h together."""
    frame = found.frames["combustion_units"]
    spots = subject_points("combustion_units", found.frames, "geometry")
    rows = [
        (spots[str(code)], effective_capacity(tph, mw))
        for code, status, tph, mw in zip(*(frame[name] for name in UNIT_COLUMNS), strict=True)
        if status != GONE and spots.get(str(code)) is not None
    ]
    points = np.array([point for point, _ in rows], dtype=object)
    tons = np.array([float(value) if value is not None else 0.0 for _, value in rows])
    told = [{"units": 0, "t_h": 0.0} for _ in shapes]
    if len(points) and len(shapes):
        point, zone = match(shapely.get_coordinates(points), shapes)
        for place in range(len(shapes)):
            here = point[zone == place]
            told[place] = {"units": len(here), "t_h": round(float(tons[here].sum()), 3)}
    return told


_HEADS = (
    ("图层", "编号", "名称", "版本", "施行", "有效期至", "面积 km²", "人口", "建成区 km²", "PM2.5 均值 µg/m³", "设备数", "t/h",
     "PM2.5 无数据 %", "人口无数据 %"),
    ("layer", "code", "name", "version", "from", "to", "area km²", "people", "built-up km²", "mean PM2.5 µg/m³", "units", "t/h",
     "PM2.5 no data %", "people no data %"),
)  # fmt: skip


def exposure_xlsx(made: ExposureTable, english: bool = False) -> bytes:
    """The table as a workbook, with a sheet that says what it rests on."""
    rows = [
        [*(row[name] for name in ("layer", "code", "name", "version", "valid_from", "valid_to")), round(row["area_km2"], 4),
         None if row["people"] is None else round(row["people"]), round(row["built_up_km2"], 4),
         None if row["pm25"] is None else round(row["pm25"], 2), row["units"], row["t_h"],
         *(None if row[name] is None else round(100 * row[name], 2) for name in ("nodata_pm25", "nodata_people"))]
        for row in made.rows
    ]  # fmt: skip
    basis = [
        [kind, one and f"{one['name']} {one['day']} #{one['id']} {one['unit']}"] for kind, one in made.sources.told().items()
    ]
    basis.append(["weighting" if english else "加权", WEIGHTING[int(english)]])
    names = ("exposure", "basis") if english else ("暴露", "依据")
    return workbook_bytes([Sheet(names[0], _HEADS[int(english)], rows), Sheet(names[1], ("", ""), basis)])
