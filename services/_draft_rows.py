"""A drawn zone as rows of its layer: which version it corrects or begins, when each version ends."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from geo.change import Change
from layers._layer import Layer
from services._drawing import Drawing, DrawingRefused
from store.features import last_days

Record = dict[str, Any]
"""One version of one zone: canonical columns, geometry, version, valid_from, valid_to."""
EXTRAS = ("geometry", "version", "valid_from", "valid_to")
SILENT = ("geometry", "version", "doc_no", "stated_area_km2", "is_demo", "effective_to")
"""Columns that change no verdict (the last day in force is valid_to)."""


class DeadlineBeforeStart(DrawingRefused):
    """A deadline for existing units that lies before the zone comes into force."""

    zh = "已建设施限期 {deadline} 早于施行日期 {start}，请核对两个日期。"
    en = "The deadline {deadline} for existing units lies before the first day in force {start}; check both dates."


class EndBeforeStart(DrawingRefused):
    """A zone that ends before it begins."""

    zh = "有效期至 {end} 早于施行日期 {start}，该区域从未生效，请核对两个日期。"
    en = "The last day in force {end} lies before the first {start}: the zone would never be in force; check both dates."


class TwoInForce(DrawingRefused):
    """Two versions of one zone in force on one day."""

    zh = "“{code}”在 {start} 已有另一版本生效，而本版本有效期至 {end}，同一天不能有两个版本，请改有效期或施行日期。"
    en = (
        "Another version of “{code}” comes into force on {start} while this one lasts to {end}: no day may have two "
        "versions in force; change the dates."
    )


class ColumnNeeded(DrawingRefused):
    """A new zone without a column that every zone of its layer has."""

    zh = "新区域须写明“{title}”（{name}）。"
    en = "A new zone needs “{title_en}” ({name})."


class RepealUnknown(DrawingRefused):
    """A zone to repeal that is not recorded."""

    zh = "要废止的区域“{code}”不存在，请核对编号。"
    en = "The zone “{code}” to be repealed does not exist; check its code."


class ZoneTable:
    """The recorded versions of one layer, by code."""

    def __init__(self, layer: Layer, frame: pd.DataFrame) -> None:
        self.layer = layer
        dated = layer.zone
        self.names = [*(column.name for column in layer.columns), *(EXTRAS if dated else EXTRAS[:2])]
        self._columns = {name: frame[name].to_numpy(dtype=object) for name in self.names}
        self._at: dict[str, list[int]] = {}
        for place, code in enumerate(self._columns[layer.key]):
            self._at.setdefault(str(code), []).append(place)
        self._records: dict[str, list[Record]] = {}
        self._last: tuple[list[tuple[Any, ...]], pd.DataFrame] = [], pd.DataFrame()

    def records(self, code: str) -> list[Record]:
        """Every version of a code, the first one first; the same objects each time."""
        if code not in self._records:
            rows = self._at.get(code, [])
            found = [{name: self._columns[name][row] for name in self.names} for row in rows]
            self._records[code] = sorted(found, key=lambda r: r.get("valid_from") or dt.date.min)
        return self._records[code]

    @property
    def codes(self) -> list[str]:
        """Every code."""
        return list(self._at)

    def frame(self, altered: dict[str, list[Record]]) -> pd.DataFrame:
        """All versions with those of some codes replaced; the last frame again where only drawings differ."""
        rows = [record for records in altered.values() for record in records]
        texts = [tuple(record[name] for name in self.names if name != "geometry") for record in rows]
        frame = self._last[1] if self._last[0] == texts else self._built(altered, rows)
        shapes = np.empty(len(frame), dtype=object)
        shapes[: len(frame) - len(rows)] = frame["geometry"].to_numpy(dtype=object)[: len(frame) - len(rows)]
        shapes[len(frame) - len(rows) :] = [record["geometry"] for record in rows]
        frame = frame.assign(geometry=pd.Series(shapes, dtype=object))
        self._last = texts, frame
        return frame

    def _built(self, altered: dict[str, list[Record]], rows: list[Record]) -> pd.DataFrame:
        """The rows of other codes, then those altered."""
        keep = np.ones(len(self._columns[self.layer.key]), dtype=np.bool_)
        for code in altered:
            keep[self._at.get(code, [])] = False
        made = {}
        for name in self.names:
            added = np.empty(len(rows), dtype=object)
            added[:] = [record[name] for record in rows]
            made[name] = pd.Series(np.concatenate([self._columns[name][keep], added]), dtype=object)
        return pd.DataFrame(made)

    @cached_property
    def judged_names(self) -> tuple[str, ...]:
        """Columns whose change may change a verdict without any change of the drawing."""
        return tuple(name for name in self.names if name not in SILENT and name != self.layer.label)


def in_force_among(records: list[Record], day: dt.date) -> Record | None:
    """The version in force on a day (both ends inclusive); the only one of a layer without dates."""
    for record in records:
        start, end = record.get("valid_from"), record.get("valid_to")
        if (start is None or start <= day) and (end is None or day <= end):
            return record
    return None


def altered_by(table: ZoneTable, drawing: Drawing, day: dt.date) -> dict[str, list[Record]]:
    """The versions of every code that a drawing changes, as they would stand once it is published.

    As an import would have it: the same first day is a correction, another one a version that ends the former.

    Raises:
        DeadlineBeforeStart, EndBeforeStart, TwoInForce, ColumnNeeded, RepealUnknown.
    """
    records = table.records(drawing.code)
    base = in_force_among(records, day) or (records[-1] if records else None)
    row = _merged(table, drawing, base)
    _check(table.layer, drawing, row)
    if not table.layer.zone:
        return {drawing.code: [row]}
    start = row["effective_from"]
    _check_following(drawing, row, records)
    line = {record["valid_from"]: record for record in records} | {start: row}
    ends = last_days({first: record["effective_to"] for first, record in line.items()})
    altered = {drawing.code: [_lasting(line[first], end) for first, end in ends.items()]}
    for code in drawing.repeals:
        altered[code] = _repealed(table, code, start or day)
    return altered


def _merged(table: ZoneTable, drawing: Drawing, base: Record | None) -> Record:
    """The drawn version: what the request says, else what the version it redraws says."""
    layer = table.layer
    row: Record = dict.fromkeys(table.names) | (base or {}) | drawing.props
    row[layer.key], row["geometry"] = drawing.code, drawing.judging
    if layer.zone:
        fresh = base is None or row["effective_from"] != base["effective_from"]
        if fresh and "effective_to" not in drawing.props:
            row["effective_to"] = None
        row["valid_from"], row["valid_to"] = row["effective_from"], row["effective_to"]
    row["version"] = f"{drawing.code}@draft"
    return row


def _check(layer: Layer, drawing: Drawing, row: Record) -> None:
    for column in layer.columns:
        if column.required and row[column.name] is None:
            raise ColumnNeeded(title=column.title, title_en=column.title_en, name=column.name)
    start, end, deadline = (row.get(name) for name in ("effective_from", "effective_to", "existing_deadline"))
    stated = drawing.props
    if start and end and end < start:
        raise EndBeforeStart(start=start, end=end)
    if start and deadline and deadline < start and stated.keys() & {"effective_from", "existing_deadline"}:
        raise DeadlineBeforeStart(start=start, deadline=deadline)


def _check_following(drawing: Drawing, row: Record, records: list[Record]) -> None:
    """An end that is stated may not reach into a version that comes later."""
    end, start = drawing.props.get("effective_to"), row["effective_from"]
    for record in records:
        following = record["valid_from"]
        if end and following and following <= end and (start is None or following > start):
            raise TwoInForce(code=drawing.code, start=following, end=end)


def _lasting(record: Record, end: dt.date | None) -> Record:
    """The same version with that last day; the same object where it has it already."""
    return record if record["valid_to"] == end else record | {"valid_to": end}


def _repealed(table: ZoneTable, code: str, start: dt.date) -> list[Record]:
    records = table.records(code)
    if not records:
        raise RepealUnknown(code=code[:60])
    last, kept = start - dt.timedelta(days=1), []
    for record in records:
        first, end = record["valid_from"], record["valid_to"]
        if first is None or first <= last:
            record = _lasting(record, last if end is None or end > last else end)
        kept.append(record)
    return kept


def changes(table: ZoneTable, before: dict[str, list[Record]], after: dict[str, list[Record]]) -> list[Change]:
    """What two states of a layer differ in; codes that a state does not name stand as recorded."""
    found = []
    for code in dict.fromkeys((*before, *after)):
        old = {record.get("valid_from"): record for record in before.get(code, table.records(code))}
        new = {record.get("valid_from"): record for record in after.get(code, table.records(code))}
        for first in dict.fromkeys((*old, *new)):
            found += _change(table, old.get(first), new.get(first))
    return found


def _change(table: ZoneTable, old: Record | None, new: Record | None) -> list[Change]:
    if old is new:
        return []
    shapes = tuple(None if record is None else record["geometry"] for record in (old, new))
    whole = bool(old and new) and any(old[name] != new[name] for name in table.judged_names)  # type: ignore[index]  # both are there
    return [Change(shapes[0], shapes[1], whole)]
