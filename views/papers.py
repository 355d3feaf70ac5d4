"""文书: drafts to print and sign, filled from the case and the latest inspection."""

from __future__ import annotations

from flask import render_template

from geo.errors import NotFound
from rules._find import load_rules
from services.casebook import case_page
from services.cases import REPORTED
from services.facilities import facility_page
from services.journal import audit_head
from views._page import Page
from views._request import only, principal, store
from views._work import today

KINDS = ("inspection", "order")


def show(number: int, kind: str) -> str:
    """现场检查（勘察）笔录 or 责令改正违法行为决定书, as a draft; blanks are left where the case says nothing."""
    only(())
    found = today()
    if kind not in KINDS:
        raise NotFound(what=kind[:20])
    page = case_page(store(), found, number, principal(), found.facilities)
    case = page.row.case
    facility = None
    if case.facility_layer != REPORTED:
        facility = facility_page(found, case.facility_layer, case.facility_key, principal())
    visit = next((record for record, _ in page.records if record.kind == "inspection"), None)
    shots = next((photos for record, photos in page.records if record is visit), [])
    facts = {name: value for name, value, _ in facility.record} if facility else {}
    return render_template(
        "paper.html", active="cases", kind=kind, page=page, case=case, bases=page.row.bases or page.ended, facility=facility,
        facts=facts, visit=visit, shots=shots, found=found, rules=load_rules(), head=audit_head(store()),
    )  # fmt: skip


PAGES = [Page("/cases/<int:number>/paper/<kind>", "case_paper", show, "inspect")]
