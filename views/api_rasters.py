"""API of rasters: what there is, squares of the map, values under the cursor."""

from __future__ import annotations

import hashlib
import math

from flask import Response, jsonify, request

from geo.errors import WrongUsage
from services.rasters import as_told, every_raster, raster_for, series_of, tile, value
from views._page import Page
from views._request import only, principal, store

KEPT = "private, max-age=600"


def listing() -> Response:
    """Every series with its rasters by day, their boxes (degrees), and the legend of each scheme."""
    only(())
    return jsonify(series=[as_told(one) for one in series_of(every_raster(store(), principal()))])


def one(number: int) -> Response:
    """One raster: kind, day, unit, coordinate system, size, values, hash of its file and of the file it was made of."""
    only(())
    found = raster_for(store(), principal(), number)
    names = ("id", "name", "kind", "sha256", "source_name", "source_sha256", "actor", "facts")
    told = {name: getattr(found, name) for name in names}
    return jsonify(told | {"day": found.on_day.isoformat() if found.on_day else None, "at": found.at.isoformat()})


def square(number: int, z: int, x: int, y: int) -> Response:
    """One square of the map (PNG, 256 px, EPSG:3857); ``scheme`` = ``fixed`` or ``data``."""
    asked = only(("scheme",))
    picture, state = tile(store(), principal(), number, (z, x, y), asked["scheme"])
    tag = hashlib.sha256(f"{number}/{z}/{x}/{y}/{state}".encode()).hexdigest()[:24]
    known = request.if_none_match.contains_weak(tag)
    response = Response(status=304) if known else Response(picture, mimetype="image/png")
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = KEPT
    return response


def at(number: int) -> Response:
    """The value at ``lon`` and ``lat`` (degrees, EPSG:4490), null for none."""
    asked = only(("lon", "lat"))
    try:
        lon, lat = float(asked["lon"]), float(asked["lat"])
    except ValueError:
        lon = lat = math.nan
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise WrongUsage(value=f"{asked['lon'][:20]}, {asked['lat'][:20]}", hint="lon=119.46&lat=29.21")
    return jsonify(value(store(), principal(), number, lon, lat))


PAGES = [
    Page("/api/rasters", "api_rasters", listing, "view"),
    Page("/api/rasters/<int:number>", "api_raster", one, "view"),
    Page("/api/rasters/<int:number>/tiles/<int:z>/<int:x>/<int:y>.png", "api_raster_tile", square, "view"),
    Page("/api/rasters/<int:number>/value", "api_raster_value", at, "view"),
]
