"""开放接口: OGC API – Features, each address as a document for programs and as a page for people."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, render_template, request

from services import ogc
from services.ogc import GEOJSON, JSON, OPENAPI, Door
from services.ogc_api import description
from views._app import tagged
from views._map import page_map
from views._page import Page
from views._request import LANGUAGES, as_of, language, page_wanted, principal, region, store

CONTENT_CRS = "Content-Crs"


def _door() -> Door:
    return Door(store(), region(), principal(), request.url_root.rstrip("/") + "/ogc", language(), as_of())


def _given() -> dict[str, list[str]]:
    """The parameters, of which form and language have been looked at.

    Raises:
        ParameterWrong: a form or a language there is not.
    """
    given = {name: list(texts) for name, texts in request.args.lists()}
    ogc.check_words(given, {"f": ("json", "html"), "lang": LANGUAGES})
    return given


def _asked() -> dict[str, str]:
    return {name: texts[0] for name, texts in request.args.lists()}


def _told(kind: str, template: str, door: Door, document: dict[str, Any], *state: object, **more: Any) -> Response:
    """A document, or the page that shows it."""
    if page_wanted():
        return make_response(render_template(template, active="ogc", door=door, document=document, **more))
    return _tagged(kind, lambda: Response(json.dumps(document, ensure_ascii=False), mimetype=kind), door, *state)


def _tagged(kind: str, make: Any, door: Door, *state: object) -> Response:
    response = tagged(make, door.root, door.today, kind, *state)
    if response.status_code == 200:
        response.headers["Content-Type"] = kind
    response.vary.update(("Accept", "Authorization"))
    return response


def landing() -> Response:
    """The entrance: where everything is, and how programs are connected."""
    ogc.only_known(_given(), ogc.BOTH)
    door = _door()
    return _told(JSON, "ogc.html", door, ogc.landing(door))


def conformance() -> Response:
    """The standards it keeps."""
    ogc.only_known(_given(), ogc.BOTH)
    door = _door()
    return _told(JSON, "ogc_conformance.html", door, ogc.conformance(door))


def api() -> Response:
    """The OpenAPI 3.0 description."""
    ogc.only_known(_given(), ogc.BOTH)
    door = _door()
    return _told(OPENAPI, "ogc_api.html", door, description(door), principal().permissions)


def collections() -> Response:
    """The layers that may be seen."""
    ogc.only_known(_given(), ogc.BOTH)
    door = _door()
    return _told(JSON, "ogc_collections.html", door, ogc.collections(door), ogc.state_of_all(door))


def collection(layer: str) -> Response:
    """One layer: extent, coordinate systems, columns."""
    door = _door()
    found = door.layer(layer)
    ogc.only_known(_given(), ogc.BOTH)
    document = ogc.collection(door, found)
    columns = [column for column in found.columns if column.name not in door.hidden(found)]
    return _told(JSON, "ogc_collection.html", door, document, door.rows(found).state, layer=found, columns=columns)


def items(layer: str) -> Response:
    """A page of features."""
    door = _door()
    found = door.layer(layer)
    wish = ogc.check(door, found, _given())
    if page_wanted():
        page = ogc.page(door, found, wish)
        return _drawn("ogc_items.html", door, page, json.loads(ogc.items_text(door, page, _asked())), found.geometry != "none")
    answer = _tagged(
        GEOJSON, lambda: Response(ogc.items_text(door, ogc.page(door, found, wish), _asked())), door, door.rows(found).state
    )
    answer.headers[CONTENT_CRS] = f"<{wish.system.uri}>"
    return answer


def item(layer: str, feature: str) -> Response:
    """One feature; a zone's code alone stands for its version in force."""
    door = _door()
    found = door.layer(layer)
    page = ogc.item(door, found, feature, _given())
    text = ogc.item_text(door, page, _asked())
    if page_wanted():
        document = json.loads(text)
        return _drawn("ogc_item.html", door, page, document, document["geometry"] is not None)
    answer = _tagged(GEOJSON, lambda: Response(text), door, door.rows(found).state)
    answer.headers[CONTENT_CRS] = f"<{page.system.uri}>"
    return answer


def _drawn(template: str, door: Door, page: ogc.Page, document: dict[str, Any], mapped: bool) -> Response:
    """Features as a page for people, with a map where they have a place."""
    shell = page_map("ogc") if mapped else None
    shown = {"active": "ogc", "door": door, "document": document, "layer": page.layer, "page": page}
    return make_response(render_template(template, shell=shell, **shown))


PAGES = [
    Page("/ogc", "ogc", landing, "view"),
    Page("/ogc/", "ogc_landing", landing, "view"),
    Page("/ogc/conformance", "ogc_conformance", conformance, "view"),
    Page("/ogc/api", "ogc_api", api, "view"),
    Page("/ogc/collections", "ogc_collections", collections, "view"),
    Page("/ogc/collections/<layer>", "ogc_collection", collection, "view"),
    Page("/ogc/collections/<layer>/items", "ogc_items", items, "view"),
    Page("/ogc/collections/<layer>/items/<path:feature>", "ogc_item", item, "view"),
]
