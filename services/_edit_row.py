"""One row of a layer while it is edited: what of it may be changed, and what somebody typed, conformed as an import is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.raw import RawTable
from geo.region import Region
from layers._cells import to_text
from layers._conform import Conformed, Fault, conform
from layers._conform_values import is_missing
from layers._find import load_layers
from layers._layer import Column, Layer
from layers._sets import POSITION_COLUMNS
from services.scope import Principal, may

EDITED_GROUPS = ("facilities", "monitoring")
PLACE = tuple(column.name for column in POSITION_COLUMNS if column.name != "accuracy_m")
"""Columns that say where a row is."""
LONGEST = 2000
GROUPS = ("basic", "place", "state", "numbers", "dates", "people")
"""Parts of the form, in their order."""
_BY_KIND = {
    "enum": "state", "enum_list": "state", "number": "numbers", "percent": "numbers", "date": "dates", "datetime": "dates",
}  # fmt: skip
_SHAPES = ("geometry_filed", "crs_filed", "geometry_map", "geometry")
_TOO_LONG = ("超过 2000 个字符，请缩短。", "Longer than 2000 characters; shorten it.")


@dataclass(frozen=True)
class Row:
    """A recorded row, or a new one with what is known of it already.

    Attributes:
        key, version: empty for a new row. texts: canonical texts by column. record: cells and geometries as recorded.
    """

    layer: Layer
    key: str
    version: str
    texts: dict[str, str]
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether it is not in the layer yet."""
        return not self.version

    @property
    def shaped(self) -> bool:
        """Whether its place is a polygon, which only a file can change."""
        shape = self.record.get("geometry_filed")
        return shape is not None and shape.geom_type != "Point"


@dataclass(frozen=True)
class Told:
    """One sentence about a field, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Changed:
    """One column with its canonical texts before and after."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Draft:
    """What somebody typed, read.

    Attributes:
        typed: texts as typed, by column. changed: what differs from the row. faults: by column (``position`` for the
            place); with any nothing can be stored. remarks: what is odd and may stay. conformed: the row to record.
    """

    row: Row
    typed: dict[str, str]
    changed: list[Changed]
    faults: dict[str, list[Told]]
    remarks: dict[str, list[Told]]
    conformed: Conformed

    @property
    def key(self) -> str:
        """The key the row has, or will have."""
        return self.row.key or (str(self.record[self.row.layer.key]) if len(self.conformed.frame) else "")

    @property
    def record(self) -> dict[str, Any]:
        """The row to record: cells and geometries."""
        return dict(self.conformed.frame.to_dict("records")[0])


def editable(layer: Layer) -> bool:
    """Whether rows of a layer are edited one by one: no legal record, no part of the base map."""
    return layer.group in EDITED_GROUPS and not layer.zone and not layer.series


def edited_layers() -> dict[str, Layer]:
    """The layers whose rows are edited one by one."""
    return {name: layer for name, layer in load_layers().items() if editable(layer)}


def group_of(column: Column) -> str:
    """The part of the form a column belongs to."""
    if any(column.name == one.name for one in POSITION_COLUMNS):
        return "place"
    return "people" if column.personal else _BY_KIND.get(column.kind, "basic")


def columns_of(row: Row, principal: Principal) -> list[Column]:
    """The columns somebody may change; personal ones need their right, the place of a polygon needs a file."""
    return [
        column
        for column in row.layer.columns
        if (may(principal, "personal") or not column.personal)
        and not (column.name in PLACE and row.shaped)
        and not (column.name == row.layer.key and not row.is_new)
    ]


def texts_of(layer: Layer, record: Mapping[str, Any]) -> dict[str, str]:
    """The canonical text of every column of a row."""
    return {column.name: to_text(column, record[column.name]) for column in layer.columns}


def read(row: Row, typed: Mapping[str, str], region: Region, principal: Principal) -> Draft:
    """Read what was typed exactly as an import reads a file of one row; what nobody touched stays as recorded.

    Args:
        typed: column → text; columns that are absent stay as they are.
    """
    shown = {column.name: _plain(typed.get(column.name, row.texts[column.name])) for column in columns_of(row, principal)}
    touched = {name for name, text in shown.items() if not _same(row.layer.column(name), text, row.texts[name])}
    cells = {name: _ordered(row, name, shown[name]) if name in touched else text for name, text in row.texts.items()}
    strange = "crs" in touched and cells["crs"] not in ("", *region.plane_crs)
    cells |= {"crs": ""} if strange else {}
    conformed = conform(_table(row, cells), row.layer, region)
    conformed = _kept(row, conformed, touched)
    faults, remarks = _sorted_faults(row, conformed, touched, cells)
    for name in touched:
        if len(cells[name]) > LONGEST:
            faults.setdefault(name, []).append(Told(*_TOO_LONG))
    if strange:
        choices = "、".join(region.plane_crs)
        faults["crs"] = [Told(f"请从可用的坐标系中选择：{choices}。", f"Choose one of {choices}.")]
    return Draft(row, shown, _changed(row, conformed), faults, remarks, conformed)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _same(column: Column, typed: str, stored: str) -> bool:
    if column.kind == "enum_list":
        return _parts(typed) == _parts(stored)
    return typed == _plain(stored)


