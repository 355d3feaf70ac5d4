"""GIS 快照: everything somebody may see as one GeoPackage for QGIS, made in the background."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, render_template, request, send_file, url_for

from services import snapshots as jobs
from views import _import_words
from views._page import Page
from views._request import as_of, day_of, kept, only, principal, region, store

TYPE = "application/geopackage+sqlite3"


def show() -> str:
    """The form, and one's own snapshots with how far they are."""
    only(())
    found = jobs.mine(store(), principal())
    kept = jobs.KEPT_HOURS
    return render_template("snapshots.html", active="snapshots", jobs=found, shown=as_of(), said=_import_words, hours=kept)


def make() -> Any:
    """Begin a snapshot of the day in the form."""
    _start()
    return redirect(url_for("snapshots", **kept()), 303)


def api_make() -> Any:
    """The same for programs: the form field ``day``; the answer says where to ask how far it is."""
    job = _start()
    return jsonify(_told(job)), 202


def _start() -> jobs.Job:
    return jobs.start(store(), region(), principal(), day_of(request.form.get("day", "").strip()))


def api_show(key: str) -> Any:
    """How far a snapshot is; where its file is once it is ready."""
    only(())
    return jsonify(_told(jobs.job_of(store(), principal(), key)))


def _told(job: jobs.Job) -> dict[str, Any]:
    facts = {name: getattr(job, name) for name in ("key", "state", "progress", "as_of", "taken_at", "rows", "size", "sha256")}
    ready = url_for("snapshot_file", key=job.key) if job.state == "ready" else None
    return facts | {"sentence": list(job.sentence), "url": url_for("api_snapshot", key=job.key), "file": ready}


def file(key: str) -> Any:
    """The GeoPackage."""
    only(())
    job, place = jobs.file_of(store(), principal(), key)
    return send_file(place, TYPE, as_attachment=True, download_name=f"bluesky-{job.as_of}.gpkg", max_age=0)


PAGES = [
    Page("/snapshots", "snapshots", show, "export"),
    Page("/snapshots", "snapshot_make", make, "export", ("POST",)),
    Page("/snapshots/<key>.gpkg", "snapshot_file", file, "export"),
    Page("/api/snapshots", "api_snapshot_make", api_make, "export", ("POST",)),
    Page("/api/snapshots/<key>", "api_snapshot", api_show, "export"),
]
