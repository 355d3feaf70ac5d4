"""What a draft would be as a legal record: everything that stands in the way, and what it would change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo import crs as systems
from geo.errors import BlueSkyError, Refused
from geo.raw import RawTable
from geo.region import Region
from geo.repair import why_invalid
from layers._conform import Conformed, ConformOptions, conform
from layers._layer import Layer
from rules._frames import frames_from
from rules._run import run
from services.assess import assess, recorded_frames
from services.case_words import FOUND
from services.differences import Difference, differences
from services.drafts import Table, draft_for, now_of
from services.mapdata import base_geojson
from services.scope import layer_for
from services.sketches import EXTRA_PROPS, in_metres
from store import changes, features
from store.drafts import Draft, Sketch
from store.foreseen import foreseen

LEAST_M2, OUTSIDE_M2 = 100.0, 100.0
"""Smaller than this is no zone; more than this outside the county is an error."""


class NothingDrawn(Refused):
    """A draft without a geometry."""

    zh = "草案还没有图形，请先绘制范围。"
    en = "The draft has no geometry yet; draw it first."


class ShapeInvalid(Refused):
    """A geometry that crosses itself, or is invalid otherwise."""

    zh = "图形无效：{zh}。请撤销或修正后再发布，草案保持原样。"
    en = "The geometry is invalid: {en}. Undo or mend it before publishing; the draft stays as it was."


class ShapeTooSmall(Refused):
    """A geometry without an area worth the name."""

    zh = "图形没有面积（{m2} 平方米），请重新绘制。"
    en = "The geometry has no area ({m2} m²); draw it anew."


class OutsideCounty(Refused):
    """A geometry that leaves the county."""

    zh = "图形超出县界 {km2} 平方公里，请裁剪到县界以内。"
    en = "The geometry leaves the county by {km2} km²; clip it to the county line."


class RecordUnread(Refused):
    """A fact of the record that is none: an unknown class, a day that is no day."""

    zh = "“{title}”填写的“{value}”无法识别：{reason}，请改正。"
    en = "“{title_en}”: “{value}” is not understood ({reason_en}); correct it."


class RecordMissing(Refused):
    """A fact that every publication has to state."""

    zh = "发布前请填写“{title}”。"
    en = "State “{title_en}” before publishing."


class DeadlineEarly(Refused):
    """A deadline before the zone is in force."""

    zh = "已建设施限期 {deadline} 早于施行日期 {start}，请改正其中一个。"
    en = "The deadline {deadline} lies before the first day in force {start}; correct one of them."


class TwoInForce(Refused):
    """Another version of the zone begins on the same day."""

    zh = "该区域已有 {day} 起施行的版本，同一天不能有两个版本，请另选施行日期或先撤回那一版。"
    en = "A version of this zone already begins on {day}; two cannot be in force at once. Choose another day or withdraw it."


def conformed(layer: Layer, region: Region, code: str, sketch: Sketch, extra: dict[str, str] | None = None) -> Conformed:
    """A draft's sketch as a row of its layer, read as any import is."""
    cells = {layer.key: code} | sketch.props | (extra or {})
    shapes = np.empty(1, dtype=object)
    shapes[0] = sketch.geometry
    frame = pd.DataFrame([list(cells.values())], columns=list(cells), dtype=object)
    raw = RawTable(frame, [1], shapes, region.map_crs, True, "utf-8", "draft")
    return conform(raw, layer, region, ConformOptions(region.map_crs))


def faults(table: Table, connection: Connection, found: Draft, sketch: Sketch) -> list[BlueSkyError]:
    """Everything that stands in the way of publishing, as sentences; empty when nothing does."""
    layer = layer_for(table.principal, found.layer)
    wrong = _shape_faults(table.region, sketch.geometry)
    missing = ("effective_from", "doc_no") if layer.zone else ()
    required = [c for c in layer.columns if c.name in missing or (c.required and c.name != layer.key)]
    unsaid = [c for c in required if not sketch.props.get(c.name)]
    wrong += [RecordMissing(title=c.title, title_en=c.title_en) for c in unsaid]
    if wrong:
        return wrong
    made = conformed(layer, table.region, found.code, sketch)
    wrong += _record_faults(layer, sketch, made)
    if not wrong and layer.zone:
        wrong += _day_faults(connection, layer, found, made.frame.iloc[0])
    return wrong


def _shape_faults(region: Region, shape: shapely.Geometry | None) -> list[BlueSkyError]:
    if shape is None or shapely.is_empty(shape):
        return [NothingDrawn()]
    if not shapely.is_valid(shape):
        reason, reason_en = why_invalid(shape)
        return [ShapeInvalid(zh=reason, en=reason_en)]
    metres = in_metres(shape, region)
    if shapely.area(metres) < LEAST_M2:
        return [ShapeTooSmall(m2=f"{shapely.area(metres):.1f}")]
    outside = float(shapely.area(shapely.difference(metres, county_of(region))))
    return [OutsideCounty(km2=f"{outside / 1e6:.4f}")] if outside > OUTSIDE_M2 else []


