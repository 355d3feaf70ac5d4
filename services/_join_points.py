"""Where the points of a join lie: columns of a table or points of a vector file, row by row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo import datum as datums
from geo.coordinates import Axis, parse
from geo.errors import CRSMissing, CRSUnknown, Refused
from geo.raw import RawTable
from geo.region import Region
from layers._conform_points import plane_crs
from layers._conform_values import half_width
from layers._layer import Remark
from layers._vocabulary import DATUM

DEGREES = "EPSG:4326"
_WEB_MERCATOR = "EPSG:3857"
_LON, _LAT = ("lon", "lng", "long", "longitude", "经度"), ("lat", "latitude", "纬度")
_DEGREE_PAIRS = tuple(product(_LON, _LAT))
_PLANE = (("easting", "northing"), ("东坐标", "北坐标"), ("y坐标", "x坐标"))
_LOOSE = (("x", "y"), ("point_x", "point_y"), ("x_coord", "y_coord"))
_CRS, _DATUM = ("crs", "坐标系"), ("datum", "坐标基准", "基准")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LIMIT: dict[Axis, float] = {"lon": 360.0, "lat": 90.0}
_NONE = ("没有可用坐标，未参与判断", " has no usable coordinates")
_MULTI = ("不是单个点，未参与判断", " is not a single point")

Floats = npt.NDArray[np.float64]


class NoPoints(Refused):
    """A point file without usable coordinates."""

    zh = "文件“{name}”中没有可用的点坐标（需要 lon/lat 或 easting/northing 列，或点要素）。"
    en = "“{name}” has no usable points (columns lon/lat or easting/northing, or point features)."


class NotDegrees(Refused):
    """Coordinates that are no degrees, in a system of degrees."""

    zh = "文件“{name}”的坐标（例如 {x:.10g}, {y:.10g}）不是经纬度；请用 {option} 指定坐标系，或检查经纬度是否互换。"
    en = "The coordinates of “{name}” (such as {x:.10g}, {y:.10g}) are no degrees; name their system with {option}, or check whether latitude and longitude are swapped."  # noqa: E501  one sentence


@dataclass
class Spots:
    """Points of each row in one system: NaN where a row has none, and why.

    Attributes:
        xy: float64 (n, 2). why: what is wrong with a row, by position (zh, en). notes: what was assumed.
    """

    xy: Floats
    why: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def skipped(self, rows: list[int]) -> list[str]:
        """A line for every row without a point."""
        told = []
        for position in np.flatnonzero(np.isnan(self.xy).any(axis=1)).tolist():
            zh, en = self.why.get(position, _NONE)
            told.append(f"第 {rows[position]} 行{zh} / row {rows[position]}{en}")
        return told


def spots_of(raw: RawTable, name: str, declared: str | None, target: str, region: Region) -> Spots:
    """The points of a file, brought to the system of the zones.

    Args:
        declared: the system the user names. target: the zones' system.
        region: whose plane systems tell eastings without a stated system apart.
    Raises:
        NoPoints, CRSMissing, CRSUnknown, NotDegrees: one sentence.
    """
    if raw.geometry is not None and np.isin(shapely.get_type_id(raw.geometry), (0, 4)).any():
        spots, source = _of_vector(raw, declared)
    else:
        spots, source = _of_table(raw, name, declared, target, region)
    moved = np.full_like(spots.xy, np.nan)
    usable = np.asarray(np.isfinite(spots.xy).all(axis=1), dtype=np.bool_)
    _within_degrees(spots, source, usable, name)
    for crs in sorted({str(source[i]) for i in np.flatnonzero(usable)}):
        at = usable & (source == crs)
        moved[at] = systems.transform_xy(spots.xy[at, 0], spots.xy[at, 1], crs, target)
    moved[~np.isfinite(moved).all(axis=1)] = np.nan
    return Spots(moved, spots.why, spots.notes)


def beyond_degrees(low: Floats, high: Floats) -> npt.NDArray[np.bool_]:
    """Which corner pairs (n, 2) hold numbers that are no longitude and latitude; 0 to 360 east is one."""
    most = np.array([360.0, 90.0]) + 1e-6
    return np.asarray((np.maximum(np.abs(low), np.abs(high)) > most).any(axis=1), dtype=np.bool_)


def _within_degrees(spots: Spots, source: npt.NDArray[np.object_], usable: npt.NDArray[np.bool_], name: str) -> None:
    """Rows in degrees that are none lose their point; when no row is left, the file is refused."""
    degrees = np.array([crs is not None and systems.is_degrees(str(crs)) for crs in source], dtype=np.bool_)
    wrong = usable & degrees & beyond_degrees(spots.xy, spots.xy)
    if wrong.any() and not (usable & ~wrong).any():
        x, y = spots.xy[wrong][0]
        raise NotDegrees(name=name, x=float(x), y=float(y), option="--crs")
    usable &= ~wrong


def _of_vector(raw: RawTable, declared: str | None) -> tuple[Spots, npt.NDArray[np.object_]]:
    crs = declared or raw.crs
    if crs is None:
        raise CRSMissing()
    geometry = np.array(raw.geometry, dtype=object)
    kinds, parts = shapely.get_type_id(geometry), shapely.get_num_geometries(geometry)
    single = (kinds == 4) & (parts == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    point = (kinds == 0) | single
    xy = np.full((len(geometry), 2), np.nan)
    xy[point] = np.column_stack([shapely.get_x(geometry[point]), shapely.get_y(geometry[point])])
    why = {int(i): _MULTI for i in np.flatnonzero((kinds > 0) & ~single)}
    return Spots(xy, why), np.full(len(geometry), systems.usable(crs), dtype=object)


def _of_table(
    raw: RawTable, name: str, declared: str | None, target: str, region: Region
) -> tuple[Spots, npt.NDArray[np.object_]]:
    """Rows with a longitude and a latitude first, then those with an easting and a northing."""
    headers = {half_width(header).lower(): header for header in raw.frame.columns}
    degrees, plane = _pair(headers, _DEGREE_PAIRS), _pair(headers, (*_PLANE, *_LOOSE))
    plane_said = declared is not None and not systems.is_degrees(declared)
    if plane_said and plane:
        degrees = None
    if not (degrees or plane) or (plane_said and not plane):
        raise NoPoints(name=name)
    spots = Spots(np.full((len(raw.rows), 2), np.nan))
    source = np.full(len(raw.rows), None, dtype=object)
    if degrees:
        _put_degrees(raw, degrees, headers, spots)
        source[:] = systems.usable(declared) if declared else DEGREES
    if plane:
        stated = _stated(raw, headers, None if degrees else declared)
        may_guess = plane in [_pair(headers, (pair,)) for pair in _PLANE] and _of_region(target, region)
        _put_plane(raw, plane, (stated, may_guess, region), spots, source)
    return spots, source


def _pair(headers: dict[str, Any], pairs: tuple[tuple[str, str], ...]) -> tuple[Any, Any] | None:
    return next(((headers[x], headers[y]) for x, y in pairs if x in headers and y in headers), None)


def _of_region(target: str, region: Region) -> bool:
    """Whether zones in this system leave no doubt which plane systems eastings of six and eight digits are in."""
    return systems.is_degrees(target) or target in (*region.plane_crs, _WEB_MERCATOR)


def _put_degrees(raw: RawTable, pair: tuple[Any, Any], headers: dict[str, Any], spots: Spots) -> None:
    lon, lat = pair
    spots.xy[:, 0] = [_degree(cell, "lon") for cell in raw.frame[lon]]
    spots.xy[:, 1] = [_degree(cell, "lat") for cell in raw.frame[lat]]
    column = next((headers[name] for name in _DATUM if name in headers), None)
    if column is None:
        return
    said = np.array([_datum(cell) for cell in raw.frame[column]], dtype=object)
    for name in ("gcj02", "bd09"):
        at = (said == name) & np.isfinite(spots.xy).all(axis=1)
        if at.any():
            spots.xy[at] = np.column_stack(datums.to_cgcs2000(name, spots.xy[at, 0], spots.xy[at, 1]))
            zh = f"{at.sum()} 行坐标基准为 {name}，已换算为 CGCS2000"
            spots.notes.append(f"{zh} / {at.sum()} rows in {name} were converted to CGCS2000")


def _datum(cell: Any) -> str | None:
    word = half_width(cell).casefold() if cell is not None else ""
    found = (name for name, words in DATUM.words.items() if word in (name, *(w.casefold() for w in words)))
    return next(found, None)


def _stated(raw: RawTable, headers: dict[str, Any], declared: str | None) -> list[str | None]:
    """The system each row's plane coordinates are said to be in: by the user, else by the row's own column."""
    column = next((headers[name] for name in _CRS if name in headers), None)
    if declared or column is None:
        return [declared] * len(raw.rows)
    return [str(cell).strip() or None if cell is not None else None for cell in raw.frame[column]]


def _put_plane(
    raw: RawTable,
    pair: tuple[Any, Any],
    how: tuple[list[str | None], bool, Region],
    spots: Spots,
    source: npt.NDArray[np.object_],
) -> None:
    """Plane coordinates of the rows not placed yet."""
    stated, may_guess, region = how
    plane = np.column_stack([[_number(cell) for cell in raw.frame[column]] for column in pair]).reshape(-1, 2)
    guessed: set[str] = set()
    for row in np.flatnonzero(np.isnan(spots.xy).any(axis=1) & np.isfinite(plane).all(axis=1)).tolist():
        said = stated[row]
        if said is None and not may_guess:
            raise CRSMissing()
        try:
            answer = systems.usable(said) if said else plane_crs(None, (plane[row, 0], plane[row, 1]), True, region)
        except CRSUnknown as fault:
            spots.why[row] = ("：" + fault.sentence("zh"), ": " + fault.sentence("en"))
            continue
        if isinstance(answer, Remark):
            spots.why[row] = ("：" + answer.zh, ": " + answer.en)
            continue
        spots.xy[row], source[row] = plane[row], answer
        guessed |= set() if said else {answer}
    if guessed:
        named = "、".join(sorted(guessed))
        zh = f"东、北坐标没有说明坐标系，按数字位数作为 {named}（可用 --crs 指定）"
        spots.notes.append(f"{zh} / eastings without a stated system were taken as {named}, by their digits")


def _degree(cell: Any, axis: Axis) -> float:
    """Degrees as a number or as people write them; NaN where it is neither."""
    number = _number(cell)
    if abs(number) <= _LIMIT[axis]:
        return number
    try:
        return parse(str(cell).strip(), axis).degrees if cell is not None else np.nan
    except Refused:
        return np.nan


def _number(cell: Any) -> float:
    text = "" if cell is None else half_width(cell)
    return float(text) if _NUMBER.fullmatch(text) else np.nan
