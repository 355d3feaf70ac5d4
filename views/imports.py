"""数据导入: upload, mapping, check with quarantine and preview map, take in, take back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import WrongUsage
from services import import_jobs as jobs
from services import uploads
from services.cases import follow
from services.quarantine import kinds_of, listing, waiting
from services.scope import visible_layers
from services.takeback import imports, take_back
from views import _import_words
from views._map import page_map
from views._page import Page
from views._request import only, principal, region, store

DATUMS = ("cgcs2000", "wgs84", "gcj02", "bd09")
SYSTEMS = (
    "EPSG:4490", "EPSG:4549", "EPSG:4528", "EPSG:4509", "EPSG:4498", "EPSG:32650", "EPSG:3857",
    "EPSG:2437", "EPSG:2416", "EPSG:4214", "EPSG:2385", "EPSG:2364", "EPSG:4610",
)  # fmt: skip
MOST_SHOWN = 200


def start() -> str:
    """The upload form, uploads under way, imports taken and what waits in the quarantine."""
    asked = only(("layer", "back"))
    rows = listing(store(), principal())
    layers = visible_layers(principal())
    return render_template(
        "imports.html", active="imports", layers=layers, said=_import_words, jobs=uploads.jobs(store(), principal()),
        datums=DATUMS, systems=SYSTEMS,
        imports=imports(store(), principal()), waiting=kinds_of(rows), count=waiting(store(), principal()),
        chosen=asked["layer"], back=asked["back"] == "1",
    )  # fmt: skip


def upload() -> Any:
    """Keep an upload and check it."""
    job = _uploaded()
    if request.accept_mimetypes.best == "application/json":
        return jsonify({"url": url_for("import_job", key=job.key)}), 201
    return redirect(url_for("import_job", key=job.key), 303)


def api_upload() -> Any:
    """The same for programs."""
    job = _uploaded()
    return jsonify({"key": job.key, "state": job.state, "url": url_for("api_import", key=job.key)}), 201


def _uploaded() -> uploads.Job:
    files: list[tuple[str, Callable[[Path], Any]]] = [
        (f.filename or "", f.save) for f in request.files.getlist("files") if f.filename
    ]
    form = request.form
    return jobs.start(store(), region(), principal(), form.get("layer", ""), files, _options(), bool(form.get("back")))


def _options() -> dict[str, Any]:
    """What the form says about a file; the mapping comes as ``map:HEADER`` fields."""
    form = request.form
    chosen: dict[str, Any] = {name: form.get(name, "").strip()[:200] for name in uploads.CHOICES if form.get(name, "").strip()}
    chosen |= jobs.seven_parameters({name: form.get(f"helmert:{name}", "")[:30] for name in jobs.PARAMETERS})
    chosen |= {name: True for name in ("swap", "packed") if form.get(name)}
    accepted = [text for text in form.getlist("accept") if text.isdigit() and len(text) < 10]
    chosen |= {"accept": [int(text) for text in accepted]} if accepted else {}
    chosen |= {"accept_all": True} if form.get("accept_all") else {}
    if chosen.get("datum", "cgcs2000") not in DATUMS:
        raise WrongUsage(value=chosen["datum"], hint=" ".join(DATUMS))
    mapping = {name[4:]: text.strip() for name, text in form.items() if name.startswith("map:")}
    if mapping:
        chosen["mapping"] = {header: "" if column == "-" else column for header, column in mapping.items() if column}
    return chosen


def show(key: str) -> Any:
    """One upload: what was recognised, what passed, what is held back and why."""
    only(("all",))
    job = uploads.job_for(store(), principal(), key)
    if job.back:
        return redirect(url_for("bring_back", key=key), 303)
    jobs.resume(store(), region(), job)
    layer = visible_layers(principal()).get(job.layer)
    report = job.report or {}
    problems = _import_words.rows_of(report)
    return render_template(
        "import.html", active="imports", job=job, report=report, layer=layer, said=_import_words, datums=DATUMS, systems=SYSTEMS,
        problems=problems[:MOST_SHOWN], more=max(0, len(problems) - MOST_SHOWN),
        shell=page_map("import") if report and job.state not in ("checking", "refused") else None,
        step=_import_words.step_of(job), fixable=_import_words.fixable(problems),
    )  # fmt: skip


def check(key: str) -> Any:
    """Check again with what the user says."""
    jobs.check_again(store(), region(), principal(), key, _options())
    return redirect(url_for("import_job", key=key), 303)


def take(key: str) -> Any:
    """Take in what passed; pressed twice, the second finds it taken in."""
    try:
        job = jobs.take(store(), region(), principal(), key)
    except uploads.NotChecked:
        if uploads.job_for(store(), principal(), key).state != "taken":
            raise
        return redirect(url_for("import_job", key=key), 303)
    report = job.report or {}
    if report.get("repeated"):
        flash(gettext("该文件此前已导入，没有变化。"))
    else:
        told = {name: report.get(name, 0) for name in ("new", "changed", "unchanged")}
        flash(gettext("已入库：新增 %(new)s，更新 %(changed)s，未变 %(unchanged)s。", **told))
    return redirect(url_for("import_job", key=key), 303)


def drop(key: str) -> Any:
    """Throw an upload away."""
    uploads.forget(store(), principal(), key)
    flash(gettext("已取消该次导入，数据未改动。"))
    return redirect(url_for("imports"), 303)


def back(number: int) -> Any:
    """Take an import back as a whole."""
    done = take_back(store(), principal(), number)
    follow(store(), region(), f"takeback {number}", actor=principal().name)
    flash(gettext("已撤回：%(ended)s 行撤销，%(restored)s 行恢复。", ended=done.ended, restored=done.restored))
    if done.kept:
        flash(gettext("%(n)s 行此后又被修改，保留现状：%(codes)s", n=len(done.kept), codes="、".join(done.kept[:10])))
    return redirect(url_for("imports"), 303)


def api_show(key: str) -> Any:
    """How far an upload is, and its report."""
    only(())
    job = uploads.job_for(store(), principal(), key)
    body = {
        "key": job.key,
        "state": job.state,
        "progress": job.progress,
        "file": job.file,
        "layer": job.layer,
        "report": job.report,
    }
    return jsonify(
        body | {"sentence": job.sentence[0], "sentence_en": job.sentence[1], "choices": job.choices, "proposals": job.proposals}
    )


def api_take(key: str) -> Any:
    """Take in what passed, for programs."""
    job = jobs.take(store(), region(), principal(), key)
    return jsonify({"state": job.state, "changeset": job.changeset, "report": job.report})


def api_places(key: str) -> Any:
    """Where the rows of an upload lie (GeoJSON)."""
    only(())
    features = [
        {
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [spot["lon"], spot["lat"]]},
            "properties": {"row": spot["row"], "kind": spot["kind"], "reason": spot["reason"]},
        }
        for spot in jobs.places(store(), principal(), key)
    ]  # fmt: skip
    answer = make_response(jsonify({"type": "FeatureCollection", "features": features}))
    answer.mimetype = "application/geo+json"
    return answer


PAGES = [
    Page("/imports", "imports", start, "import"),
    Page("/imports/upload", "import_upload", upload, "import", ("POST",), largest=jobs.LARGEST_UPLOAD),
    Page("/imports/<key>", "import_job", show, "import"),
    Page("/imports/<key>/check", "import_check", check, "import", ("POST",)),
    Page("/imports/<key>/take", "import_take", take, "import", ("POST",)),
    Page("/imports/<key>/drop", "import_drop", drop, "import", ("POST",)),
    Page("/imports/<int:number>/back", "import_back", back, "import", ("POST",)),
    Page("/api/imports", "api_import_upload", api_upload, "import", ("POST",), largest=jobs.LARGEST_UPLOAD),
    Page("/api/imports/<key>", "api_import", api_show, "import"),
    Page("/api/imports/<key>/take", "api_import_take", api_take, "import", ("POST",)),
    Page("/api/imports/<key>/places", "api_import_places", api_places, "import"),
]
