"""Polygons of a vector file: which can be taken, which are repaired, which are held back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo.errors import Refused
from geo.raw import RawTable
from geo.region import Region
from geo.repair import Repair, repair, why_invalid
from layers._conform_faults import Sheet
from layers._conform_places import SUSPECT, ConformOptions, Places, doubt_declared, geometry_crs
from layers._layer import Remark

MOST_VERTICES = 2_000_000
"""Vertices of one feature, after densifying."""

_POLYGONS = (3, 6)
_COLLECTION = 7


class PolygonsMissing(Refused):
    """A plain table was given for a polygon layer."""

    zh = "“{layer}”是面图层，文件里没有图形；请导入 GeoJSON、GeoPackage、Shapefile 或 KML。"
    en = "“{layer_en}” is a polygon layer and the file has no geometry; import GeoJSON, GeoPackage, Shapefile or KML."


_EMPTY = Remark("没有图形", "no geometry", "请补绘该区域后重新导入", "geometry_missing")
_NOT_A_POLYGON = Remark(
    "这是面图层，该行图形不是面", "a polygon layer, and this geometry is no polygon", "请改为面", "wrong_geometry"
)
_NOT_FINITE = Remark("图形含无效坐标", "the geometry has invalid coordinates", "请修正图形后重新导入", "no_place")
_NO_DEGREES = Remark(
    "坐标超出经纬度范围",
    "the coordinates are no degrees",
    "看起来是米制坐标（例如 EPSG:3857），请用 --crs 指定坐标系",
    "no_degrees",
)
_SWAPPED = Remark(_NO_DEGREES.zh, _NO_DEGREES.en, "经纬度互换了，请交换后重新导入（或加 --swap）", "coord_swapped")
_WRONG_PLANE = Remark(
    "横坐标与坐标系不符", "the eastings do not belong to the coordinate system", "坐标轴可能互换，或带号不对", "wrong_plane"
)
_TOO_LONG = Remark(
    "图形顶点过多或边过长，不像真实区域",
    "too many vertices, or edges too long to be real",
    "请简化或核对坐标系",
    "too_long",
)
_NOTHING_LEFT = Remark("图形没有面积", "the geometry has no area", "请重新绘制该区域", "no_area")


def place_polygons(sheet: Sheet, raw: RawTable, options: ConformOptions, region: Region) -> Places:
    """Filed polygons of every row; rows without a usable one are quarantined.

    A row of a ``point_or_polygon`` layer may have none. A legal zone is never repaired here.

    Raises:
        PolygonsMissing: the file has no geometry at all. CRSMissing, CRSUnknown: see ``geometry_crs``.
    """
    places = Places.empty(len(sheet.rows))
    if raw.geometry is None:
        raise PolygonsMissing(layer=sheet.layer.title, layer_en=sheet.layer.title_en)
    geoms = np.asarray(shapely.force_2d(raw.geometry), dtype=object)
    strict = sheet.layer.geometry == "polygon"
    lost = _report_remarks(sheet, raw, strict)
    usable = _right_kind(sheet, geoms, strict, lost)
    if not usable.any():
        return places
    crs = geometry_crs(raw, options, region)
    if doubt_declared(sheet, raw, crs, options, region):
        for position in np.flatnonzero(usable).tolist():
            sheet.report(position, "geometry", None, SUSPECT, "quarantined")
        usable[:] = False
    usable &= _sensible(sheet, geoms, usable, crs, region)
    at = np.flatnonzero(usable)
    valid = shapely.is_valid(geoms[at]) & (shapely.get_type_id(geoms[at]) != _COLLECTION)
    sick = at[~valid]
    if sheet.layer.zone:
        _hold_back(sheet, geoms, sick)
        at = at[valid]
    else:
        geoms, kept = _repaired(sheet, geoms, sick, crs, region)
        at = np.array(sorted({*at[valid].tolist(), *kept}), dtype=np.int64)
    places.filed[at] = geoms[at]
    places.crs_filed[at] = crs
    return places


def _report_remarks(sheet: Sheet, raw: RawTable, strict: bool) -> set[int]:
    """What the reader found odd; returns the rows whose geometry it could not use."""
    if not strict:
        return set()  # said with the points already
    for remark in raw.remarks:
        odd = Remark(remark.zh, remark.en, "请修正图形后重新导入" if remark.lost else None, remark.code)
        sheet.report(remark.position, "geometry", None, odd, "quarantined" if remark.lost else "warning")
    return {remark.position for remark in raw.remarks if remark.lost}


def _right_kind(
    sheet: Sheet, geoms: npt.NDArray[np.object_], strict: bool, lost: set[int]
) -> npt.NDArray[np.bool_]:
    kinds = shapely.get_type_id(geoms)
    empty = shapely.is_missing(geoms) | shapely.is_empty(geoms)
    fine = ~empty & (np.isin(kinds, _POLYGONS) | (kinds == _COLLECTION))
    if strict:
        for position in set(np.flatnonzero(empty).tolist()) - lost:
            sheet.report(position, "geometry", None, _EMPTY, "quarantined")
    points = np.isin(kinds, (0, 4)) if not strict else np.zeros(len(kinds), dtype=np.bool_)
    for position in np.flatnonzero(~empty & ~fine & ~points).tolist():
        sheet.report(position, "geometry", str(geoms[position].geom_type), _NOT_A_POLYGON, "quarantined")
    return np.asarray(fine, dtype=np.bool_)


def _sensible(
    sheet: Sheet, geoms: npt.NDArray[np.object_], usable: npt.NDArray[np.bool_], crs: str, region: Region
) -> npt.NDArray[np.bool_]:
    """Whether the coordinates can be coordinates of this system."""
    bounds = shapely.bounds(geoms)
    _, owner = shapely.get_coordinates(geoms, return_index=True)
    finite = np.ones(len(geoms), dtype=np.bool_)
    finite[owner[~np.isfinite(shapely.get_coordinates(geoms)).all(axis=1)]] = False
    degrees = systems.is_degrees(crs)
    low, high, top = (-180.0, 180.0, 90.0) if degrees else (*_eastings(crs, region), np.inf)
    with np.errstate(all="ignore"):
        placed = (bounds[:, 0] >= low) & (bounds[:, 2] <= high)
        placed &= (bounds[:, 1] >= -top) & (bounds[:, 3] <= top)
        swapped = degrees & ~placed & (np.abs(bounds[:, [0, 2]]) <= 90).all(axis=1)
        swapped &= (np.abs(bounds[:, [1, 3]]) <= 180).all(axis=1)
        short = systems.vertices_after(geoms, crs) <= MOST_VERTICES
    tests = (
        (finite, _NOT_FINITE),
        (~swapped | ~finite, _SWAPPED),
        (placed | swapped | ~finite, _NO_DEGREES if degrees else _WRONG_PLANE),
        (short | ~finite | ~placed, _TOO_LONG),
    )
    for fine, why in tests:
        for position in np.flatnonzero(usable & ~fine).tolist():
            sheet.report(position, "geometry", None, why, "quarantined")
    return np.asarray(finite & placed & short, dtype=np.bool_)


def _eastings(crs: str, region: Region) -> tuple[float, float]:
    """Limits of x: those of the region's plane systems are known."""
    return systems.easting_range(crs) if crs in region.plane_crs else (-np.inf, np.inf)


