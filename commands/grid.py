"""The grid from the terminal: new cells, coverage, workload, the assignment table, hand-over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from commands._base import Context, Day, OutFile, either, pass_context
from commands._progress import working

AREAS = click.Choice(["development_zones", "county"])


@click.group()
def grid() -> None:
    """The grid: make cells, check coverage, workload, assignments, hand-over 网格.

    \b
    Examples:
      python app.py grid make --size 1000 --system patrol --out cells.gpkg
      python app.py grid check
    """


@grid.command("make")
@click.option("--size", type=int, default=1000, show_default=True, help="Edge in metres: 500, 1000 or 3000.")
@click.option("--system", default="patrol", show_default=True, help="responsibility, hot or patrol.")
@click.option("--clip", default="county", show_default=True, help="county, a layer, or LAYER/KEY such as towns/330781102.")
@click.option("--level", default="", help="city, town, village, park or enterprise.")
@click.option("--replace", is_flag=True, help="Recorded cells of the same code get the new outline and keep the rest.")
@click.option("--out", type=OutFile(), help="Write the cells to a file; its ending decides the format.")
@click.option("--import", "take", is_flag=True, help="Store the new cells.")
@pass_context
def make(context: Context, out: Path | None, take: bool, **chosen: Any) -> None:
    """Cut regular cells out of the county or a part of it; without --out and --import only count them.

    \b
    Examples:
      python app.py grid make --size 500 --system hot --clip towns/330781102 --out cells.geojson
      python app.py grid make --size 1000 --system patrol --import
    """
    from services.assess import current
    from services.gridmaker import Wish, store_grid, work_out, write_grid
    from services.scope import local_principal

    store, region, wish = context.store(), context.region(), Wish(**chosen)
    with working("划分网格", "cutting cells"):
        found = current(store, region, region.today())
        made = work_out(found, region, wish, local_principal())
    told = (len(made.codes), made.area_km2, made.count("new"), made.count("same"), made.count("other"), made.doubled)
    context.say(
        "网格 {} 个，共 {:.4f} km²：新 {}，已有相同 {}，已有不同 {}，与同体系网格重叠 {}。".format(*told),
        "{} cells, {:.4f} km²: {} new, {} recorded alike, {} recorded otherwise, {} overlap others.".format(*told),
    )
    for code in made.conflicts(20):
        click.echo(either(f"  {code} 已有，图形不同", f"  {code} is recorded with another outline"), err=True)
    if out:
        write_grid(made, found, region, out)
        context.say(f"已写出 {out.name}。", f"Wrote {out.name}.")
    if take:
        report = store_grid(store, region, made, found, local_principal())
        context.say(f"已写入：新增 {report.new}，更新 {report.changed}。", f"Stored: {report.new} new, {report.changed} changed.")


@grid.command("check")
@click.option("--area", type=AREAS, default="development_zones", show_default=True, help="Where to look.")
@click.option("--out", type=OutFile(), help="Write everything found to this CSV or XLSX.")
@pass_context
def check(context: Context, area: str, out: Path | None) -> None:
    """Is every facility in exactly one cell with a head, and the ground covered once?

    \b
    Example:
      python app.py grid check --area county --out coverage.xlsx
    """
    from geo.write import write_table
    from services.assess import current
    from services.coverage import FACILITY_FAULTS, HEADERS, WORDS, coverage, coverage_rows
    from services.scope import local_principal

    store, region = context.store(), context.region()
    told = coverage(store, current(store, region, region.today()), region, area, local_principal())
    context.say(
        f"{told.area_km2:.4f} km²，责任网格 {told.cells}，设施 {told.facilities}，其中无误 {told.fine}",
        f"{told.area_km2:.4f} km², {told.cells} cells, {told.facilities} facilities, {told.fine} of them in order",
    )
    for fault in FACILITY_FAULTS:
        context.say(f"  {WORDS[fault]} {told.count(fault)}", f"  {fault} {told.count(fault)}")
    context.say(f"  责任人有缺漏的网格 {len(told.posts)}", f"  cells whose post is at fault {len(told.posts)}")
    for name, name_en, patches in (("地面空白", "gaps", told.gaps), ("地面重叠", "overlaps", told.overlaps)):
        area_m2 = sum(patch.area_m2 for patch in patches)
        context.say(f"  {name} {len(patches)}，{area_m2:.1f} m²", f"  {name_en} {len(patches)}, {area_m2:.1f} m²")
    if out:
        write_table(HEADERS, coverage_rows(told), out)


@grid.command("workload")
@click.option("--by", type=click.Choice(["cell", "head"]), default="cell", show_default=True, help="A row a cell, or a head.")
@click.option("--out", required=True, type=OutFile(), help="An XLSX file.")
@pass_context
def workload(context: Context, by: str, out: Path) -> None:
    """Facilities, boilers, sites, mines, open findings and cases of each cell or head.

    \b
    Example:
      python app.py grid workload --by head --out workload.xlsx
    """
    from geo.write import replace_file
    from services.assess import current
    from services.scope import local_principal
    from services.workload import workload as count
    from services.workload import workload_xlsx

    store, region = context.store(), context.region()
    found = current(store, region, region.today())
    told = count(store, found, local_principal(), by)
    replace_file(out, workload_xlsx(told, found.as_of))
    context.say(f"已写出 {out.name}：{len(told.rows)} 行。", f"Wrote {out.name}: {len(told.rows)} rows.")


@grid.command("export")
@click.option("--system", default="responsibility", show_default=True, help="responsibility, hot or patrol.")
@click.option("--out", required=True, type=OutFile(), help="A CSV or XLSX file.")
@pass_context
def export(context: Context, system: str, out: Path) -> None:
    """Write the assignment table; it can be imported again.

    \b
    Example:
      python app.py grid export --out assignments.xlsx
    """
    from geo.errors import WrongUsage
    from geo.write import replace_file
    from services.assignment import entries, table_file

    kind = out.suffix.lower().removeprefix(".")
    if kind not in ("csv", "xlsx"):
        raise WrongUsage(value=out.name, hint=".csv .xlsx")
    rows = entries(context.store(), context.region().today(), None, system)
    replace_file(out, table_file(rows, kind))
    context.say(f"已写出 {out.name}：{len(rows)} 行。", f"Wrote {out.name}: {len(rows)} rows.")


@grid.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@pass_context
def import_(context: Context, file: Path, dry_run: bool) -> None:
    """Take an assignment table: heads, members, phones, accounts and their days.

    \b
    Example:
      python app.py grid import assignments.xlsx --dry-run
    """
    import hashlib

    from services.assignment import apply, plan, read_table
    from services.scope import local_principal

    store, region = context.store(), context.region()
    lines, held = read_table(file)
    made = plan(store, region.today(), lines, held)
    for step in made.steps:
        told_changes = (f"{name} {before or '-'} → {after or '-'}" for name, before, after in step.changes)
        click.echo(f"{step.line.cell}: " + "; ".join(told_changes))
    for one in made.held:
        zh, en = f"  第 {one.row} 行 {one.cell}：{one.reason}", f"  row {one.row} {one.cell}: {one.reason_en}"
        click.echo(either(zh, en), err=True)
    if not dry_run:
        source = (file.name, hashlib.sha256(file.read_bytes()).hexdigest())
        apply(store, region, local_principal(), made.stamp, [step.line for step in made.steps], source)
    trial = either("（试运行，未写入）", " (dry run, nothing stored)") if dry_run else ""
    told = (len(made.steps), made.unchanged, len(made.held))
    context.say(
        "更改 {}，未变 {}，未接收 {}".format(*told) + trial, "{} changed, {} unchanged, {} held back".format(*told) + trial
    )


@grid.command("handover")
@click.argument("cell")
@click.argument("account")
@click.option("--first", type=Day(), help="First day of the new head; default today.")
@click.option("--note", default="", help="A remark, kept with the cases.")
@pass_context
def handover(context: Context, cell: str, account: str, first: dt.date | None, note: str) -> None:
    """Hand a cell over to another account, with the open cases of its head.

    \b
    Example:
      python app.py grid handover P-20 lisi --first 2026-12-01
    """
    from services.handover import Wish, hand_over
    from services.scope import local_principal

    store, region = context.store(), context.region()
    done = hand_over(store, region, local_principal(), Wish(cell, account, first or region.today(), note))
    context.say(
        f"{done.cell}：{done.giver or '-'} → {done.taker}，自 {done.first} 起，移交案件 {len(done.cases)} 件。",
        f"{done.cell}: {done.giver or '-'} → {done.taker} from {done.first}, {len(done.cases)} cases along.",
    )


@grid.command("settle")
@pass_context
def settle(context: Context) -> None:
    """Hand-overs whose day has come: names and cases follow. Made to be run every night.

    \b
    Example:
      python app.py grid settle
    """
    from services.handover import settle as follow_duties

    done = follow_duties(context.store(), context.region())
    context.say(f"生效的交接：{len(done)} {'、'.join(done)}", f"Hand-overs that took effect: {len(done)} {', '.join(done)}")
