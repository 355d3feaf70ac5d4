"""What a draft would be as a legal record: everything that stands in the way, and what it would change."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo.errors import BlueSkyError, Refused
from geo.raw import RawTable
from geo.region import Region
from layers._conform import Conformed, ConformOptions, conform
from layers._layer import Layer
from rules._frames import frames_from
from rules._run import run
from services._drawing import drawing_of
from services._named import with_names
from services.assess import current, recorded_frames
from services.case_words import FOUND
from services.differences import Difference, differences
from services.doctor import checkup
from services.drafts import Table, draft_for, now_of
from services.scope import layer_for
from services.sketches import EXTRA_PROPS, geojson
from store import changes, features
from store.drafts import Draft, Sketch
from store.foreseen import foreseen


class NothingDrawn(Refused):
    """A draft without a geometry."""

    zh = "草案还没有图形，请先绘制范围。"
    en = "The draft has no geometry yet; draw it first."


class TopologyError(Refused):
    """An error that the topology doctor finds."""

    zh = "图形检查未通过：{zh}。请修正后再发布，草案保持原样。"
    en = "The topology check failed: {en}. Mend it before publishing; the draft stays as it was."


class RecordUnread(Refused):
    """A fact of the record that is none: an unknown class, a day that is no day."""

    zh = "“{title}”填写的“{value}”无法识别：{reason}，请改正。"
    en = "“{title_en}”: “{value}” is not understood ({reason_en}); correct it."


class RecordMissing(Refused):
    """A fact that every publication has to state."""

    zh = "发布前请填写“{title}”。"
    en = "State “{title_en}” before publishing."


class RepealUnknown(Refused):
    """A zone to be repealed that is not in force."""

    zh = "要废止的区域“{code}”在 {day} 并不有效，请检查“废止的区域”。"
    en = "The zone “{code}” that is to be repealed is not in force on {day}; check the zones repealed."


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
    cells = {layer.key: code} | {name: text for name, text in sketch.props.items() if name != "repeals"} | (extra or {})
    shapes = np.empty(1, dtype=object)
    shapes[0] = sketch.geometry
    frame = pd.DataFrame([list(cells.values())], columns=list(cells), dtype=object)
    raw = RawTable(frame, [1], shapes, region.map_crs, True, "utf-8", "draft")
    return conform(raw, layer, region, ConformOptions(region.map_crs))


def shape_faults(table: Table, layer_name: str, code: str, sketch: Sketch) -> list[BlueSkyError]:
    """What is wrong with a drawn shape so that it cannot be law; looked at before a transaction, it takes its time."""
    if sketch.geometry is None or shapely.is_empty(sketch.geometry):
        return [NothingDrawn()]
    body = {"layer": layer_name, "code": code, "geometry": geojson(sketch.geometry)}
    asked, today = json.dumps(body).encode(), table.region.today()
    try:
        drawing_of(table.principal, table.region, body)
        issues = checkup(table.store, table.region, table.principal, asked, today)["issues"]
    except BlueSkyError as fault:
        return [fault]
    errors = [issue for issue in issues if issue["severity"] == "error" and issue["state"] == "new"]
    return [TopologyError(zh=issue["text"], en=issue["text_en"]) for issue in errors]


def record_faults(table: Table, connection: Connection, found: Draft, sketch: Sketch) -> list[BlueSkyError]:
    """What is wrong with a draft's legal record."""
    layer = layer_for(table.principal, found.layer)
    missing = ("effective_from", "doc_no") if layer.zone else ()
    required = [c for c in layer.columns if c.name in missing or (c.required and c.name != layer.key)]
    unsaid = [c for c in required if not sketch.props.get(c.name)]
    wrong: list[BlueSkyError] = [RecordMissing(title=c.title, title_en=c.title_en) for c in unsaid]
    if wrong or sketch.geometry is None or not shapely.is_valid(sketch.geometry):
        return wrong
    made = conformed(layer, table.region, found.code, sketch)
    wrong += _record_faults(layer, sketch, made)
    if not wrong and layer.zone:
        wrong += _day_faults(connection, layer, found, made.frame.iloc[0])
    return wrong


