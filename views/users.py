"""账号管理: every account, its roles, and what it is tied to."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import WrongUsage
from services.accounts import Duty, Profile, create, reset_password, set_disabled, update
from services.people import account_page, listing
from services.scope import ROLES
from views._page import Page
from views._request import assessment, number, only, principal, store

LONGEST = 120


def show() -> str:
    """Every account."""
    only(())
    return _page()


def _page(**more: Any) -> str:
    return render_template("users.html", active="users", people=listing(store()), roles=ROLES, towns=_towns(), **more)


def _towns() -> list[str]:
    return sorted(str(name) for name in set(assessment().frames["towns"]["town_name"]) if name)


def add() -> str:
    """Add an account; its first password is shown this once."""
    profile = _profile(request.form.get("name", ""))
    made = create(store(), profile, principal().name, duties=_duties(request.form.get("cells", "")))
    return _page(made=made, made_for=profile.name)


def edit(name: str) -> str:
    """One account: its form and what happened to it."""
    only(())
    return _edit(name)


def _edit(name: str, **more: Any) -> str:
    page = account_page(store(), name)
    return render_template("user.html", active="users", page=page, roles=ROLES, towns=_towns(), **more)


def change(name: str) -> Any:
    """Change what an account may do, and where."""
    revision = number(request.form.get("revision", ""))
    update(store(), name, _profile(name), principal().name, _duties(request.form.get("cells", "")), revision)
    flash(gettext("账号已保存，权限立即生效。"))
    return redirect(url_for("user", name=name), 303)


def disable(name: str) -> Any:
    """Close an account, or open it again."""
    closed = request.form.get("disabled") == "1"
    set_disabled(store(), name, closed, principal().name)
    flash(gettext("账号已停用，所有登录已退出，接口令牌已作废。") if closed else gettext("账号已启用。"))
    return redirect(url_for("user", name=name), 303)


def password(name: str) -> str:
    """Give an account another first password, shown this once; its sessions and keys end."""
    made = reset_password(store(), name, principal().name)
    return _edit(name, made=made)


def _profile(name: str) -> Profile:
    """The profile a form describes."""
    form = request.form
    texts = {key: form.get(key, "")[:LONGEST] for key in ("display_name", "town", "team", "phone")}
    if texts["town"] and texts["town"] not in _towns():
        raise WrongUsage(value=texts["town"], hint=" ".join(_towns()))
    return Profile(name, roles=tuple(form.getlist("role")), **texts)


def _duties(text: str) -> list[Duty]:
    """Cells as typed, one a line: ``CODE``, ``CODE 2026-01-01`` or ``CODE 2026-01-01 2026-12-31``.

    Raises:
        WrongUsage: a line that is none of these, or a cell there is not.
    """
    known = set(assessment().frames["grid_cells"]["cell_code"])
    found = []
    for line in text.splitlines():
        code, *days = line.split() or [""]
        if not code:
            continue
        try:
            first, last = (None if day == "-" else dt.date.fromisoformat(day) for day in (*days, "-", "-")[:2])
        except ValueError:
            raise WrongUsage(value=line[:60], hint=gettext("每行一个网格：编号 起 止（日期可省略）")) from None
        if code not in known:
            raise WrongUsage(value=code[:60], hint=gettext("没有这个网格，请在网格管理中核对编号"))
        if len(days) > 2 or (first and last and first > last):
            raise WrongUsage(value=line[:60], hint=gettext("每行一个网格：编号 起 止（日期可省略）"))
        found.append(Duty(code, first, last))
    return found


PAGES = [
    Page("/users", "users", show, "users"),
    Page("/users", "users_add", add, "users", ("POST",)),
    Page("/users/<name>", "user", edit, "users"),
    Page("/users/<name>", "user_change", change, "users", ("POST",)),
    Page("/users/<name>/disable", "user_disable", disable, "users", ("POST",)),
    Page("/users/<name>/password", "user_password", password, "users", ("POST",)),
]
