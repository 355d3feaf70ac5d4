"""API: cases as points, as a window shows them, and as vector tiles."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from flask import Response, url_for

from services.casebook import Wish, book
from services.casemap import case_crowd, case_feature, case_row
from services.hotcells import hot_places
from services.mapview import Crowd
from views._app import answer, tagged
from views._page import Page
from views._request import only, principal, region, store
from views._work import today
from views.api_view import MVT, OWN, asked_window
from views.cases import PARAMETERS


def points() -> Response:
    """Cases as GeoJSON points, filtered as the list is."""
    wish = Wish.of(only(PARAMETERS))
    found = today()
    made = book(store(), found, principal(), wish, hot=hot_places(store(), region(), found.as_of))

    def data() -> dict[str, Any]:
        features = [_linked(case_feature(case_row(row))) for row in made.every]
        return {"type": "FeatureCollection", "total": made.total, "counts": made.counts, "features": features}

    return answer(data, [(row.case.id, row.case.revision, row.days) for row in made.every], made.counts)


def window() -> Response:
    """At most 1,500 cases in a box, or cells with counts (below zoom 10), or where their tiles are."""
    asked = only((*PARAMETERS, *OWN))
    box, zoom = asked_window(asked)
    state, crowd = _crowd(asked)
    kept = {name: text for name, text in asked.items() if text and name not in OWN}
    address = "/api/cases/tiles/{z}/{x}/{y}.mvt?" + urlencode({**kept, "run": _mark(state)})

    def data() -> dict[str, Any]:
        made = crowd.view(box, zoom, address)
        for feature in made.get("features", ()):
            _linked(feature)
        return made

    return answer(data, today().run_hash, state, principal().seen_as)


def tile(z: int, x: int, y: int) -> Response:
    """One vector tile (MVT 2.1) of cases: tag ``kind``; ``run`` only makes the address of another state another."""
    state, crowd = _crowd(only((*PARAMETERS, "run")))
    return tagged(lambda: Response(crowd.tile(z, x, y), mimetype=MVT), today().run_hash, state, principal().seen_as)


def _crowd(asked: dict[str, str]) -> tuple[str, Crowd]:
    return case_crowd(store(), today(), principal(), Wish.of(asked))


def _mark(state: str) -> str:
    return hashlib.sha256((state + today().run_hash).encode()).hexdigest()[:16]


def _linked(feature: dict[str, Any]) -> dict[str, Any]:
    feature["properties"]["url"] = url_for("case", number=feature["properties"]["case"])
    return feature


PAGES = [
    Page("/api/cases", "api_cases", points, "cases"),
    Page("/api/cases/view", "api_case_view", window, "cases"),
    Page("/api/cases/tiles/<int:z>/<int:x>/<int:y>.mvt", "api_case_tile", tile, "cases"),
]
