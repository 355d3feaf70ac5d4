"""Places of rows: as filed, for the map and for judging, with what they need to know of the region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo import datum as datums
from geo.errors import CRSMissing
from geo.helmert import Helmert, parse, to_cgcs2000
from geo.infer import Candidate, propose, share_inside
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
        mapping: header → canonical column, empty for an extra attribute.
        swap: x and y, longitude and latitude, easting and northing stand in each other's place.
        packed: decimal degrees are really ``ddd.mmss``.
        helmert: seven parameters from Beijing 54 or Xi'an 80 to CGCS2000.
    """

    crs: str | None = None
    datum: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    swap: bool = False
    packed: bool = False
    helmert: Helmert | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> ConformOptions:
        """As :meth:`told` wrote them down; what is missing is not said.

        Raises:
            ParametersUnreadable: the seven parameters are none.
        """
        helmert = parse(str(told["helmert"])) if told.get("helmert") else None
        mapping, swap, packed = told.get("mapping") or {}, bool(told.get("swap")), bool(told.get("packed"))
        return cls(told.get("crs"), told.get("datum"), mapping, swap, packed, helmert)

    def told(self) -> dict[str, Any]:
        """As plain values, to be kept and read again."""
        helmert = None if self.helmert is None else str(self.helmert)
        facts = {"crs": self.crs, "datum": self.datum, "mapping": dict(self.mapping), "swap": self.swap, "packed": self.packed}
        return facts | ({"helmert": helmert} if helmert else {})


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


def swapped(raw: RawTable) -> RawTable:
    """The same table with x and y of its geometries exchanged."""
    if raw.geometry is None:
        return raw
    return replace(raw, geometry=np.asarray(shapely.transform(raw.geometry, lambda xy: xy[:, ::-1]), dtype=object))


def _guessed(raw: RawTable, region: Region) -> CRSMissing | None:
    """What the numbers suggest: one candidate is proposed, several are asked about, nothing is decided."""
    corners = shapely.get_coordinates(raw.geometry)
    found = propose(corners, region)
    if found:
        hint_zh, hint_en = _named(found)
        return CRSMissingGuess(hint_zh=hint_zh, hint_en=hint_en, candidates=found)
    corners = corners[np.isfinite(corners).all(axis=1)]
    if len(corners) and (np.abs(np.median(corners, axis=0)) <= (180, 90)).all():
        away_zh, away_en = f"像经纬度，但不在{region.name}", f"look like degrees, but not in {region.name_en}"
        return CRSMissingGuess(hint_zh=away_zh, hint_en=away_en, candidates=[])
    return None


def _named(found: list[Candidate]) -> tuple[str, str]:
    best = [one for one in found if one.share >= found[0].share - 0.01]
    if len(best) == 1:
        again_zh, again_en = ("，请同时加 --swap", " and add --swap") if best[0].swapped else ("", "")
        return f"像 {best[0].zh}{again_zh}", f"look like {best[0].en}{again_en}"
    return "可能是 " + "、".join(one.zh for one in best), "may be " + ", ".join(one.en for one in best)


def doubt_declared(sheet: Sheet, raw: RawTable, crs: str, options: ConformOptions, region: Region) -> bool:
    """Whether the system a file declares (or its format implies) puts it elsewhere while another puts it into the region.

    Said once for the file; the caller holds the rows back. What the user states himself is never doubted.
    """
    corners = shapely.get_coordinates(raw.geometry)
    corners = corners[np.isfinite(corners).all(axis=1)]
    if options.crs or not len(corners) or share_inside(corners, crs, region) >= _HARDLY:
        return False
    found = propose(corners, region)
    if not found:
        return False
    hint_zh, hint_en = _named(found)
    remark = Remark(
        f"按 {crs} 坐标不在{region.name}，数值{hint_zh}；未经确认不入库",
        f"as {crs} the coordinates are not in {region.name_en}; the numbers {hint_en}; nothing is taken unconfirmed",
        _told(found[0]),
        "crs_suspect",
        {"crs": found[0].crs} | ({"swap": "1"} if found[0].swapped else {}),
    )
    sheet.report(None, "crs", crs, remark)
    return True


def _told(best: Candidate) -> str:
    if best.swapped:
        return f"横纵坐标（经纬度）可能互换，请用 --crs {best.crs} --swap 指定后重试"
    kind = "经纬度" if systems.is_degrees(best.crs) else "米制坐标"
    return f"看起来是{kind} {best.crs}，请用 --crs {best.crs} 指定后重试"


SUSPECT = Remark(
    "坐标系存疑，待确认", "the coordinate system is in doubt", "请指定坐标系后重新检查", "crs_suspect"
)
_HARDLY = 0.05
"""Share of vertices in the region below which a declared system is doubted."""


def spread(
    sheet: Sheet, places: Places, datum: npt.NDArray[np.object_], region: Region, helmert: Helmert | None = None
) -> None:
    """Fill the map and judging geometries from the filed ones, system by system and datum by datum.

    Args:
        places: with ``filed`` and ``crs_filed`` set. datum: canonical datum or None per row.
        helmert: for systems of Beijing 54 and Xi'an 80.
    """
    filled = np.array([crs is not None for crs in places.crs_filed], dtype=np.bool_)
    for crs in sorted(set(places.crs_filed[filled])):
        here = filled & (places.crs_filed == crs)
        if helmert is not None and not systems.well_tied(str(crs)):
            _spread_converted(places, np.flatnonzero(here), str(crs), helmert, region)
            continue
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


def _spread_converted(places: Places, at: npt.NDArray[np.int64], crs: str, helmert: Helmert, region: Region) -> None:
    filed = places.filed[at]
    places.on_map[at] = to_cgcs2000(filed, crs, helmert)
    dense = to_cgcs2000(systems.densify(filed, crs), crs, helmert)
    places.judging[at] = systems.transform(dense, region.map_crs, region.judging_crs)


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
    "no_place",
)


def _far_away(region: Region) -> Remark:
    return Remark(
        f"位置在{region.name}及周边之外，已按原样收下",
        f"the position lies outside {region.name_en} and its surroundings; taken as it is",
        "请核对坐标、坐标系和坐标基准",
        "outside_region",
    )
