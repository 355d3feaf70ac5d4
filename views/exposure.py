"""暴露: people, air and built-up area under drafts and under every version of every zone."""

from __future__ import annotations

from flask import Response, jsonify, make_response, request

from services._drawing import LARGEST_BODY
from services.exposure import ExposureTable, draft_exposure, exposure_table, exposure_xlsx
from views._page import Page
from views._request import as_of, language, only, principal, region, store
from views.rasters import SHEET


def draft(number: int) -> Response:
    """Exposure under a drawn ``geometry`` (GeoJSON, EPSG:4490); nothing is stored."""
    only(())
    return jsonify(draft_exposure(store(), region(), principal(), number, request.get_data(), as_of()))


def _table() -> ExposureTable:
    only(())
    return exposure_table(store(), region(), principal(), as_of())


def table() -> Response:
    """People, built-up km², PM2.5, units and t/h under every version of every zone."""
    made = _table()
    return jsonify(as_of=made.day.isoformat(), sources=made.sources.told(), rows=made.rows)


def workbook() -> Response:
    """The same as a workbook."""
    response = make_response(exposure_xlsx(_table(), language() == "en"))
    response.headers["Content-Type"] = SHEET
    response.headers["Content-Disposition"] = "attachment; filename=exposure.xlsx"
    return response


PAGES = [
    Page("/api/drafts/<int:number>/exposure", "api_draft_exposure", draft, "drafts", ("POST",), LARGEST_BODY),
    Page("/api/exposure", "api_exposure", table, "view"),
    Page("/exposure.xlsx", "exposure_xlsx", workbook, "export"),
]
