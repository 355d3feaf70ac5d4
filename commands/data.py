"""Rows in and out: demo, import, retire, export."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands._base import Context, Day, OutFile, either, pass_context
from commands._follow import follow_cases
from commands._progress import working

if TYPE_CHECKING:
    from services.intake import ImportReport

SHOWN_PROBLEMS = 20
Encoding = click.Choice(["UTF-8", "GBK"], case_sensitive=False)


@click.command()
@click.option("--seed", default=330781, show_default=True, help="The same seed gives the same city.")
@pass_context
def demo(context: Context, seed: int) -> None:
    """Fill an empty store with the example city 示例城市.

    \b
    Example:
      python app.py demo
    """
    from services.demo import STORY_DATES, fill

    store = context.store(create=True)
    with working("写入示例城市", "filling the example city"):
        rows = fill(store, context.region(), seed)
    name = context.where.name
    context.say(f"示例城市已写入 {name}：{rows} 行。", f"The example city was written to {name}: {rows} rows.")
    days = "、".join(day.isoformat() for day in STORY_DATES)
    context.say(f"演示日期：{days}", f"Story dates: {days}")


@click.command(name="import")
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--crs", help="Coordinate system of the file, such as EPSG:4549.")
@click.option("--datum", type=click.Choice(["cgcs2000", "wgs84", "gcj02", "bd09"]), help="Datum of longitudes and latitudes.")
@click.option("--encoding", help="Text encoding, such as gbk.")
@click.option("--sheet", help="Sheet of a workbook, or layer of a container.")
@click.option("--map", "mapping", multiple=True, metavar="HEADER=COLUMN", help="Which header is which column; empty: an extra.")
@click.option("--swap", is_flag=True, help="x and y (longitude and latitude) stand in each other's place.")
@click.option("--packed-degrees", "packed", is_flag=True, help="Decimal degrees are really ddd.mmss.")
@click.option("--helmert", metavar="DX,DY,DZ,RX,RY,RZ,S", help="七参数 to CGCS2000: m, arc seconds, ppm[,coordinate_frame].")
@click.option("--accept-repairs", "accept_all", is_flag=True, help="Take every repair the check proposes; each is told.")
@click.option("--dry-run", is_flag=True, help="Read and check only; nothing is stored.")
@click.option("--rejects", type=OutFile(), help="Write the rows held back to this CSV.")
@click.option("--report", type=OutFile(), help="Write the whole report to this JSON file.")
@pass_context
def import_(context: Context, layer: str, file: Path, rejects: Path | None, report: Path | None, **chosen: Any) -> None:
    """Take a file into a layer 导入: csv, xlsx, ods, geojson, gpkg, shp, zip, kml, kmz, fgb, parquet, dxf.

    \b
    Examples:
      python app.py import enterprises 企业.xlsx
      python app.py import no_burn_zones zones.shp --crs EPSG:4528
      python app.py import combustion_units units.csv --datum gcj02 --rejects bad.csv
      python app.py import mines 北京54.csv --crs EPSG:2437 --helmert=-15.4,157.0,94.7,0.31,0.08,0.10,-1.46
      python app.py import enterprises list.xlsx --map 序号=enterprise_code --dry-run --report report.json
    """
    from geo.errors import BlueSkyError
    from services.intake import ImportOptions, import_file, write_rejects
    from services.scope import layer_for, local_principal

    known = layer_for(local_principal(), layer)
    chosen["mapping"] = _mapping(chosen["mapping"], known)
    store = context.store() if context.has_store else None if chosen["dry_run"] else partial(context.store, create=True)
    try:
        with working(f"读取 {file.name}", f"reading {file.name}"):
            found = import_file(store, context.region(), layer, file, ImportOptions(**chosen), verdicts=chosen["dry_run"])
    except BlueSkyError as fault:
        refused = fault.facts.get("report")
        if report and refused is not None:
            _write_report(report, refused)
        if refused is not None and refused.sha256:
            _tell_counts(context, refused)
        raise
    if report:
        _write_report(report, found)
    if rejects:
        write_rejects(found, rejects)
    _tell(context, found)
    if not found.dry_run and (found.new or found.changed):
        follow_cases(context, f"import {found.layer} {found.file}")


def _mapping(texts: tuple[str, ...], layer: Any) -> dict[str, str]:
    """``HEADER=COLUMN`` as a mapping; the column must be one of the layer's."""
    found = {}
    for text in texts:
        header, mark, column = text.rpartition("=")
        if not mark or (column and not layer.has(column)):
            names = " ".join(one.name for one in layer.columns)
            zh, en = f"“{text}”应写成 表头=字段，字段可用：{names}", f"“{text}”: write HEADER=COLUMN, with one of {names}"
            raise click.UsageError(either(zh, en))
        found[header] = column
    return found


def _write_report(path: Path, found: Any) -> None:
    from geo.write import replace_file

    replace_file(path, found.as_json().encode("utf-8"))


