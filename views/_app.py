"""The Flask application: headers, errors as sentences, language, compression. Pages come from app.py."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import logging
import uuid
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, json, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

from geo.errors import BlueSkyError, NotLoggedIn, Refused, TryLater
from geo.region import Region
from maps.shell import VENDOR_CSS, VENDOR_JS
from services._outcomes import outcome_of
from services.scope import may
from store.open import Store
from views import _case_words, _hot_words, _links, _raster_words, _words
from views._front import Front, stand_before
from views._gate import guard
from views._language import speak
from views._nav import navigation
from views._request import LANGUAGES, as_of, is_ogc, is_program, kept, language, principal, region, same_page
from views._watch import watch

ROOT = Path(__file__).resolve().parent.parent

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; "
    "manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}
EXPECTED = (400, 409, 422)
"""What a page of ours reckons with while somebody draws (an outline that crosses itself, a draft another one changed). Asked
with ``X-Told`` it is answered 200 with the same body, ``status`` included, because browsers log every other status as an
error of the page."""
COMPRESSED = (
    "text/", "application/json", "application/geo+json", "application/problem+json", "application/javascript",
    "application/vnd.oai",
)  # fmt: skip
WORTH_COMPRESSING = 1000
LARGEST_REQUEST = 2_000_000
FOR_EVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "private, no-cache"
NEVER_KEPT = "private, no-store"
DATA_FORM = 1
"""Raised when answers of the API change their form, so that no client keeps an old one."""

LOCAL = Front()
HSTS = "max-age=31536000"

log = logging.getLogger("bluesky.web")


class _Number(IntegerConverter):
    """A number in an address; one that no row can have is an address there is not."""

    regex = "[0-9]{1,15}"


class FormExpired(Refused):
    """A form without its token, or with one of another session."""

    zh = "页面已过期或来源不明，未做任何修改，请刷新页面后重试。"
    en = "The page has expired or came from elsewhere; nothing was changed. Reload it and try again."


def make_flask(store: Store, region: Region, first_day: dt.date | None = None, front: Front = LOCAL) -> Flask:
    """An application without pages.

    Args:
        store: an open store. region: the city.
        first_day: day shown where the URL names none; None for today. front: how it is reached.
    """
    app = Flask("bluesky", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_REQUEST, BABEL_DEFAULT_LOCALE="zh")
    app.json.ensure_ascii = app.json.sort_keys = False  # type: ignore[attr-defined]  # Chinese as it is, in our order
    app.url_map.merge_slashes = False  # a key may hold them
    app.url_map.converters["int"] = _Number
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions |= {"bluesky_store": store, "bluesky_region": region, "bluesky_day": first_day}
    app.extensions |= {"bluesky_permissions": {}, "bluesky_largest": {}}
    speak(app, language)
    watch(app)
    guard(app, front)
    stand_before(app, front)
    app.url_defaults(_stamp)
    app.after_request(_finish)
    app.register_error_handler(Exception, _explain)
    app.context_processor(_page_words)
    return app


def _page_words() -> dict[str, Any]:
    """What every template may use."""
    try:
        day = as_of()
    except BlueSkyError:
        day = None
    return {
        "words": _words, "said": _case_words, "links": _links, "lang": language(), "languages": LANGUAGES, "day": day,
        "keep": kept(), "me": principal(), "nav": navigation(principal()), "may": lambda permission: may(principal(), permission),
        "vendor_css": VENDOR_CSS, "vendor_js": VENDOR_JS, "region": region(), "same_page": same_page,
        "hot_words": _hot_words, "numbers": _raster_words,
    }  # fmt: skip


def _stamp(endpoint: str, values: dict[str, Any]) -> None:
    """Static files are asked for by content, so that a browser may keep them."""
    if endpoint == "static" and "v" not in values:
        path = ROOT / "static" / str(values["filename"])
        if path.is_file():
            values["v"] = _content_hash(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _content_hash(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _finish(response: Response) -> Response:
    """Security headers on every answer, the language remembered, large texts compressed."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    is_static = request.path.startswith("/static/")
    if is_static:
        response.headers["Cache-Control"] = FOR_EVER if "v" in request.args and response.status_code == 200 else "no-cache"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = NEVER_KEPT if response.mimetype == "text/html" else ALWAYS_ASK
    guarded = current_app.extensions["bluesky_permissions"].get(request.endpoint, "public") != "public"
    if guarded and response.status_code < 400:
        response.headers["X-Seen-As"] = principal().seen_as  # a phone lets go of what it kept for somebody else
    asked = request.args.get("lang")
    if asked in LANGUAGES and asked != request.cookies.get("lang"):
        response.set_cookie("lang", asked, max_age=31_536_000, samesite="Lax", httponly=True, secure=request.is_secure)
    response.vary.add("Accept-Encoding")
    if not is_static:
        response.vary.add("Cookie")
    return _compressed(response, _kept_gzip if is_static else _gzip)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 5, mtime=0)


