"""Compare 版本比对: two to five versions or drafts of zones, judged on one day, shape against shape, facility by facility."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import shapely

from geo.errors import WrongUsage
from geo.write import xlsx_bytes
from layers._cells import from_text
from layers._layer import Layer
from rules._frames import frames_from
from rules._run import run
from rules._verdict import NOT_APPLICABLE, TITLES
from services._drawing import not_valid
from services._named import named_facilities, owner_of
from services.assess import Assessment, current, recorded_frames
from services.differences import KEY, Difference, differences
from services.draft_ground import polygons_of
from services.drafts import Table, draft_for, drawn_layer, now_of
from services.publication import NothingDrawn
from services.sketches import geojson, in_metres
from store import history
from store.errors import FeatureMissing

FEWEST, MOST = 2, 5
LEAST_DEGREES2 = 1e-10
"""Some square metre."""


@dataclass(frozen=True)
class Side:
    """One of the things compared: a version of a zone, or a draft.

    Attributes:
        handle: as the address names it. shape: in degrees. findings: of the city with this in place.
        grades: code → class of every zone in force with this in place.
        added, removed: GeoJSON of what it has more and less than the first one, None for nothing.
    """

    handle: str
    title: str
    layer: Layer
    code: str
    shape: shapely.Geometry
    geometry: Any
    findings: pd.DataFrame
    area_km2: float
    grade: str
    grades: dict[str, str] = field(default_factory=dict)
    added: Any = None
    removed: Any = None


@dataclass(frozen=True)
class Comparison:
    """Sides held against the first one.

    Attributes:
        table: a row for every rule and subject that differs anywhere: rule, subject_layer, subject_code, enterprise_code,
            name, town, and ``sides``: (verdict, zone, class) by side.
        changes: by side behind the first. towns: town → facilities newly caught and released, by side behind the first.
        moves: by side behind the first, how often: from verdict, to verdict, from class, to class (classes only where
            the verdict stays), the most frequent first.
    """

    day: dt.date
    sides: list[Side]
    table: list[dict[str, Any]]
    changes: list[Difference]
    towns: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    moves: list[dict[tuple[str, str, str, str], int]] = field(default_factory=list)


def compare(table: Table, handles: Sequence[str], day: dt.date) -> Comparison:
    """Compare two to five sides.

    Args:
        handles: ``draft/ID`` or ``version/LAYER/VERSION``.
    Raises:
        WrongUsage: fewer, more, or not of one layer. FeatureMissing, DraftUnknown: one there is not. NothingDrawn, NotValid:
            a draft without a usable shape.
    """
    handles = list(dict.fromkeys(handle for handle in handles if handle))
    if not FEWEST <= len(handles) <= MOST:
        raise WrongUsage(value=str(len(handles)), hint="请选择 2 至 5 个版本或草案 / choose two to five")
    found = current(table.store, table.region, day)
    sides = [_side(table, handle, day) for handle in handles]
    if len({side.layer.name for side in sides}) > 1:
        raise WrongUsage(value=",".join(handles)[:80], hint="只能比较同一图层的版本 / versions of one layer only")
    sides = [sides[0], *(_against(sides[0], side) for side in sides[1:])]
    changes = [differences(sides[0].findings, side.findings) for side in sides[1:]]
    moves = [_moves(one, sides[0], side) for one, side in zip(changes, sides[1:], strict=True)]
    return Comparison(day, sides, _table(found, sides, changes), changes, _towns(found, changes), moves)


def _side(table: Table, handle: str, day: dt.date) -> Side:
    kind, _, rest = handle.partition("/")
    if kind == "draft" and rest.isdigit():
        record, layer, code, title = _draft_record(table, int(rest))
    elif kind == "version" and "/" in rest:
        record, layer, code, title = _version_record(table, *rest.split("/", 1))
    else:
        raise WrongUsage(value=handle[:80], hint="draft/1, version/no_burn_zones/NBZ-01@2019-09-01#1")
    frames = recorded_frames(table.store)
    placed = frames | {layer.name: _placed(frames[layer.name], layer, code, record)}
    judged = run(frames_from(placed), day, table.region)
    shape, metres = record["geometry_map"], record["geometry"]
    grade = str(record.get(layer.style_by) or "") if layer.style_by else ""
    area, grades = float(shapely.area(metres)) / 1e6, _grades(layer, placed[layer.name], day)
    return Side(handle, title, layer, code, shape, geojson(shape), judged, area, grade, grades)


def _grades(layer: Layer, frame: pd.DataFrame, day: dt.date) -> dict[str, str]:
    """Code → class of the zones in force on a day."""
    if not layer.style_by:
        return {}
    rows = zip(frame[layer.key], frame[layer.style_by], frame["valid_from"], frame["valid_to"], strict=True)
    return {str(code): str(grade or "") for code, grade, start, end in rows
            if (start or dt.date.min) <= day <= (end or dt.date.max)}  # fmt: skip


def _draft_record(table: Table, number: int) -> tuple[dict[str, Any], Layer, str, str]:
    with table.store.read() as connection:
        found = draft_for(connection, number)
        sketch = now_of(connection, found).sketch
    layer = drawn_layer(table.principal, found.layer)
    if sketch.geometry is None:
        raise NothingDrawn()
    if not shapely.is_valid(sketch.geometry):
        raise not_valid(sketch.geometry)
    lives = history.lives(table.store, layer, found.code).to_dict("records")
    base: dict[str, Any] = next((row for row in lives if row["version"] == found.base_version), {})
    first = {"effective_from": base.get("effective_from")} if layer.zone else {}  # until it states a day of its own
    stated = {c.name: _cell(c, sketch.props[c.name]) for c in layer.columns if c.name in sketch.props}
    cells = first | stated | {layer.key: found.code}
    metres = in_metres(sketch.geometry, table.region)
    shapes = {"geometry_map": sketch.geometry, "geometry_filed": sketch.geometry, "geometry": metres}
    return cells | shapes | {"version": f"draft {number}"}, layer, found.code, f"{found.name} #{number}"


def _cell(column: Any, text: str | None) -> Any:
    try:
        return from_text(column, text)
    except ValueError:
        return None


def _version_record(table: Table, layer_name: str, version: str) -> tuple[dict[str, Any], Layer, str, str]:
    layer = drawn_layer(table.principal, layer_name)
    code = version.partition("@")[0] if "@" in version else version.rpartition("#")[0]
    frame = history.lives(table.store, layer, code)
    mine = frame[frame["version"] == version] if len(frame) else frame
    if not len(mine):
        raise FeatureMissing(layer=layer.title, what=version)
    record = mine.to_dict("records")[0]
    return record, layer, code, titled(layer, record)


def titled(layer: Layer, record: dict[str, Any]) -> str:
    """A version as people call it: name, first day, and which correction of it."""
    code, version = str(record[layer.key]), str(record["version"])
    name, number = str(record[layer.label] or code), version.rpartition("#")[2]
    since = f" {record['valid_from']}" if record.get("valid_from") else ""
    return f"{name}{since}" + ("" if number == "1" else f" #{number}")


def _placed(frame: pd.DataFrame, layer: Layer, code: str, record: dict[str, Any]) -> pd.DataFrame:
    """The layer with one record standing for its code, whatever days it was made for."""
    kept = frame[frame[layer.key] != code]
    row = {name: record.get(name) for name in frame.columns} | {"valid_from": None, "valid_to": None}
    columns = {name: pd.Series([*kept[name], row[name]], dtype=object) for name in frame.columns}
    return pd.DataFrame(columns)


def _against(first: Side, side: Side) -> Side:
    """A side with what it has more and less than the first; in degrees, where both share the vertices they were drawn with."""
    more, less = (shapely.difference(*pair) for pair in ((side.shape, first.shape), (first.shape, side.shape)))
    return dataclasses.replace(side, added=geojson(_seen(more)), removed=geojson(_seen(less)))


def _seen(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The parts of a difference that are no rounding."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > LEAST_DEGREES2]
    return polygons_of(shapely.multipolygons(parts)) if parts else None


def _table(found: Assessment, sides: list[Side], changes: list[Difference]) -> list[dict[str, Any]]:
    touched = sorted({tuple(row[name] for name in KEY) for change in changes for row in change})
    lookups = [
        {key: (v, z, o) for *key_, v, z, o in _columns(side.findings) if (key := tuple(key_)) in set(touched)} for side in sides
    ]
    names = named_facilities(found)
    rows = []
    for key in touched:
        told = [lookup.get(key, (NOT_APPLICABLE, "", "")) for lookup in lookups]
        owner = next((one[2] for one in told if one[2]), "")
        name, town = names.get(("enterprises", owner) if owner else (key[1], key[2]), ("", ""))
        rows.append(
            dict(zip(KEY, key, strict=True)) | {"enterprise_code": owner, "name": name, "town": town,
                                               "sides": [(verdict, zone, side.grades.get(zone, ""))
                                                         for side, (verdict, zone, _) in zip(sides, told, strict=True)]}
        )  # fmt: skip
    return rows


def _columns(findings: pd.DataFrame) -> Any:
    return findings[[*KEY, "verdict", "zone_code", "enterprise_code"]].itertuples(index=False)


def _towns(found: Assessment, changes: list[Difference]) -> dict[str, list[tuple[int, int]]]:
    names = named_facilities(found)
    made: dict[str, list[tuple[set[str], set[str]]]] = {}
    for position, change in enumerate(changes):
        for place, rows in enumerate((change.entering, change.leaving)):
            for row in rows:
                owner = row["enterprise_code"]
                _, town = names.get(owner_of(row), ("", ""))
                sides = made.setdefault(town or "—", [(set(), set()) for _ in changes])
                sides[position][place].add(owner or row["subject_code"])
    return {town: [(len(more), len(less)) for more, less in sides] for town, sides in sorted(made.items())}


def _moves(change: Difference, first: Side, side: Side) -> dict[tuple[str, str, str, str], int]:
    """Transitions by verdict, and where the verdict stays by class."""
    found: dict[tuple[str, str, str, str], int] = {}
    for row in change:
        verdicts = row["verdict_before"], row["verdict_after"]
        grades = first.grades.get(row["zone_before"], ""), side.grades.get(row["zone_after"], "")
        if verdicts[0] != verdicts[1] or grades[0] == grades[1]:
            grades = "", ""
        found[(*verdicts, *grades)] = found.get((*verdicts, *grades), 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))


_HEADS = (
    ("规则", "对象", "编号", "企业编号", "名称", "乡镇"),
    ("rule", "subject", "code", "enterprise", "name", "town"),
)


def comparison_xlsx(made: Comparison, english: bool = False) -> bytes:
    """The transition table as a workbook."""
    heads = _HEADS[int(english)]
    zone = "zone" if english else "区域"
    titles = [*heads, *(title for side in made.sides for title in (side.title, f"{side.title} {zone}"))]
    rows = []
    for row in made.table:
        told = [text for verdict, zone, _ in row["sides"] for text in (TITLES[verdict][int(english)], zone)]
        fixed = (row["rule"], row["subject_layer"], row["subject_code"], row["enterprise_code"], row["name"], row["town"])
        rows.append([*fixed, *told])
    return xlsx_bytes(titles, rows, "compare" if english else "比对")
