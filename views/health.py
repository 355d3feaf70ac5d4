"""Health: whether the store answers."""

from __future__ import annotations

from flask import Response, jsonify

from services.journal import revisions
from views._page import Page
from views._request import store


def show() -> Response:
    """``{"status": "ok"}`` once the store was read."""
    return jsonify({"status": "ok", "layers": len(revisions(store()))})


PAGES = [Page("/healthz", "health", show, "public")]
