"""API: findings as JSON and as files for reporting tools, filtered as the page is; rules."""

from __future__ import annotations

from typing import Any

from flask import Response

from geo.errors import NotFound
from rules._find import load_rules
from rules._report import COLUMNS, EXTRA_COLUMNS
from services.finding_files import FINDING_FILES, finding_file, headers_of
from services.findings import PAGE_SIZE, Filter, page
from services.worklist import order_state, worklist
from views._app import answer, tagged
from views._page import Page
from views._request import assessment, number, only, principal, region, store
from views.findings import NAMES, PARAMETERS

SHOWN = (*COLUMNS, *EXTRA_COLUMNS, "run_hash", "facility_layer", "facility_key", "name", "town", "cell")


def listing() -> Response:
    """``{"total", "pages", "page", "as_of", "run_hash", "findings": […]}``, 50 a page."""
    asked = only(PARAMETERS)
    found, wanted, wished = assessment(), Filter.of(asked), number(asked["page"])
    asking = store(), region(), principal()

    def data() -> dict[str, Any]:
        selected = worklist(*asking, found, wanted)
        rows, shown, pages = page(selected, wished)
        return {
            "total": len(selected), "pages": pages, "page": shown, "page_size": PAGE_SIZE, "as_of": found.as_of.isoformat(),
            "run_hash": found.run_hash, "findings": rows[list(SHOWN)].to_dict("records"),
        }  # fmt: skip

    return answer(data, found.run_hash, order_state(*asking, found))


def file(kind: str) -> Response:
    """Every finding the filter lets through, as CSV, XLSX, GeoJSON or Parquet; ``headers=zh`` or ``en`` for words as headers."""
    asked = only((*NAMES, "headers"))
    if kind not in FINDING_FILES:
        raise NotFound(what=f"findings.{kind}"[:40])
    found, wanted, headers = assessment(), Filter.of(asked), headers_of(asked["headers"])
    asking = store(), region(), principal()

    def data() -> Response:
        content = finding_file(kind, worklist(*asking, found, wanted), region().map_crs, headers)
        response = Response(content, content_type=FINDING_FILES[kind])
        response.headers["Content-Disposition"] = f"attachment; filename=findings-{found.as_of}.{kind}"
        return response

    return tagged(data, found.run_hash, order_state(*asking, found))


def rules() -> Response:
    """Every rule: key, titles, clause, wording, legal basis, layers, parameters."""
    only(())

    def data() -> dict[str, Any]:
        rows = [
            {
                "key": rule.key, "title": rule.title, "title_en": rule.title_en, "clause": rule.clause, "wording": rule.wording,
                "legal_basis": rule.legal_basis, "department": rule.department, "subjects": rule.subjects,
                "zone_layer": rule.zone_layer, "parameters": rule.parameters,
            }
            for rule in load_rules().values()
        ]  # fmt: skip
        return {"rules": rows}

    return answer(data, assessment().rules_hash)


PAGES = [
    Page("/api/findings", "api_findings", listing, "view"),
    Page("/api/findings.<kind>", "api_findings_file", file, "export"),
    Page("/api/rules", "api_rules", rules, "view"),
]
