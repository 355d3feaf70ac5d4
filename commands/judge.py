"""Verdicts and pairs: assess, join."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from commands._base import Context, Day, OutFile, either, pass_context, today_or
from commands._follow import follow_cases
from commands._progress import working
from geo.errors import WrongUsage

VERDICTS = "VTUBXC"


@contextmanager
def _joins_told(verbose: bool) -> Iterator[None]:
    """With ``--verbose``, say on stderr how each join of the block was done."""
    from geo._effort import watched

    with watched() as efforts:
        yield
    if verbose:
        for one in efforts:
            click.echo(str(one), err=True)


@click.command()
@click.option("--as-of", type=Day(), help="Day of judgement; default today (UTC+8).")
@click.option("--rules", help="Rule keys, separated by commas; default all.")
@click.option("--out", type=OutFile(), help="findings.csv, .xlsx, .geojson, .gpkg or .parquet.")
@click.option("--nightly", is_flag=True, help="What a timer runs: judge today, bring the cases up to date, apply retention.")
@click.option("--verbose", is_flag=True, help="Say how each join was done, and how much it was.")
@pass_context
def assess(
    context: Context, as_of: dt.date | None, rules: str | None, out: Path | None, nightly: bool, verbose: bool
) -> None:
    """Judge every facility under the rules of the plan 判定.

    \b
    Examples:
      python app.py assess --as-of 2021-07-01 --out findings.csv
      python app.py assess --rules R11-NBZ,R18-NRMM
      python app.py assess --nightly
    """
    if nightly:
        if as_of or rules or out:
            hint = either("不能与其他选项同用", "goes with no other option")
            raise WrongUsage(value="--nightly", hint=hint)
        _night(context)
        return
    from services.assess import assess as judge
    from services.assess import save_run, summary
    from services.export import write_findings

    store, region = context.store(), context.region()
    keys = [key.strip() for key in rules.split(",") if key.strip()] if rules else None
    day = today_or(as_of, context)
    with working("判定", "judging"), _joins_told(verbose):
        found = judge(store, region, day, keys)
    rows, mark = len(found.findings), f"run {found.run_hash[:12]}, {found.seconds:.2f} s"
    if out:
        write_findings(found, region, out)
        context.say(f"已写出 {out.name}：{rows} 条判定（{mark}）。", f"Wrote {out.name}: {rows} findings ({mark}).")
        return
    number = save_run(store, found)
    context.say(f"第 {number} 次判定已保存：{rows} 条（{mark}）。", f"Run {number} was stored: {rows} findings ({mark}).")
    for rule, counts in summary(found.findings).items():
        told = "  ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS if verdict in counts)
        context.say(f"  {rule:<13}{told}")
    if keys is None and day == region.today():
        follow_cases(context, f"assess {number}")


def _night(context: Context) -> None:
    from services.nightly import night

    with working("夜间判定", "nightly work"):
        done = night(context.store(), context.region())
    run = f"第 {done.run} 次判定" if done.run else "判定与上次相同"
    run_en = f"run {done.run}" if done.run else "verdicts as in the last run"
    counts = [len(numbers) for numbers in (done.cases.opened, done.cases.updated, done.cases.closed)]
    gone = (done.removed.sessions, done.removed.tokens, done.removed.phones)
    context.say(
        f"{done.day} 夜间判定：{done.findings} 条，{run}；案件新立 {counts[0]}，更新 {counts[1]}，结案 {counts[2]}；"
        f"到期清除：会话 {gone[0]}，令牌 {gone[1]}，电话 {gone[2]}。",
        f"Night of {done.day}: {done.findings} findings, {run_en}; cases {counts[0]} opened, {counts[1]} updated, "
        f"{counts[2]} closed; removed {gone[0]} sessions, {gone[1]} tokens, {gone[2]} phones.",
    )


@click.command()
@click.argument("points", type=click.Path(path_type=Path))
@click.argument("zones", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=OutFile(), help="PAIRS.csv or .xlsx")
@click.option("--predicate", type=click.Choice(["intersects", "within"]), default="intersects", show_default=True)
@click.option("--point-id", help="Column that names the points.")
@click.option("--zone-id", help="Column that names the zones.")
@click.option("--crs", help="Coordinate system of the points.")
@click.option("--zones-crs", help="Coordinate system of the zones.")
@click.option("--point-sheet", help="Sheet or layer of the points, where their file has several.")
@click.option("--zone-sheet", help="Layer of the zones, where their file has several.")
@click.option("--encoding", help="Text encoding of both files, such as gbk.")
@click.option("--verbose", is_flag=True, help="Say how the join was done, and how much it was.")
def join(points: Path, zones: Path, out: Path, verbose: bool, **chosen: Any) -> None:
    """Which points lie in which polygons, of any two files, without a store 空间关联.

    \b
    Example:
      python app.py join factories.csv districts.geojson --out pairs.csv
    """
    from geo.write import write_table
    from services.join import JoinOptions, join_files

    with working("空间关联", "joining"), _joins_told(verbose):
        found = join_files(points, zones, JoinOptions(**chosen))
    write_table(["point_id", "zone_id", "edge_distance_m"], found.rows, out)
    for line in (*found.notes, *found.skipped):
        click.echo(line, err=True)
    zh = f"{found.points} 个点 × {found.zones} 个面 → {len(found.rows)} 对，写入 {out.name}"
    click.echo(either(zh, f"{found.points} points × {found.zones} zones → {len(found.rows)} pairs in {out.name}"))
