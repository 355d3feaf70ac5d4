"""The topology doctor 图形体检: what is wrong with a drawn zone, how it fits its neighbours and the county.

Each finding has a place, a size and perhaps a repair that is offered and never applied by itself. Errors forbid
publishing; warnings can be set aside with a reason. What the zone in force had already is told apart from what is new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from geo import crs as systems
from geo.change import Change
from geo.region import Region
from geo.topology import (
    GAP_M,
    Flaw,
    Severity,
    duplicate_vertices,
    enclosed_gaps,
    flaws_of_shape,
    gap_to,
    outside_of,
    overlap_with,
)
from services._baseline import Baseline, Drawn, baseline_of
from services._draft_rows import Record, ZoneTable, altered_by, in_force_among
from services._drawing import CELLS, Drawing, NotValid, day_of, drawing_of, parse
from services.assess import current
from services.mapdata import base_geojson
from services.scope import Principal
from store.open import Store

COUNTY_TOLERANCE_M = 500.0
"""How exact the county line is (153 vertices around 1,300 km²): a zone that sticks out less is warned of only."""
SAME_PLACE_M = 5.0
METRES_PER_DEGREE = 111_000.0
SHAPE, COUNTY, ENCLOSED = "shape", "county", "enclosed"

WORDS: dict[str, tuple[str, str]] = {
    "small_part": ("面积过小的独立部分，{size}", "a part that is too small, {size}"),
    "sliver": ("狭长碎片，平均宽 {size}", "a sliver, {size} wide on average"),
    "hole": ("区内有空洞，{size}", "a hole in the zone, {size}"),
    "small_hole": ("细小空洞，{size}", "a tiny hole, {size}"),
    "spike": ("尖刺，长 {size}", "a spike, {size} long"),
    "duplicate_vertices": ("重复顶点 {size}", "duplicate vertices: {size}"),
    "overlap": ("与“{neighbour}”重叠 {size}", "overlaps “{neighbour}” by {size}"),
    "overlap_sliver": ("与“{neighbour}”有狭长重叠 {size}", "a sliver of overlap with “{neighbour}”, {size}"),
    "gap": ("与“{neighbour}”之间有缝隙，最宽 {size}", "a gap to “{neighbour}”, up to {size} wide"),
    "gap_enclosed": ("与相邻区域之间围出空白 {size}", "ground enclosed by its neighbours and covered by none, {size}"),
    "outside_county": ("超出{county}边界 {size}", "outside the border of {county} by {size}"),
}


def checkup(
    store: Store, region: Region, principal: Principal, asked: bytes, day: dt.date, language: str = "zh"
) -> dict[str, Any]:
    """Everything to look at in a drawn zone, also in one that crosses itself or leaves the county.

    Args:
        asked: JSON as for the live impact. day: where the request names none. language: of the texts.
    Returns:
        ``issues`` (new or there already), ``solved`` (gone with this drawing), ``publishable``.
    Raises:
        DrawingRefused: there is no polygon at all. WrongUsage, LayerUnknown.
    """
    body = parse(asked)
    try:
        drawing = drawing_of(principal, region, body)
    except NotValid as fault:
        return {**fault.members, "solved": [], "publishable": False}
    base = baseline_of(current(store, region, day_of(body, "as_of", day)), region)
    with base.lock:
        table = base.table(drawing.layer.name)
        flaws = flat(examined(base, table, drawing, altered_by(table, drawing, base.as_of), None, ()))
        issues, solved = told(base, flaws, flaws_before(base, table, drawing.code), language)
    errors = [issue for issue in issues if issue["severity"] == "error" and issue["state"] == "new"]
    return {"issues": issues, "solved": solved, "publishable": not errors}


def examined(base: Baseline, table: ZoneTable, drawing: Drawing, altered: dict[str, list[Record]], before: Drawn | None,
             changes: Sequence[Change]) -> dict[str, list[Flaw]]:  # fmt: skip
    """Flaws of a drawing by what they were looked for against.

    Args:
        altered: the versions as they would stand. before: the last state of the same drag, None for none.
        changes: what changed since; neighbours out of its reach are not looked at again.
    """
    kept = before.fit if before is not None else {}
    found = {SHAPE: [*flaws_of_shape(drawing.judging), *_duplicates(drawing, base.region)]}
    found[COUNTY] = outside_of(drawing.judging, county(base.region), COUNTY_TOLERANCE_M)
    severity: Severity = "error" if table.layer.name == CELLS else "warning"
    around = neighbours(base, table, altered, drawing.code)
    for code, shape in _near(drawing.judging, around):
        if code in kept and not any(change.touches(shape, GAP_M) for change in changes):
            found[code] = kept[code]
            continue
        flaws = overlap_with(drawing.judging, shape, code, severity)
        found[code] = flaws or gap_to(drawing.judging, shape, code)
    if table.layer.name == CELLS:
        found[ENCLOSED] = enclosed_gaps(drawing.judging, around.values())
    return found


def _near(shape: shapely.Geometry, around: dict[str, shapely.Geometry]) -> list[tuple[str, shapely.Geometry]]:
    """Those of some areas whose box is near that of a drawing; the others have nothing to do with it."""
    boxes, own = shapely.bounds(np.array(list(around.values()), dtype=object)).reshape(-1, 4), shapely.bounds(shape)
    near = (boxes[:, :2] <= own[2:] + GAP_M).all(axis=1) & (boxes[:, 2:] >= own[:2] - GAP_M).all(axis=1)
    return [pair for pair, wanted in zip(around.items(), near.tolist(), strict=True) if wanted]


def neighbours(
    base: Baseline, table: ZoneTable, altered: dict[str, list[Record]], own: str
) -> dict[str, shapely.Geometry]:
    """The other areas of a layer in force on the day (of cells: those of the same system), by code."""
    system = _system(in_force_among(altered[own], base.as_of) or altered[own][-1])
    standing = base.once(("standing", table.layer.name), lambda: _standing(base, table))
    found = {code: record for code, record in standing.items() if code not in altered}
    for code, records in altered.items():
        record = in_force_among(records, base.as_of)
        if code != own and record is not None:
            found[code] = record
    return {code: record["geometry"] for code, record in found.items() if _system(record) == system}


def _standing(base: Baseline, table: ZoneTable) -> dict[str, Record]:
    found = {code: in_force_among(table.records(code), base.as_of) for code in table.codes}
    return {code: record for code, record in found.items() if record is not None and record["geometry"] is not None}


def _system(record: Record) -> str:
    return str(record.get("grid_system") or "responsibility")


def _duplicates(drawing: Drawing, region: Region) -> list[Flaw]:
    found = []
    for spot, count in duplicate_vertices(drawing.filed, METRES_PER_DEGREE):
        x, y = systems.transform_xy(spot[:1], spot[1:], region.map_crs, region.judging_crs)[0]
        found.append(Flaw("duplicate_vertices", "warning", (float(x), float(y)), float(count), "", "drop_duplicates"))
    return found


def flaws_before(base: Baseline, table: ZoneTable, code: str) -> list[Flaw]:
    """The flaws that the version in force on the day has already; none for a new zone."""
    return base.once(("flaws", table.layer.name, code), lambda: _flaws_before(base, table, code))


def _flaws_before(base: Baseline, table: ZoneTable, code: str) -> list[Flaw]:
    record = in_force_among(table.records(code), base.as_of)
    if record is None or record["geometry"] is None:
        return []
    judging = record["geometry"]
    filed = systems.transform(np.array([judging], dtype=object), base.region.judging_crs, base.region.map_crs)[0]
    drawing = Drawing(table.layer, code, filed, judging)
    return flat(examined(base, table, drawing, {code: table.records(code)}, None, ()))


def flat(fit: dict[str, list[Flaw]]) -> list[Flaw]:
    """All flaws, errors first."""
    return sorted((flaw for flaws in fit.values() for flaw in flaws), key=lambda flaw: flaw.severity != "error")


Issue = dict[str, Any]


def told(base: Baseline, flaws: list[Flaw], before: list[Flaw], language: str) -> tuple[list[Issue], list[Issue]]:
    """Flaws as issues with place, text and repair: those there (``new`` or ``already``), and those solved."""
    here = [_issue(base.region, flaw, "already" if _known(flaw, before) else "new", language) for flaw in flaws]
    solved = [_issue(base.region, flaw, "solved", language) for flaw in before if not _known(flaw, flaws)]
    return here, solved


def _known(flaw: Flaw, others: list[Flaw]) -> bool:
    """Whether the same thing is among some others: against the same neighbour and no larger, or at the same place."""
    for other in others:
        if (flaw.code, flaw.neighbour) != (other.code, other.neighbour):
            continue
        if flaw.neighbour or flaw.code == "outside_county":
            return flaw.size <= other.size * 1.001 + 1
        if np.hypot(flaw.place[0] - other.place[0], flaw.place[1] - other.place[1]) < SAME_PLACE_M:
            return True
    return False


def _issue(region: Region, flaw: Flaw, state: str, language: str) -> Issue:
    x, y = (np.array([value]) for value in flaw.place)
    lon, lat = systems.transform_xy(x, y, region.judging_crs, region.map_crs)[0]
    zh, en = WORDS[flaw.code]
    size = f"{flaw.size:,.1f} {flaw.unit.replace('2', '²')}" if flaw.unit else f"{flaw.size:.0f}"
    texts = (
        zh.format(size=size, neighbour=flaw.neighbour, county=region.name),
        en.format(size=size, neighbour=flaw.neighbour, county=region.name_en),
    )
    return {
        "code": flaw.code, "severity": flaw.severity, "lonlat": [round(float(lon), 7), round(float(lat), 7)],
        "text": texts[language == "en"], "text_en": texts[1], "state": state, "size": round(flaw.size, 2), "unit": flaw.unit,
        "neighbour": flaw.neighbour, "repair": _repair(flaw),
    }  # fmt: skip


def _repair(flaw: Flaw) -> dict[str, Any] | None:
    """The call that would mend it (``POST /api/draft-geometry`` with the same layer, code and geometry)."""
    if not flaw.repair:
        return None
    return {"op": flaw.repair, "codes": [flaw.neighbour]} if flaw.neighbour else {"op": flaw.repair}


_counties: dict[tuple[str, ...], shapely.Geometry] = {}


def county(region: Region) -> shapely.Geometry:
    """The county in judging metres."""
    key = (str(region.boundary), region.code, region.boundary_code_field, region.map_crs, region.judging_crs)
    if key not in _counties:
        shape = np.array([county_degrees(region)], dtype=object)
        _counties[key] = systems.to_judging(shape, region.map_crs, region.judging_crs)[0]
    return _counties[key]


def county_degrees(region: Region) -> shapely.Geometry:
    """The county as its boundary file has it, EPSG:4490."""
    found = [f for f in base_geojson(region)["features"] if f["properties"]["kind"] == "county"]
    return shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in found])
