"""数据: what the store holds, and exports of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Response, make_response, render_template

from geo.errors import NotFound
from services.air import series_rows
from services.edit import edited_layers
from services.export import export_layer
from services.journal import audit_head, last_changes, latest_changes
from services.overview import in_force, unverified_rows
from services.scope import layer_for, visible_layers
from views._page import Page
from views._request import as_of, assessment, only, principal, region, store

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "zip": "application/zip",
    "kml": "application/vnd.google-earth.kml+xml",
    "parquet": "application/vnd.apache.parquet",
}
TITLES = {"csv": "CSV", "xlsx": "XLSX", "geojson": "GeoJSON", "gpkg": "GPKG", "zip": "SHP", "kml": "KML", "parquet": "Parquet"}


def show() -> str:
    """Every layer with its rows, revision and last change."""
    only(())
    found, last = assessment(), last_changes(store(), principal())
    series = series_rows(store(), principal())
    rows = [
        {
            "layer": layer, "rows": series.get(name, (len(found.frames[name]), 0))[0],
            "in_force": series[name][0] if name in series else len(in_force(found.frames[name], found)),
            "revision": series.get(name, (0, found.revisions.get(name, 0)))[1],
            "last": last.get(name), "unverified": unverified_rows(found, name),
        }
        for name, layer in visible_layers(principal()).items()
    ]  # fmt: skip
    return render_template(
        "data.html", active="data", rows=rows, log=latest_changes(store(), principal()), formats=TITLES, found=found,
        head=audit_head(store()), edited=edited_layers(),
    )  # fmt: skip


def export(layer: str, kind: str) -> Response:
    """A layer as a file, as of the day shown."""
    only(())
    name = layer_for(principal(), layer).name
    if kind not in FORMATS:
        raise NotFound(what=f"{name}.{kind}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{kind}"
        export_layer(store(), region(), name, path, principal(), as_of())
        content = path.read_bytes()
    response = make_response(content)
    response.headers["Content-Type"] = FORMATS[kind]
    response.headers["Content-Disposition"] = f"attachment; filename={name}-{as_of()}.{kind}"
    return response


PAGES = [
    Page("/data", "data", show, "data"),
    Page("/export/<layer>.<kind>", "export", export, "export"),
]
