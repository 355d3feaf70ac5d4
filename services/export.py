"""Layers and findings as files for others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from geo import crs as systems
from geo.base_mark import BaseMark
from geo.region import Region
from geo.write import (
    TABLES,
    Sheet,
    csv_text,
    geo_frame,
    replace_file,
    unknown_suffix,
    workbook_bytes,
    write_table,
    write_vector,
    xlsx_bytes,
)
from layers._cells import plain, to_text
from layers._layer import Column, Layer
from layers._rows import rows_where
from layers._shapefile import field_names
from rules._report import COLUMNS, EXTRA_COLUMNS
from services._points import subject_points
from services.assess import Assessment
from services.scope import Principal, layer_for, restrict
from services.seen import keys_seen
from store import changes, features, revisions
from store._content import NOTHING
from store.open import Store

FINDINGS_SUFFIXES = (*TABLES, ".geojson", ".gpkg", ".parquet")
_RESERVED = {"fid", "ogc_fid", "geom", "geometry"}
_SHIFTED = ("gcj02", "bd09")


def layer_frame(store: Store, region: Region, layer: Layer, as_of: dt.date | None, principal: Principal) -> pd.DataFrame:
    """The rows of a layer somebody may see: in force on a day, or every version."""
    return marked_frame(store, region, layer, as_of, principal)[0]


def marked_frame(
    store: Store, region: Region, layer: Layer, as_of: dt.date | None, principal: Principal
) -> tuple[pd.DataFrame, BaseMark]:
    """:func:`layer_frame`, and what a file says that is made of it, read in the same instant."""
    with store.read() as connection:
        recorded, mark = features.read_versions(connection, layer, as_of), base_mark(connection, layer, as_of, principal)
    return _part(store, region, layer, recorded, as_of, principal), mark


def base_mark(connection: Connection, layer: Layer, as_of: dt.date | None, principal: Principal) -> BaseMark:
    """What a file says it was made from: a layer as it stands now, as far as somebody sees it."""
    state = changes.states(connection).get(layer.name, changes.State(0, NOTHING))
    day, now = "" if as_of is None else as_of.isoformat(), dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    store = revisions.identity(connection)
    return BaseMark(layer.name, state.revision, state.content, store, day, now, principal.view_key)


def _part(
    store: Store, region: Region, layer: Layer, recorded: pd.DataFrame, as_of: dt.date | None, principal: Principal
) -> pd.DataFrame:
    keys = keys_seen(store, region, layer, as_of or region.today(), principal)
    if keys is not None:
        recorded = rows_where(recorded, (str(key) in keys for key in recorded[layer.key]))
    return restrict(recorded, layer, principal)


def export_layer(
    store: Store, region: Region, layer_name: str, out: Path, principal: Principal,
    as_of: dt.date | None = None, crs: str | None = None, encoding: str = "UTF-8",
) -> int:  # fmt: skip
    """Write a layer to a file; what is written can be imported again with the same content.

    The file says what it was made from, where its format has room for that, so that ``services.bringback`` can compare
    it with just that. Tables of polygon layers (csv, xlsx) are registers without geometry; a shapefile has no room for the
    names of extra attributes.

    Args:
        out: suffix decides the format. as_of: zones in force on that day; None for every version.
        crs: coordinate system of vector files, EPSG:4490 by default. encoding: of a shapefile.
    Returns:
        Rows written.
    """
    layer = layer_for(principal, layer_name)
    frame, mark = marked_frame(store, region, layer, as_of, principal)
    target = systems.normalise(crs) if crs else region.map_crs
    if out.suffix.lower() in TABLES:
        columns = columns_of(frame, layer, extra_names(frame, layer))
        numbers = out.suffix.lower() == ".xlsx"
        rows = [[_table_cell(cell, numbers) for cell in row] for row in zip(*columns.values(), strict=True)]
        write_table(list(columns), rows, out, [mark])
        return len(frame)
    shapefile = out.suffix.lower() in (".zip", ".shp")
    cells = columns_of(frame, layer, {} if shapefile else extra_names(frame, layer))
    texts = {name: [_text(cell) for cell in column] for name, column in cells.items()}
    if shapefile:
        names = field_names(layer, encoding)
        texts = {names[name]: column for name, column in texts.items()}
    shapes = shapes_in(frame, region, target)
    write_vector(geo_frame(texts, shapes, target), out, layer.name, encoding, [mark])
    return len(frame)


def columns_of(frame: pd.DataFrame, layer: Layer, extra: Mapping[str, str]) -> dict[str, list[Any]]:
    """Cells as text (numbers as Decimal, None for nothing) under canonical names, extra attributes behind them."""
    made: dict[str, list[Any]] = {}
    for column in layer.columns:
        cells = frame[column.name].tolist()
        empty = cells.count(None) == len(cells)
        made[column.name] = cells if empty else [_cell(column, value) for value in cells]
    if layer.positioned:
        for position, crs in enumerate(frame["crs_filed"]):
            if crs is not None and not systems.well_tied(crs):
                made["crs"][position] = crs  # else its numbers would be taken for CGCS2000 when they come back
    for name, shown in extra.items():
        made[shown] = [attributes.get(name) for attributes in frame["extra"]]
    return made


def _cell(column: Column, value: Any) -> Any:
    if value is None or type(value) is str:
        return value or None
    return plain(value) if isinstance(value, Decimal) else to_text(column, value) or None


def extra_names(frame: pd.DataFrame, layer: Layer) -> dict[str, str]:
    """Extra attribute → a name no format takes for something else."""
    taken = {column.name for column in layer.columns} | _RESERVED
    names: dict[str, str] = {}
    for name in sorted({name for attributes in frame["extra"] for name in attributes}):
        if name == "datum" and not layer.positioned:
            continue  # the datum of the filed polygons; what is written is CGCS2000
        shown = name
        while shown.casefold() in taken:
            shown = f"extra_{shown}"
        taken.add(shown.casefold())
        names[name] = shown
    return names


def _text(cell: Any) -> Any:
    return format(cell, "f") if isinstance(cell, Decimal) else cell


def _table_cell(cell: Any, numbers: bool) -> Any:
    """A cell of a table; a workbook gets numbers where its 15 digits hold them exactly."""
    if numbers and isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= 15:
        return cell
    return "" if cell is None else _text(cell)


def shapes_in(frame: pd.DataFrame, region: Region, target: str) -> list[Any]:
    """Geometries in the target system: the filed ones where they are in it, else brought there from degrees."""
    made = list(systems.transform(frame["geometry_map"].to_numpy(dtype=object), region.map_crs, target))
    datums = frame["datum"] if "datum" in frame else [extra.get("datum") for extra in frame["extra"]]
    rows = zip(frame["crs_filed"], frame["geometry_filed"], datums, strict=True)
    for position, (crs, filed, datum) in enumerate(rows):
        if crs == target and datum not in _SHIFTED:
            made[position] = filed
    return made


def findings_csv(findings: pd.DataFrame) -> bytes:
    """The fourteen columns of the contract, UTF-8 with a mark so that Excel opens it."""
    return csv_text(COLUMNS, findings[list(COLUMNS)].values.tolist()).encode("utf-8")


def _all_columns(findings: pd.DataFrame) -> list[str]:
    """The contract's columns, the extra ones, and the hash of the run where the findings carry it."""
    return [*COLUMNS, *EXTRA_COLUMNS, *(["run_hash"] if "run_hash" in findings else [])]


