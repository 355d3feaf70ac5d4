"""How a difference is told: columns by their titles, places as people read them, both languages."""

from __future__ import annotations

from typing import Any

import shapely

from layers._layer import Layer
from services._sides import EXTRA, PLACE
from services._threeway import Key, RowChange

KIND_WORDS: dict[str, tuple[str, str]] = {
    "conflict": ("冲突", "conflict"), "added": ("新增", "added"), "changed": ("修改", "changed"), "removed": ("删除", "removed"),
    "same": ("两边相同", "the same on both sides"),
}  # fmt: skip
CLASH_WORDS: dict[str, tuple[str, str]] = {
    "cells": ("两边都改过，改法不同", "changed on both sides, differently"),
    "removed_here": ("文件中改过，本库中已删除", "changed in the file, removed here"),
    "removed_there": ("文件中已删除，本库中改过", "removed in the file, changed here"),
    "both_added": ("两边都新增了这个编号，内容不同", "added on both sides with different values"),
}
SILENT_WORDS: dict[str, tuple[str, str]] = {
    "geometry": ("表格不含图形：位置（面）不作比较", "A table has no geometry: places of areas are not compared"),
    "extra": ("文件中没有这些附加属性，视为未改动", "These extra attributes are not in the file and count as untouched"),
    "columns": ("文件中没有这些列，视为未改动", "These columns are not in the file and count as untouched"),
    "hidden": ("导出时看不到的列（个人信息、附加属性），视为未改动",
               "Columns that could not be seen (people, extra attributes) count as untouched"),
}  # fmt: skip


def unit_words(layer: Layer, unit: str) -> tuple[str, str]:
    """What a column, an extra attribute or the place is called."""
    if unit == PLACE:
        return "位置", "Place"
    if unit.startswith(EXTRA):
        return unit[1:], unit[1:]
    column = layer.column(unit)
    return column.title, column.title_en


def cell_words(layer: Layer, unit: str, cell: Any) -> tuple[str, str]:
    """A cell as it is read; empty for none."""
    if unit == PLACE:
        return place_words(cell)
    if not cell or unit.startswith(EXTRA) or layer.column(unit).vocabulary is None:
        return (str(cell or ""),) * 2
    words = layer.column(unit).vocabulary
    assert words is not None
    told = [("、".join(words.title(one, lang) for one in str(cell).split(";"))) for lang in ("zh", "en")]
    return told[0], told[1]


def place_words(place: Any) -> tuple[str, str]:
    """A point as degrees, an area by its size and vertices."""
    if place is None or place.shown is None:
        return "无位置", "no place"
    if place.shown.geom_type == "Point":
        text = f"{place.shown.x:.7f}, {place.shown.y:.7f}"
        said = f"（{' '.join(filter(None, place.said))}）" if any(place.said) else ""
        return text + said, text + said.replace("（", " (").replace("）", ")")
    area, vertices = float(shapely.area(place.metres)) / 1e6, int(shapely.get_num_coordinates(place.shown))
    return f"{area:.4f} km²，{vertices} 个顶点", f"{area:.4f} km², {vertices} vertices"


def key_words(key: Key) -> str:
    """A key as people write it: the code, and of a zone its first day."""
    return f"{key[0]}@{key[1]}" if key[1] else key[0]


def change_line(layer: Layer, change: RowChange, language: str) -> str:
    """One row of a difference as a line of text."""
    at = 0 if language == "zh" else 1
    cells = []
    for cell in change.cells[:12]:
        name = unit_words(layer, cell.unit)[at]
        sides = [cell_words(layer, cell.unit, side)[at] or "—" for side in (cell.base, cell.theirs, cell.ours)]
        here = (f"（本库 {sides[2]}）", f" (here {sides[2]})")[at] if cell.conflict else ""
        cells.append(f"{name} {sides[0]} → {sides[1]}{here}" if change.kind != "added" else f"{name} {sides[1]}")
    clash = CLASH_WORDS[change.clash][at] + ("：" if at == 0 else ": ") if change.clash else ""
    return f"{KIND_WORDS[change.kind][at]} {key_words(change.key)}  {clash}{('；', '; ')[at].join(cells)}"