def _tell(context: Context, found: ImportReport) -> None:
    _tell_counts(context, found)
    _tell_changes(context, found)
    for problem in found.problems[:SHOWN_PROBLEMS]:
        row = problem["row"]
        place = either("文件", "file") if row is None else either(f"第 {row} 行", f"row {row}")
        column = f" {problem['column']}" if problem["column"] else ""
        click.echo(f"  {place}{column}：{either(problem['reason'], problem['reason_en'])}", err=True)
    more = len(found.problems) - SHOWN_PROBLEMS
    if more > 0:
        click.echo(either(f"  … 另有 {more} 条提示，见 --report", f"  … {more} more, see --report"), err=True)
    if found.doubtful:
        zh = f"接收的行中有 {found.doubtful} 行存疑：已计入接收，同时列在隔离区待核实"
        en = f"{found.doubtful} of the rows taken are doubtful: they count as taken, and are listed in the quarantine, too"
        click.echo(either(zh, en), err=True)
    held = found.quarantined + found.refused
    if held:
        zh, en = f"{held} 行未接收，原因见 --rejects 或 --report", f"{held} rows held back, see --rejects or --report"
        click.echo(either(zh, en), err=True)


def _tell_counts(context: Context, found: ImportReport) -> None:
    trial = either("，试运行，未写入", "; dry run, nothing stored") if found.dry_run else ""
    context.say(
        f"{found.file} → {found.layer}：读入 {found.rows_in} 行 = 接收 {found.taken} + 待修复 {found.quarantined} + "
        f"拒绝 {found.refused}（新增 {found.new}，更新 {found.changed}，未变 {found.unchanged}）{trial}",
        f"{found.file} → {found.layer}: {found.rows_in} rows in = {found.taken} taken + {found.quarantined} quarantined + "
        f"{found.refused} refused ({found.new} new, {found.changed} changed, {found.unchanged} unchanged){trial}",
    )


def _tell_changes(context: Context, found: ImportReport) -> None:
    if found.unverified:
        zh = f"{found.unverified} 行的坐标基准未核实（北京 54 / 西安 80），按精度 100 m 收下；有七参数请用 --helmert。"
        en = f"{found.unverified} rows are in an unverified datum (Beijing 54, Xi'an 80), taken with 100 m; see --helmert."
        context.say(zh, en)
    if found.repeated:
        context.say(
            f"内容与导入 #{found.changeset} 相同，没有变化。",
            f"The same content as import #{found.changeset}; nothing was changed.",
        )
    if found.missing and found.dry_run:
        number = found.missing
        en = f"{number} rows of the layer are not in the file; they stay."
        context.say(f"图层中有 {number} 行不在文件里，将保持不变。", en)
    if found.verdicts:
        added, removed = found.verdicts["added"], found.verdicts["removed"]
        context.say(f"违规判定将 +{added} / −{removed}。", f"Violations would change by +{added} / −{removed}.")


@click.command()
@click.argument("number", type=int)
@pass_context
def takeback(context: Context, number: int) -> None:
    """Take an import back as a whole 整批撤回: what it added ends, what it replaced comes back.

    \b
    Example:
      python app.py takeback 12
    """
    from services.scope import local_principal
    from services.takeback import take_back

    done = take_back(context.store(), local_principal(), number)
    context.say(
        f"已撤回导入 #{number}：{done.ended} 行撤销，{done.restored} 行恢复。",
        f"Took import #{number} back: {done.ended} rows ended, {done.restored} restored.",
    )
    if done.kept:
        kept = "、".join(done.kept[:10])
        en = f"{len(done.kept)} rows were changed since and stay: {kept}"
        context.say(f"{len(done.kept)} 行此后又被修改，保留现状：{kept}", en)
    follow_cases(context, f"takeback {number}")


@click.command()
@click.argument("layer")
@click.argument("key")
@click.option("--why", required=True, help="The reason, kept in history.")
@pass_context
def retire(context: Context, layer: str, key: str, why: str) -> None:
    """Take a wrong row out, keeping its history 撤销. KEY@DATE names one version of a zone.

    \b
    Example:
      python app.py retire combustion_units U00017 --why "重复登记"
    """
    from services.retire import retire as take_out

    versions = take_out(context.store(), layer, key, why)
    context.say(
        f"已撤销 {layer} {key}（{versions} 个版本），历史保留。",
        f"Retired {layer} {key} ({versions} versions); the history is kept.",
    )
    follow_cases(context, f"retire {layer} {key}")


@click.command()
@click.argument("layer")
@click.option("--out", required=True, type=OutFile(), help="A file; its ending decides the format.")
@click.option("--as-of", type=Day(), help="Only what is in force on that day; default: every version.")
@click.option("--crs", help="Coordinate system of the file; default EPSG:4490.")
@click.option("--encoding", type=Encoding, default="UTF-8", show_default=True, help="Text of a shapefile.")
@pass_context
def export(context: Context, layer: str, out: Path, as_of: dt.date | None, crs: str | None, encoding: str) -> None:
    """Write a layer to a file 导出: geojson, gpkg, zip (shapefile), csv, xlsx, kml, parquet, fgb.

    \b
    Examples:
      python app.py export no_burn_zones --out zones.gpkg --as-of 2021-07-01
      python app.py export enterprises --out 企业.xlsx
    """
    from services.export import export_layer
    from services.scope import local_principal

    store = context.store()
    with working(f"写出 {out.name}", f"writing {out.name}"):
        rows = export_layer(store, context.region(), layer, out, local_principal(), as_of, crs, encoding)
    context.say(f"已写出 {out.name}：{rows} 行。", f"Wrote {out.name}: {rows} rows.")


