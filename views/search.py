"""搜索: enterprise, unit, zone, cell, town."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for

from services.facilities import FACILITY_LAYERS
from services.scope import visible_layers
from services.search import search
from views._app import answer
from views._page import Page
from views._request import assessment, only, principal
from views._words import layer_word


def _rows(text: str) -> list[dict[str, Any]]:
    found = search(assessment(), text, principal())
    return [row | {"title": layer_word(row["layer"]), "url": _url(row)} for row in found]


def _url(row: dict[str, Any]) -> str:
    """Where a match leads: a facility's page, a zone's page, or the list of what is there."""
    layer = row["layer"]
    if layer in FACILITY_LAYERS:
        return url_for("facility", layer=layer, key=row["key"])
    if layer == "combustion_units":
        return url_for("facility", layer="enterprises", key=row["owner"])
    if visible_layers(principal())[layer].zone:
        return url_for("zone", layer=layer, code=row["key"])
    return url_for("findings", **({"town": row["label"]} if layer == "towns" else {"cell": row["key"]}))


def show() -> str:
    """The page of matches, for those without script."""
    text = only(("q",))["q"]
    return render_template("search.html", active="", rows=_rows(text), text=text, found=assessment())


def api() -> Response:
    """Matches as JSON: ``{"results": [{layer, key, label, title, url}]}``."""
    text = only(("q",))["q"]
    return answer(
        {"results": [{k: row[k] for k in ("layer", "key", "label", "title", "url")} for row in _rows(text)]},
        f"search-{assessment().run_hash}-{text}",
    )


PAGES = [Page("/search", "search", show, "view"), Page("/api/search", "api_search", api, "view")]
