"""Coordinate systems: their names, and geometry from one to another.

Coordinates are always x, y = longitude, latitude or easting, northing, whatever the registry
says about axes. EPSG:4490 (CGCS2000) and EPSG:4326 (WGS 84) are the same numbers.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError

from geo.errors import CRSUnknown

STEP_M = 100.0
"""Longest edge, in metres, after densifying in the filed system (dictionary §1.6)."""

_METRES_PER_DEGREE = 111_700.0
_SAME_NUMBERS = frozenset({"EPSG:4490", "EPSG:4326"})
_EPSG = re.compile(
    r"(?:epsg\W{0,2}|urn:ogc:def:crs:epsg:[\d.]*:|https?://\S+/epsg/[\d.]+/)?(\d{4,6})", re.IGNORECASE
)
_CRS84 = re.compile(r"(?:urn:ogc:def:crs:)?ogc:(?:[\d.]*:)?crs84h?", re.IGNORECASE)
_LONGEST_TEXT = 20_000
_WKT_NAME = re.compile(r'\s*[A-Za-z_]{5,30}\["([^"]{1,60})"')


class CRSCustom(CRSUnknown):
    """A PROJ string: it may lean on files and programs of another machine, and names no datum we could hold to."""

    zh = "不接受自定义的 PROJ 字符串“{crs}”，请改用 EPSG 编号，例如 EPSG:4549；没有编号的请向测绘部门索取 CGCS2000 成果。"
    en = "Custom PROJ strings such as “{crs}” are not accepted; use an EPSG number such as EPSG:4549."


def normalise(crs: str | int) -> str:
    """One name for a coordinate system.

    Args:
        crs: an EPSG number, ``EPSG:4549``, an OGC URN or a WKT (ESRI's too).
    Returns:
        ``EPSG:<number>``.
    Raises:
        CRSUnknown: not recognised, or neither degrees nor a plane.
    """
    return _normalise(str(crs).strip())


@cache
def _normalise(text: str) -> str:
    if _CRS84.fullmatch(text):
        return "EPSG:4326"
    code = _flat(text).to_epsg(min_confidence=70)
    if code is None:
        raise CRSUnknown(crs=_called(text))
    return f"EPSG:{code}"


def _called(text: str) -> str:
    """How a system is named in a sentence: a WKT by its own name."""
    found = _WKT_NAME.match(text)
    return found[1] if found else text[:60]


@cache
def _flat(text: str) -> pyproj.CRS:
    """The horizontal system a text names: degrees or a plane."""
    number = _EPSG.fullmatch(text)
    if "+proj" in text[:200] or text.startswith(("+", "proj=")):
        raise CRSCustom(crs=text[:60])
    if not number and (len(text) > _LONGEST_TEXT or len(text) < 4):
        raise CRSUnknown(crs=text[:60])
    try:
        known = pyproj.CRS.from_epsg(int(number.group(1))) if number else pyproj.CRS.from_user_input(text)
        flat = known.sub_crs_list[0] if known.is_compound else known
    except (CRSError, IndexError) as fault:
        raise CRSUnknown(crs=_called(text)) from fault
    if not (flat.is_geographic or flat.is_projected):
        raise CRSUnknown(crs=text[:60])
    return flat


@cache
def usable(crs: str) -> str:
    """As :func:`normalise`, and a system without an EPSG number (``ESRI:102012``, a city's own) by its full text.

    The store wants a number; a join of two files needs no more than what the file itself defines.

    Returns:
        ``EPSG:<number>``, else a WKT that refers to nothing outside itself.
    Raises:
        CRSUnknown: not recognised, or it leans on grid files or other programs' extensions.
    """
    text = str(crs).strip()
    try:
        return normalise(text)
    except CRSUnknown:
        flat = _flat(text)
        wkt = str(flat.to_wkt())
        if flat.is_bound or any(word in wkt for word in ("PARAMETERFILE", "EXTENSION", "nadgrids")):
            raise
        return wkt


@cache
def _known(crs: str) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(usable(crs))


@cache
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(_known(source), _known(target), always_xy=True)


@cache
def north_first(crs: str) -> bool:
    """Whether the registry puts latitude or northing before longitude or easting; we never do."""
    return bool(_known(crs).axis_info[0].direction == "north")


def is_degrees(crs: str) -> bool:
    """Whether coordinates of this system are longitudes and latitudes in degrees."""
    return bool(_known(crs).is_geographic)


@cache
def well_tied(crs: str) -> bool:
    """Whether the system is tied to CGCS2000 or WGS 84 (Beijing 54 and Xi'an 80 are not: 50-70 m unknown)."""
    base = _known(crs).geodetic_crs
    names = ("China 2000", "WGS 84", "World Geodetic System 1984", "CGCS2000")
    return base is not None and any(name in base.to_wkt() for name in names)


def to_degrees(xy: npt.NDArray[np.float64], crs: str) -> npt.NDArray[np.float64]:
    """Coordinates in ``crs`` as degrees on its own datum: float64 (n, 2) → (n, 2) longitude, latitude."""
    if is_degrees(crs):
        return np.array(xy, dtype=np.float64)
    return np.column_stack(_to_degrees(crs).transform(xy[:, 0], xy[:, 1]))


def ellipsoid(crs: str) -> tuple[float, float]:
    """Half the longer axis in metres, and the inverse flattening, of a system's ellipsoid."""
    shape = _known(crs).ellipsoid
    if shape is None:
        raise CRSUnknown(crs=crs[:60])
    return float(shape.semi_major_metre), float(shape.inverse_flattening)


@cache
def datum_of(crs: str) -> str:
    """The datum of a system in a word: ``cgcs2000`` (and WGS 84, the same numbers), ``beijing54``, ``xian80``, or ``other``."""
    if well_tied(crs):
        return "cgcs2000"
    text = _known(crs).to_wkt()
    return "beijing54" if "Beijing 1954" in text else "xian80" if "Xian 1980" in text or "Xi'an 1980" in text else "other"


@cache
def easting_range(crs: str) -> tuple[float, float]:
    """Smallest and largest easting in metres that a transverse plane system can sensibly hold.

    Returns:
        The false easting ± 400 km; (-inf, inf) for a system without one.
    """
    operation = _known(crs).coordinate_operation
    for parameter in operation.params if operation is not None else ():
        if parameter.name == "False easting":
            return float(parameter.value) - 400_000.0, float(parameter.value) + 400_000.0
    return -np.inf, np.inf


def transform_xy(x: Any, y: Any, source: str, target: str) -> npt.NDArray[np.float64]:
    """Coordinates from one system to another.

    Args:
        x, y: float64 arrays (n,) in ``source``.
    Returns:
        float64 (n, 2) in ``target``; not finite where the point has no place there.
    """
    if _same(source, target):
        return np.column_stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])
    return np.column_stack(_transformer(usable(source), usable(target)).transform(x, y))


def transform(geoms: npt.NDArray[np.object_], source: str, target: str) -> npt.NDArray[np.object_]:
    """Geometries from one system to another, vertex by vertex (edges are not densified).

    Args:
        geoms: object array of shapely geometries or None; left as they are.
    Returns:
        New array; None stays None.
    """
    flat = shapely.force_2d(np.asarray(geoms, dtype=object))
    if _same(source, target):
        return np.asarray(flat, dtype=object)
    moved = shapely.transform(flat, lambda xy: transform_xy(xy[:, 0], xy[:, 1], source, target))
    return np.asarray(moved, dtype=object)


def densify(geoms: npt.NDArray[np.object_], crs: str) -> npt.NDArray[np.object_]:
    """Split every edge to at most 100 m, along the straight line of ``crs``; points stay as they are."""
    return np.asarray(shapely.segmentize(np.asarray(geoms, dtype=object), _step(crs)), dtype=object)


def vertices_after(geoms: npt.NDArray[np.object_], crs: str) -> npt.NDArray[np.float64]:
    """How many vertices each geometry would have after :func:`densify` (NaN for None)."""
    return np.asarray(
        shapely.length(geoms) / _step(crs) + shapely.get_num_coordinates(geoms), dtype=np.float64
    )


def to_judging(geoms: npt.NDArray[np.object_], crs: str, judging_crs: str) -> npt.NDArray[np.object_]:
    """Geometries as filed → metres of the judging system.

    Edges are straight in the filed system and are densified there to ≤ 100 m first, so that
    they stay where the filer drew them (a 5 km edge would drift 0.27 m).

    Args:
        geoms: object array of shapely geometries or None, in ``crs``.
    Returns:
        New array in ``judging_crs``; None stays None.
    """
    if _same(crs, judging_crs):
        return transform(geoms, crs, judging_crs)
    return transform(densify(geoms, crs), crs, judging_crs)


def _same(source: str, target: str) -> bool:
    pair = {usable(source), usable(target)}
    return len(pair) == 1 or pair <= _SAME_NUMBERS


@cache
def _step(crs: str) -> float:
    """100 m in the units of the system, rounded down."""
    if is_degrees(crs):
        return STEP_M / _METRES_PER_DEGREE
    return STEP_M / metres_per_unit(crs)


def metres_per_unit(crs: str) -> float:
    """Metres in one unit of a plane system (feet are shorter)."""
    return float(_known(crs).axis_info[0].unit_conversion_factor)


def stretches(xy: npt.NDArray[np.float64], crs: str, tolerance: float = 0.005) -> bool:
    """Whether lengths in a plane system are off by more than ``tolerance`` at one of these places.

    Web Mercator is (14.6 % too long at 29° N); national and UTM grids are not.

    Args:
        xy: float64 (n, 2) in ``crs``, a plane system.
    """
    lonlat = _to_degrees(crs).transform(xy[:, 0], xy[:, 1])
    factors = pyproj.Proj(_known(crs)).get_factors(*lonlat, errcheck=False)
    scale = np.array([factors.meridional_scale, factors.parallel_scale])
    return bool((np.abs(scale - 1.0) > tolerance).any())


def ellipsoid_metres(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], crs: str
) -> npt.NDArray[np.float64]:
    """Metres along the ellipsoid between places given in ``crs``: float64 (n, 2) twice → (n,)."""
    known = _known(crs)
    if not known.is_geographic:
        start, end = (np.column_stack(_to_degrees(crs).transform(at[:, 0], at[:, 1])) for at in (start, end))
    geod = known.get_geod() or pyproj.Geod(ellps="GRS80")
    return np.asarray(geod.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2], dtype=np.float64)


@cache
def _to_degrees(crs: str) -> pyproj.Transformer:
    """From a plane system to the degrees it is projected from: no change of datum."""
    known = _known(crs)
    return pyproj.Transformer.from_crs(known, known.geodetic_crs, always_xy=True)
