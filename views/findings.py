"""判定清单: every finding, filtered, sorted, on the map, downloadable as shown."""

from __future__ import annotations

from dataclasses import fields

from flask import Response, make_response, render_template, request, url_for

from geo.errors import NotFound
from layers._fuels import GROUP_TITLES
from rules._find import load_rules
from rules._verdict import WORST_FIRST
from services.export import findings_csv, findings_geo, findings_xlsx
from services.facilities import board
from services.findings import PAGE_SIZE, SORTS, Filter, page, select
from views._map import page_map
from views._page import Page
from views._request import assessment, only, region

NAMES = tuple(field.name for field in fields(Filter))


def show() -> str:
    """One page of the list, with the map of exactly the facilities it concerns."""
    asked = only((*NAMES, "page", "layers"))
    wanted, found = Filter.of(asked), assessment()
    selected = select(found, wanted)
    number = int(asked["page"]) if asked["page"].isdigit() else 1
    rows, pages = page(selected, number)
    table = board(found).findings
    choices = {name: sorted(set(table[name]) - {""}) for name in ("town", "cell", "zone_code")}
    return render_template(
        "findings.html", active="findings", found=found, rows=rows.to_dict("records"), total=len(selected),
        facilities=selected[["facility_layer", "facility_key"]].drop_duplicates().shape[0], number=min(max(number, 1), pages),
        pages=pages, wanted=wanted, rules=load_rules(), verdicts=WORST_FIRST[:-1], choices=choices, sorts=SORTS,
        groups=GROUP_TITLES, size=PAGE_SIZE, shell=page_map("findings"), link=_link,
    )  # fmt: skip


def _link(endpoint: str = "findings", **changes: str | int | None) -> str:
    """The address of this list with some parameters changed; None or empty takes one away."""
    kept = {name: value for name, value in request.args.items() if name != "page" or "page" in changes}
    merged = {**kept, **{name: value for name, value in changes.items()}}
    return url_for(endpoint, **{name: value for name, value in merged.items() if value not in (None, "")})


_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}


def download(kind: str) -> Response:
    """Exactly what the list shows, all pages, in its order."""
    asked = only((*NAMES, "page", "layers"))
    if kind not in _KINDS:
        raise NotFound(what=f"findings.{kind}")
    found = assessment()
    selected = select(found, Filter.of(asked))
    if kind == "csv":
        content: bytes | str = findings_csv(selected)
    elif kind == "xlsx":
        content = findings_xlsx(selected)
    else:
        content = findings_geo(selected, found.frames, region()).to_json(ensure_ascii=False, drop_id=True)
    response = make_response(content)
    response.headers["Content-Type"] = _KINDS[kind]
    response.headers["Content-Disposition"] = f"attachment; filename=findings-{found.as_of}.{kind}"
    return response


PAGES = [
    Page("/findings", "findings", show, "view"),
    Page("/findings.<kind>", "findings_download", download, "export"),
]