def _hold_back(sheet: Sheet, geoms: npt.NDArray[np.object_], sick: npt.NDArray[np.int64]) -> None:
    for position in sick.tolist():
        reason, reason_en = why_invalid(geoms[position])
        remark = Remark(
            f"法定区域图形无效：{reason}；未经同意不作修复",
            f"invalid geometry of a legal zone: {reason_en}; never repaired without consent",
            "请在原图中修正后重新导入，或采纳修复",
            "geometry_invalid",
            {"geometry": "repair"},
        )
        sheet.report(position, "geometry", None, remark, "quarantined")


def _repaired(
    sheet: Sheet,
    geoms: npt.NDArray[np.object_],
    sick: npt.NDArray[np.int64],
    crs: str,
    region: Region,
) -> tuple[npt.NDArray[np.object_], list[int]]:
    """Repair what is no legal record; the change of area in m² is stated."""
    fixed = geoms.copy()
    mended, repairs = repair(geoms[sick])
    kept = []
    for note in repairs:
        position = int(sick[note.position])
        after = mended[note.position]
        if after is None:
            sheet.report(position, "geometry", None, _NOTHING_LEFT, "quarantined")
            continue
        sheet.report(position, "geometry", None, _stated(note, geoms[position], after, crs, region))
        fixed[position] = after
        kept.append(position)
    return fixed, kept


def _stated(
    note: Repair, before: shapely.Geometry, after: shapely.Geometry, crs: str, region: Region
) -> Remark:
    both = np.array([before, after], dtype=object)
    areas = shapely.area(systems.to_judging(both, crs, region.judging_crs))
    return Remark(
        f"图形已修复（{note.reason}），面积 {areas[0]:.1f} m² → {areas[1]:.1f} m²",
        f"geometry repaired ({note.reason_en}), area {areas[0]:.1f} m² → {areas[1]:.1f} m²",
        "请在地图上核对",
        "geometry_repaired",
    )
