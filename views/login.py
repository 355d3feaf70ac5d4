"""登录: logging in and out."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_login import logout_user

from geo.errors import NotLoggedIn, Refused, TryLater
from services._outcomes import outcome_of
from services.casebook import ASKED
from services.login import demo_accounts, enter_demo, log_in, log_out, note_denied
from views._front import one_click
from views._gate import enter, session_digest, where
from views._page import Page
from views._request import language, only, principal, store

LONGEST = 600


class ExampleClosed(Refused):
    """An account without a password, asked for where other machines reach the site."""

    zh = "示例账号没有密码，只能在本机打开的网页上一键进入；局域网内请用账号和密码登录。"
    en = "Accounts of the example have no password and are entered on this machine only; log in with name and password."


def show() -> Any:
    """The form; in the example city one click per role."""
    wanted = only(("next",))["next"]
    if principal().account_id is not None:
        return redirect(_local(wanted))
    return _form(wanted)


def enter_by_password() -> Response:
    """Check name and password, then go where somebody wanted to go."""
    wanted = request.form.get("next", "")
    try:
        secret = log_in(store(), request.form.get("name", "")[:LONGEST], request.form.get("password", "")[:LONGEST], where())
    except (NotLoggedIn, TryLater) as error:
        response = make_response(_form(wanted, error.sentence(language())), outcome_of(error).status)  # type: ignore[arg-type]  # zh or en
        if isinstance(error, TryLater):
            response.headers["Retry-After"] = str(error.facts["seconds"])
        return response
    enter(secret)
    return _go(_local(wanted, first_page()))


def enter_by_click() -> Response:
    """Enter the example city as one of its people, on a site that only this machine reaches."""
    if not one_click():
        note_denied(store(), principal(), str(request.url_rule), where())
        raise ExampleClosed()
    enter(enter_demo(store(), request.form.get("name", "")[:LONGEST], where()))
    return _go(_local(request.form.get("next", ""), first_page()))


def leave() -> Response:
    """End this session, or every session of the account."""
    if principal().account_id is not None:
        everywhere = request.form.get("everywhere") == "1"
        log_out(store(), principal(), None if everywhere else session_digest(), where())
    logout_user()
    return _go(url_for("login"))


def _form(wanted: str, sentence: str = "") -> str:
    people = demo_accounts(store())
    if people and not one_click():
        people, sentence = [], sentence or ExampleClosed().sentence(language())  # type: ignore[arg-type]  # zh or en
    return render_template(
        "login.html", active="login", wanted=_local(wanted) if wanted else "", sentence=sentence, people=people,
        typed=request.form.get("name", "")[:64],
    )


def _go(place: str) -> Response:
    """A redirect after a form: the browser asks anew, with GET."""
    return make_response(redirect(place, 303))


def first_page() -> str:
    """Where a role's day begins: the own cell, the tasks, what waits for approval, or the whole city."""
    first = {"grid_head": ("cell", {}), "inspector": ("cases", {}), "reviewer": ("cases", {"state": ASKED})}
    roles = principal().roles
    page, more = first.get(roles[0], ("overview", {})) if roles else ("overview", {})
    return url_for(page, **more)


def _local(wanted: str, otherwise: str = "/") -> str:
    """An address of this site: nobody is sent elsewhere by a crafted link."""
    clean = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted and wanted.isprintable()
    return wanted if clean else otherwise


PAGES = [
    Page("/login", "login", show, "public"),
    Page("/login", "login_password", enter_by_password, "public", ("POST",)),
    Page("/login/example", "login_example", enter_by_click, "public", ("POST",)),
    Page("/logout", "logout", leave, "public", ("POST",)),
]
