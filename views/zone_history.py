"""版本沿革: a zone at any date, who changed what and why, area and counts over time."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, render_template

from services.zone_history import Life, journal, lives
from views import _plan_words
from views._map import page_map
from views._page import Page
from views._request import as_of, only, principal, region, store


def show(layer: str, code: str) -> str:
    """The timeline of a zone with its map."""
    only(())
    found, versions = lives(store(), region(), principal(), layer, code)
    shapes = [one.geometry for one in versions if one.geometry]
    return render_template(
        "zone_history.html", active="zones", layer=found, code=code, versions=versions, plan=_plan_words, day=as_of(),
        shell=page_map("plan"), journal=journal(store(), principal(), layer, code), shown=[_told(one) for one in versions],
        largest=max((one.area_km2 for one in versions), default=1) or 1, drawn=bool(shapes),
    )  # fmt: skip


def api(layer: str, code: str) -> Response:
    """Every version of a zone with its shape, area, counts and change."""
    only(())
    _, versions = lives(store(), region(), principal(), layer, code)
    return jsonify(versions=[_told(one) for one in versions])


def _told(one: Life) -> dict[str, Any]:
    names = ("version", "doc_no", "area_km2", "geometry", "kind", "actor", "source", "note", "ended", "counts")
    days = {name: str(getattr(one, name) or "") for name in ("valid_from", "valid_to")}
    moments = {name: at.isoformat() if (at := getattr(one, name)) else "" for name in ("recorded_at", "retired_at")}
    return {name: getattr(one, name) for name in names} | days | moments


PAGES = [
    Page("/zones/<layer>/<path:code>/history", "zone_history", show, "view"),
    Page("/api/zones/<layer>/<path:code>/versions", "api_zone_versions", api, "view"),
]