def _parts(text: str) -> set[str]:
    return {part for part in text.split(";") if part}


def _ordered(row: Row, name: str, text: str) -> str:
    """Boxes tell no order: what was there keeps its place (main fuel first), the rest follows."""
    if row.layer.column(name).kind != "enum_list":
        return text
    before = [part for part in row.texts[name].split(";") if part in _parts(text)]
    return ";".join([*before, *(part for part in text.split(";") if part and part not in before)])


def _table(row: Row, cells: Mapping[str, str]) -> RawTable:
    frame = pd.DataFrame({name: pd.Series([text or None], dtype=object) for name, text in cells.items()})
    if not row.shaped:
        return RawTable(frame, [1])
    shapes = np.empty(1, dtype=object)
    shapes[0] = shapely.force_2d(row.record["geometry_filed"])
    return RawTable(frame, [1], shapes, row.record["crs_filed"], crs_declared=True)


def _kept(row: Row, conformed: Conformed, touched: set[str]) -> Conformed:
    """Put back, byte for byte, what nobody touched: cells, position as filed, unknown columns of its file."""
    if row.is_new or conformed.frame.empty:
        return conformed
    frame = conformed.frame.copy()
    moved = any(to_text(row.layer.column(name), frame[name].iloc[0]) != row.texts[name] for name in PLACE if name in frame)
    names = [column.name for column in row.layer.columns if column.name not in touched]
    if not moved or row.shaped:
        names += _SHAPES
    elif "accuracy_m" in names:
        names.remove("accuracy_m")  # whole seconds have their own
    for name in (*names, "row", "extra"):
        cell = np.empty(1, dtype=object)
        cell[0] = row.record[name]
        frame[name] = pd.Series(cell, index=frame.index, dtype=object)
    return dataclasses.replace(conformed, frame=frame)


def _sorted_faults(
    row: Row, conformed: Conformed, touched: set[str], cells: Mapping[str, str]
) -> tuple[dict[str, list[Told]], dict[str, list[Told]]]:
    """What forbids storing, and what is only odd. A form, unlike a file, can be asked again: what is unreadable goes back."""
    faults: dict[str, list[Told]] = {}
    remarks: dict[str, list[Told]] = {}
    placing = bool(touched & set(PLACE))
    for fault in conformed.faults:
        name = fault.column or "position"
        anchor = name if name in row.texts else "position"
        concerned = name in touched or (anchor == "position" and placing) or _crosses(row, name, touched)
        if fault.severity == "warning" and not concerned:
            continue
        lost = fault.severity != "warning" or _is_lost(row, conformed, anchor, cells)
        (faults if lost else remarks).setdefault(anchor, []).append(_told(fault, lost))
    return faults, remarks


def _crosses(row: Row, name: str, touched: set[str]) -> bool:
    """Whether a look at several columns, told at the first, concerns one that was touched."""
    return any(check.columns[0] == name and touched & set(check.columns) for check in row.layer.checks)


def _is_lost(row: Row, conformed: Conformed, anchor: str, cells: Mapping[str, str]) -> bool:
    """Whether something typed did not arrive."""
    if conformed.frame.empty:
        return True
    here = conformed.frame.iloc[0]
    if anchor == "position" or anchor in PLACE:
        return here["geometry"] is None or (anchor in PLACE and here[anchor] is None and not is_missing(cells[anchor]))
    return row.layer.column(anchor).kind == "enum_list" or (here[anchor] is None and not is_missing(cells[anchor]))


def _told(fault: Fault, lost: bool) -> Told:
    """A fault as a form says it: an import takes what it cannot read as missing, a form does not."""
    hint = f"（{fault.suggestion}）" if fault.suggestion else ""
    if not lost:
        return Told(fault.reason + hint + "。", fault.reason_en + ".")
    zh, en = fault.reason.partition("，按")[0], fault.reason_en.partition("; taken as")[0]
    return Told(f"{zh}{hint}，未保存，请改正。", f"{en}; nothing was stored, correct it.")


def _changed(row: Row, conformed: Conformed) -> list[Changed]:
    if conformed.frame.empty:
        return []
    after = texts_of(row.layer, conformed.frame.iloc[0])
    return [Changed(name, row.texts[name], text) for name, text in after.items() if text != row.texts[name]]
