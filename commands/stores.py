"""Moving a store to another database."""

from __future__ import annotations

import sys

import click

from commands._base import Context, pass_context
from commands._progress import working


@click.group()
def store() -> None:
    """Stores as a whole 数据库.

    \b
    Example:
      python app.py store copy instance/bluesky.sqlite postgresql+psycopg://bluesky@localhost/bluesky
    """


@store.command("make")
@pass_context
def make(context: Context) -> None:
    """Make an empty store where none is 建空库; one that is there stays as it is.

    \b
    Example:
      python app.py --store postgresql+psycopg://bluesky@localhost/bluesky store make
    """
    there, name = context.has_store, context.where.name
    context.store(create=True)
    if there:
        context.say(f"“{name}”已经有了，未作改动。", f"“{name}” is there already; nothing was changed.")
    else:
        context.say(f"已建空库 {name}。", f"Made the empty store {name}.")


@store.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@pass_context
def copy(context: Context, source: str, target: str) -> None:
    """Copy everything into an empty store, SQLite or PostGIS, either way; checked by hashes at the end 迁移.

    The password of a server may stand in PGPASSWORD or a password file instead of the address.

    \b
    Examples:
      python app.py store copy instance/bluesky.sqlite postgresql+psycopg://bluesky@localhost/bluesky
      python app.py store copy postgresql+psycopg://bluesky@localhost/bluesky instance/back.sqlite
    """
    from services.copy import copy_store

    with working("复制", "copying"):
        done = copy_store(source, target, lambda name, rows: context.say(f"{name}：{rows} 行", f"{name}: {rows} rows"))
    context.say(
        f"已复制并逐表核对：{sum(done.rows.values())} 行，照片 {done.files} 张，审计链 {done.head[0]} {done.head[1][:16]}。",
        f"Copied, and every table compared: {sum(done.rows.values())} rows, {done.files} photo files, "
        f"audit head {done.head[0]} {done.head[1][:16]}.",
    )
    context.say("未入库的上传文件留在原处。", "Uploads nobody has taken in yet stayed where they were.")
    for fault in done.faults:
        click.echo(fault, err=True)
    if done.faults:
        sys.exit(1)
