"""Base maps: which there are, and their tiles, all from this server."""

from __future__ import annotations

from flask import Response, jsonify

from services.basemaps import basemap_tile, basemaps
from views._page import Page
from views._request import only

KEPT = "private, max-age=86400"


def listing() -> Response:
    """Every base map: ``name``, titles, levels, box (degrees), attribution."""
    only(())
    return jsonify(basemaps=[one.__dict__ for one in basemaps()])


def tile(name: str, z: int, x: int, y: int) -> Response:
    """One tile (PNG, JPEG or WebP, EPSG:3857); 204 where there is none."""
    only(())
    found = basemap_tile(name, z, x, y)
    response = Response(status=204) if found is None else Response(found[0], mimetype=found[1])
    response.headers["Cache-Control"] = KEPT
    return response


PAGES = [
    Page("/api/basemaps", "api_basemaps", listing, "view"),
    Page("/api/basemaps/<name>/<int:z>/<int:x>/<int:y>", "api_basemap_tile", tile, "view"),
]