def county_of(region: Region) -> shapely.Geometry:
    """The county in judging metres."""
    found = [f for f in base_geojson(region)["features"] if f["properties"]["kind"] == "county"]
    shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in found], dtype=object)
    return shapely.union_all(systems.to_judging(shapes, region.map_crs, region.judging_crs))


def _record_faults(layer: Layer, sketch: Sketch, made: Conformed) -> list[BlueSkyError]:
    """Values that were not understood, and whatever holds the row back."""
    wrong: list[BlueSkyError] = []
    for fault in made.faults:
        unread = len(made.frame) and fault.column in sketch.props and made.frame.iloc[0][fault.column] is None
        if fault.row is None or (fault.severity == "warning" and not unread):
            continue
        named = next((c for c in layer.columns if c.name == fault.column), None)
        title, title_en = (named.title, named.title_en) if named else (layer.title, layer.title_en)
        facts = {"reason": fault.reason, "reason_en": fault.reason_en, "value": fault.value or ""}
        wrong.append(RecordUnread(title=title, title_en=title_en, **facts))
    return wrong


def _day_faults(connection: Connection, layer: Layer, found: Draft, row: Any) -> list[BlueSkyError]:
    start, deadline = row["effective_from"], row.get("existing_deadline")
    wrong: list[BlueSkyError] = []
    if deadline is not None and start is not None and deadline < start:
        wrong.append(DeadlineEarly(deadline=deadline, start=start))
    frame = features.read_versions(connection, layer)
    if start in set(frame[frame[layer.key] == found.code]["valid_from"]):
        wrong.append(TwoInForce(day=start))
    return wrong


@dataclass(frozen=True)
class Foresight:
    """What publishing would change.

    Attributes:
        day: on which verdicts are compared: the first day in force, or today if that is later.
        changes: verdicts that change. opened, updated, closed: facilities whose tasks would.
        wrong: sentences of what stands in the way; where there are any, nothing is compared.
    """

    day: dt.date
    changes: Difference
    opened: int = 0
    updated: int = 0
    closed: int = 0
    wrong: tuple[BlueSkyError, ...] = ()


def foresee(table: Table, number: int, day: dt.date | None = None, strict: bool = True) -> Foresight:
    """The exact change publishing a draft would make, worked out by two whole assessments; nothing is stored.

    Args:
        day: of judgement. strict: the record has to be whole; else what it does not state yet is taken as of today.
    """
    with table.store.read() as connection:
        found = draft_for(connection, number)
        layer, sketch = layer_for(table.principal, found.layer), now_of(connection, found).sketch
        if not strict and layer.zone:
            assumed = {"effective_from": table.region.today().isoformat(), "doc_no": "—"}
            sketch = Sketch(sketch.geometry, assumed | sketch.props, sketch.units)
        wrong = faults(table, connection, found, sketch)
        if wrong:
            return Foresight(day or table.region.today(), Difference(), wrong=tuple(wrong))
        made = conformed(layer, table.region, found.code, sketch, extra_of(found, sketch))
        plan = features.plan(connection, layer, made.frame)
        number_then = changes.revision(connection, layer.name) + 1
        frame = foreseen(connection, layer, plan, number_then, changes.moment(connection))
    start = made.frame.iloc[0]["effective_from"] if layer.zone else None
    then = day or max(start or dt.date.min, table.region.today())
    return _compared(table, layer.name, frame, then)


def extra_of(found: Draft, sketch: Sketch) -> dict[str, str]:
    """Attributes of a version that no column holds: the draft it comes from."""
    return {"draft": str(found.id)}


def _compared(table: Table, layer_name: str, frame: pd.DataFrame, day: dt.date) -> Foresight:
    before = assess(table.store, table.region, day).findings
    after = run(frames_from(recorded_frames(table.store) | {layer_name: frame}), day, table.region)
    was, will = _tasked(before), _tasked(after)
    both = {key for key in was.keys() & will.keys() if was[key] != will[key]}
    return Foresight(day, differences(before, after), len(will.keys() - was.keys()), len(both), len(was.keys() - will.keys()))


def _tasked(findings: pd.DataFrame) -> dict[tuple[str, str], set[tuple[str, ...]]]:
    """What tasks rest on, by facility: an enterprise, or the subject itself."""
    found: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    rows = findings[findings["verdict"].isin(FOUND)]
    columns = ("subject_layer", "subject_code", "enterprise_code", "rule", "verdict", "due_on", "zone_code")
    for layer, code, owner, *told in rows[list(columns)].itertuples(index=False):
        key = ("enterprises", owner) if owner else (layer, code)
        found.setdefault(key, set()).add((layer, code, *told))
    return found


__all__ = ["EXTRA_PROPS", "Foresight", "conformed", "county_of", "extra_of", "faults", "foresee"]
