"""Running it: start, serve, check, backup."""

from __future__ import annotations

import datetime as dt
import ipaddress
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from commands._base import Context, OutFile, either, log_to_file, pass_context
from commands._progress import working
from geo.errors import Unavailable


class PortTaken(Unavailable):
    """Another program listens there already."""

    zh = "端口 {port} 已被占用，请用 --port 换一个。"
    en = "Port {port} is taken; choose another with --port."


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(context: Context, host: str, port: int, days: Sequence[dt.date] = ()) -> None:
    from waitress.server import create_server

    from app import create_app
    from geo.errors import WrongUsage
    from services.accounts import ensure_admin

    if not _is_loopback(host):
        raise WrongUsage(value=host, hint=either("目前只能绑定本机地址 127.0.0.1。", "only the loopback 127.0.0.1 for now."))
    log_to_file()
    store = context.store()
    _show_first_password(context, ensure_admin(store))
    application = create_app(store, context.region())
    try:
        server: Any = create_server(application, host=host, port=port, threads=8, ident=None)
    except OSError as fault:
        raise PortTaken(port=port) from fault
    address = f"http://{f'[{host}]' if ':' in host else host}:{server.effective_port}"
    context.say(f"已启动 {address} （Ctrl+C 停止）", f"Serving on {address} (stop with Ctrl+C)")
    context.say(
        "先看：登录页点一个示例角色（或用账号登录）；地图上的橙色菱形 = 违规设施，点开看判定依据。",
        "Look first: enter by one click as a role of the example; orange diamonds are facilities in violation.",
    )
    for day in days:
        context.say(f"示例城市：{address}/?as_of={day}", f"Example city: {address}/?as_of={day}")
    sys.stdout.flush()
    server.run()


def _show_first_password(context: Context, password: str | None) -> None:
    """Tell the first administrator's password, the only time it is known."""
    if password is not None:
        context.say(
            f"已建管理员账号 admin，初始密码（只显示这一次）：{password}",
            f"Made the account admin; its first password (shown this once): {password}",
        )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, type=click.IntRange(0, 65535), show_default=True)
@pass_context
def serve(context: Context, host: str, port: int) -> None:
    """Serve the pages on this machine 启动网页.

    \b
    Example:
      python app.py serve --port 8080
    """
    _serve(context, host, port)


@click.command()
@click.option("--port", default=8000, type=click.IntRange(0, 65535), show_default=True)
@pass_context
def start(context: Context, port: int) -> None:
    """Prepare what is missing (assets, example city), then serve: what make run does 一键启动.

    \b
    Example:
      python app.py start
    """
    from maps.assets import prepare

    prepare()
    _serve(context, "127.0.0.1", port, _fill_if_empty(context))


def _fill_if_empty(context: Context) -> Sequence[dt.date]:
    """The example city for a store that is missing, or that an interrupted first start left empty; its story dates."""
    from services.demo import STORY_DATES, fill
    from store.changes import is_empty

    store = context.store() if context.has_store else context.store(create=True)
    days: Sequence[dt.date] = ()
    if is_empty(store):
        context.say("首次启动：写入示例城市 …", "First start: filling the example city …")
        with working("写入示例城市", "filling the example city"):
            fill(store, context.region())
        days = STORY_DATES
    store.close()
    return days


@click.command()
@pass_context
def check(context: Context) -> None:
    """Check that store, assets, boundaries, rules and fonts are whole 自检.

    \b
    Example:
      python app.py check
    """
    from services.check import run_checks

    results = run_checks(context.store(), context.region())
    for result in results:
        mark = "✓" if result.ok else "✗"
        context.say(f"{mark} {result.title}：{result.detail}", f"{mark} {result.title_en}: {result.detail_en}")
    if not all(result.ok or result.optional for result in results):
        sys.exit(1)


@click.command()
@click.argument("target", type=OutFile())
@pass_context
def backup(context: Context, target: Path) -> None:
    """Copy the store consistently while it is in use 备份 (never copy the file itself).

    \b
    Example:
      python app.py backup bluesky-backup.sqlite
    """
    from services.backup import backup_store

    backup_store(context.store(), target)
    context.say(f"已备份到 {target.name}。", f"Backed up to {target.name}.")
