"""API: facilities as a window shows them, and vector tiles of facilities and layers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from geo.errors import WrongUsage
from services.findings import Filter
from services.layerview import layer_state, rows_seen
from services.mapdata import bbox_of
from services.mapview import Box, Crowd, crowd, zoom_of
from services.scope import layer_for
from services.zonetiles import layer_tile as tile_of
from views._app import answer, tagged
from views._links import facility_url, place_url
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
    (box, zoom), found = asked_window(asked), assessment()

    def data() -> dict[str, Any]:
        made = _crowd(wanted).view(box, zoom, _tiles("facilities", found.run_hash))
        for feature in made.get("features", ()):
            row = feature["properties"]
            row["url"] = facility_url(row["layer"], row["key"])
        return made

    return answer(data, found.run_hash)


def tile(z: int, x: int, y: int) -> Response:
    """One vector tile (MVT 2.1) of facilities: tag ``kind``; ``run`` only makes the address of another state another."""
    _, wanted = _asked(("run",))
    return tagged(lambda: Response(_crowd(wanted).tile(z, x, y), mimetype=MVT), assessment().run_hash)


def layer_window(name: str) -> Response:
    """At most 1,500 rows of a layer in a box, or of points cells with counts (below zoom 10), or where its tiles are."""
    layer_for(principal(), name)
    (box, zoom), found = asked_window(only(OWN)), assessment()
    state = layer_state(found, name)

    def data() -> dict[str, Any]:
        made = rows_seen(found, name, principal()).view(box, zoom, _tiles(name, state))
        for feature in made.get("features", ()):
            row = feature["properties"]
            row["url"] = place_url(name, row["key"], row["label"])
        return made

    return answer(data, state)


def layer_tile(name: str, z: int, x: int, y: int) -> Response:
    """One vector tile (MVT 2.1) of a layer in force on ``as_of``: the columns as text; of more than 1,500 rows their names,
    of as many points their ``kind``.
    """
    layer_for(principal(), name)
    only(("run",))
    found, viewer = assessment(), principal()
    return tagged(lambda: Response(tile_of(rows_seen(found, name, viewer), z, x, y), mimetype=MVT), layer_state(found, name))


def asked_window(asked: dict[str, str]) -> tuple[Box, int]:
    """The box and the zoom level of a request.

    Raises:
        WrongUsage: one is missing, or is none.
    """
    box, zoom = bbox_of(asked["bbox"]), zoom_of(asked["zoom"])
    if box is None:
        raise WrongUsage(value="bbox", hint="bbox=west,south,east,north")
    return box, zoom


def _tiles(name: str, state: str) -> str:
    """Where the tiles of a layer are that belong to this window: the same day and filters, another address for another state."""
    kept = {key: texts for key, texts in request.args.lists() if key not in OWN}
    return f"/api/layers/{name}/tiles/{{z}}/{{x}}/{{y}}.mvt?" + urlencode({**kept, "run": state[:16]}, doseq=True)


def _crowd(wanted: Filter | None) -> Crowd:
    return crowd(assessment(), wanted)


PAGES = [
    Page("/api/layers/facilities/view", "api_view", window, "view"),
    Page("/api/layers/<name>/view", "api_layer_view", layer_window, "view"),
    Page("/api/layers/<name>/tiles/<int:z>/<int:x>/<int:y>.mvt", "api_layer_tile", layer_tile, "view"),
    Page("/api/layers/facilities/tiles/<int:z>/<int:x>/<int:y>.mvt", "api_tile", tile, "view"),
]
