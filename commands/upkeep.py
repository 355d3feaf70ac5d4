"""Looking after it: check, backup, restore, upgrade, audit."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from commands._base import Context, OutFile, either, pass_context
from commands._progress import working
from geo.errors import WrongUsage


@click.command()
@pass_context
def check(context: Context) -> None:
    """Check that store, audit log, photos, assets, boundaries, rules and fonts are whole 自检.

    \b
    Example:
      python app.py check
    """
    if not _checked(context):
        sys.exit(1)


def _checked(context: Context) -> bool:
    """Tell every result; whether all that must be whole is."""
    from services.check import run_checks

    results = run_checks(context.store(), context.region())
    for result in results:
        mark = "✓" if result.ok else "✗"
        context.say(f"{mark} {result.title}：{result.detail}", f"{mark} {result.title_en}: {result.detail_en}")
    return all(result.ok or result.optional for result in results)


class Place(OutFile):
    """A file to write, or a folder that is there."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Text → path; anything that cannot be written is wrong usage."""
        path = Path(str(value))
        return path if path.is_dir() else super().convert(value, param, ctx)


@click.command()
@click.argument("target", type=Place())
@click.option("--keep", type=click.IntRange(1, 1000), help="In a folder: keep that many of its backups, remove older ones.")
@click.option("--key-apart", type=OutFile(), help="Write the key of the audit log to this file and not into the backup.")
@pass_context
def backup(context: Context, target: Path, keep: int | None, key_apart: Path | None) -> None:
    """Write everything into one file while it is in use: store, photos, audit log 备份 (never copy the store itself).

    \b
    Examples:
      python app.py backup bluesky.zip
      python app.py backup backups --keep 30
    """
    from services.backup import backup_store, prune

    if keep is not None and not target.is_dir():
        raise WrongUsage(value=str(target), hint=either("--keep 用于文件夹", "--keep goes with a folder"))
    folder = target
    with working("备份", "backing up"):
        done = backup_store(context.store(), target, key_apart)
    removed = prune(folder, keep) if keep is not None and not done.faults else 0  # older ones may hold what is lost
    tail, tail_en = (f"，删除旧备份 {removed} 份", f", {removed} older ones removed") if removed else ("", "")
    context.say(
        f"已备份到 {done.path.name}：照片 {done.files} 张，审计链 {done.head[0]} {done.head[1][:16]}{tail}。",
        f"Backed up to {done.path.name}: {done.files} photo files, audit head {done.head[0]} {done.head[1][:16]}{tail_en}.",
    )
    context.say(f"sha256 {done.sha256}")
    for fault in done.faults:
        click.echo(fault, err=True)
    if done.faults:
        sys.exit(1)


@click.command()
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Even where a store is already; that one is kept under another name.")
@click.option("--key", type=click.Path(path_type=Path), help="The key of the audit log, where it was kept apart.")
@pass_context
def restore(context: Context, backup: Path, replace: bool, key: Path | None) -> None:
    """Bring a backup back: looked over first, then whole or not at all 恢复.

    \b
    Examples:
      python app.py restore bluesky.zip
      python app.py --store other.sqlite restore bluesky.zip --replace
    """
    from services.restore import restore_store

    with working("恢复", "restoring"):
        done = restore_store(context.where, backup, replace=replace, key=key)
    context.say(
        f"已恢复 {done.made_at[:19]}Z 的备份：照片 {done.files} 张，审计链 {done.head[0]} {done.head[1][:16]}。",
        f"Restored the backup of {done.made_at[:19]}Z: {done.files} photo files, audit head {done.head[0]} {done.head[1][:16]}.",
    )
    if done.kept:
        context.say(f"原库另存为 {done.kept}。", f"The former store is kept as {done.kept}.")
    for fault in done.faults:
        click.echo(fault, err=True)


@click.command()
@pass_context
def upgrade(context: Context) -> None:
    """Bring a store of an older version up to date: copy, migrate, look over, or leave it as it was 升级.

    \b
    Example:
      python app.py upgrade
    """
    from services.upgrade import bring_up

    with working("升级", "upgrading"):
        done = bring_up(context.where)
    if done.copy is None:
        context.say(f"数据库已是最新版本 {done.after}。", f"The store is at the current schema {done.after}.")
    else:
        context.say(
            f"已从版本 {done.before} 升级到 {done.after}；升级前的副本：{done.copy}。",
            f"Brought from schema {done.before} to {done.after}; a copy from before: {done.copy}.",
        )
    if not _checked(context):
        sys.exit(1)


@click.group()
def audit() -> None:
    """The audit log 审计日志.

    \b
    Example:
      python app.py audit verify
    """


@audit.command("verify")
@pass_context
def verify(context: Context) -> None:
    """Find every entry, row or photo that was changed, is missing or was added; tell the head of the chain.

    \b
    Example:
      python app.py audit verify
    """
    from services.journal import audit_head
    from services.journal import verify as faults

    store = context.store()
    with working("核对审计日志", "verifying"):
        wrong = faults(store)
    seq, mac = audit_head(store)
    context.say(f"审计链 {seq} {mac}", f"audit head {seq} {mac}")
    for fault in wrong:
        click.echo(f"✗ {fault}", err=True)
    if wrong:
        context.say(f"{len(wrong)} 处异常。", f"{len(wrong)} faults.")
        sys.exit(1)
    context.say("完好：没有被改动、缺少或添加的记录。", "Whole: nothing was changed, is missing or was added.")
