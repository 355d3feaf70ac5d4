"""Who asks: sessions by cookie, keys of the API, single sign-on; and the gate every request passes.

Flask-Login carries the visitor; what its cookie is worth is decided by ``services.login``, because a cookie
alone outlives its log-out. Forms and writes carry a token against forgery (Flask-WTF), keys of the API do not need one.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import CSRFProtect

from geo.errors import NotLoggedIn, Refused
from services.journal import secret
from services.login import Where, bearer_of, enter_trusted, note_denied, session_of
from services.scope import ANONYMOUS, Permission, Principal, may
from views._front import Front, peer
from views._request import is_ogc, is_program, region, store

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
OWN_SITES = ("same-origin", "none")
OPEN_ENDPOINTS = ("static",)
CHANGE_PASSWORD = ("account_password", "account_password_set", "logout")
"""All that an account may ask for until its password is its own."""


SESSION_ONLY = (
    "account", "account_password", "account_password_set", "account_session_end", "account_token_add", "account_token_end"
)  # fmt: skip
"""What a key of the API is no good for: whoever stole one could make more of them, with more rights and days."""


class KeyNotEnough(Refused):
    """The own account asked for with a key of the API."""

    zh = "接口令牌不能管理账号，请用网页登录后再操作。"
    en = "A key of the API cannot manage an account; log in on the web page."


class ForeignOrigin(Refused):
    """A write that another site asked the browser to send."""

    zh = "该请求来自其他网站，已拒绝。"
    en = "This request came from another site and was refused."


class PasswordFirst(Refused):
    """The password is still the one somebody else gave."""

    zh = "请先修改初始密码。"
    en = "Change the password you were given first."


class Visitor(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    """Somebody who has logged in: by a session (``secret``, ``digest``) or by a key or proxy for one request."""

    def __init__(self, principal: Principal, secret: str = "", digest: str = "", by_key: bool = False) -> None:
        self.principal, self.secret, self.digest, self.by_key = principal, secret, digest, by_key

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.secret


_csrf = CSRFProtect()


def guard(app: Flask, front: Front) -> None:
    """Give an application its log-in.

    Args:
        front: over TLS, browsers are told to send the cookie over TLS only.
    """
    app.config.update(
        SECRET_KEY=secret(app.extensions["bluesky_store"], "web"), SESSION_COOKIE_NAME="bluesky",
        SESSION_COOKIE_SECURE=front.https, SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )  # fmt: skip
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_by_cookie)
    manager.request_loader(_by_header)
    _csrf.init_app(app)
    app.before_request(_admit)


def where() -> Where:
    """Where the request comes from."""
    return Where(request.remote_addr or "", request.headers.get("User-Agent", ""))


def enter(secret: str) -> None:
    """Let the browser that asks go on as whom a session's secret belongs to."""
    found = session_of(store(), region(), secret)
    cookie.clear()
    if found is not None:
        login_user(Visitor(found[0], secret, found[1]))


def session_digest() -> str:
    """The session of the request; empty where a key or a proxy let it in."""
    return str(getattr(current_user, "digest", ""))


def _by_cookie(secret: str) -> Visitor | None:
    if "Authorization" in request.headers:
        return None  # who shows a key is who the key says, whatever cookie comes along
    found = session_of(store(), region(), secret)
    return Visitor(found[0], secret, found[1]) if found else None


def _by_header(_: Any) -> Visitor | None:
    shown = request.authorization
    if shown is not None and shown.type == "bearer":
        principal = bearer_of(store(), region(), (shown.token or "").strip())
        return Visitor(principal, by_key=True) if principal else None
    if shown is not None and shown.type == "basic" and is_ogc() and request.method not in UNSAFE:
        return _by_basic(shown.username or "", shown.password or "")
    return _by_proxy()


def _by_basic(name: str, key: str) -> Visitor | None:
    """A key of the API as the password of its account, for programs that know no other way; only to read the OGC API.

    Browsers repeat such a password unasked, so that a write must never lean on it. Passwords of people are not taken.
    """
    principal = bearer_of(store(), region(), key)
    return Visitor(principal, by_key=True) if principal and principal.name == name.strip().casefold() else None


def _by_proxy() -> Visitor | None:
    """Single sign-on: a proxy at a trusted address names the account in a header."""
    header, trusted = os.environ.get("BLUESKY_SSO_HEADER", ""), os.environ.get("BLUESKY_SSO_PROXY", "").split(",")
    believed = peer() in {address.strip() for address in trusted} - {""}
    name = request.headers.get(header, "") if header and believed else ""
    principal = enter_trusted(store(), region(), name, where()) if name else None
    return Visitor(principal) if principal else None


def _admit() -> Response | None:
    """Let a request in, or say why not. What does not exist and what may not be seen look the same."""
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    wanted: Permission | None = current_app.extensions["bluesky_permissions"].get(request.endpoint)
    request.max_content_length = current_app.extensions["bluesky_largest"].get(request.endpoint, request.max_content_length)
    visitor = current_user.principal if current_user.is_authenticated else ANONYMOUS
    if wanted == "public":
        return _unforged()
    if visitor is ANONYMOUS:
        return _ask_to_log_in()
    if wanted is None:
        return None  # the router says that there is no such page
    if current_user.by_key and request.endpoint in SESSION_ONLY:
        raise KeyNotEnough()
    if visitor.must_change and request.endpoint not in CHANGE_PASSWORD:
        return _ask_for_password()
    if not may(visitor, wanted):
        note_denied(store(), visitor, str(request.url_rule), where())
        abort(404)
    return _unforged()


def _unforged() -> None:
    """Refuse a write that somebody else's page made the browser send."""
    if request.method not in UNSAFE or getattr(current_user, "by_key", False):
        return  # a browser sends no key of ours by itself, though it may send what else is in Authorization
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
        raise ForeignOrigin()
    _csrf.protect()


def _ask_to_log_in() -> Response:
    if is_program() or request.method in UNSAFE or request.headers.get("Authorization"):
        raise NotLoggedIn()
    return redirect(url_for("login", next=request.full_path.rstrip("?") if request.path != "/" or request.query_string else None))


def _ask_for_password() -> Response:
    if is_program() or request.method in UNSAFE:
        raise PasswordFirst()
    return redirect(url_for("account_password"))
