"""Positions of point tables: longitude and latitude, plane coordinates, or points of a vector file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import coordinates
from geo import crs as systems
from geo.errors import CRSUnknown
from geo.raw import RawTable
from geo.region import Region
from layers._conform_faults import Sheet
from layers._conform_places import DEGREES, ConformOptions, Places, geometry_crs
from layers._conform_values import is_missing
from layers._layer import Remark

DMS_ACCURACY = Decimal(15)
"""Metres: accuracy of a position in degrees, minutes and whole seconds that states none (dictionary §1.7)."""

_POINT, _MULTIPOINT = 0, 4
_LON_LAT = (DEGREES, "EPSG:4326")

_HALF = Remark(
    "坐标只有一半，按无位置处理", "only half of a position; taken as no position", "请补全另一半坐标"
)
_ZERO = Remark("坐标为 0, 0，按无位置处理", "the coordinates are 0, 0; taken as no position", "请填实际坐标")
_DATUM_ON_PLANE = Remark(
    "坐标基准 GCJ-02/BD-09 只用于经纬度，平面坐标未作偏移换算",
    "the datum GCJ-02 or BD-09 applies to longitude and latitude only; the plane coordinates were not shifted",
    "请核对坐标基准",
)
_NOT_A_POINT = Remark(
    "这是点图层，该行图形不是单个点",
    "a point layer, and this geometry is not one point",
    "请改为点，或导入到面图层",
)


def read_degrees(sheet: Sheet) -> npt.NDArray[np.bool_]:
    """Read ``lon`` and ``lat``; unreadable ones are warned of.

    Returns:
        Which rows were written in degrees, minutes and whole seconds.
    """
    whole = np.zeros(len(sheet.rows), dtype=np.bool_)
    axes: tuple[coordinates.Axis, ...] = ("lon", "lat")
    for axis in axes:
        cells = sheet.cells.get(axis)
        if cells is None:
            continue
        readings = coordinates.parse_many([None if is_missing(cell) else cell for cell in cells], axis)
        sheet.values[axis] = list(readings.values)
        whole |= readings.whole_seconds
        for position, fault in readings.faults.items():
            remark = Remark(
                fault.sentence("zh") + "，按无位置处理",
                fault.sentence("en") + "; taken as no position",
                fault.suggestion,
            )
            sheet.report(position, axis, cells[position], remark)
    return whole


def place_points(
    sheet: Sheet, raw: RawTable, options: ConformOptions, region: Region, whole: npt.NDArray[np.bool_]
) -> Places:
    """Filed points of every row: lon/lat first, else easting/northing, else the point of the vector file.

    Args:
        whole: rows written in whole seconds, from :func:`read_degrees`.
    Returns:
        Places with ``filed`` and ``crs_filed`` set.
    """
    places = Places.empty(len(sheet.rows))
    lon, lat = _floats(sheet, "lon"), _floats(sheet, "lat")
    _drop_zero(sheet, lon, lat)
    pair = np.isfinite(lon) & np.isfinite(lat)
    _put(places, pair, lon, lat, DEGREES)
    plane = _place_plane(sheet, places, options, region, pair)
    if raw.geometry is not None:
        _place_vector(sheet, raw, options, region, places)
    _name_halves(sheet, places)
    _default_accuracy(sheet, whole & pair)
    _doubt_datum(sheet, plane, options)
    return places


def _floats(sheet: Sheet, name: str) -> npt.NDArray[np.float64]:
    values = sheet.column_of(name)
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _drop_zero(sheet: Sheet, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> None:
    """0, 0 is what devices write when they know nothing."""
    for position in np.flatnonzero((lon == 0) & (lat == 0)).tolist():
        sheet.report(position, "position", "0, 0", _ZERO)
        lon[position] = lat[position] = np.nan


def _put(
    places: Places,
    where: npt.NDArray[np.bool_],
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    crs: str,
) -> None:
    places.filed[where] = shapely.points(x[where], y[where])
    places.crs_filed[where] = crs


def _place_plane(
    sheet: Sheet, places: Places, options: ConformOptions, region: Region, placed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Plane coordinates of rows not placed yet; returns the rows placed here."""
    easting, northing = _floats(sheet, "easting"), _floats(sheet, "northing")
    pair = np.isfinite(easting) & np.isfinite(northing) & ~placed
    declared = _declared_plane(options)
    stated = sheet.column_of("crs")
    crs = np.full(len(sheet.rows), None, dtype=object)
    for position in np.flatnonzero(pair).tolist():
        values = float(easting[position]), float(northing[position])
        answer = plane_crs(declared or stated[position], values, declared is not None, region)
        if isinstance(answer, Remark):
            sheet.report(position, "easting", f"{values[0]:.3f}, {values[1]:.3f}", answer)
        else:
            crs[position] = answer
    for name in sorted({name for name in crs if name is not None}):
        _put(places, crs == name, easting, northing, name)
    return np.array([name is not None for name in crs], dtype=np.bool_)


def _declared_plane(options: ConformOptions) -> str | None:
    """The declared system where it is a plane one (degrees say nothing about eastings)."""
    if options.crs is None or systems.is_degrees(options.crs):
        return None
    return systems.normalise(options.crs)


