"""Running it: start, serve, check, backup."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path

import click

from commands._base import Context, OutFile, log_to_file, pass_context
from commands._progress import working


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(context: Context, host: str, port: int) -> None:
    import waitress

    from app import create_app
    from geo.errors import WrongUsage

    if not _is_loopback(host):
        raise WrongUsage(value=host, hint="在建立账号之前只能绑定本机地址 127.0.0.1 / only loopback until accounts exist")
    log_to_file()
    application = create_app(context.store(), context.region())
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    context.say(f"已启动 {address} （Ctrl+C 停止）", f"Serving on {address} (stop with Ctrl+C)")
    context.say(
        "先看：总览地图上的橙色菱形 = 违规设施；点开任一设施看判定依据。",
        "Look first: orange diamonds on the map are facilities in violation; open one to see why.",
    )
    sys.stdout.flush()
    waitress.serve(application, host=host, port=port, threads=8, ident=None, _quiet=True)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@pass_context
def serve(context: Context, host: str, port: int) -> None:
    """Serve the pages on this machine 启动网页.

    \b
    Example:
      python app.py serve --port 8080
    """
    _serve(context, host, port)


@click.command()
@click.option("--port", default=8000, show_default=True)
@pass_context
def start(context: Context, port: int) -> None:
    """Prepare what is missing (assets, example city), then serve: what make run does 一键启动.

    \b
    Example:
      python app.py start
    """
    from maps.assets import prepare

    prepare()
    if not context.path.exists():
        from services.demo import fill

        context.say("首次启动：写入示例城市 …", "First start: filling the example city …")
        with working("写入示例城市", "filling the example city"):
            fill(context.store(create=True), context.region())
    _serve(context, "127.0.0.1", port)


@click.command()
@pass_context
def check(context: Context) -> None:
    """Check that store, assets, boundaries, rules and fonts are whole 自检.

    \b
    Example:
      python app.py check
    """
    from services.check import run_checks

    results = run_checks(context.store, context.region())
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
