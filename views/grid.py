"""网格管理: coverage and workload of the responsibility cells, and new cells by arithmetic."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import BlueSkyError, WrongUsage
from layers._vocabulary import GRID_LEVEL, GRID_SYSTEM
from services._outcomes import outcome_of
from services.coverage import AREAS, Coverage, coverage, coverage_geojson, coverage_xlsx
from services.gridmaker import SIZES, Made, Wish, choices, grid_geojson, store_grid, work_out
from services.journal import audit_head
from services.workload import BY, COUNTS, TEXTS, Workload, workload, workload_xlsx
from views import _grid_words
from views._app import answer
from views._map import page_map
from views._page import Page
from views._request import language, only, principal, region, store
from views._work import today, whole_today

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 200
MAKE = ("size", "system", "clip", "level", "replace")
LONGEST = 80


def _coverage(area: str) -> Coverage:
    return coverage(store(), today(), region(), area or AREAS[0], principal())


def show() -> str:
    """Coverage check: facilities in no cell or several, cells without a head, gaps and overlaps of the ground."""
    area = only(("area",))["area"]
    return render_template(
        "grid.html", active="grid", part="grid", told=_coverage(area), areas=AREAS, shown=SHOWN, found=today(),
        gridded=_grid_words, shell=page_map("grid"), head=audit_head(store()),
    )  # fmt: skip


def coverage_download() -> Response:
    """Everything the coverage check found, as a workbook."""
    told = _coverage(only(("area",))["area"])
    return attachment(coverage_xlsx(told), f"grid-coverage-{told.area}.xlsx", XLSX)


def coverage_api() -> Response:
    """Gaps, overlaps and facilities at fault (GeoJSON, EPSG:4490)."""
    area = only(("area",))["area"]
    return answer(lambda: coverage_geojson(_coverage(area)), today().run_hash)


def attachment(content: bytes, name: str, kind: str) -> Response:
    """A file to keep."""
    response = make_response(content)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def _workload() -> tuple[Workload, dict[str, str]]:
    asked = only(("by", "sort", "desc"))
    asked = {"by": asked["by"] or "cell", "sort": asked["sort"] or "V", "desc": asked["desc"] or "1"}
    return workload(store(), today(), principal(), asked["by"], asked["sort"], asked["desc"] == "1"), asked


def load() -> str:
    """Workload by cell or head: facilities, boilers, sites, mines, open findings and cases; sortable, with totals."""
    told, asked = _workload()
    return render_template(
        "grid_workload.html", active="grid", part="grid_workload", told=told, asked=asked, by=BY, texts=TEXTS, counts=COUNTS,
        found=today(), gridded=_grid_words, head=audit_head(store()),
    )  # fmt: skip


def load_download() -> Response:
    """The workload as a workbook."""
    told, asked = _workload()
    return attachment(workload_xlsx(told, today().as_of), f"grid-workload-{asked['by']}-{today().as_of}.xlsx", XLSX)


def _wish(asked: Any) -> Wish:
    """The grid a URL or a form asks for."""
    texts = {name: str(asked.get(name) or "")[:LONGEST] for name in MAKE}
    size = texts["size"] or str(SIZES[0])
    if not (size.isascii() and size.isdigit()) or len(size) > 5:
        raise WrongUsage(value=size[:20], hint=" ".join(map(str, SIZES)))
    chosen = {name: texts[name] for name in ("system", "clip", "level") if texts[name]}
    return Wish(int(size), replace=texts["replace"] == "1", **chosen)


def _clips() -> list[tuple[str, list[tuple[str, str]]]]:
    """What a grid may be cut to, by layer."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for value, name in choices(today()):
        groups.setdefault(value.partition("/")[0], []).append((value, name))
    return list(groups.items())


def _made(wish: Wish) -> Made:
    return work_out(whole_today(), region(), wish, principal())


def make() -> Any:
    """The generator: size, system and ground; with a choice made, how many cells, their area, and what is recorded already."""
    asked = only((*MAKE, "preview"))
    made, sentence, status = None, "", 200
    wish = Wish()
    try:
        wish = _wish(asked)
        made = _made(wish) if asked["preview"] else None
    except BlueSkyError as error:
        sentence, status = error.sentence(language()), outcome_of(error).status  # type: ignore[arg-type]  # zh or en
    return render_template(
        "grid_make.html", active="grid", part="grid_make", made=made, wish=wish, sentence=sentence, sizes=SIZES, found=today(),
        systems=tuple(GRID_SYSTEM.words), levels=[(v, GRID_LEVEL.title(v, language())) for v in GRID_LEVEL.words],
        clips=_clips(), gridded=_grid_words, shell=page_map("grid"),
    ), status  # fmt: skip


def preview_api() -> Response:
    """The cells the generator would make (GeoJSON, EPSG:4490), each new, recorded alike, or recorded otherwise."""
    wish = _wish(only(MAKE))
    return answer(lambda: grid_geojson(_made(wish), region()), whole_today().run_hash)


def store_made() -> Any:
    """Store a grid that was looked at, in one changeset."""
    revision = request.form.get("revision", "")
    if not (revision.isascii() and revision.isdigit()) or len(revision) > 9:
        raise WrongUsage(value=revision[:20] or "revision", hint=gettext("请先预览再写入"))
    wish = _wish(request.form)
    report = store_grid(store(), region(), _made(wish), whole_today(), principal(), int(revision))
    flash(gettext("网格已写入：新增 %(new)s，更新 %(changed)s。", new=report.new, changed=report.changed))
    again = {name: getattr(wish, name) for name in ("size", "system", "clip", "level")}
    return redirect(url_for("grid_make", preview="1", **again), 303)


PAGES = [
    Page("/grid", "grid", show, "assign"),
    Page("/grid/coverage.xlsx", "grid_coverage_file", coverage_download, "assign"),
    Page("/api/grid/coverage", "api_grid_coverage", coverage_api, "assign"),
    Page("/grid/workload", "grid_workload", load, "assign"),
    Page("/grid/workload.xlsx", "grid_workload_file", load_download, "assign"),
    Page("/grid/make", "grid_make", make, "assign"),
    Page("/api/grid/preview", "api_grid_preview", preview_api, "assign"),
    Page("/grid/make", "grid_store", store_made, "assign", ("POST",)),
]
