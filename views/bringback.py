"""带回修改: an export that was edited elsewhere, beside its base and what holds now; accepted row by row or all at once."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from services import bring_jobs as back
from services import import_jobs as jobs
from services.bringback import MovedOn, NothingAccepted, RemovalElsewhere, choices_of
from services.change_words import CLASH_WORDS, KIND_WORDS, SILENT_WORDS, drawn_changes, row_lines, unit_words
from services.scope import layer_for
from views import _import_words
from views._map import page_map
from views._page import Page
from views._request import language, only, principal, region, store

MOST_SHOWN, MOST_DRAWN, MOST_NAMED = 100, 400, 30
LARGEST_FORM = 2_000_000
_ROW = re.compile(r"[0-9]{1,7}")
_SIDE = re.compile(r"side:([0-9]{1,7})(?::([0-9]{1,4}))?")


def show(key: str) -> str:
    """What a file changed, by kind, with both values; or the question what it was made from."""
    only(())
    job = back.back_job(store(), principal(), key)
    jobs.resume(store(), region(), job)
    layer = layer_for(principal(), job.layer)
    if job.state not in ("checked", "taken"):
        asks = job.state == "refused" and bool(job.report)
        revisions = choices_of(store(), principal(), job.layer) if asks else []
        return render_template(
            "bringback.html", active="imports", job=job, layer=layer, said=_import_words, revisions=revisions, found=None
        )
    found = back.difference_of(store(), region(), principal(), job)
    lines, at = row_lines(found, language(), MOST_SHOWN), 0 if language() == "zh" else 1
    silent = [(SILENT_WORDS[why][at], _named(found, names, at)) for why, names in found.brought.silent.items()]
    return render_template(
        "bringback.html", active="imports", job=job, layer=layer, said=_import_words, found=found, lines=lines, silent=silent,
        kinds={kind: words[at] for kind, words in KIND_WORDS.items()}, shown=back.state_of(found), most=MOST_SHOWN,
        held=[(row, code, (zh, en)[at]) for row, code, zh, en in found.brought.held[:MOST_SHOWN]],
        lost=[(row, _unit(found, unit, at), (zh, en)[at]) for row, unit, zh, en in found.brought.lost[:MOST_SHOWN]],
        shell=page_map("import"), clashes=CLASH_WORDS,
    )  # fmt: skip


def _named(found: Any, names: list[str], at: int) -> str:
    known = [_unit(found, name, at) for name in names[:MOST_NAMED]]
    return "、".join(known) if at == 0 else ", ".join(known)


def _unit(found: Any, name: str, at: int) -> str:
    return unit_words(found.layer, name)[at] if found.layer.has(name) else name


def check(key: str) -> Any:
    """Compare again with the base somebody names."""
    back.back_job(store(), principal(), key)
    form = request.form
    chosen: dict[str, Any] = {name: form.get(name, "").strip()[:200] for name in ("base", "crs", "sheet", "encoding")}
    chosen = {name: text for name, text in chosen.items() if text} | ({"complete": True} if form.get("complete") else {})
    jobs.check_again(store(), region(), principal(), key, chosen)
    return redirect(url_for("bring_back", key=key), 303)


def take(key: str) -> Any:
    """Record what is ticked, or everything; what moved on meanwhile is compared anew and shown."""
    here = redirect(url_for("bring_back", key=key), 303)
    try:
        done = back.take(store(), region(), principal(), key, _ticked(), request.form.get("shown", "")[:40])
    except (MovedOn, NothingAccepted, RemovalElsewhere) as fault:
        flash(fault.sentence("zh" if language() == "zh" else "en"))
        return here
    told = {"new": done.report.new, "changed": done.report.changed, "gone": len(done.prepared.conformed.gone)}
    flash(gettext("已带回：新增 %(new)s，更新 %(changed)s，删除 %(gone)s；可在“最近入库”整批撤回。", **told))
    if done.undecided:
        flash(gettext("%(n)s 行冲突还没有选择，未处理。", n=len(done.undecided)))
    if done.report.quarantined:
        flash(gettext("%(n)s 行合并后未通过检查，已放入隔离区。", n=done.report.quarantined))
    return here


def _ticked() -> back.Ticked:
    """What the form says; anything else in it is not looked at."""
    form = request.form
    rows = {int(text) for text in form.getlist("row") if _ROW.fullmatch(text)}
    sides = {}
    for name, side in form.items():
        found = _SIDE.fullmatch(name)
        if found and side in ("ours", "theirs"):
            sides[int(found[1]), None if found[2] is None else int(found[2])] = side
    rest = form.get("rest", "")
    return back.Ticked(rows, sides, form.get("what") == "all", rest if rest in ("ours", "theirs") else "")


def api_show(key: str) -> Any:
    """Where the changed rows lie, before and after (GeoJSON)."""
    only(())
    job = back.back_job(store(), principal(), key)
    found = back.difference_of(store(), region(), principal(), job)
    answer = make_response(jsonify({"type": "FeatureCollection", "features": drawn_changes(found, MOST_DRAWN)}))
    answer.mimetype = "application/geo+json"
    return answer


PAGES = [
    Page("/imports/<key>/changes", "bring_back", show, "import"),
    Page("/imports/<key>/changes/check", "bring_back_check", check, "import", ("POST",)),
    Page("/imports/<key>/changes/take", "bring_back_take", take, "import", ("POST",), largest=LARGEST_FORM),
    Page("/api/imports/<key>/changes", "api_bring_back", api_show, "import"),
]
