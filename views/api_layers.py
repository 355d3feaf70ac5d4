"""API: layers and the map's background as GeoJSON."""

from __future__ import annotations

from typing import Any

from flask import Response

from geo.errors import WrongUsage
from services.air import series_rows
from services.mapdata import base_geojson, bbox_of, layer_geojson
from services.scope import layer_for, visible_layers
from views._app import answer
from views._links import place_url
from views._page import Page
from views._request import assessment, only, principal, region, store

MOST_DIGITS = 9


def listing() -> Response:
    """Every layer: name, titles, geometry, key, columns, rows, revision."""
    only(())
    found, series = assessment(), series_rows(store(), principal())

    def rows() -> list[dict[str, Any]]:
        return [
            {
                "name": name, "title": layer.title, "title_en": layer.title_en, "geometry": layer.geometry, "key": layer.key,
                "clause": layer.clause, "zone": layer.zone, "columns": [column.name for column in layer.columns],
                "rows": counted, "revision": revision, "href": f"/api/layers/{name}",
            }
            for name, layer in visible_layers(principal()).items()
            for counted, revision in (series.get(name, (len(found.frames[name]), found.revisions.get(name, 0))),)
        ]  # fmt: skip

    return answer(lambda: {"layers": rows(), "as_of": found.as_of.isoformat()}, found.run_hash, sorted(series.items()))


def features(name: str) -> Response:
    """A layer in force on ``as_of`` (GeoJSON, EPSG:4490): ``bbox`` narrows, ``full=1`` gives all, ``most`` spares too many."""
    asked = only(("bbox", "full", "most"))
    if asked["full"] not in ("", "0", "1"):
        raise WrongUsage(value=asked["full"][:60], hint="full=0, full=1")
    layer_for(principal(), name)
    found, box, most = assessment(), bbox_of(asked["bbox"]), _most(asked["most"])

    def data() -> dict[str, Any]:
        made = layer_geojson(found, name, principal(), box, asked["full"] == "1", most)
        for feature in made["features"]:
            row = feature["properties"]
            row["url"] = place_url(name, row["key"], row["label"])
        return made

    return answer(data, found.run_hash)


def _most(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise WrongUsage(value=f"most={text[:20]}", hint="most=3000")
    return int(text)


def base() -> Response:
    """County, neighbours, rivers and roads of the background."""
    only(())
    return answer(lambda: base_geojson(region()), region().code)


PAGES = [
    Page("/api/layers", "api_layers", listing, "view"),
    Page("/api/layers/<name>", "api_layer", features, "view"),
    Page("/api/base", "api_base", base, "view"),
]
