"""Positions of point tables: longitude and latitude, plane coordinates, or points of a vector file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo.errors import CRSUnknown
from geo.raw import RawTable
from geo.region import Region
from layers._conform_faults import Severity, Sheet
from layers._conform_places import DEGREES, SUSPECT, ConformOptions, Places, doubt_declared, geometry_crs
from layers._layer import Remark

DMS_ACCURACY = Decimal(15)
"""Metres: accuracy of a position in degrees, minutes and whole seconds that states none (dictionary §1.7)."""

_POINT, _MULTIPOINT = 0, 4
_LON_LAT = (DEGREES, "EPSG:4326")

_HALF = Remark(
    "坐标只有一半，按无位置处理", "only half of a position; taken as no position", "请补全另一半坐标", "coord_half"
)
_ZERO = Remark("坐标为 0, 0，按无位置处理", "the coordinates are 0, 0; taken as no position", "请填实际坐标", "coord_zero")
_DATUM_ON_PLANE = Remark(
    "坐标基准 GCJ-02/BD-09 只用于经纬度，平面坐标未作偏移换算",
    "the datum GCJ-02 or BD-09 applies to longitude and latitude only; the plane coordinates were not shifted",
    "请核对坐标基准",
)
_NOT_A_POINT = Remark(
    "这是点图层，该行图形不是单个点",
    "a point layer, and this geometry is not one point",
    "请改为点，或导入到面图层",
    "wrong_geometry",
)


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
    for crs, here in _degrees_of(sheet, options, pair).items():
        _put(places, here, lon, lat, crs)
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


def _degrees_of(
    sheet: Sheet, options: ConformOptions, pair: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Degrees are CGCS2000 unless the user or the row says Beijing 54 or Xi'an 80, whose degrees are others."""
    stated = sheet.column_of("crs") if options.crs is None else [options.crs] * len(sheet.rows)
    names = {text: _loose_degrees(text) for text in set(stated)}
    systems_of = np.array([names[text] for text in stated], dtype=object)
    return {name: pair & (systems_of == name) for name in sorted(set(names.values()))}


def _loose_degrees(stated: str | None) -> str:
    try:
        named = systems.normalise(stated) if stated else DEGREES
    except CRSUnknown:
        return DEGREES
    return named if systems.is_degrees(named) and not systems.well_tied(named) else DEGREES


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
    if named not in region.plane_crs and not any_plane and (systems.well_tied(named) or systems.is_degrees(named)):
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
    geoms = np.asarray(shapely.force_2d(raw.geometry), dtype=object)
    for remark in raw.remarks:
        severity: Severity = "quarantined" if remark.lost and _nowhere(places, remark.position) else "warning"
        odd = Remark(remark.zh, remark.en, "请核对图形" if remark.lost else None, remark.code)
        sheet.report(remark.position, "geometry", None, odd, severity)
    wanted = np.flatnonzero(~shapely.is_missing(geoms) & ~shapely.is_empty(geoms))
    _count_missing(sheet, places, len(geoms) - len(wanted), wanted)
    if not len(wanted):
        return
    crs = geometry_crs(raw, options, region)
    if doubt_declared(sheet, raw, crs, options, region):
        for position in wanted.tolist():
            sheet.report(position, "geometry", None, SUSPECT, "quarantined")
        return
    single = _single_points(geoms)
    at = wanted[shapely.get_type_id(single[wanted]) == _POINT]
    if sheet.layer.geometry == "point":
        for position in np.setdiff1d(wanted, at).tolist():
            sheet.report(position, "geometry", str(geoms[position].geom_type), _NOT_A_POINT, "quarantined")
    at = at[[places.filed[position] is None for position in at.tolist()]]
    _take_vector(sheet, places, at, single, crs, region)


def _count_missing(sheet: Sheet, places: Places, missing: int, wanted: npt.NDArray[np.int64]) -> None:
    """Say once how many records of a vector file have no geometry while others have."""
    without = [at for at in np.setdiff1d(np.arange(len(places.filed)), wanted).tolist() if places.filed[at] is None]
    if missing and len(wanted) and without:
        zh, en = f"{len(without)} 条记录没有图形，按无位置处理", f"{len(without)} records have no geometry; taken as no position"
        sheet.report(None, "geometry", None, Remark(zh, en, "请核对文件是否完整", "geometry_missing"))


def _nowhere(places: Places, position: int) -> bool:
    return places.filed[position] is None


def _single_points(geoms: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """The geometries with every multipoint of one point as that point."""
    single = geoms.copy()
    ones = (shapely.get_type_id(geoms) == _MULTIPOINT) & (shapely.get_num_geometries(geoms) == 1)
    single[ones] = shapely.get_geometry(geoms[ones], 0)
    return single


def _take_vector(
    sheet: Sheet, places: Places, at: npt.NDArray[np.int64], points: npt.NDArray[np.object_], crs: str, region: Region
) -> None:
    """Take the points at some positions; they fill the coordinate columns, too."""
    x, y = shapely.get_x(points[at]), shapely.get_y(points[at])
    fine = np.isfinite(x) & np.isfinite(y)
    if systems.is_degrees(crs):
        fine &= (np.abs(x) <= 180) & (np.abs(y) <= 90)
    for position, east, north in zip(at[~fine].tolist(), x[~fine].tolist(), y[~fine].tolist(), strict=True):
        sheet.report(position, "geometry", f"{east}, {north}", _NO_DEGREES)
    zero = fine & (x == 0) & (y == 0)
    for position in at[zero].tolist():
        sheet.report(position, "geometry", "0, 0", _ZERO)
    at, x, y = at[fine & ~zero], x[fine & ~zero], y[fine & ~zero]
    places.filed[at] = points[at]
    places.crs_filed[at] = crs
    if crs in _LON_LAT:
        _write(sheet, at, {"lon": x, "lat": y})
    elif crs in region.plane_crs:
        _write(sheet, at, {"easting": x, "northing": y})
        stated = sheet.values.setdefault("crs", [None] * len(sheet.rows))
        for position in at.tolist():
            stated[position] = crs


_NO_DEGREES = Remark(
    "坐标超出经纬度范围，按无位置处理",
    "the coordinates are no degrees; taken as no position",
    "经纬度可能互换，或请用 --crs 指定坐标系",
    "no_degrees",
)


def _write(sheet: Sheet, at: npt.NDArray[np.int64], numbers: dict[str, npt.NDArray[np.float64]]) -> None:
    for name, column in numbers.items():
        values = sheet.values.setdefault(name, [None] * len(sheet.rows))
        for position, number in zip(at.tolist(), column.tolist(), strict=True):
            values[position] = Decimal(repr(number))


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
