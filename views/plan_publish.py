"""送审与发布: a draft's legal record, what it would change, review by a second person, publication, withdrawal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext

from rules._find import load_rules
from services import publish as steps
from services.draft_ground import base_json, zones_in_force
from services.drafts import Sheet
from services.publication import EXTRA_PROPS, Foresight, foresee
from services.sketches import Sketch, props_of
from views import _plan_words
from views._map import page_map
from views._page import Page
from views._request import as_of, assessment, language, number, only, region
from views.api_drafts import table

LONGEST = 2000
SHOWN = 200
UNDECIDED = ("open", "submitted", "approved")


def show(number: int) -> str:
    """The record of a draft, what stands in the way, the exact change, and the next step."""
    only(())
    sheet = table().sheet(number)
    foresight = foresee(table(), number, _day()) if sheet.draft.state in UNDECIDED else None
    return render_template(
        "plan_publish.html", active="plans", sheet=sheet, draft=sheet.draft, layer=sheet.layer, plan=_plan_words,
        foresight=foresight, wrong=_sentences(foresight) if foresight else [],
        columns=[c for c in sheet.layer.columns if c.name != sheet.layer.key], shown=SHOWN,
        journal=steps.journal(table(), number), others=_others(sheet), rules=load_rules(),
        today=region().today(), start=steps.start_of(sheet.now.sketch),
    )  # fmt: skip


def api(number: int) -> Response:
    """What publishing a draft would change, and what stands in the way."""
    only(())
    return jsonify(_told(foresee(table(), number, _day())))


def _day() -> dt.date | None:
    """The day asked for; None for the first day in force."""
    return as_of() if request.args.get("as_of") else None


def _others(sheet: Sheet) -> list[tuple[str, str]]:
    """The other zones of the layer in force, which a publication may repeal."""
    zones = zones_in_force(assessment(), sheet.layer) if sheet.layer.zone else []
    return [(code, name) for code, name in zones if code != sheet.draft.code]


def _told(found: Foresight) -> dict[str, Any]:
    rows, first = list(found.rows), len(found.changes.entering)
    last = first + len(found.changes.leaving)
    return {
        "as_of": found.day.isoformat(), "entering": rows[:first], "leaving": rows[first:last], "changed": rows[last:],
        "tasks": {"opened": found.opened, "updated": found.updated, "closed": found.closed},
        "in_the_way": _sentences(found),
    }  # fmt: skip


def _sentences(found: Foresight) -> list[str]:
    return [one.sentence("zh" if language() == "zh" else "en") for one in found.wrong]


def _text(name: str) -> str:
    return request.form.get(name, "")[:LONGEST]


def _revision() -> int:
    return number(request.form.get("revision", ""))


def _back(draft: int, said: str) -> Any:
    flash(said)
    return redirect(url_for("plan_publish", number=draft), 303)


def save_record(number: int) -> Any:
    """Save the legal record of a draft."""
    sheet = table().sheet(number)
    names = [*(c.name for c in sheet.layer.columns if c.name != sheet.layer.key), *EXTRA_PROPS]
    given = {name: request.form.getlist(name) for name in names if name in request.form}
    kept = {name: text for name, text in sheet.now.sketch.props.items() if name not in given}
    tidy = {name: [one for one in texts if one.strip()] for name, texts in given.items()}
    props = kept | props_of(sheet.layer, {name: texts for name, texts in tidy.items() if texts})
    table().save(number, _revision(), Sketch(sheet.now.sketch.geometry, props, sheet.now.sketch.units), "props")
    return _back(number, gettext("记录已保存。"))


def submit(number: int) -> Any:
    """Hand a draft to a reviewer."""
    steps.submit(table(), number, _revision())
    return _back(number, gettext("已送审，等待另一人审核。"))


def take_back(number: int) -> Any:
    """Draw on."""
    steps.take_back(table(), number, _revision())
    return _back(number, gettext("已收回，可以继续修改。"))


def review(number: int) -> Any:
    """Approve a draft, or return it."""
    granted = _text("granted") == "1"
    steps.review(table(), number, _revision(), granted, _text("note"))
    return _back(number, gettext("审核通过，可以发布。") if granted else gettext("已退回修改。"))


def publish(number: int) -> Any:
    """Make a draft law."""
    done = steps.publish(table(), number, _revision())
    return _back(number, gettext("已发布，判定与任务已更新。") if done.fresh else gettext("此前已经发布，没有重复发布。"))


def withdraw(number: int) -> Any:
    """Take a publication back before it comes into force."""
    steps.withdraw(table(), number, _revision(), _text("why"))
    return _back(number, gettext("已撤回，原版本继续有效。"))


def resolve(number: int) -> str:
    """A draft whose zone changed: both versions, and the choice."""
    only(())
    sheet = table().sheet(number)
    return render_template(
        "plan_resolve.html", active="plans", sheet=sheet, draft=sheet.draft, layer=sheet.layer, plan=_plan_words,
        shell=page_map("plan"), bounds=sheet.bounds, theirs=base_json(table(), sheet.draft, as_of()),
    )  # fmt: skip


def settle(number: int) -> Any:
    """Keep mine, take theirs, or fork."""
    made = steps.settle(table(), number, _revision(), _text("choice"), _text("name"))
    flash(gettext("已处理。"))
    return redirect(url_for("plan", number=made), 303)


PAGES = [
    Page("/plan/<int:number>/publish", "plan_publish", show, "drafts"),
    Page("/plan/<int:number>/resolve", "plan_resolve", resolve, "drafts"),
    Page("/api/drafts/<int:number>/foresight", "api_draft_foresight", api, "drafts"),
    Page("/plan/<int:number>/record", "plan_record", save_record, "redraw", ("POST",)),
    Page("/plan/<int:number>/submit", "plan_submit", submit, "redraw", ("POST",)),
    Page("/plan/<int:number>/take-back", "plan_take_back", take_back, "redraw", ("POST",)),
    Page("/plan/<int:number>/settle", "plan_settle", settle, "redraw", ("POST",)),
    Page("/plan/<int:number>/review", "plan_review", review, "review", ("POST",)),
    Page("/plan/<int:number>/publication", "plan_do_publish", publish, "publish", ("POST",)),
    Page("/plan/<int:number>/withdraw", "plan_withdraw", withdraw, "publish", ("POST",)),
]
