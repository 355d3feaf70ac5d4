"""A small city in whose every text field, keys and unknown columns included, stands a payload."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from geo.raw import RawTable
from geo.region import Region
from layers._find import load_layers
from layers._layer import Column, Layer
from services.demo import tables
from services.intake import ImportReport, import_many
from store.open import Store

ROWS = 4
"""Rows kept of each table, the planted ones of each rule's story are beside the point here."""
CODED = {"enterprises": 12, "combustion_units": 12, "grid_cells": 3}


def hostile_tables(region: Region, payload: str) -> list[tuple[str, RawTable]]:
    """The example city's tables, shortened, with the payload in every text."""
    found = []
    for name, raw in tables(region):
        kept = slice(CODED.get(name, ROWS))
        shapes = None if raw.geometry is None else raw.geometry[kept]
        frame = raw.frame.iloc[kept].reset_index(drop=True)
        layer = load_layers()[name]
        spoiled = pd.DataFrame({head: _spoil(frame[head], _column(layer, head), layer, payload) for head in frame}, dtype=object)
        for column in layer.columns:
            made = column.name == layer.key and layer.composed  # a key of other columns, which hold the payload
            if _is_free_text(column) and not made and not any(_column(layer, head) is column for head in frame):
                spoiled[column.name] = payload
        spoiled[f"备注{payload}"] = payload
        found.append((name, dataclasses.replace(raw, frame=spoiled, rows=raw.rows[kept], geometry=shapes)))
    return found


def _column(layer: Layer, header: str) -> Column | None:
    return next((column for column in layer.columns if header in (column.name, *column.headers)), None)


def _is_free_text(column: Column | None) -> bool:
    return column is not None and column.kind in ("text", "text_list") and column.name not in ("coord_crs", "coord_datum")


def _spoil(values: pd.Series, column: Column | None, layer: Layer, payload: str) -> list[Any]:
    """Codes keep what tells them apart, so that units still find their enterprise; other texts are the payload alone."""
    if not _is_free_text(column):
        return list(values)
    assert column is not None
    if column.name == layer.key or column.links_to:
        return [None if value is None else f"{value}{payload}" for value in values]
    return [payload] * len(values)


def fill_hostile(store: Store, region: Region, payload: str) -> list[ImportReport]:
    """Import the tables as any others."""
    return import_many(store, region, hostile_tables(region, payload), payload)
