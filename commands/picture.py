"""Maps as files: map."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from commands._base import Context, Day, pass_context, today_or


@click.command(name="map")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="MAP.html")
@click.option("--layers", help="Layer names, separated by commas; default all.")
@click.option("--as-of", type=Day(), help="Day of judgement; default today (UTC+8).")
@pass_context
def map_(context: Context, out: Path, layers: str | None, as_of: dt.date | None) -> None:
    """Write the map as one HTML file that opens by double click, without a network.

    \b
    Example:
      python app.py map --out map.html --as-of 2021-07-01
    """
    from services.mapfile import write_map

    names = [name.strip() for name in layers.split(",") if name.strip()] if layers else None
    size = write_map(context.store(), context.region(), today_or(as_of, context), out, names)
    context.say(f"已写出 {out.name}：{size / 1e6:.1f} MB，可直接双击打开。")
