"""The Flask application: headers, errors as sentences, language, compression. Pages come from app.py."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import logging
import uuid
from pathlib import Path
from typing import Any

from flask import Flask, Response, json, jsonify, make_response, render_template, request
from flask_babel import Babel
from werkzeug.exceptions import HTTPException

from geo.errors import BlueSkyError
from geo.region import Region
from maps.shell import VENDOR_CSS, VENDOR_JS
from services._outcomes import outcome_of
from store.open import Store
from views import _words
from views._request import LANGUAGES, as_of, language

ROOT = Path(__file__).resolve().parent.parent

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}
COMPRESSED = ("text/", "application/json", "application/geo+json", "application/problem+json", "application/javascript")
LARGEST_REQUEST = 2_000_000

log = logging.getLogger("bluesky.web")


def make_flask(store: Store, region: Region, first_day: dt.date | None = None) -> Flask:
    """An application without pages.

    Args:
        store: an open store. region: the city.
        first_day: day shown where the URL names none; None for today.
    """
    app = Flask("bluesky", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_REQUEST, BABEL_DEFAULT_LOCALE="zh", SEND_FILE_MAX_AGE_DEFAULT=3600)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "translations")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Chinese as it is
    app.extensions |= {"bluesky_store": store, "bluesky_region": region, "bluesky_day": first_day}
    Babel(app, locale_selector=language)
    app.after_request(_finish)
    app.register_error_handler(Exception, _explain)
    app.context_processor(_page_words)
    return app


def _page_words() -> dict[str, Any]:
    day = None
    with contextlib.suppress(BlueSkyError):
        day = as_of()
    return {
        "words": _words, "lang": language(), "languages": LANGUAGES, "day": day, "vendor_css": VENDOR_CSS,
        "vendor_js": VENDOR_JS, "region": _region(),
    }  # fmt: skip


def _region() -> Region:
    from views._request import region

    return region()


def _finish(response: Response) -> Response:
    """Security headers on every answer, the language remembered, large texts compressed."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie("lang", request.args["lang"], max_age=31_536_000, samesite="Lax", httponly=True)
    if not request.path.startswith("/static/") and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
    return _compressed(response)


def _compressed(response: Response) -> Response:
    kind = response.mimetype or ""
    wanted = "gzip" in request.headers.get("Accept-Encoding", "") and kind.startswith(COMPRESSED)
    if not wanted or response.status_code != 200 or "Content-Encoding" in response.headers:
        return response
    response.direct_passthrough = False
    data = response.get_data()
    if len(data) > 1000:
        response.set_data(gzip.compress(data, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response


def _explain(error: Exception) -> Response:
    """Every error as one sentence: problem+json under /api, a page elsewhere; details only in the log."""
    if isinstance(error, BlueSkyError):
        return _problem(outcome_of(error).status, error.sentence(language()))  # type: ignore[arg-type]  # zh or en
    if isinstance(error, HTTPException) and error.code is not None:
        if error.code < 400:
            return make_response(error)
        return _problem(error.code, _SENTENCES.get(error.code, _SENTENCES[400])[0 if language() == "zh" else 1])
    number = uuid.uuid4().hex[:8]
    log.error("error %s at %s", number, request.path, exc_info=error)
    zh, en = f"程序内部错误，编号 {number}，请把编号告诉管理员。", f"Internal error {number}; tell the administrator this number."
    return _problem(500, zh if language() == "zh" else en)


_SENTENCES = {
    400: ("请求无法理解，请检查网址。", "The request could not be understood; check the address."),
    404: ("没有找到这个页面。", "There is no such page."),
    405: ("这个地址不接受这种操作。", "This address does not take that method."),
    413: ("提交的内容过大。", "What was sent is too large."),
}


def _problem(status: int, sentence: str) -> Response:
    if request.path.startswith("/api/") or request.path == "/healthz":
        body = {"type": "about:blank", "title": sentence, "status": status, "detail": sentence}
        response = make_response(json.dumps(body), status)
        response.mimetype = "application/problem+json"
        return response
    return make_response(render_template("error.html", status=status, sentence=sentence), status)


def answer(data: Any, tag: str) -> Response:
    """JSON with an ETag: a client that has this state already gets 304."""
    response = jsonify(data)
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)