def plane_crs(
    stated: str | None, values: tuple[float, float], any_plane: bool, region: Region
) -> str | Remark:
    """The system of one pair of plane coordinates, or what is wrong with it.

    Args:
        stated: what the row or the user says, if anything. values: easting and northing in metres.
        any_plane: systems other than the region's are fine, too.
    """
    fitting = [crs for crs in region.plane_crs if _fits(crs, values[0])]
    if stated is None:
        return fitting[0] if fitting else _no_plane(values, region)
    try:
        named = systems.normalise(stated)
    except CRSUnknown as fault:
        return Remark(fault.sentence("zh"), fault.sentence("en"), "、".join(region.plane_crs))
    if named not in region.plane_crs and not any_plane:
        return Remark(
            f"坐标系 {named} 不能用于平面坐标，按无位置处理",
            f"{named} is not accepted for plane coordinates; taken as no position",
            "可用：" + "、".join(region.plane_crs),
        )
    if not _fits(named, values[0]):
        return _no_plane(values, region, named)
    return named


def _fits(crs: str, easting: float) -> bool:
    low, high = systems.easting_range(crs)
    return low <= easting <= high


def _no_plane(values: tuple[float, float], region: Region, named: str | None = None) -> Remark:
    fitting = [crs for crs in region.plane_crs if _fits(crs, values[0])]
    swapped = [crs for crs in region.plane_crs if _fits(crs, values[1])]
    hint = "请核对坐标系与带号"
    if fitting:
        hint = f"东坐标像 {fitting[0]}"
    elif swapped:
        hint = "东坐标与北坐标可能互换"
    zh = f"东坐标与坐标系 {named} 不符" if named else "东坐标不是 6 位或带 40 带号的 8 位数"
    en = (
        f"the easting does not belong to {named}" if named else "the easting belongs to no known plane system"
    )
    return Remark(f"{zh}，按无位置处理", f"{en}; taken as no position", hint)


def _place_vector(
    sheet: Sheet, raw: RawTable, options: ConformOptions, region: Region, places: Places
) -> None:
    """Points of a vector file for rows without coordinate columns; they fill the columns, too."""
    assert raw.geometry is not None  # the caller looked
    geoms = shapely.force_2d(raw.geometry)
    wanted = np.flatnonzero(~shapely.is_missing(geoms) & ~shapely.is_empty(geoms))
    if not len(wanted):
        return
    crs = geometry_crs(raw, options, region)
    for position in wanted.tolist():
        point = _one_point(geoms[position])
        if point is None:
            if sheet.layer.geometry == "point":
                sheet.report(
                    position, "geometry", str(geoms[position].geom_type), _NOT_A_POINT, "quarantined"
                )
        elif places.filed[position] is None:
            _take_vector(sheet, places, position, point, crs, region)


def _one_point(geometry: shapely.Geometry) -> shapely.Point | None:
    kind = shapely.get_type_id(geometry)
    if kind == _MULTIPOINT and shapely.get_num_geometries(geometry) == 1:
        return shapely.get_geometry(geometry, 0)
    return geometry if kind == _POINT else None


def _take_vector(
    sheet: Sheet, places: Places, position: int, point: shapely.Point, crs: str, region: Region
) -> None:
    degrees = systems.is_degrees(crs)
    if degrees and not (abs(point.x) <= 180 and abs(point.y) <= 90):
        remark = Remark(
            "坐标超出经纬度范围，按无位置处理",
            "the coordinates are no degrees; taken as no position",
            "经纬度可能互换，或请用 --crs 指定坐标系",
        )
        sheet.report(position, "geometry", f"{point.x}, {point.y}", remark)
        return
    places.filed[position] = point
    places.crs_filed[position] = crs
    if crs in _LON_LAT:
        _write(sheet, position, {"lon": point.x, "lat": point.y})
    elif crs in region.plane_crs:
        _write(sheet, position, {"easting": point.x, "northing": point.y})
        sheet.values.setdefault("crs", [None] * len(sheet.rows))[position] = crs


def _write(sheet: Sheet, position: int, numbers: dict[str, float]) -> None:
    for name, number in numbers.items():
        sheet.values.setdefault(name, [None] * len(sheet.rows))[position] = Decimal(repr(float(number)))


def _name_halves(sheet: Sheet, places: Places) -> None:
    """Rows with half a pair and no position; those whose other half was unreadable are named already."""
    named = {fault.row for fault in sheet.faults if fault.column in ("lon", "lat", "easting", "northing")}
    for pair in (("lon", "lat"), ("easting", "northing")):
        first, second = (sheet.column_of(name) for name in pair)
        for position, (one, other) in enumerate(zip(first, second, strict=True)):
            half = (one is None) != (other is None)
            if half and places.filed[position] is None and sheet.rows[position] not in named:
                sheet.report(position, "position", _filled(one, other), _HALF)


def _filled(one: Any, other: Any) -> str:
    return str(other if one is None else one)


def _default_accuracy(sheet: Sheet, whole: npt.NDArray[np.bool_]) -> None:
    if not whole.any():
        return
    values = sheet.values.setdefault("accuracy_m", [None] * len(sheet.rows))
    for position in np.flatnonzero(whole).tolist():
        if values[position] is None:
            values[position] = DMS_ACCURACY


def _doubt_datum(sheet: Sheet, plane: npt.NDArray[np.bool_], options: ConformOptions) -> None:
    datum = sheet.column_of("datum")
    for position in np.flatnonzero(plane).tolist():
        if (options.datum or datum[position]) in ("gcj02", "bd09"):
            sheet.report(position, "datum", options.datum or datum[position], _DATUM_ON_PLANE)
