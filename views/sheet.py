"""Map sheets as vector PDF: the whole city, one zone, one facility."""

from __future__ import annotations

from flask import Response, make_response

from services.print import city_pdf, facility_pdf, zone_pdf
from views._page import Page
from views._request import assessment, language, only, principal, region


def city() -> Response:
    """The whole city on one page."""
    only(())
    return _sheet(city_pdf(assessment(), region(), principal(), language()))


def zone(layer: str, code: str) -> Response:
    """One zone on one page."""
    only(())
    return _sheet(zone_pdf(assessment(), region(), layer, code, principal(), language()))


def facility(layer: str, key: str) -> Response:
    """One facility on one page."""
    only(())
    return _sheet(facility_pdf(assessment(), region(), layer, key, principal(), language()))


def _sheet(content: bytes) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = "inline; filename=map.pdf"
    return response


PAGES = [
    Page("/map.pdf", "city_sheet", city, "export"),
    Page("/zones/<layer>/<path:code>/map.pdf", "zone_sheet", zone, "export"),
    Page("/facilities/<layer>/<path:key>/map.pdf", "facility_sheet", facility, "export"),
]
