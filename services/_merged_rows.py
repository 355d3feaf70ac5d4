"""Rows that were merged pass the gate of an import once more: values that fit each alone need not fit together."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.raw import RawTable
from geo.region import Region
from layers._cells import to_text
from layers._conform import Conformed
from layers._layer import Layer
from services._sides import PLACE, SHAPES, place_columns, side_of
from services.intake import ImportOptions, ImportReport, Prepared, prepare_table

_KEPT = ("row", "extra", *SHAPES)


@dataclass(frozen=True)
class Source:
    """Where merged rows come from: the file, its hash, its table, the revision it was made from; and who accepts them."""

    file: str
    sha256: str
    raw: RawTable
    base: int
    actor: str


def through_the_gate(
    region: Region, layer: Layer, source: Source, records: list[dict[str, Any]], gone: frozenset[tuple[str, dt.date | None]]
) -> Prepared:
    """Conform merged rows as an import's, and put untouched cells and geometries back as they were.

    Args:
        records: canonical cells, ``row``, ``extra`` and geometries. gone: code and first day of rows that end.
    """
    names = [column.name for column in layer.columns]
    sides = side_of(layer, _frame(records, (*names, *_KEPT)), region)
    texts = [{name: cells.get(name, "") for name in names} for cells in sides.values()]
    for text, record, cells in zip(texts, records, sides.values(), strict=True):
        _state_place(text, layer, record, cells)
    frame = pd.DataFrame([[text[name] or None for name in names] for text in texts], columns=names, dtype=object)
    shapes = objects([record["geometry_map"] for record in records]) if layer.geometry != "none" else None
    rows = [int(record["row"]) for record in records]
    raw = RawTable(frame, rows, shapes, region.map_crs, True, None, source.raw.driver, source.raw.source_layer)
    report = ImportReport(layer.name, source.file, sha256=source.sha256, rows_in=len(rows))
    prepared = prepare_table(region, layer, raw, ImportOptions(actor=source.actor), None, report)
    conformed = dataclasses.replace(_put_back(prepared.conformed, records, (*names, *_KEPT)), gone=gone)
    change = dataclasses.replace(prepared.change, note=f"带回修改：由版次 {source.base} 导出的文件")
    return dataclasses.replace(prepared, conformed=conformed, change=change)


def _state_place(text: dict[str, str], layer: Layer, record: Mapping[str, Any], cells: Mapping[str, Any]) -> None:
    """Position columns as a file says them, which a difference holds as one."""
    for name in place_columns(layer):
        text[name] = to_text(layer.column(name), record[name])
    if PLACE in cells and cells[PLACE].said and cells[PLACE].said[0]:
        text["crs"] = cells[PLACE].said[0]


def _frame(records: list[dict[str, Any]], names: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(objects([r[name] for r in records]), dtype=object) for name in names})


def objects(values: list[Any]) -> Any:
    """Values as an array of objects, whatever they are."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _put_back(conformed: Conformed, records: list[dict[str, Any]], names: tuple[str, ...]) -> Conformed:
    taken = set(conformed.frame["row"].tolist())
    kept = [record for record in records if record["row"] in taken]
    return dataclasses.replace(conformed, frame=_frame(kept, names), kept={})
