"""版本比对: versions and drafts side by side, or under one swipe, with who changes where."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, make_response, render_template

from rules._find import load_rules
from services.compare import Comparison, compare, comparison_xlsx
from services.drafts import drawn_layers
from services.exposure import exposure_of_degrees
from services.zone_history import choices
from views import _plan_words
from views._map import page_map
from views._page import Page
from views._request import as_of, language, only, principal, region, store
from views.api_drafts import table

NAMES = ("a", "b", "c", "d", "e")
"""Parameters of the address, one for each side."""
SHOWN_AS = ("view", "layer", "pair")
"""How it is shown: side by side or under a swipe, and which two are swiped (``2-3``)."""
SHOWN = 400


def _made() -> Comparison:
    asked = only((*NAMES, *SHOWN_AS))
    return compare(table(), [asked[name] for name in NAMES], as_of())


def show() -> str:
    """The comparison, or what can be compared."""
    asked = only((*NAMES, *SHOWN_AS))
    chosen = [asked[name] for name in NAMES if asked[name]]
    made = _made() if len(chosen) > 1 else None
    layers = drawn_layers(principal())
    layer = asked["layer"] if asked["layer"] in layers else (made.sides[0].layer.name if made else "no_burn_zones")
    return render_template(
        "compare.html", active="plans", made=made, asked=asked, names=NAMES, plan=_plan_words, shown=SHOWN, layer=layers[layer],
        layers=layers, choices=choices(store(), principal(), layer), shell=page_map("plan") if made else None,
        sides=[_told(side) for side in made.sides] if made else [], rules=load_rules(),
        exposed=[_exposed(side) for side in made.sides] if made else [],
    )  # fmt: skip


def _exposed(side: Any) -> dict[str, Any]:
    return exposure_of_degrees(store(), region(), principal(), side.shape, as_of())


def _told(side: Any) -> dict[str, Any]:
    return {
        "handle": side.handle, "title": side.title, "layer": side.layer.name, "code": side.code, "grade": side.grade,
        "area_km2": side.area_km2, "geometry": side.geometry, "added": side.added, "removed": side.removed,
    }  # fmt: skip


def api() -> Response:
    """The comparison as JSON."""
    made = _made()
    changes = [{"entering": one.entering, "leaving": one.leaving, "changed": one.changed} for one in made.changes]
    sides = [_told(side) for side in made.sides]
    sides = [told | {"exposure": _exposed(side)} for told, side in zip(sides, made.sides, strict=True)]
    return jsonify(as_of=made.day.isoformat(), sides=sides, changes=changes, table=made.table, towns=made.towns)


def workbook() -> Response:
    """The transition table as a workbook."""
    response = make_response(comparison_xlsx(_made(), language() == "en"))
    response.headers["Content-Type"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response.headers["Content-Disposition"] = "attachment; filename=compare.xlsx"
    return response


PAGES = [
    Page("/compare", "compare", show, "drafts"),
    Page("/compare.xlsx", "compare_xlsx", workbook, "drafts"),
    Page("/api/compare", "api_compare", api, "drafts"),
]
