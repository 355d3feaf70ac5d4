"""网格责任表 and 网格交接: who heads which cell, row by row or by a file; a cell handed from one head to another."""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from pathlib import Path
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import NotFound, WrongUsage
from layers._vocabulary import GRID_SYSTEM
from services.assignment import (
    Codes,
    Line,
    RowRefused,
    apply,
    assignable,
    entries,
    entry,
    heads,
    packed,
    plan,
    read_table,
    save,
    table_file,
    typed,
    unpacked,
)
from services.handover import Done, Wish, hand_over
from services.journal import row_history
from services.scope import may
from views import _grid_words
from views._page import Page
from views._request import number, only, principal, region, store
from views._work import whole_today

KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
PER_PAGE = 100
LARGEST = 5_000_000
LONGEST = 400
FIELDS = ("cell_name", "head_name", "member_names", "phone", "account", "valid_from", "valid_to")


def _codes() -> Codes:
    return assignable(whole_today(), principal())


def _system(asked: str) -> str:
    if asked not in ("", *GRID_SYSTEM.words):
        raise WrongUsage(value=asked[:30], hint=" ".join(GRID_SYSTEM.words))
    return asked or "responsibility"


def listing() -> str:
    """The assignment table: head, members, phone, account and days of every cell; downloads, and the upload."""
    asked = only(("system", "page", "q"))
    system, needle, at = _system(asked["system"]), asked["q"].casefold(), number(asked["page"])
    rows = entries(store(), region().today(), _codes(), system)
    rows = [row for row in rows if needle in " ".join((row.cell, row.display_name, *row.values.values())).casefold()]
    shown = rows[(at - 1) * PER_PAGE : at * PER_PAGE]
    return render_template(
        "grid_assign.html", active="grid", part="grid_assign", rows=shown, total=len(rows), page=at,
        last=max(1, -(-len(rows) // PER_PAGE)), system=system,
        systems=tuple(GRID_SYSTEM.words), q=asked["q"], gridded=_grid_words, fields=FIELDS,
    )  # fmt: skip


def download(kind: str) -> Response:
    """The assignment table as csv or xlsx; it can be imported again."""
    from views.grid import attachment

    system = _system(only(("system",))["system"])
    if kind not in KINDS:
        raise NotFound(what=f"assign.{kind[:20]}")
    rows = entries(store(), region().today(), _codes(), system)
    return attachment(table_file(rows, kind), f"grid-assignments-{system}-{region().today()}.{kind}", KINDS[kind])


def upload() -> str:
    """Read a table and show what it would change; rows that are held back are named with their reason."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise WrongUsage(value="file", hint=gettext("请选择 CSV 或 XLSX 文件"))
    content, suffix = file.read(), Path(file.filename).suffix.lower()[:8]
    with tempfile.TemporaryDirectory(prefix="bluesky-table-") as folder:
        path = Path(folder) / f"table{suffix}"
        path.write_bytes(content)
        lines, held = read_table(path)
    made = plan(store(), region().today(), lines, held, _codes())
    return render_template(
        "grid_preview.html", active="grid", part="grid_assign", plan=made, packed=packed([step.line for step in made.steps]),
        stamp=made.stamp, file=Path(file.filename).name[:120], sha256=hashlib.sha256(content).hexdigest(), gridded=_grid_words,
    )  # fmt: skip


def confirm() -> Any:
    """Write a table that was looked at: all of it in one transaction, or none."""
    form = request.form
    source = (form.get("file", "")[:120] or "table", form.get("sha256", "")[:64])
    made = apply(store(), region(), principal(), form.get("stamp", ""), unpacked(form.get("rows", "")), source, _codes())
    flash(gettext("责任表已导入，更新 %(n)s 个网格。", n=len(made.steps)))
    return redirect(url_for("grid_assign"), 303)


def edit(code: str) -> str:
    """One cell: its row of the table to edit, its hand-over, its history."""
    only(())
    row = entry(store(), region().today(), code, _codes())
    return render_template(
        "grid_cell.html", active="grid", part="grid_assign", row=row, gridded=_grid_words, fields=FIELDS, people=heads(store()),
        history=row_history(store(), principal(), "grid_cells", code), today=region().today(),
    )  # fmt: skip


def change(code: str) -> Any:
    """Save one row of the table."""
    codes = _codes()
    entry(store(), region().today(), code, codes)  # unknown and forbidden look the same, whatever else is wrong
    lines, held = typed(code, {name: request.form.get(name, "")[:LONGEST] for name in FIELDS})
    if held:
        raise RowRefused(reason=held[0].reason, reason_en=held[0].reason_en)
    save(store(), region(), principal(), request.form.get("stamp", ""), Line(1, code, lines[0].values), codes)
    flash(gettext("网格 %(cell)s 已保存。", cell=code))
    return redirect(url_for("grid_cell", code=code), 303)


def _wish(cell: str) -> Wish:
    text = request.form.get("first", "")
    try:
        first = dt.date.fromisoformat(text) if text else region().today()
    except ValueError:
        raise WrongUsage(value=text[:20], hint="2026-12-31") from None
    return Wish(cell, request.form.get("account", "")[:64].strip(), first, request.form.get("note", "")[:LONGEST])


def _tell(done: Done) -> None:
    told = {"cell": done.cell, "to": done.taker, "day": done.first, "n": len(done.cases)}
    if done.at_once:
        flash(gettext("网格 %(cell)s 已交给 %(to)s，移交案件 %(n)s 件。", **told))
    else:
        flash(gettext("网格 %(cell)s 将于 %(day)s 起由 %(to)s 负责，届时移交案件。", **told))


def give(code: str) -> Any:
    """Hand a cell over to another account, from a day on (the office)."""
    codes = _codes()
    entry(store(), region().today(), code, codes)
    _tell(hand_over(store(), region(), principal(), _wish(code), request.form.get("stamp", ""), codes))
    return redirect(url_for("grid_cell", code=code), 303)


def own() -> str:
    """The own cells, and the form that hands one over to a colleague."""
    only(())
    day, mine = region().today(), principal().cells
    rows = entries(store(), day, mine, "") if mine else []
    return render_template("handover.html", active="cell", rows=rows, today=day, office=may(principal(), "assign"))


def give_own() -> Any:
    """Hand an own cell over to a colleague named by account."""
    cell = request.form.get("cell", "")[:60]
    own_cells = principal().cells
    entry(store(), region().today(), cell, own_cells)
    _tell(hand_over(store(), region(), principal(), _wish(cell), request.form.get("stamp", ""), own_cells))
    return redirect(url_for("handover"), 303)


PAGES = [
    Page("/grid/assign", "grid_assign", listing, "assign"),
    Page("/grid/assign.<kind>", "grid_assign_file", download, "assign"),
    Page("/grid/assign", "grid_assign_upload", upload, "assign", ("POST",), largest=LARGEST),
    Page("/grid/assign/apply", "grid_assign_apply", confirm, "assign", ("POST",), largest=LARGEST),
    Page("/grid/cells/<code>", "grid_cell", edit, "assign"),
    Page("/grid/cells/<code>", "grid_cell_save", change, "assign", ("POST",)),
    Page("/grid/cells/<code>/handover", "grid_cell_give", give, "assign", ("POST",)),
    Page("/handover", "handover", own, "patrol"),
    Page("/handover", "handover_give", give_own, "patrol", ("POST",)),
]
