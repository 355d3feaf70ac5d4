"""判定清单: every finding, filtered, sorted, on the map, downloadable as shown."""

from __future__ import annotations

from dataclasses import fields

from flask import Response, make_response, render_template

from geo.errors import NotFound
from layers._fuels import GROUP_TITLES
from rules._find import load_rules
from rules._report import COLUMNS, EXTRA_COLUMNS
from rules._verdict import WORST_FIRST
from services.export import findings_csv, findings_geo, findings_xlsx
from services.findings import PAGE_SIZE, Filter, choices, facility_keys, page
from services.worklist import worklist
from views._map import page_map
from views._page import Page
from views._request import assessment, number, only, principal, region, store
from views._words import chips

NAMES = tuple(field.name for field in fields(Filter))
PARAMETERS = (*NAMES, "page", "layers")
"""Parameters of the list; ``layers`` belongs to its map."""
PLACED = ("name", "town", "cell")
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
}


def show() -> str:
    """One page of the list, with the map of exactly the facilities it concerns."""
    asked = only(PARAMETERS)
    wanted, found = Filter.of(asked), assessment()
    selected = worklist(store(), region(), principal(), found, wanted)
    rows, shown, pages = page(selected, number(asked["page"]))
    return render_template(
        "findings.html", active="findings", found=found, rows=rows.to_dict("records"), total=len(selected),
        facilities=len(facility_keys(selected)), number=shown, pages=pages, wanted=wanted, rules=load_rules(),
        verdicts=WORST_FIRST[:-1], choices=choices(found), groups=GROUP_TITLES, size=PAGE_SIZE, shell=page_map("findings"),
        chips=chips(wanted), kinds=KINDS,
    )  # fmt: skip


def download(kind: str) -> Response:
    """Exactly what the list shows, all pages, in its order."""
    asked = only(PARAMETERS)
    if kind not in KINDS:
        raise NotFound(what=f"findings.{kind}")
    found = assessment()
    selected = worklist(store(), region(), principal(), found, Filter.of(asked))
    if kind == "csv":
        content: bytes | str = findings_csv(selected)
    elif kind == "xlsx":
        content = findings_xlsx(selected, (*COLUMNS, *EXTRA_COLUMNS, "run_hash", *PLACED))
    else:
        content = findings_geo(selected, found.frames, region()).to_json(ensure_ascii=False, drop_id=True)
    response = make_response(content)
    response.headers["Content-Type"] = KINDS[kind]
    response.headers["Content-Disposition"] = f"attachment; filename=findings-{found.as_of}.{kind}"
    return response


PAGES = [
    Page("/findings", "findings", show, "view"),
    Page("/findings.<kind>", "findings_download", download, "export"),
]
