"""Places of rows: as filed, for the map and for judging, with what they need to know of the region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo import datum as datums
from geo.errors import CRSMissing
from geo.raw import RawTable
from geo.region import Region
from layers._conform_faults import Severity, Sheet
from layers._layer import Remark

Geometries = npt.NDArray[np.object_]

DEGREES = "EPSG:4490"
"""System of longitudes and latitudes (dictionary §1.5)."""


@dataclass(frozen=True)
class ConformOptions:
    """What the user declared for the whole file; it overrides what the file says.

    Attributes:
        crs: coordinate system of plane coordinates and geometries.
        datum: ``cgcs2000``, ``wgs84``, ``gcj02`` or ``bd09``, for longitudes and latitudes.
    """

    crs: str | None = None
    datum: str | None = None


@dataclass
class Places:
    """Geometry columns of a sheet: object arrays of shapely geometries, None where there is no position.

    ``filed`` stands in ``crs_filed`` exactly as filed; ``on_map`` in EPSG:4490 after datum conversion;
    ``judging`` in the metre system of the region.
    """

    filed: Geometries
    crs_filed: Geometries
    on_map: Geometries
    judging: Geometries

    @classmethod
    def empty(cls, count: int) -> Places:
        """No position anywhere."""
        return cls(*(np.full(count, None, dtype=object) for _ in range(4)))

    def clear(self, position: int) -> None:
        """Take the position of one row away."""
        for column in (self.filed, self.crs_filed, self.on_map, self.judging):
            column[position] = None


class CRSMissingGuess(CRSMissing):
    """As CRSMissing, and the numbers themselves suggest an answer."""

    zh = "文件没有说明坐标系；从坐标数值看{hint_zh}。请用 --crs 指定后重试。"
    en = "The file does not say which coordinate system it uses; its numbers {hint_en}. Name it with --crs."


def geometry_crs(raw: RawTable, options: ConformOptions, region: Region) -> str:
    """The coordinate system of the geometries of a file.

    Returns:
        ``EPSG:…``: what the user says, else what the file says, else EPSG:4490 for GeoJSON.
    Raises:
        CRSMissing: nobody says; the sentence proposes one where the numbers suggest it.
        CRSUnknown: the name is not known.
    """
    if options.crs:
        return systems.normalise(options.crs)
    if "geojson" in raw.driver.lower() and not raw.crs_declared:
        return DEGREES
    if raw.crs:
        return systems.normalise(raw.crs)
    raise _guessed(raw, region) or CRSMissing()


def _guessed(raw: RawTable, region: Region) -> CRSMissing | None:
    corners = shapely.get_coordinates(raw.geometry)
    corners = corners[np.isfinite(corners).all(axis=1)]
    if not len(corners):
        return None
    x, y = (float(value) for value in np.median(corners, axis=0))
    if abs(x) <= 180 and abs(y) <= 90:
        return CRSMissingGuess(hint_zh="像经纬度（EPSG:4490）", hint_en="look like degrees (EPSG:4490)")
    for crs in region.plane_crs:
        for east, note_zh, note_en in ((x, "", ""), (y, "，且横纵坐标互换", ", with the axes swapped")):
            low, high = systems.easting_range(crs)
            north = y if east == x else x
            if low <= east <= high and 0 < north < 10_000_000 and abs(north - east) > 1:
                return CRSMissingGuess(hint_zh=f"像 {crs}{note_zh}", hint_en=f"look like {crs}{note_en}")
    return None


def spread(sheet: Sheet, places: Places, datum: npt.NDArray[np.object_], region: Region) -> None:
    """Fill the map and judging geometries from the filed ones, system by system and datum by datum.

    Args:
        places: with ``filed`` and ``crs_filed`` set. datum: canonical datum or None per row.
    """
    filled = np.array([crs is not None for crs in places.crs_filed], dtype=np.bool_)
    for crs in sorted(set(places.crs_filed[filled])):
        here = filled & (places.crs_filed == crs)
        kinds = np.array([name if name in ("gcj02", "bd09") else "" for name in datum], dtype=object)
        for name in sorted(set(kinds[here])):
            at = np.flatnonzero(here & (kinds == name))
            _spread_some(places, at, str(crs), str(name), region)
    _check_bounds(sheet, places, region)


def _spread_some(places: Places, at: npt.NDArray[np.int64], crs: str, name: str, region: Region) -> None:
    filed = places.filed[at]
    if name and systems.is_degrees(crs):
        degrees = systems.transform(systems.densify(filed, crs), crs, region.map_crs)
        places.on_map[at] = _shifted(systems.transform(filed, crs, region.map_crs), name)
        places.judging[at] = systems.transform(_shifted(degrees, name), region.map_crs, region.judging_crs)
        return
    places.on_map[at] = systems.transform(filed, crs, region.map_crs)
    places.judging[at] = systems.to_judging(filed, crs, region.judging_crs)


def _shifted(geoms: Geometries, name: str) -> Geometries:
    def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(datums.to_cgcs2000(name, xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geoms, move), dtype=object)


def _check_bounds(sheet: Sheet, places: Places, region: Region) -> None:
    """Positions outside the region are taken and named; those without a finite place are taken away."""
    bounds = shapely.bounds(places.on_map)
    metres = shapely.bounds(places.judging)
    there = np.array([place is not None for place in places.on_map], dtype=np.bool_)
    lost = there & ~(np.isfinite(bounds).all(axis=1) & np.isfinite(metres).all(axis=1))
    for position in np.flatnonzero(lost).tolist():
        places.clear(position)
        severity: Severity = "quarantined" if sheet.layer.geometry == "polygon" else "warning"
        sheet.report(position, "position", None, _NOWHERE, severity)
    box = region.bounds
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    inside = (x >= box.west) & (x <= box.east) & (y >= box.south) & (y <= box.north)
    for position in np.flatnonzero(there & ~lost & ~inside).tolist():
        sheet.report(position, "position", f"{x[position]:.6f}, {y[position]:.6f}", _far_away(region))


_NOWHERE = Remark(
    "坐标换算后没有意义，不能作为位置",
    "the coordinates have no place on the map",
    "请核对坐标系与坐标",
)


def _far_away(region: Region) -> Remark:
    return Remark(
        f"位置在{region.name}及周边之外，已按原样收下",
        f"the position lies outside {region.name_en} and its surroundings; taken as it is",
        "请核对坐标、坐标系和坐标基准",
    )
