"""API: findings as JSON, filtered as the page is; rules."""

from __future__ import annotations

import hashlib

from flask import Response

from rules._find import load_rules
from rules._report import COLUMNS, EXTRA_COLUMNS
from services.findings import PAGE_SIZE, Filter, page, select
from views._app import answer
from views._page import Page
from views._request import assessment, only
from views.findings import NAMES


def listing() -> Response:
    """``{"total", "pages", "page", "as_of", "run_hash", "findings": […]}``, 50 a page."""
    asked = only((*NAMES, "page"))
    found, wanted = assessment(), Filter.of(asked)
    selected = select(found, wanted)
    number = int(asked["page"]) if asked["page"].isdigit() else 1
    rows, pages = page(selected, number)
    names = [*COLUMNS, *EXTRA_COLUMNS, "facility_layer", "facility_key", "name", "town", "cell"]
    body = {"total": len(selected), "pages": pages, "page": number, "page_size": PAGE_SIZE, "as_of": found.as_of.isoformat(),
            "run_hash": found.run_hash, "findings": rows[names].to_dict("records")}  # fmt: skip
    tag = hashlib.sha256(f"{found.run_hash}{sorted(wanted.chosen().items())}{number}".encode()).hexdigest()[:24]
    return answer(body, tag)


def rules() -> Response:
    """Every rule: key, titles, clause, wording, legal basis, layers, parameters."""
    only(())
    rows = [
        {
            "key": rule.key, "title": rule.title, "title_en": rule.title_en, "clause": rule.clause, "wording": rule.wording,
            "legal_basis": rule.legal_basis, "department": rule.department, "subjects": rule.subjects,
            "zone_layer": rule.zone_layer, "parameters": rule.parameters,
        }
        for rule in load_rules().values()
    ]  # fmt: skip
    return answer({"rules": rows}, f"rules-{assessment().rules_hash}")


PAGES = [
    Page("/api/findings", "api_findings", listing, "view"),
    Page("/api/rules", "api_rules", rules, "view"),
]
