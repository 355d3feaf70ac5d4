"""API: layers and the map's background as GeoJSON."""

from __future__ import annotations

from flask import Response

from services.mapdata import base_geojson, bbox_of, layer_geojson
from services.scope import visible_layers
from views._app import answer
from views._page import Page
from views._request import assessment, only, principal, region


def listing() -> Response:
    """Every layer: name, titles, geometry, key, columns, rows, revision."""
    only(())
    found = assessment()
    rows = [
        {
            "name": name, "title": layer.title, "title_en": layer.title_en, "geometry": layer.geometry, "key": layer.key,
            "clause": layer.clause, "columns": [column.name for column in layer.columns], "rows": len(found.frames[name]),
            "revision": found.revisions.get(name, 0), "href": f"/api/layers/{name}",
        }
        for name, layer in visible_layers(principal()).items()
    ]  # fmt: skip
    return answer({"layers": rows, "as_of": found.as_of.isoformat()}, f"layers-{found.run_hash}")


def features(name: str) -> Response:
    """A layer in force on ``as_of`` (GeoJSON, EPSG:4490); ``bbox`` narrows, ``full=1`` gives every column and vertex."""
    asked = only(("bbox", "full"))
    found = assessment()
    data = layer_geojson(found, name, principal(), bbox_of(asked["bbox"]), asked["full"] == "1")
    return answer(data, f"{name}-{found.revisions.get(name, 0)}-{found.as_of}-{asked['bbox']}-{asked['full']}")


def base() -> Response:
    """County, neighbours, rivers and roads of the background."""
    only(())
    return answer(base_geojson(region()), f"base-{region().code}-2")


PAGES = [
    Page("/api/layers", "api_layers", listing, "view"),
    Page("/api/layers/<name>", "api_layer", features, "view"),
    Page("/api/base", "api_base", base, "view"),
]
