"""API: findings as JSON, filtered as the page is; rules."""

from __future__ import annotations

from typing import Any

from flask import Response

from rules._find import load_rules
from rules._report import COLUMNS, EXTRA_COLUMNS
from services.findings import PAGE_SIZE, Filter, page, select
from views._app import answer
from views._page import Page
from views._request import assessment, number, only
from views.findings import PARAMETERS

SHOWN = (*COLUMNS, *EXTRA_COLUMNS, "run_hash", "facility_layer", "facility_key", "name", "town", "cell")


def listing() -> Response:
    """``{"total", "pages", "page", "as_of", "run_hash", "findings": […]}``, 50 a page."""
    asked = only(PARAMETERS)
    found, wanted, wished = assessment(), Filter.of(asked), number(asked["page"])

    def data() -> dict[str, Any]:
        selected = select(found, wanted)
        rows, shown, pages = page(selected, wished)
        return {
            "total": len(selected), "pages": pages, "page": shown, "page_size": PAGE_SIZE, "as_of": found.as_of.isoformat(),
            "run_hash": found.run_hash, "findings": rows[list(SHOWN)].to_dict("records"),
        }  # fmt: skip

    return answer(data, found.run_hash)


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
    Page("/api/rules", "api_rules", rules, "view"),
]