def _record_faults(layer: Layer, sketch: Sketch, made: Conformed) -> list[BlueSkyError]:
    """Values that were not understood, and whatever holds the row back."""
    wrong: list[BlueSkyError] = []
    for fault in made.faults:
        known = fault.column in sketch.props and fault.column in made.frame
        unread = known and len(made.frame) and made.frame.iloc[0][fault.column] is None
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
        rows: the changes by name (``services._named.with_names``), those entering first.
    """

    day: dt.date
    changes: Difference
    opened: int = 0
    updated: int = 0
    closed: int = 0
    wrong: tuple[BlueSkyError, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()


def foresee(table: Table, number: int, day: dt.date | None = None) -> Foresight:
    """The exact change publishing a draft would make, worked out by two whole assessments; nothing is stored.

    Args:
        day: of judgement; by default the first day in force, or today if that is later.
    """
    with table.store.read() as connection:
        found = draft_for(connection, number)
        layer, sketch = layer_for(table.principal, found.layer), now_of(connection, found).sketch
        wrong = shape_faults(table, layer.name, found.code, sketch) or record_faults(table, connection, found, sketch)
        if wrong:
            return Foresight(day or table.region.today(), Difference(), wrong=tuple(wrong))
        try:
            made = whole(connection, layer, table.region, found, sketch)
        except RepealUnknown as fault:
            return Foresight(day or table.region.today(), Difference(), wrong=(fault,))
        plan = features.plan(connection, layer, made.frame)
        number_then = changes.revision(connection, layer.name) + 1
        frame = foreseen(connection, layer, plan, number_then, changes.moment(connection))
    start = made.frame.iloc[0]["effective_from"] if layer.zone else None
    then = day or max(start or dt.date.min, table.region.today())
    drawn = {found.code: sketch.props.get(layer.label) or found.name}
    return _compared(table, layer.name, frame, then, drawn)


def whole(connection: Connection, layer: Layer, region: Region, found: Draft, sketch: Sketch) -> Conformed:
    """All rows that publishing a draft records: its own, and those of the zones it repeals, which end the day before.

    Raises:
        RepealUnknown: a zone that is not in force on that day.
    """
    made = conformed(layer, region, found.code, sketch, {"draft": str(found.id)})
    codes = [code for code in sketch.props.get("repeals", "").split(";") if code and code != found.code]
    if not codes or not layer.zone:
        return made
    start = made.frame.iloc[0]["effective_from"]
    frame = features.read_versions(connection, layer)
    ended = []
    for code in codes:
        mine = [row for row in frame[frame[layer.key] == code].to_dict("records") if _stands(row, start)]
        if not mine:
            raise RepealUnknown(code=code, day=start)
        ended.append(mine[-1] | {"effective_to": start - dt.timedelta(days=1)})
    columns = {name: pd.Series([*made.frame[name], *(row.get(name) for row in ended)], dtype=object) for name in made.frame}
    return dataclasses.replace(made, frame=pd.DataFrame(columns), rows_in=made.rows_in + len(ended))


def _stands(row: dict[str, Any], start: dt.date) -> bool:
    """Whether a version is in force on the day before another begins and would be on the day itself."""
    return (row["valid_from"] or dt.date.min) < start <= (row["valid_to"] or dt.date.max)


def _compared(table: Table, layer_name: str, frame: pd.DataFrame, day: dt.date, drawn: dict[str, str]) -> Foresight:
    now = current(table.store, table.region, day)
    after = run(frames_from(recorded_frames(table.store) | {layer_name: frame}), day, table.region)
    was, will = _tasked(now.findings), _tasked(after)
    both = {key for key in was.keys() & will.keys() if was[key] != will[key]}
    made = differences(now.findings, after)
    opened, closed = len(will.keys() - was.keys()), len(was.keys() - will.keys())
    return Foresight(day, made, opened, len(both), closed, rows=tuple(with_names(now, made, drawn)))


def _tasked(findings: pd.DataFrame) -> dict[tuple[str, str], set[tuple[str, ...]]]:
    """What tasks rest on, by facility: an enterprise, or the subject itself."""
    found: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    rows = findings[findings["verdict"].isin(FOUND)]
    columns = ("subject_layer", "subject_code", "enterprise_code", "rule", "verdict", "due_on", "zone_code")
    for layer, code, owner, *told in rows[list(columns)].itertuples(index=False):
        key = ("enterprises", owner) if owner else (layer, code)
        found.setdefault(key, set()).add((layer, code, *told))
    return found


__all__ = ["EXTRA_PROPS", "Foresight", "conformed", "foresee", "record_faults", "shape_faults", "whole"]
