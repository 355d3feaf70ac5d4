"""我的账号: the own password, sessions and keys of the API."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import BlueSkyError, NotFound, WrongUsage
from services._outcomes import outcome_of
from services.accounts import change_password, end_token, make_token
from services.login import log_out
from services.people import own_page
from views._gate import session_digest, where
from views._page import Page
from views._request import language, only, principal, store
from views._request import number as whole_number
from views.login import first_page

DEFAULT_DAYS = 30


def show() -> str:
    """Who I am here, where I am logged in, which keys I gave out."""
    only(())
    return _page()


def _page(**more: Any) -> str:
    mine = own_page(store(), principal())
    return render_template("account.html", active="account", mine=mine, current=session_digest(), days=DEFAULT_DAYS, **more)


def password() -> str:
    """The form for another password."""
    only(())
    return render_template("password.html", active="account", sentence="")


def set_password() -> Any:
    """Change the own password; every other session ends."""
    form, initial = request.form, principal().must_change
    try:
        if form.get("new", "") != form.get("again", ""):
            raise WrongUsage(value="…", hint=gettext("两次输入的新密码不一致"))
        change_password(store(), principal(), form.get("old", ""), form.get("new", ""), session_digest() or None)
    except BlueSkyError as error:
        sentence = error.sentence(language())  # type: ignore[arg-type]  # zh or en
        return render_template("password.html", active="account", sentence=sentence), outcome_of(error).status
    flash(gettext("密码已修改，其他设备上的登录已全部退出。"))
    return redirect(first_page() if initial else url_for("account"), 303)


def end_session() -> Any:
    """Log out one of the own sessions elsewhere."""
    if not log_out(store(), principal(), request.form.get("session", "-")[:64], where()):
        raise NotFound(what="session")
    flash(gettext("已退出该设备的登录。"))
    return redirect(url_for("account"), 303)


def add_token() -> str:
    """Make a key of the API; it is shown this once."""
    days, mine = whole_number(request.form.get("days", "")), principal().permissions
    chosen = [name for name in request.form.getlist("permission") if name in mine] or sorted(mine)
    made = make_token(store(), principal().name, request.form.get("note", ""), chosen, days, principal().name)
    return _page(made=made)


def drop_token(number: int) -> Any:
    """Take a key back."""
    end_token(store(), principal().name, number, principal().name)
    flash(gettext("接口令牌已作废。"))
    return redirect(url_for("account"), 303)


PAGES = [
    Page("/account", "account", show, "view"),
    Page("/account/password", "account_password", password, "view"),
    Page("/account/password", "account_password_set", set_password, "view", ("POST",)),
    Page("/account/sessions/end", "account_session_end", end_session, "view", ("POST",)),
    Page("/account/tokens", "account_token_add", add_token, "view", ("POST",)),
    Page("/account/tokens/<int:number>/end", "account_token_end", drop_token, "view", ("POST",)),
]
