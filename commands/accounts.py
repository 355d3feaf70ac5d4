"""Accounts from the terminal: add, list, disable, passwords, keys of the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from commands._base import Context, either, pass_context
from geo.errors import WrongUsage

ACTOR = "local"


@click.group()
def user() -> None:
    """Accounts: add, list, change, disable, passwords, API tokens 账号.

    \b
    Examples:
      python app.py user add zhangsan --role grid_head --cell P-01 --display-name 张三
      python app.py user token report --days 90 --permission view --permission export
    """


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="admin, planner, reviewer, grid_head, inspector, viewer.")
@click.option("--display-name", default="", help="Name as pages show it.")
@click.option("--town", default="", help="Tie the account to a town.")
@click.option("--cell", "cells", multiple=True, help="A responsibility cell, CODE or CODE:FROM:TO; may be given several times.")
@click.option("--team", default="", help="Team of an inspector.")
@click.option("--phone", default="", help="Shown to colleagues of neighbouring cells.")
@pass_context
def add(
    context: Context, name: str, roles: tuple[str, ...], display_name: str, town: str, cells: tuple[str, ...], team: str,
    phone: str,
) -> None:  # fmt: skip
    """Add an account; its first password is shown once.

    \b
    Example:
      python app.py user add lisi --role inspector --team 一队
    """
    from services.accounts import Profile, create

    profile = Profile(name, display_name, roles, town, team, phone)
    made = create(context.store(), profile, ACTOR, duties=[_duty(cell) for cell in cells])
    context.say(f"已建账号 {name}，初始密码（只显示这一次）：{made}", f"Made {name}; first password (shown this once): {made}")


def _duty(text: str) -> Any:
    """``CODE``, ``CODE:2026-01-01`` or ``CODE:2026-01-01:2026-12-31``.

    Raises:
        WrongUsage: anything else.
    """
    from services.accounts import Duty

    code, *days = text.split(":")
    try:
        first, last = (dt.date.fromisoformat(day) if day else None for day in (*days, "", "")[:2])
    except ValueError:
        raise WrongUsage(value=text[:60], hint="CODE:YYYY-MM-DD:YYYY-MM-DD") from None
    if not code or len(days) > 2 or (first and last and first > last):
        raise WrongUsage(value=text[:60], hint="CODE:YYYY-MM-DD:YYYY-MM-DD")
    return Duty(code, first, last)


@user.command("list")
@pass_context
def list_(context: Context) -> None:
    """List the accounts.

    \b
    Example:
      python app.py user list
    """
    from services.people import listing

    for one, duties in listing(context.store()):
        cells = ",".join(duty.cell for duty in duties)
        state = either("已停用", "disabled") if one.disabled_at else ""
        context.say("\t".join((one.name, one.display_name, ",".join(one.roles), one.town or "", cells, state)).rstrip())


@user.command("passwd")
@click.argument("name")
@click.option("--stdin", is_flag=True, help="Read the password from standard input instead of making one.")
@pass_context
def passwd(context: Context, name: str, stdin: bool) -> None:
    """Give an account another password; it is logged out everywhere, and its keys of the API end.

    \b
    Example:
      python app.py user passwd lisi
    """
    from services.accounts import reset_password

    typed = click.get_text_stream("stdin").readline().rstrip("\r\n") if stdin else None
    made = reset_password(context.store(), name, ACTOR, typed)
    if made is None:
        context.say("密码已修改。", "The password was changed.")
    else:
        context.say(f"{name} 的新初始密码（只显示这一次）：{made}", f"New first password of {name} (shown this once): {made}")
    context.say("该账号已全部退出登录，接口令牌已作废。", "It is logged out everywhere, and its keys of the API ended.")


@user.command("disable")
@click.argument("name")
@pass_context
def disable(context: Context, name: str) -> None:
    """Close an account: sessions and tokens end at once.

    \b
    Example:
      python app.py user disable lisi
    """
    from services.accounts import set_disabled

    set_disabled(context.store(), name, True, ACTOR)
    context.say(f"账号 {name} 已停用。", f"{name} is disabled.")


@user.command("enable")
@click.argument("name")
@pass_context
def enable(context: Context, name: str) -> None:
    """Open a closed account again.

    \b
    Example:
      python app.py user enable lisi
    """
    from services.accounts import set_disabled

    set_disabled(context.store(), name, False, ACTOR)
    context.say(f"账号 {name} 已启用。", f"{name} is enabled.")


@user.command("token")
@click.argument("name")
@click.option("--days", default=30, show_default=True, help="Days until it expires, 366 at most.")
@click.option("--permission", "permissions", multiple=True, help="What it may, within the account's rights; all by default.")
@click.option("--note", default="", help="What it is for.")
@pass_context
def token(context: Context, name: str, days: int, permissions: tuple[str, ...], note: str) -> None:
    """Make a key of the API, shown once; send it as ``Authorization: Bearer KEY``.

    \b
    Example:
      python app.py user token report --days 90 --permission view
    """
    from services.accounts import make_token

    context.say(make_token(context.store(), name, note, permissions, days, ACTOR))


@user.command("tokens")
@click.argument("name")
@click.option("--end", type=int, help="Take the key of this number back.")
@pass_context
def tokens(context: Context, name: str, end: int | None) -> None:
    """List the keys of an account, or take one back.

    \b
    Examples:
      python app.py user tokens report
      python app.py user tokens report --end 3
    """
    from services.accounts import end_token
    from services.people import keys_of

    store = context.store()
    if end is not None:
        end_token(store, name, end, ACTOR)
    for one in keys_of(store, name):
        context.say("\t".join((str(one.id), one.expires_at.date().isoformat(), ",".join(one.permissions), one.note)).rstrip())
