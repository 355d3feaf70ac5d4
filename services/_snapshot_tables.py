"""The tables of a snapshot: layers as they are exported, facilities and findings by verdict, hot cells; each with its style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo import crs as systems
from geo.package import Field, Kind, PackageTable, Shapes
from geo.region import Region
from layers._find import load_layers
from layers._layer import Column, Layer
from maps.qgis import SYMBOL_WORDS, Dressed, class_style, layer_style, verdict_style
from maps.sld import class_sld, layer_sld, verdict_sld
from rules._find import load_rules
from rules._verdict import HARMLESS, RANK, TITLES
from services.assess import Assessment
from services.export import columns_of, extra_names, shapes_in
from services.facilities import board
from services.finding_words import NUMBERS, title
from services.hot_papers import FIXED, LIST_WORDS, RAMP
from services.hotcells import HotGrid

Columns = list[tuple[Field, Sequence[Any]]]
_AREAS = (shapely.GeometryType.POLYGON.value, shapely.GeometryType.MULTIPOLYGON.value)
_VERDICTS = tuple((letter, words[0]) for letter, words in TITLES.items())
_SYMBOLS = tuple(SYMBOL_WORDS.items())
_OF_FINDINGS = (
    "key", "rule", "verdict", "name", "town", "cell", "facility_layer", "facility_key", "subject_layer", "subject_code",
    "enterprise_code", "zone_layer", "zone_code", "zone_version", "reason", "missing", "clause", "due_on", "edge_distance_m",
    "accuracy_m", "fuel", "capacity", "as_of", "run_hash",
)  # fmt: skip


def layer_tables(layer: Layer, frame: pd.DataFrame, region: Region) -> list[PackageTable]:
    """The rows of a layer, ordered by key, as an export has them; dates and numbers as such.

    A layer of points and areas is two tables, so that each has its style; rows without a place are among its points.
    """
    extras = extra_names(frame, layer)
    if not layer.halves:
        kind: Shapes = "none" if layer.geometry == "none" else "polygon" if layer.geometry == "polygon" else "point"
        return [_layer_table(layer, frame, region, _Part(layer.name, layer.title, kind, extras))]
    areas = np.isin(shapely.get_type_id(frame["geometry_map"].to_numpy(dtype=object)), _AREAS)
    points, polygons = layer.halves
    return [
        _layer_table(layer, frame[areas], region, _Part(polygons, f"{layer.title}（面）", "polygon", extras)),
        _layer_table(layer, frame[~areas], region, _Part(points, f"{layer.title}（点）", "point", extras)),
    ]


@dataclass(frozen=True)
class _Part:
    """What a table of a layer is called, what its shapes are, and the extra attributes it shows (all of the layer's)."""

    name: str
    title: str
    kind: Shapes
    extras: Mapping[str, str]


def _layer_table(layer: Layer, frame: pd.DataFrame, region: Region, part: _Part) -> PackageTable:
    cells = columns_of(frame, layer, part.extras)
    columns: Columns = [_typed(layer, column, cells[column.name]) for column in layer.columns]
    columns += [(Field(shown, "text", shown, "附加属性 / extra attribute"), cells[shown]) for shown in part.extras.values()]
    shapes = None if part.kind == "none" else _objects(shapes_in(frame, region, region.map_crs))
    about = f"{layer.title_en}; {layer.clause}"
    looks = layer_style(layer, Dressed([one for one, _ in columns], layer.label, part.kind)), layer_sld(layer, part.kind)
    return PackageTable(part.name, part.title, about, columns, part.kind, shapes, *looks)


def _objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    return np.array([*values, None], dtype=object)[:-1]


def _typed(layer: Layer, column: Column, cells: list[Any]) -> tuple[Field, Sequence[Any]]:
    kind, made = _cells(column, cells)
    shown = f"{column.title}（{column.unit}）" if column.unit else column.title
    words = column.vocabulary if column.kind == "enum" else None
    choices = tuple((value, words.title(value)) for value in words.words) if words else ()
    return Field(column.name, kind, shown, column.title_en, choices, f"{layer.name}_{column.name}" if choices else ""), made


def _cells(column: Column, cells: list[Any]) -> tuple[Kind, Sequence[Any]]:
    """Cells in the type QGIS reckons with; a number no double holds, or 不涉及 among numbers, makes a column of text."""
    if column.kind in ("date", "number", "percent") and cells.count(None) == len(cells):
        return ("date" if column.kind == "date" else "number"), cells
    if column.kind == "date":
        return "date", [None if cell is None else np.datetime64(cell, "D").item() for cell in cells]
    if column.kind in ("number", "percent"):
        numbers = [float(cell) if isinstance(cell, Decimal) else None for cell in cells]
        pairs = zip(cells, numbers, strict=True)
        if all(cell is None or (number is not None and Decimal(repr(number)) == cell) for cell, number in pairs):
            return "number", numbers
        return "text", [format(cell, "f") if isinstance(cell, Decimal) else cell for cell in cells]
    return "text", cells


def facility_table(found: Assessment) -> PackageTable:
    """Every facility with its worst verdict: what the pages' map shows."""
    table = board(found).facilities.sort_values(["layer", "key"], kind="stable")
    signs = ["near" if near else verdict for verdict, near in zip(table["verdict"], table["near"], strict=True)]
    layers = tuple((name, load_layers()[name].title) for name in dict.fromkeys(table["layer"]))
    columns: Columns = [
        (Field("facility_layer", "text", title("facility_layer"), "", layers, "facilities_layer"), table["layer"].tolist()),
        *((Field(name, "text", title(told)), table[name].tolist())
          for name, told in (("key", "facility_key"), ("name", "name"), ("town", "town"), ("cell", "cell"))),
        (Field("verdict", "text", "最严判定", "Worst verdict", _VERDICTS, "facilities_verdict"), table["verdict"].tolist()),
        (Field("symbol", "text", title("symbol"), "", _SYMBOLS, "facilities_symbol"), signs),
        (Field("rank", "integer", title("rank")), [int(rank) for rank in table["rank"]]),
        *((Field(f"count_{letter.lower()}", "integer", f"{word}项数"), [int(counts.get(letter, 0)) for counts in table["counts"]])
          for letter, word in _VERDICTS),
    ]  # fmt: skip
    dressed = Dressed([one for one, _ in columns], "name", "point")
    shapes = _points(table["lon"], table["lat"])
    return PackageTable(
        "facilities", "设施（最严判定）", f"Facilities by worst verdict; {found.as_of}", columns, "point", shapes,
        verdict_style(dressed, "symbol", "rank"), verdict_sld("facilities", "symbol"),
    )  # fmt: skip


def finding_table(found: Assessment) -> PackageTable:
    """Every finding somebody has to do something about: all but those that are compliant, exempt or not applicable."""
    table = board(found).findings
    table = table[~table["verdict"].isin(HARMLESS)].sort_values("key", kind="stable")
    columns: Columns = [_finding_column(name, table[name].tolist()) for name in _OF_FINDINGS]
    signs = ["near" if near else verdict for verdict, near in zip(table["verdict"], table["near"], strict=True)]
    columns.append((Field("symbol", "text", title("symbol"), "", _SYMBOLS, "findings_symbol"), signs))
    columns.append((Field("rank", "integer", title("rank")), [RANK[verdict] for verdict in table["verdict"]]))
    dressed = Dressed([one for one, _ in columns], "name", "point")
    shapes = _points(table["lon"], table["lat"])
    return PackageTable(
        "findings", "判定清单（待处理）", f"Open findings; {found.as_of}; run {found.run_hash[:16]}", columns, "point", shapes,
        verdict_style(dressed, "symbol", "rank"), verdict_sld("findings", "symbol"),
    )  # fmt: skip


def _finding_column(name: str, cells: list[Any]) -> tuple[Field, Sequence[Any]]:
    if name in NUMBERS:
        numbers = [None if cell == "" or cell != cell else float(cell) for cell in cells]
        return Field(name, "number", title(name), title(name, "en")), numbers
    if name in ("due_on", "as_of"):
        return Field(name, "date", title(name), title(name, "en")), [np.datetime64(c, "D").item() if c else None for c in cells]
    words = {
        "rule": {key: rule.title for key, rule in load_rules().items()}, "verdict": dict(_VERDICTS),
    }.get(name)  # fmt: skip
    if name.endswith("_layer"):
        words = {key: layer.title for key, layer in load_layers().items()}
    choices = tuple(words.items()) if words else ()
    return Field(name, "text", title(name), title(name, "en"), choices, f"findings_{name}" if choices else ""), cells


def hot_table(made: HotGrid, region: Region) -> PackageTable:
    """The hot cells of the last month, by PM2.5."""
    cells = sorted(made.cells, key=lambda cell: cell.code)
    numbers = (
        ("km2", "面积（km²）"), ("pm25", "PM2.5（µg/m³）"), ("yoy", "同比变化（µg/m³）"), ("mom", "环比变化（µg/m³）"),
        ("nodata", "无数据份额"),
    )  # fmt: skip
    counts = (("stations", "站点数"), ("units", "设备数"), ("findings", "违规和限期整改"), ("complaints", "投诉"))
    on = ["、".join(LIST_WORDS[name][0] for name in cell.lists) for cell in cells]
    heads = ["、".join(" ".join(part for part in head[1:] if part) for head in cell.heads) for cell in cells]
    columns: Columns = [
        (Field("code", "text", "网格编号"), [cell.code for cell in cells]),
        (Field("month", "text", "月份"), [f"{made.wish.month:%Y-%m}"] * len(cells)),
        *((Field(name, "number", shown), [getattr(cell, name) for cell in cells]) for name, shown in numbers),
        *((Field(name, "integer", shown), [getattr(cell, name) for cell in cells]) for name, shown in counts),
        (Field("lists", "text", "所在清单"), on),
        (Field("heads", "text", "责任网格"), heads),
    ]
    shapes = systems.transform(_objects([cell.shape for cell in cells]), region.judging_crs, region.map_crs)
    style = class_style(Dressed([one for one, _ in columns], "code", "polygon"), "pm25", FIXED["pm25"], RAMP["pm25"])
    about = f"Hot cells; {made.basis['now']}"
    sld = class_sld("hot_cells", "pm25", FIXED["pm25"], RAMP["pm25"])
    return PackageTable("hot_cells", f"热点网格（{made.wish.month:%Y-%m}）", about, columns, "polygon", shapes, style, sld)


def _points(lon: Any, lat: Any) -> npt.NDArray[np.object_]:
    """Points in degrees; None where a place is not known."""
    xy = np.column_stack([np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)])
    made = np.empty(len(xy), dtype=object)
    known = np.isfinite(xy).all(axis=1)
    made[known] = shapely.points(xy[known])
    return made
