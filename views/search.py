"""搜索: enterprise, unit, zone, cell, town."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

from geo.errors import WrongUsage
from services.search import search
from views._app import answer
from views._links import place_url
from views._page import Page
from views._request import assessment, only, principal
from views._words import layer_word

LONGEST = 200


def _text() -> str:
    """What is looked for.

    Raises:
        WrongUsage: longer than any name.
    """
    text = only(("q",))["q"]
    if len(text) > LONGEST:
        raise WrongUsage(value=text[:30] + "…", hint="查找内容过长 / too long a text")
    return text


def _rows(text: str) -> list[dict[str, Any]]:
    return [
        {
            "layer": row["layer"], "key": row["key"], "label": row["label"], "title": layer_word(row["layer"]),
            "url": place_url(row["layer"], row["key"], row["label"], row["facility"]),
        }
        for row in search(assessment(), text, principal())
    ]  # fmt: skip


def show() -> str:
    """The page of matches, for those without script."""
    text = _text()
    return render_template("search.html", active="search", rows=_rows(text), text=text, found=assessment())


def api() -> Response:
    """Matches as JSON: ``{"results": [{layer, key, label, title, url}]}``."""
    text = _text()
    return answer(lambda: {"results": _rows(text)}, assessment().run_hash)


PAGES = [Page("/search", "search", show, "view"), Page("/api/search", "api_search", api, "view")]
