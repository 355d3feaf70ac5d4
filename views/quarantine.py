"""隔离区: rows held back or doubted; accept a repair, correct, set aside with a reason, take away as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import WrongUsage
from services import quarantine
from services.cases import follow
from services.quarantine import Held, as_xlsx, kinds_of, listing
from services.scope import visible_layers
from views import _import_words
from views._page import Page
from views._request import language, only, principal, region, store
from views._request import number as whole

MOST_SHOWN = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show() -> str:
    """Open rows, by layer, kind and import."""
    asked = only(("layer", "kind", "import", "page"))
    changeset = whole(asked["import"]) if asked["import"] else None
    rows = listing(store(), principal(), asked["layer"], changeset)
    count = quarantine.waiting(store(), principal(), asked["layer"], changeset)
    kinds = kinds_of(rows)
    wanted = [row for row in rows if not asked["kind"] or asked["kind"] in row.codes]
    page = whole(asked["page"])
    shown = wanted[(page - 1) * MOST_SHOWN : page * MOST_SHOWN]
    return render_template(
        "quarantine.html", active="imports", rows=shown, total=len(wanted), kinds=kinds, asked=asked, said=_import_words,
        layers=visible_layers(principal()), page=page, pages=max(1, -(-len(wanted) // MOST_SHOWN)),
        repairable=sum(bool(row.repair) for row in wanted), count=count, listed=len(rows),
    )  # fmt: skip


def one(number: int) -> str:
    """One row: what is wrong, its values to correct."""
    only(())
    row = quarantine.one(store(), principal(), number)
    return render_template(
        "held.html", active="imports", row=row, said=_import_words, layer=visible_layers(principal())[row.layer]
    )


def _chosen() -> list[int]:
    """The rows ticked, or every open row of a kind."""
    form = request.form
    if form.get("every"):
        rows = listing(store(), principal(), form.get("layer", ""), whole(form["import"]) if form.get("import") else None)
        return [row.id for row in rows if not form.get("kind") or form["kind"] in row.codes]
    texts = form.getlist("row")
    if not texts or not all(text.isdigit() and len(text) < 12 for text in texts):
        raise WrongUsage(value="row", hint=gettext("请先勾选要处理的行"))
    return [int(text) for text in texts]


def _repairable(numbers: Sequence[int]) -> list[int]:
    rows: list[Held] = [row for row in listing(store(), principal()) if row.id in set(numbers)]
    return [row.id for row in rows if row.repair] if len(numbers) > 1 else list(numbers)


def accept() -> Any:
    """Take rows with the repair proposed."""
    numbers = _repairable(_chosen())
    if not numbers:
        raise WrongUsage(value="row", hint=gettext("所选行没有可采纳的建议"))
    taken, left = quarantine.accept(store(), region(), principal(), numbers)
    flash(gettext("已采纳 %(taken)s 行；%(left)s 行仍需处理。", taken=taken, left=left))
    return _back(bool(taken))


def dismiss() -> Any:
    """Set rows aside with a reason."""
    done = quarantine.dismiss(store(), principal(), _chosen(), request.form.get("reason", ""))
    flash(gettext("已忽略 %(n)s 行，理由已记录。", n=done))
    return _back(False)


def correct(number: int) -> Any:
    """Take one row with corrected values."""
    entered = {name[6:]: text.strip() for name, text in request.form.items() if name.startswith("value:")}
    quarantine.correct(store(), region(), principal(), number, entered)
    flash(gettext("改正后的行已入库。"))
    return _back(True)


def _back(changed: bool) -> Any:
    if changed:
        follow(store(), region(), "quarantine", actor=principal().name)
    kept = {name: request.form.get(name) for name in ("layer", "kind", "import")}
    return redirect(url_for("quarantine", **{name: text for name, text in kept.items() if text}), 303)


def download() -> Response:
    """Open rows as a workbook; corrected and imported again, each row finds its way back."""
    asked = only(("layer", "kind", "import"))
    rows = listing(store(), principal(), asked["layer"], whole(asked["import"]) if asked["import"] else None)
    wanted = [row for row in rows if not asked["kind"] or asked["kind"] in row.codes]
    answer = make_response(as_xlsx(wanted, language()))
    answer.headers["Content-Type"] = XLSX
    answer.headers["Content-Disposition"] = "attachment; filename=quarantine.xlsx"
    return answer


PAGES = [
    Page("/quarantine", "quarantine", show, "import"),
    Page("/quarantine.xlsx", "quarantine_download", download, "import"),
    Page("/quarantine/<int:number>", "held", one, "import"),
    Page("/quarantine/<int:number>/correct", "held_correct", correct, "import", ("POST",)),
    Page("/quarantine/accept", "quarantine_accept", accept, "import", ("POST",)),
    Page("/quarantine/dismiss", "quarantine_dismiss", dismiss, "import", ("POST",)),
]
