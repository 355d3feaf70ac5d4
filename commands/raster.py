"""Rasters 栅格: add, list, remove, and what they hold under areas."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from commands._base import Context, Day, either, pass_context
from commands._progress import working

KINDS = ("pm25", "population", "dustfall", "elevation", "imagery", "other")


@click.group()
def raster() -> None:
    """Rasters 栅格: PM2.5, population, dustfall, elevation, imagery.

    \b
    Examples:
      python app.py raster add 年均PM2.5 pm25.tif --kind pm25 --date 2021-06-01
      python app.py raster add 人口 people.asc --kind population --crs EPSG:4549
      python app.py raster list
      python app.py raster remove 3 --why "wrong month"
    """


@raster.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What it shows.")
@click.option("--unit", default="", help="Unit of its values; by default the file's own, or that of the kind.")
@click.option("--date", "day", type=Day(), help="The day it shows; for a month its first day. Several dates form a series.")
@click.option("--crs", default="", help="Coordinate system, where the file states none.")
@pass_context
def add(context: Context, name: str, file: Path, kind: str, unit: str, day: dt.date | None, crs: str) -> None:
    """Add a raster: GeoTIFF, NetCDF or ASCII grid; it is read in the locked child process."""
    from services.rasters import Wanted, add_raster

    store = context.store(create=True)
    with working(f"读取 {file.name}", f"reading {file.name}"):
        found = add_raster(store, context.region(), Wanted(name, kind, unit, day, crs, file.name), file, "local")
    facts = found.facts
    size = f"{facts['width']} × {facts['height']}, {facts['crs']}"
    told = f"{facts['low']:g} – {facts['high']:g} {facts['unit']}, {facts['nodata_share']:.1%}"
    zh, en = f"已添加栅格 {found.id}：{size}，值 {told} 无数据。", f"Added raster {found.id}: {size}, values {told} without data."
    context.say(zh, en)


@raster.command(name="list")
@pass_context
def list_(context: Context) -> None:
    """List the rasters that count."""
    from services.rasters import every_raster
    from services.scope import local_principal

    found = every_raster(context.store(), local_principal())
    for one in found:
        facts = one.facts
        context.say(
            f"{one.id:>4} {one.kind:<10} {one.on_day or '—'!s:<10} {facts['width']}×{facts['height']} {facts['crs']} "
            f"{facts['low']:g}–{facts['high']:g} {facts['unit']}  {one.name}  {one.sha256[:12]}"
        )
    if not found:
        context.say("尚无栅格。", "There is no raster yet.")


@raster.command()
@click.argument("number", type=int)
@click.option("--why", default="", help="Written into the audit log.")
@pass_context
def remove(context: Context, number: int, why: str) -> None:
    """Let a raster no longer count; its record and its file stay."""
    from services.rasters import remove_raster

    found = remove_raster(context.store(), number, why, "local")
    context.say(f"已移除栅格 {number}（{found.name}）。", f"Removed raster {number} ({found.name}).")


@raster.command()
@click.argument("number", type=int)
@click.argument("layer")
@click.option("--as-of", "day", type=Day(), help="Areas in force on this day; today by default.")
@click.option("--over", type=float, help="Threshold of the share above.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A workbook (.xlsx).")
@pass_context
def zones(context: Context, number: int, layer: str, day: dt.date | None, over: float | None, out: Path) -> None:
    """Statistics of a raster under the areas of a layer, weighted by exact coverage."""
    from geo.write import replace_file
    from services.scope import local_principal
    from services.zonal_tables import table_of, table_xlsx

    made = table_of(context.store(), context.region(), local_principal(), number, layer, day or context.region().today(), over)
    replace_file(out, table_xlsx(made, either("zh", "en") == "en"))
    context.say(f"已写入 {out.name}：{len(made.rows)} 行。", f"Wrote {out.name}: {len(made.rows)} rows.")
