"""API: facilities as a window shows them, and vector tiles of facilities and layers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from geo.errors import WrongUsage
from services.findings import Filter
from services.mapdata import bbox_of
from services.mapview import Crowd, crowd, zoom_of
from services.scope import layer_for
from services.zonetiles import layer_tile as tile_of
from views._app import answer, tagged
from views._links import facility_url
from views._page import Page
from views._request import assessment, only, principal
from views.findings import NAMES, PARAMETERS

MVT = "application/vnd.mapbox-vector-tile"
OWN = ("bbox", "zoom")


def _asked(own: tuple[str, ...]) -> tuple[dict[str, str], Filter | None]:
    """The parameters, and the filter of ``/findings`` among them, None when none narrows."""
    asked = only((*PARAMETERS, "filtered", *own))
    narrowed = bool(asked["filtered"]) or any(asked[name] for name in NAMES if name not in ("sort", "desc"))
    return asked, Filter.of(asked) if narrowed else None


def window() -> Response:
    """At most 1,500 facilities in a box, or cells with counts (below zoom 10), or where their tiles are."""
    asked, wanted = _asked(OWN)
    box, zoom, found = bbox_of(asked["bbox"]), zoom_of(asked["zoom"]), assessment()
    if box is None:
        raise WrongUsage(value="bbox", hint="bbox=west,south,east,north")
    kept = {name: texts for name, texts in request.args.lists() if name not in OWN}
    address = "/api/layers/facilities/tiles/{z}/{x}/{y}.mvt?" + urlencode({**kept, "run": found.run_hash[:16]}, doseq=True)

    def data() -> dict[str, Any]:
        made = _crowd(wanted).view(box, zoom, address)
        for feature in made.get("features", ()):
            row = feature["properties"]
            row["url"] = facility_url(row["layer"], row["key"])
        return made

    return answer(data, found.run_hash)


def tile(z: int, x: int, y: int) -> Response:
    """One vector tile (MVT 2.1) of facilities: tag ``kind``; ``run`` only makes the address of another state another."""
    _, wanted = _asked(("run",))
    return tagged(lambda: Response(_crowd(wanted).tile(z, x, y), mimetype=MVT), assessment().run_hash)


def layer_tile(name: str, z: int, x: int, y: int) -> Response:
    """One vector tile (MVT 2.1) of a layer in force on ``as_of``; the columns as text."""
    only(())
    found, viewer = assessment(), principal()
    layer_for(viewer, name)
    return tagged(lambda: Response(tile_of(found, name, viewer, z, x, y), mimetype=MVT), found.run_hash)


def _crowd(wanted: Filter | None) -> Crowd:
    return crowd(assessment(), wanted)


PAGES = [
    Page("/api/layers/facilities/view", "api_view", window, "view"),
    Page("/api/layers/<name>/tiles/<int:z>/<int:x>/<int:y>.mvt", "api_layer_tile", layer_tile, "view"),
    Page("/api/layers/facilities/tiles/<int:z>/<int:x>/<int:y>.mvt", "api_tile", tile, "view"),
]