def findings_xlsx(findings: pd.DataFrame, headers: Sequence[str] = ()) -> bytes:
    """Findings as a workbook, every column by default; distances and accuracies as numbers."""
    headers = headers or _all_columns(findings)
    numeric = {"edge_distance_m", "accuracy_m"}
    rows = [
        [float(cell) if name in numeric and cell else cell for name, cell in zip(headers, row, strict=True)]
        for row in findings[list(headers)].values.tolist()
    ]
    return xlsx_bytes(headers, rows, "findings")


def workbook(sheets: Sequence[tuple[str, Sequence[str], Sequence[Sequence[object]]]]) -> bytes:
    """A workbook of several sheets (name, headers, rows); text stays text, whatever it begins with."""
    return workbook_bytes([Sheet(*one) for one in sheets])


def write_findings(assessment: Assessment, region: Region, out: Path) -> None:
    """Write findings by suffix: csv (the contract's columns), xlsx, geojson, gpkg, parquet (all columns)."""
    suffix = out.suffix.lower()
    if suffix == ".csv":
        replace_file(out, findings_csv(assessment.findings))
    elif suffix == ".xlsx":
        replace_file(out, findings_xlsx(assessment.findings))
    elif suffix in FINDINGS_SUFFIXES:
        write_vector(findings_geo(assessment.findings, assessment.frames, region), out, "findings")
    else:
        raise unknown_suffix(out, FINDINGS_SUFFIXES)


def findings_geo(findings: pd.DataFrame, frames: dict[str, pd.DataFrame], region: Region) -> Any:
    """Findings as points (polygon subjects by a point on them) in degrees."""
    places = {name: subject_points(name, frames) for name in set(findings["subject_layer"])}
    pairs = zip(findings["subject_layer"], findings["subject_code"], strict=True)
    shapes = [places[layer].get(code) for layer, code in pairs]
    columns = {name: findings[name].tolist() for name in _all_columns(findings)}
    return geo_frame(columns, shapes, region.map_crs)
