"""What a phone needs to show pages of daily work without a network: the worker that keeps them, and the app's name card."""

from __future__ import annotations

from pathlib import Path

from flask import Response, current_app, jsonify, make_response, url_for

from views._page import Page
from views._request import language, region


def worker() -> Response:
    """The script that keeps pages of daily work on the device; served from the root, which is its reach."""
    response = make_response((Path(current_app.static_folder or "") / "js" / "sw.js").read_bytes())
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = "no-cache"
    return response


def card() -> Response:
    """Name, colours and mark with which a phone puts the product on its home screen."""
    city = region()
    name = city.product if language() == "zh" else city.product_en
    mark = {"src": url_for("static", filename="mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    told = {
        "name": name, "short_name": city.name if language() == "zh" else city.name_en, "start_url": "/", "scope": "/",
        "display": "standalone", "background_color": "#F3F6F9", "theme_color": "#0F4C81", "icons": [mark],
    }  # fmt: skip
    response = jsonify(told)
    response.mimetype = "application/manifest+json"
    return response


PAGES = [
    Page("/sw.js", "offline_worker", worker, "public"),
    Page("/app.webmanifest", "offline_card", card, "public"),
]
