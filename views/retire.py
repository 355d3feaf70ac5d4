"""退出: taking a wrong row out, with what hangs on it and what happens to verdicts and cases."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import BlueSkyError, Conflict
from rules._find import load_rules
from services._outcomes import outcome_of
from services.casebook import case_number_of
from services.casework import TextMissing
from services.edit import Asked
from services.retire import farewell, take_out
from views._page import Page
from views._request import language, only, store
from views._work import today
from views.edit import case_answered, editor


def show(layer: str, key: str) -> Any:
    """What would happen if a row were taken out."""
    wanted = only(("case",))
    return _page(layer, key, Asked({}, case=_number(wanted["case"])))


def _number(text: str) -> int | None:
    case = case_answered(text)
    return case.id if case else None


def _page(layer: str, key: str, asked: Asked, error: BlueSkyError | None = None) -> Any:
    here = editor()
    going = farewell(here, layer, key)
    facility = here.facility_of(going.row)
    page = render_template(
        "retire.html", active="data", layer=going.row.layer, row=going.row, name=here.name(going.row), going=going,
        rules=load_rules(), version=going.row.version, case=case_answered(str(asked.case or "")), why=asked.why,
        number=case_number_of(store(), *facility) if facility else None,
        with_hanging=request.form.get("hanging") == "with",
        sentence=error.sentence(language()) if error else "", found=today(),
    )  # fmt: skip
    return page, outcome_of(error).status if error else 200


def send(layer: str, key: str) -> Any:
    """Take a row out, with a reason."""
    form = request.form
    asked = Asked({}, form.get("version", ""), form.get("why", ""), _number(form.get("case", "")))
    try:
        followed = take_out(editor(), asked, layer, key, form.get("hanging") == "with")
    except (TextMissing, Conflict) as error:
        return _page(layer, key, asked, error)
    flash(gettext("已退出，判定和案件已更新。") if followed else gettext("已退出；案件稍后更新。"))
    return redirect(url_for("case", number=asked.case) if asked.case else url_for("edit_rows", layer=layer), 303)


PAGES = [
    Page("/retire/<layer>/<path:key>", "retire", show, "edit"),
    Page("/retire/<layer>/<path:key>", "retire_send", send, "edit", ("POST",)),
]
