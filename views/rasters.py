"""栅格: the rasters there are, on the map and in tables; adding and removing them."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from flask import Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import BlueSkyError, WrongUsage
from services._outcomes import outcome_of
from services.rasters import Wanted, add_raster, every_raster, remove_raster, series_of
from services.zonal_tables import ZonalTable, area_layers, table_of, table_xlsx
from views._map import page_map
from views._page import Page
from views._request import DAY, as_of, language, only, principal, region, store

LARGEST = 300_000_000
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 400


def show() -> str:
    """Every raster, with its map; the form to add one."""
    only(())
    return _page()


def _page(error: BlueSkyError | None = None) -> str:
    found = every_raster(store(), principal())
    return render_template(
        "rasters.html", active="rasters", series=series_of(found), count=len(found), shell=page_map("raster"),
        layers=area_layers(principal()), form=request.form, sentence=error.sentence(language()) if error else "",
    )  # fmt: skip


def add() -> Any:
    """Add a raster; a refusal is told above the form, with what was filled in."""
    try:
        found = _added()
    except WrongUsage:
        raise
    except BlueSkyError as error:
        return _page(error), outcome_of(error).status
    flash(gettext("已添加栅格 %(name)s。", name=found.name))
    return redirect(url_for("rasters"), 303)


def api_add() -> Any:
    """The same for programs: ``file``, ``name``, ``kind``, and as wanted ``unit``, ``date``, ``crs``."""
    found = _added()
    return jsonify(id=found.id, sha256=found.sha256, facts=found.facts), 201


def _added() -> Any:
    form, given = request.form, request.files.get("file")
    if given is None or not given.filename:
        raise WrongUsage(value="file", hint=gettext("请选择栅格文件"))
    said = {name: form.get(name, "").strip()[:60] for name in ("kind", "unit", "crs")}
    day, file = _day(form.get("date", "")), given.filename[-80:]
    wanted = Wanted(form.get("name", ""), said["kind"], said["unit"], day, said["crs"], file)
    with tempfile.TemporaryDirectory(prefix="bluesky-raster-up-") as room:
        place = Path(room) / "upload"
        given.save(place)
        return add_raster(store(), region(), wanted, place, principal().name)


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        if not DAY.fullmatch(text.strip()):
            raise ValueError(text)
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise WrongUsage(value=text[:40], hint="日期请写成 2021-07-01 / write a date like 2021-07-01") from None


def remove(number: int) -> Any:
    """Let a raster no longer count."""
    found = remove_raster(store(), number, request.form.get("why", ""), principal().name)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(removed=found.id)
    flash(gettext("已移除栅格 %(name)s；记录和文件保留。", name=found.name))
    return redirect(url_for("rasters"), 303)


def _table(number: int) -> ZonalTable:
    asked = only(("layer", "over"))
    try:
        over = float(asked["over"]) if asked["over"] else None
    except ValueError:
        raise WrongUsage(value=asked["over"][:20], hint="over=35") from None
    return table_of(store(), region(), principal(), number, asked["layer"] or "towns", as_of(), over)


def zones(number: int) -> str:
    """Statistics of a raster under the areas of a layer."""
    made = _table(number)
    return render_template(
        "raster_zones.html", active="rasters", made=made, layers=area_layers(principal()), most=MOST_ROWS
    )


def zones_file(number: int) -> Response:
    """The same as a workbook."""
    response = make_response(table_xlsx(_table(number), language() == "en"))
    response.headers["Content-Type"] = SHEET
    response.headers["Content-Disposition"] = f"attachment; filename=raster-{number}-zones.xlsx"
    return response


def api_zones(number: int) -> Response:
    """The same as JSON."""
    made = _table(number)
    basis = {told[0]: told[1] for told in made.heads.values()}
    return jsonify(raster=number, layer=made.layer.name, as_of=made.day.isoformat(), basis=basis, rows=made.rows)


PAGES = [
    Page("/rasters", "rasters", show, "view"),
    Page("/rasters", "raster_add", add, "import", ("POST",), LARGEST),
    Page("/rasters/<int:number>/remove", "raster_remove", remove, "import", ("POST",)),
    Page("/rasters/<int:number>/zones", "raster_zones", zones, "view"),
    Page("/rasters/<int:number>/zones.xlsx", "raster_zones_file", zones_file, "export"),
    Page("/api/rasters", "api_raster_add", api_add, "import", ("POST",), LARGEST),
    Page("/api/rasters/<int:number>/zones", "api_raster_zones", api_zones, "view"),
]
