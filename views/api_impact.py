"""API of the planner's workspace: live impact, topology doctor, operations on a drawn geometry. Nothing is stored."""

from __future__ import annotations

from flask import Response, jsonify, request

from services._drawing import LARGEST_BODY
from services.doctor import checkup
from services.draft_geometry import operate
from services.impact import impact as impact_of
from views._page import Page
from views._request import as_of, language, only, principal, region, store


def impact() -> Response:
    """Who would be caught, released or judged otherwise if a zone were drawn like this."""
    only(())
    return jsonify(impact_of(store(), region(), principal(), request.get_data(), as_of(), language()))


def doctor() -> Response:
    """What is wrong with a drawn zone and how it fits its neighbours, with repairs on offer."""
    only(())
    return jsonify(checkup(store(), region(), principal(), request.get_data(), as_of(), language()))


def geometry() -> Response:
    """A drawn geometry after one operation (union, difference, split, simplify, clip, repair, …), with its change of area."""
    only(())
    return jsonify(operate(store(), region(), principal(), request.get_data(), as_of()))


PAGES = [
    Page("/api/impact", "api_impact", impact, "redraw", ("POST",), LARGEST_BODY),
    Page("/api/doctor", "api_doctor", doctor, "redraw", ("POST",), LARGEST_BODY),
    Page("/api/draft-geometry", "api_draft_geometry", geometry, "redraw", ("POST",), LARGEST_BODY),
]