def _flowing(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A stream compressed piece by piece, so that it is never whole in memory."""
    press = zlib.compressobj(5, zlib.DEFLATED, 31)
    for piece in pieces:
        yield press.compress(piece)
    yield press.flush()


_kept_gzip = lru_cache(maxsize=64)(_gzip)


def _compressed(response: Response, press: Callable[[bytes], bytes]) -> Response:
    kind = response.mimetype or ""
    wanted = "gzip" in request.headers.get("Accept-Encoding", "") and kind.startswith(COMPRESSED)
    if not wanted or response.status_code != 200 or "Content-Encoding" in response.headers:
        return response
    if response.is_streamed and not response.direct_passthrough:
        response.response = _flowing(response.iter_encoded())
        response.headers["Content-Encoding"] = "gzip"
        return response
    response.direct_passthrough = False
    data = response.get_data()
    if len(data) > WORTH_COMPRESSING:
        response.set_data(press(data))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _explain(error: Exception) -> Response:
    """Every error as one sentence: problem+json under /api, a page elsewhere; details only in the log."""
    if isinstance(error, BlueSkyError):
        return _told(error)
    if isinstance(error, CSRFError):
        return _told(FormExpired())
    if isinstance(error, HTTPException) and error.code is not None:
        if error.code < 400:
            return make_response(error)
        response = _problem(error.code, _SENTENCES.get(error.code, _SENTENCES[400])[0 if language() == "zh" else 1])
        if getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]  # a 405 carries them
        return response
    number = uuid.uuid4().hex[:8]
    log.error("error %s at %s", number, request.url_rule, exc_info=error)
    zh, en = f"程序内部错误，编号 {number}，请把编号告诉管理员。", f"Internal error {number}; tell the administrator this number."
    return _problem(500, zh if language() == "zh" else en)


def _told(error: BlueSkyError) -> Response:
    """The sentence of an error of ours, with what its status asks for."""
    said = error.sentence(language())  # type: ignore[arg-type]  # zh or en
    status = outcome_of(error).status
    response = _problem(status, said, getattr(error, "members", {}))
    if status in EXPECTED and request.headers.get("X-Told") and response.mimetype == "application/problem+json":
        response.status_code, response.mimetype = 200, "application/json"
    if isinstance(error, NotLoggedIn):
        program = is_ogc() and "Sec-Fetch-Mode" not in request.headers  # a browser would ask people for a password
        response.headers["WWW-Authenticate"] = 'Bearer, Basic realm="account and API key"' if program else "Bearer"
    if isinstance(error, TryLater):
        response.headers["Retry-After"] = str(error.facts["seconds"])
    return response


_SENTENCES = {
    400: ("请求无法理解，请检查网址。", "The request could not be understood; check the address."),
    404: ("没有找到这个页面。", "There is no such page."),
    405: ("这个地址不接受这种操作。", "This address does not take that method."),
    413: ("提交的内容过大。", "What was sent is too large."),
    414: ("网址过长。", "The address is too long."),
}


def _problem(status: int, sentence: str, members: dict[str, Any] | None = None) -> Response:
    """A sentence with its status, in the form of where it was asked; an answer of the API may tell more beside it."""
    g.failed = True
    if is_program():
        body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": sentence}
        body |= members or {}
        response = make_response(json.dumps(body), status)
        response.mimetype = "application/problem+json"
        return response
    return make_response(render_template("error.html", status=status, sentence=sentence, back=_form_page()), status)


def _form_page() -> str:
    """The page of this site a refused form was sent from, so that nobody is lost; empty for everything else."""
    sent_from = urlsplit(request.referrer or "")
    own = request.method == "POST" and sent_from.netloc == request.host and sent_from.path.startswith("/")
    return sent_from.path + (f"?{sent_from.query}" if sent_from.query else "") if own else ""


def answer(make: Callable[[], Any], *state: object) -> Response:
    """JSON with an ETag: a client that has this state already gets 304, and nothing is made.

    Args:
        make: the data. state: everything the data depends on, beside path, parameters and language.
    """
    return tagged(lambda: jsonify(make()), *state)


def tagged(make: Callable[[], Response], *state: object) -> Response:
    """An answer with an ETag, as :func:`answer`, of any kind."""
    asked = sorted((name, tuple(texts)) for name, texts in request.args.lists())
    parts = repr((DATA_FORM, language(), request.path, asked, principal().view_key, *state))
    tag = hashlib.sha256(parts.encode()).hexdigest()[:24]
    known = request.if_none_match.contains_weak(tag)
    response = Response(status=304) if known else make()
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = ALWAYS_ASK
    return response
