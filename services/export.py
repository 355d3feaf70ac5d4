"""Layers and findings as files for others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from geo import crs as systems
from geo.region import Region
from geo.write import (
    csv_text,
    geo_frame,
    replace_file,
    unknown_suffix,
    write_table,
    write_vector,
    xlsx_bytes,
)
from layers._cells import to_text
from layers._find import load_layers
from layers._layer import Layer
from layers._shapefile import field_names
from rules._report import COLUMNS, EXTRA_COLUMNS
from services.assess import Assessment
from services.scope import Principal, layer_for, restrict
from store import features
from store.open import Store

_TABLES = (".csv", ".xlsx")


def layer_frame(store: Store, layer: Layer, as_of: dt.date | None, principal: Principal) -> pd.DataFrame:
    """The rows of a layer somebody may see: in force on a day, or every version."""
    return restrict(features.recorded(store, layer, day=as_of), layer, principal)


def export_layer(
    store: Store, region: Region, layer_name: str, out: Path, principal: Principal,
    as_of: dt.date | None = None, crs: str | None = None, encoding: str = "UTF-8",
) -> int:  # fmt: skip
    """Write a layer to a file; what is written can be imported again with the same content.

    Args:
        out: suffix decides the format. as_of: zones in force on that day; None for every version.
        crs: coordinate system of vector files, EPSG:4490 by default. encoding: of a shapefile.
    Returns:
        Rows written.
    """
    layer = layer_for(principal, layer_name)
    frame = layer_frame(store, layer, as_of, principal)
    columns = {c.name: [to_text(c, value) or None for value in frame[c.name]] for c in layer.columns}
    if out.suffix.lower() in _TABLES:
        rows = [[cell or "" for cell in row] for row in zip(*columns.values(), strict=True)]
        write_table(list(columns), rows, out)
        return len(frame)
    target = systems.normalise(crs) if crs else region.map_crs
    if target == region.judging_crs:
        shapes = frame["geometry"].to_numpy(dtype=object)
    else:
        shapes = systems.transform(frame["geometry_map"].to_numpy(dtype=object), region.map_crs, target)
    if out.suffix.lower() in (".zip", ".shp"):
        names = field_names(layer, encoding)
        columns = {names[name]: cells for name, cells in columns.items()}
    write_vector(geo_frame(columns, list(shapes), target), out, layer.name, encoding)
    return len(frame)


def findings_csv(findings: pd.DataFrame) -> bytes:
    """The fourteen columns of the contract, UTF-8 with a mark so that Excel opens it."""
    return csv_text(COLUMNS, findings[list(COLUMNS)].values.tolist()).encode("utf-8")


def findings_xlsx(findings: pd.DataFrame, headers: Sequence[str] = (*COLUMNS, *EXTRA_COLUMNS)) -> bytes:
    """Every column of findings as a workbook; distances and accuracies as numbers."""
    numeric = {"edge_distance_m", "accuracy_m"}
    rows = [
        [float(cell) if name in numeric and cell else cell for name, cell in zip(headers, row, strict=True)]
        for row in findings[list(headers)].values.tolist()
    ]
    return xlsx_bytes(headers, rows, "findings")


def write_findings(assessment: Assessment, region: Region, out: Path) -> None:
    """Write findings by suffix: csv (the contract's columns), xlsx, geojson, gpkg, parquet (all columns)."""


    suffix = out.suffix.lower()
    if suffix == ".csv":
        replace_file(out, findings_csv(assessment.findings))
    elif suffix == ".xlsx":
        replace_file(out, findings_xlsx(assessment.findings))
    elif suffix in (".geojson", ".gpkg", ".parquet"):
        write_vector(findings_geo(assessment.findings, assessment.frames, region), out, "findings")
    else:
        raise unknown_suffix(out)


def findings_geo(findings: pd.DataFrame, frames: dict[str, pd.DataFrame], region: Region) -> Any:
    """Findings as points (polygon subjects by a point on them) in degrees."""
    places = {name: subject_points(name, frames) for name in set(findings["subject_layer"])}
    pairs = zip(findings["subject_layer"], findings["subject_code"], strict=True)
    shapes = [places[layer].get(code) for layer, code in pairs]
    columns = {name: findings[name].tolist() for name in (*COLUMNS, *EXTRA_COLUMNS)}
    return geo_frame(columns, shapes, region.map_crs)


def subject_points(layer_name: str, frames: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Code → point in degrees of every subject of a layer; a unit without one has its enterprise's."""
    layer, frame = load_layers()[layer_name], frames[layer_name]
    found = {
        str(code): None if shape is None else shapely.point_on_surface(shape)
        for code, shape in zip(frame[layer.key], frame["geometry_map"], strict=True)
    }
    if layer_name == "combustion_units":
        enterprises = subject_points("enterprises", frames)
        for code, owner in zip(frame[layer.key], frame["enterprise_code"], strict=True):
            found[str(code)] = found[str(code)] or enterprises.get(str(owner))
    return found
