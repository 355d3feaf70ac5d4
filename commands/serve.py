"""Running it: start, serve."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands._base import Context, either, log_to_file, pass_context
from commands._progress import working
from geo.errors import Refused, WrongUsage

if TYPE_CHECKING:
    from store.open import Store

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class NoOwnAdmin(Refused):
    """Other machines would reach a site that nobody has a password for."""

    zh = (
        "尚无带密码的管理员账号，不能让其他电脑访问；请先运行 python app.py user add 名称 --role admin，"
        "或用 python app.py user passwd 名称 设置密码。"
    )
    en = (
        "No administrator has a password yet, so other machines are not let in; run python app.py user add NAME --role admin "
        "or python app.py user passwd NAME first."
    )


class NoTls(Refused):
    """Passwords would cross the network in the clear."""

    zh = "{host} 不是本机地址：请用 --tls-cert 和 --tls-key 启用 HTTPS；确知局域网可信时才用 --insecure-lan。"
    en = "{host} is not this machine alone: give --tls-cert and --tls-key, or --insecure-lan where the network can be trusted."


@dataclass(frozen=True)
class Listening:
    """Where the site listens. ``tls``: files of certificate and key."""

    host: str = "127.0.0.1"
    port: int = 8000
    tls: tuple[Path, Path] | None = None
    insecure_lan: bool = False

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def _listed(name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in os.environ.get(name, "").split(",") if part.strip())


def _serve(context: Context, where: Listening, days: Sequence[dt.date] = ()) -> None:
    from app import create_app
    from commands._server import make_server, run
    from services.accounts import ensure_admin
    from services.webhooks import Worker

    proxies = _listed("BLUESKY_PROXY")
    shared = not where.loopback or bool(proxies)
    if not where.loopback and where.tls is None and not where.insecure_lan:
        raise NoTls(host=where.host)
    store = context.store()
    _show_first_password(context, ensure_admin(store))
    if shared:
        _let_others_in(store)
    hosts = _listed("BLUESKY_HOSTS") or (() if shared else LOOPBACK_NAMES)
    front = {"https": bool(where.tls or proxies), "shared": shared, "proxies": proxies, "hosts": hosts}
    server = make_server(create_app(store, context.region(), **front), where.host, where.port, where.tls)
    log_to_file()
    _say_where(context, where, server.bind_addr[1], shared, days)
    with Worker(store, context.region()):
        run(server)


def _let_others_in(store: Store) -> None:
    """What must hold before other machines reach the site.

    Raises:
        NoOwnAdmin: nobody could administrate it.
    """
    from services.accounts import end_example_sessions, has_own_admin

    if not has_own_admin(store):
        raise NoOwnAdmin()
    end_example_sessions(store)


def _say_where(context: Context, where: Listening, port: int, shared: bool, days: Sequence[dt.date]) -> None:
    name = f"[{where.host}]" if ":" in where.host else where.host
    address = f"{'https' if where.tls else 'http'}://{name}:{port}"
    context.say(f"已启动 {address} （Ctrl+C 停止）", f"Serving on {address} (stop with Ctrl+C)")
    if shared:
        context.say(
            "其他电脑可以访问；示例账号的一键进入已关闭。",
            "Other machines can reach it; entering the example by one click is closed.",
        )
        if where.tls is None and not where.loopback:
            context.say("注意：没有 HTTPS，密码以明文经过网络。", "Careful: no TLS, passwords cross the network in the clear.")
    else:
        context.say(
            "先看：登录页点一个示例角色（或用账号登录）；地图上的橙色菱形 = 违规设施，点开看判定依据。",
            "Look first: enter by one click as a role of the example; orange diamonds are facilities in violation.",
        )
    for day in days:
        context.say(f"示例城市：{address}/?as_of={day}", f"Example city: {address}/?as_of={day}")
    sys.stdout.flush()


def _show_first_password(context: Context, password: str | None) -> None:
    """Tell the first administrator's password, the only time it is known."""
    if password is not None:
        context.say(
            f"已建管理员账号 admin，初始密码（只显示这一次）：{password}",
            f"Made the account admin; its first password (shown this once): {password}",
        )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine; 0.0.0.0 for all of them.")
@click.option("--port", default=8000, type=click.IntRange(0, 65535), show_default=True)
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate with its chain (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its private key (PEM, without a password).")
@click.option("--insecure-lan", is_flag=True, help="Serve other machines without TLS; passwords cross the network in the clear.")
@pass_context
def serve(
    context: Context, host: str, port: int, tls_cert: Path | None, tls_key: Path | None, insecure_lan: bool
) -> None:  # fmt: skip
    """Serve the pages on this machine, or to others with accounts and TLS 启动网页.

    \b
    Examples:
      python app.py serve --port 8080
      python app.py serve --host 0.0.0.0 --port 8443 --tls-cert site.pem --tls-key site.key
    """
    if (tls_cert is None) != (tls_key is None):
        hint = either("--tls-cert 和 --tls-key 须同时给出", "--tls-cert and --tls-key go together")
        raise WrongUsage(value="--tls-cert" if tls_key is None else "--tls-key", hint=hint)
    tls = (tls_cert, tls_key) if tls_cert and tls_key else None
    _serve(context, Listening(host, port, tls, insecure_lan))


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
    _serve(context, Listening(port=port), _fill_if_empty(context))


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
