"""规划工作台: drafts, and the table they are drawn on."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import WrongUsage
from maps.shell import EDITOR_CSS, EDITOR_JS, VENDOR_CSS, VENDOR_JS
from services import draft_starts
from services._drawing import CELLS
from services.draft_ground import named_layer, paint_layers, zones_in_force
from services.drafts import Sheet, drawn_layers
from services.facilities import board
from services.sketches import Sketch, props_of
from views import _plan_words
from views._map import page_map
from views._page import Page
from views._request import as_of, assessment, number, only, principal
from views.api_drafts import table

LARGEST_FILE = 200_000_000
EDITED = ("zone_class", "smoke_class", "existing_deadline", "exemptions", "edge", "exempt_emergency", "zone_name", "cell_name")
"""Facts of the record that are set while drawing; the others are set when it is published."""


def listing() -> str:
    """Every draft by layer, and the ways to begin one."""
    only(("layer",))
    found, layers = assessment(), drawn_layers(principal())
    zones = {name: zones_in_force(found, layer) for name, layer in layers.items() if name != CELLS}
    towns = zones_in_force(found, named_layer(table(), "towns"))
    return render_template(
        "plans.html", active="plans", drafts=table().listing(), layers=layers, zones=zones, towns=towns, plan=_plan_words,
        found=found, paint_layers=paint_layers(table()), asked=request.args.get("layer", ""),
    )  # fmt: skip


def show(number: int) -> str:
    """One draft on the drawing table."""
    only(())
    sheet, units = table().sheet(number), paint_layers(table())
    return render_template(
        "plan.html", active="plans", sheet=sheet, draft=sheet.draft, layer=sheet.layer, plan=_plan_words,
        shell=page_map("plan"), bounds=sheet.bounds, vendor_js=VENDOR_JS + EDITOR_JS, vendor_css=VENDOR_CSS + EDITOR_CSS,
        words_of_script=_plan_words.script_words(units), edited=[name for name in EDITED if sheet.layer.has(name)],
        paint_layers=units, others=[one for one in table().listing() if one.code == sheet.draft.code],
        many=len(board(assessment()).facilities),
    )  # fmt: skip


def start() -> Any:
    """Begin a draft, in one of several ways."""
    form = request.form
    how, layer, code, name = (form.get(key, "").strip() for key in ("how", "layer", "code", "name"))
    if how == "file":
        return redirect(url_for("plan", number=_from_upload(layer, code, name)), 303)
    asked = draft_starts.Start(
        how or "blank", layer, code, name, number(form.get("draft", "")), _units(),
        (form.get("around_layer", ""), form.get("around_key", "").strip()), _metres(form.get("metres", "0")),
    )  # fmt: skip
    return redirect(url_for("plan", number=draft_starts.begin(table(), asked, as_of())), 303)


def _units() -> tuple[tuple[str, str], ...]:
    """Units ticked, and cells written one after the other."""
    ticked = [_pair(text) for text in request.form.getlist("unit")]
    written = re.split(r"[\s,，、;；]+", request.form.get("cells", ""))
    return tuple(dict.fromkeys([*ticked, *((CELLS, code) for code in written if code)]))


def _pair(text: str) -> tuple[str, str]:
    layer, _, key = text.partition("/")
    return layer, key


def _metres(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WrongUsage(value=text[:20], hint="请填写米数 / metres are needed") from None


def _from_upload(layer: str, code: str, name: str) -> int:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise WrongUsage(value="file", hint="请选择文件 / choose a file")
    with tempfile.TemporaryDirectory(prefix="bluesky-draft-") as folder:
        path = Path(folder) / (Path(sent.filename.replace("\\", "/")).name[:120] or "upload")
        sent.save(path)
        return draft_starts.from_file(table(), layer, code, name, path, request.form.get("crs", "").strip())


def _back(number: int, said: str) -> Any:
    flash(said)
    return redirect(url_for("plan", number=number), 303)


def _revision() -> int:
    return number(request.form.get("revision", ""))


def rename(number: int) -> Any:
    """Give a draft another name."""
    table().rename(number, _revision(), request.form.get("name", ""))
    return _back(number, gettext("已改名。"))


def discard(number: int) -> Any:
    """Lay a draft aside."""
    table().discard(number, _revision(), request.form.get("why", ""))
    return _back(number, gettext("草案已作废，仍保留在历史中，可随时恢复。"))


def restore(number: int) -> Any:
    """Take a discarded draft up again."""
    table().restore(number, _revision())
    return _back(number, gettext("已恢复，可以继续修改。"))


def fork(number: int) -> Any:
    """A draft of its own from this one."""
    return _back(table().fork(number, request.form.get("name", "")), gettext("已另存为新草案。"))


def step(number: int) -> Any:
    """Undo, redo, or go to a step, without a script."""
    table().go(number, _revision(), request.form.get("to", ""))
    return redirect(url_for("plan", number=number), 303)


def props(number: int) -> Any:
    """Change the record of a draft, without a script."""
    sheet: Sheet = table().sheet(number)
    given = {name: request.form.getlist(name) for name in EDITED if sheet.layer.has(name) and name in request.form}
    kept = {name: text for name, text in sheet.now.sketch.props.items() if name not in given}
    sketch = Sketch(sheet.now.sketch.geometry, kept | props_of(sheet.layer, given), sheet.now.sketch.units)
    table().save(number, _revision(), sketch, "props")
    return _back(number, gettext("记录已保存。"))


PAGES = [
    Page("/plan", "plans", listing, "drafts"),
    Page("/plan/<int:number>", "plan", show, "drafts"),
    Page("/plan/start", "plan_start", start, "redraw", ("POST",), LARGEST_FILE),
    Page("/plan/<int:number>/rename", "plan_rename", rename, "redraw", ("POST",)),
    Page("/plan/<int:number>/discard", "plan_discard", discard, "redraw", ("POST",)),
    Page("/plan/<int:number>/restore", "plan_restore", restore, "redraw", ("POST",)),
    Page("/plan/<int:number>/fork", "plan_fork", fork, "redraw", ("POST",)),
    Page("/plan/<int:number>/step", "plan_step", step, "redraw", ("POST",)),
    Page("/plan/<int:number>/props", "plan_props", props, "redraw", ("POST",)),
]
