"""How a difference is told: columns by their titles, places as people read them, both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from layers._layer import Layer
from services._sides import EXTRA, PLACE
from services._threeway import KINDS, Key, RowChange
from services.bringback import Difference
from services.sketches import geojson

MOST_CELLS = 12
LEAST_DEGREES2 = 1e-12
"""Area of parts that are rounding, about 0.01 m²."""

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


@dataclass(frozen=True)
class CellLine:
    """One cell of a change as a page shows it. ``number``: among the cells of its row."""

    number: int
    title: str
    base: str
    theirs: str
    ours: str
    conflict: bool
    place: bool


@dataclass(frozen=True)
class RowLine:
    """One row of a difference as a page shows it.

    Attributes:
        number: among all changes. row: of the file, 0 where it is not in it. more: cells left out.
        whole: the conflict is about the row as a whole. placed: the map has something to show.
    """

    number: int
    kind: str
    key: str
    name: str
    row: int
    clash: str
    cells: tuple[CellLine, ...]
    more: int
    whole: bool
    placed: bool


def row_lines(found: Difference, language: str, most: int) -> dict[str, list[RowLine]]:
    """The rows of a difference by kind, the first of each."""
    lines: dict[str, list[RowLine]] = {kind: [] for kind in KINDS}
    for number, change in enumerate(found.changes):
        if len(lines[change.kind]) < most:
            lines[change.kind].append(_row_line(found, number, change, 0 if language == "zh" else 1))
    return lines


def _row_line(found: Difference, number: int, change: RowChange, at: int) -> RowLine:
    layer, whole = found.layer, change.clash in ("removed_here", "removed_there")
    cells = []
    for place, cell in enumerate(change.cells):
        if cell.unit in found.secret:
            continue
        sides = [cell_words(layer, cell.unit, side)[at] for side in (cell.base, cell.theirs, cell.ours)]
        title = unit_words(layer, cell.unit)[at]
        cells.append(CellLine(place, title, sides[0], sides[1], sides[2], cell.conflict and not whole, cell.unit == PLACE))
    known: dict[str, Any] = next((side for side in found.sides(change.key)[::-1] if side is not None), {})
    must = max((n + 1 for n, cell in enumerate(cells) if cell.conflict), default=0)
    shown = max(must, MOST_CELLS)
    placed = change.kind == "removed" or any(cell.place for cell in cells)
    clash = CLASH_WORDS[change.clash][at] if change.clash else ""
    return RowLine(
        number, change.kind, key_words(change.key), str(known.get(layer.label) or ""), found.brought.rows.get(change.key, 0),
        clash, tuple(cells[:shown]), max(0, len(cells) - shown), whole, placed,
    )  # fmt: skip


def drawn_changes(found: Difference, most: int) -> list[dict[str, Any]]:
    """Where changed rows lie, as GeoJSON features in degrees: ``number``, ``key``, ``side`` (``more`` and ``less``: of areas)."""
    features: list[dict[str, Any]] = []
    for number, change in enumerate(found.changes):
        if len(features) >= most:
            break
        if change.kind == "same":
            continue
        units = {cell.unit: cell for cell in change.cells}
        base, _, ours = found.sides(change.key)
        sides = {"base": (base or {}).get(PLACE), "ours": (ours or {}).get(PLACE)} if change.kind == "removed" else {}
        if PLACE in units:
            cell = units[PLACE]
            sides = {"base": cell.base, "theirs": cell.theirs} | ({"ours": cell.ours} if cell.conflict else {})
        shapes = {side: place.shown for side, place in sides.items() if place is not None and place.shown is not None}
        for side, shape in (shapes | _apart(shapes)).items():
            told = {"number": number, "key": key_words(change.key), "side": side}
            features.append({"type": "Feature", "geometry": geojson(shape), "properties": told})
    return features


def _apart(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """What an area of the file has more, and less, than its base; nothing where one of them is no sound area."""
    one, other = shapes.get("base"), shapes.get("theirs")
    if one is None or other is None or min(map(shapely.get_dimensions, (one, other))) < 2:
        return {}
    if not (shapely.is_valid(one) and shapely.is_valid(other)):
        return {}
    found = {"more": shapely.difference(other, one), "less": shapely.difference(one, other)}
    parts = {side: [p for p in shapely.get_parts(shape) if shapely.area(p) > LEAST_DEGREES2] for side, shape in found.items()}
    return {side: shapely.multipolygons(some) for side, some in parts.items() if some}


def change_line(layer: Layer, change: RowChange, language: str) -> str:
    """One row of a difference as a line of text."""
    at = 0 if language == "zh" else 1
    cells = []
    for cell in change.cells[:12]:
        name = unit_words(layer, cell.unit)[at]
        sides = [cell_words(layer, cell.unit, side)[at] or "—" for side in (cell.base, cell.theirs, cell.ours)]
        here = (f"（本库 {sides[2]}）", f" (here {sides[2]})")[at] if cell.conflict or change.clash == "removed_there" else ""
        cells.append(f"{name} {sides[0]} → {sides[1]}{here}" if change.kind != "added" else f"{name} {sides[1]}")
    clash = CLASH_WORDS[change.clash][at] + ("：" if at == 0 else ": ") if change.clash else ""
    return f"{KIND_WORDS[change.kind][at]} {key_words(change.key)}  {clash}{('；', '; ')[at].join(cells)}"
