"""One GeoPackage of everything, for QGIS and other programs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from commands._base import Context, Day, OutFile, pass_context, today_or
from commands._progress import working


@click.command()
@click.option("--out", required=True, type=OutFile(), help="A new or old file ending in .gpkg; replaced only when whole.")
@click.option("--as-of", type=Day(), help="The day shown; default: today.")
@pass_context
def snapshot(context: Context, out: Path, as_of: dt.date | None) -> None:
    """Write everything into one GeoPackage with styles for QGIS 快照; others may work meanwhile.

    \b
    Example:
      python app.py snapshot --out 蓝天一张图.gpkg --as-of 2021-07-01
    """
    from services.scope import local_principal
    from services.snapshot import check_name, write_snapshot

    check_name(out)
    store, region = context.store(), context.region()
    day = today_or(as_of, context)
    with working(f"写出 {out.name}", f"writing {out.name}"):
        made = write_snapshot(store, region, local_principal(), out, day)
    rows = sum(made.rows.values())
    context.say(
        f"已写出 {out.name}：{len(made.rows)} 张表，{rows} 行，SHA-256 {made.sha256[:16]}…",
        f"Wrote {out.name}: {len(made.rows)} tables, {rows} rows, SHA-256 {made.sha256[:16]}…",
    )
