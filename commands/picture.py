"""Maps as files: map."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from commands._base import Context, Day, OutFile, pass_context, today_or
from commands._progress import working


@click.command(name="map")
@click.option("--out", required=True, type=OutFile(), help="MAP.html")
@click.option("--layers", help="Layer names, separated by commas; default all.")
@click.option("--as-of", type=Day(), help="Day of judgement; default today (UTC+8).")
@pass_context
def map_(context: Context, out: Path, layers: str | None, as_of: dt.date | None) -> None:
    """Write the map as one HTML file that opens by double click, without a network.

    \b
    Example:
      python app.py map --out map.html --as-of 2021-07-01
    """
    names = [name.strip() for name in layers.split(",") if name.strip()] if layers else None
    store = context.store()
    from services.mapfile import write_map

    day = today_or(as_of, context)
    with working("绘制地图", "drawing the map"):
        size = write_map(store, context.region(), day, out, names)
    told = f"{out.name}: {size / 1e6:.1f} MB"
    context.say(f"已写出 {told}，可直接双击打开。", f"Wrote {told}; open it with a double click.")
