"""Changes made in a copy, brought back: bring-back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands._base import Context, either, language, pass_context
from commands._follow import follow_cases
from commands._progress import working

if TYPE_CHECKING:
    from services.bringback import Accepted, Asked, Choice, Difference

SHOWN = 20


@click.command(name="bring-back")
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--base", type=int, metavar="REV", help="Revision the file was exported from, where it does not say.")
@click.option("--accept", type=click.Choice(["all", "none"]), default="none", show_default=True, help="Record the changes.")
@click.option("--conflicts", type=click.Choice(["ours", "theirs"]), help="Which side counts where both changed the same.")
@click.option("--complete", is_flag=True, help="Rows missing from a file without a mark were removed.")
@click.option("--sheet", help="Sheet of a workbook, or layer of a container; default: the one called like the layer.")
@click.option("--crs", help="Coordinate system of the file, such as EPSG:4549.")
@click.option("--encoding", help="Text encoding, such as gbk.")
@click.option("--dry-run", is_flag=True, help="Look only; nothing is stored.")
@pass_context
def bring_back(
    context: Context, layer: str, file: Path, base: int | None, accept: str, conflicts: str | None, dry_run: bool,
    **told: str | bool | None,
) -> None:  # fmt: skip
    """Compare an exported file that was edited elsewhere with what it was made from and with what holds now 带回修改.

    LAYER ``all``: every layer of a GeoPackage that holds several.

    \b
    Examples:
      python app.py bring-back enterprises 企业.xlsx
      python app.py bring-back no_burn_zones zones.gpkg --accept all
      python app.py bring-back all snapshot.gpkg
      python app.py bring-back combustion_units units.csv --base 3 --accept all --conflicts theirs
    """
    from services import bringback
    from services.intake import ImportOptions
    from services.scope import local_principal

    complete = bool(told.pop("complete"))
    options = ImportOptions(**{name: str(value) for name, value in told.items() if value})
    asked, choice = bringback.Asked(base, complete, options), bringback.Choice(rest=conflicts or "")
    names = bringback.layers_in(file, local_principal()) if layer == "all" else [layer]
    if not names:
        zh, en = "文件中没有多个图层，请写明图层名。", "The file does not hold several layers; name the layer."
        raise click.UsageError(either(zh, en))
    for name in names:
        _one(context, name, file, asked, choice if accept == "all" else None, dry_run)


def _one(context: Context, layer: str, file: Path, asked: Asked, choice: Choice | None, dry_run: bool) -> None:
    """One layer of a file: compared, told, and recorded where something is accepted."""
    from services import bringback
    from services.scope import local_principal

    store, region, who = context.store(), context.region(), local_principal()
    with working(f"读取并比较 {file.name}", f"reading and comparing {file.name}"):
        try:
            found = bringback.compare_file(store, region, who, layer, file, asked)
        except bringback.BaseUnknown as fault:
            _tell_revisions(fault)
            raise
    _tell(context, found)
    kinds = {change.kind for change in found.changes} - {"same"}
    if choice is None or not kinds:
        return
    if kinds == {"conflict"} and not choice.rest:
        _tell_conflicts(context, found.counts["conflict"])
        return
    taken = bringback.bring_back(store, region, found, choice, who, dry_run=dry_run)
    _tell_taken(context, taken, dry_run)
    if not dry_run:
        follow_cases(context, f"bring-back {layer} {file.name}")


def _tell_revisions(fault: Exception) -> None:
    for one in fault.facts["revisions"][:SHOWN]:  # type: ignore[attr-defined]  # BaseUnknown lists them
        at = f"{one.at.astimezone():%Y-%m-%d %H:%M}"
        click.echo(f"  {one.number:>5}  {at}  {one.actor}  {one.kind}  {one.source_name}")


def _tell(context: Context, found: Difference) -> None:
    from services.change_words import KIND_WORDS, SILENT_WORDS, change_line

    counts = found.counts
    told = [("，", ", ")[at].join(f"{KIND_WORDS[kind][at]} {counts[kind]}" for kind in counts) for at in (0, 1)]
    context.say(
        f"{found.file} → {found.layer.name}（由版次 {found.base_revision} 导出，现为版次 {found.revision}）：{told[0]}",
        f"{found.file} → {found.layer.name} (made from revision {found.base_revision}, now {found.revision}): {told[1]}",
    )
    lines: dict[str, int] = {}
    for change in found.changes:
        lines[change.kind] = lines.get(change.kind, 0) + 1
        if change.kind != "same" and lines[change.kind] <= SHOWN:
            click.echo("  " + change_line(found.layer, change, language()))
    for kind, number in lines.items():
        if kind != "same" and number > SHOWN:
            (zh, en), more = KIND_WORDS[kind], number - SHOWN
            click.echo(either(f"  … {zh}另有 {more} 行", f"  … {more} more {en}"))
    for why, names in found.brought.silent.items():
        click.echo("  " + either(*SILENT_WORDS[why]) + (f"：{'、'.join(names[:10])}" if names else ""), err=True)
    if not found.whole:
        zh, en = "  文件可能不完整：缺少的行不算删除", "  The file may hold a part only: missing rows do not count as removed"
        click.echo(either(zh, en), err=True)
    for row, code, zh, en in [*found.brought.held, *found.brought.lost][:SHOWN]:
        click.echo(either(f"  第 {row} 行 {code}：{zh}（未采用）", f"  row {row} {code}: {en} (left out)"), err=True)


def _tell_taken(context: Context, taken: Accepted, dry_run: bool) -> None:
    report, gone = taken.report, len(taken.prepared.conformed.gone)
    trial = either("，试运行，未写入", "; dry run, nothing stored") if dry_run else ""
    context.say(
        f"已带回：新增 {report.new}，更新 {report.changed}，删除 {gone}（版次 {report.revision}）{trial}",
        f"Brought back: {report.new} new, {report.changed} changed, {gone} removed (revision {report.revision}){trial}",
    )
    if taken.undecided:
        _tell_conflicts(context, len(taken.undecided))
    if report.quarantined:
        number = report.quarantined
        en = f"{number} merged rows did not pass the check and are in the quarantine."
        context.say(f"{number} 行合并后未通过检查，已放入隔离区。", en)


def _tell_conflicts(context: Context, number: int) -> None:
    en = f"{number} conflicts are left; add --conflicts ours or theirs."
    context.say(f"{number} 行冲突未处理，请加 --conflicts ours 或 theirs。", en)
