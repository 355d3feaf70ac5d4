"""Judging in parts, here or on many machines: export-partitions, screen, import-findings."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from commands._base import Context, Day, pass_context, today_or
from commands._progress import working


def _counted(done: int, whole: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K  {done}/{whole}", err=True, nl=done == whole)


@click.command("export-partitions")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A new or empty folder.")
@click.option("--rows", default=50_000, show_default=True, type=click.IntRange(min=1), help="Rows a partition has, about.")
@pass_context
def export_partitions(context: Context, out: Path, rows: int) -> None:
    """Cut the store into partitions that can be judged apart 导出分区.

    \b
    Example:
      python app.py export-partitions --out parts
    """
    from services.partitions import export_partitions as write

    store, region = context.store(), context.region()
    made = write(store, region, out, rows, _counted)
    counts = ", ".join(f"{layer} {count}" for layer, count in made.rows.items() if count)
    parts = len(made.parts)
    context.say(f"已导出 {parts} 个分区到 {out.name}：{counts}。", f"Wrote {parts} partitions to {out.name}: {counts}.")


@click.command()
@click.option("--partitions", "folder", required=True, type=click.Path(path_type=Path), help="A folder of export-partitions.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the findings.")
@click.option("--as-of", type=Day(), help="Day of judgement; default today (UTC+8).")
@click.option("--rules", help="Rule keys, separated by commas; default all.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="This process, or Dask.")
@click.option("--scheduler", default="", metavar="tcp://HOST:PORT", help="A Dask scheduler; default: processes of this machine.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(min=1), help="Processes here, with --engine dask.")
@pass_context
def screen(
    context: Context, folder: Path, out: Path, as_of: dt.date | None, rules: str | None, engine: str, scheduler: str, workers: int
) -> None:
    """Judge partitions; a run that was interrupted goes on where it stood 分区筛查.

    \b
    Examples:
      python app.py screen --partitions parts --out found --as-of 2021-07-01
      python app.py screen --partitions parts --out found --engine dask --workers 4
    """
    from services.screen import Engine
    from services.screen import screen as judge

    region, day = context.region(), today_or(as_of, context)
    keys = [key.strip() for key in rules.split(",") if key.strip()] if rules else None
    chosen = Engine("dask" if scheduler else engine, scheduler, workers)
    with working("分区筛查", "screening"):
        found = judge(folder, out, region, day, chosen, keys)
    before = len(found.done) - found.judged
    context.say(
        f"{len(found.done)} 个分区判定完成（本次 {found.judged}，沿用 {before}）：{found.rows} 条，"
        f"run {found.run_hash[:12]}，{found.seconds:.1f} s，写入 {out.name}。",
        f"{len(found.done)} partitions judged ({found.judged} now, {before} kept): {found.rows} findings, "
        f"run {found.run_hash[:12]}, {found.seconds:.1f} s, in {out.name}.",
    )


@click.command("import-findings")
@click.argument("folder", type=click.Path(path_type=Path))
@pass_context
def import_findings(context: Context, folder: Path) -> None:
    """Keep the findings of a screening as a run of the store 导入判定.

    \b
    Example:
      python app.py import-findings found
    """
    from services.screen_import import import_findings as take

    with working("导入判定", "importing"):
        number = take(context.store(), folder)
    context.say(f"已保存为第 {number} 次判定。", f"Stored as run {number}.")
