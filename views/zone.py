"""区域: zones as legal records."""

from __future__ import annotations

from flask import render_template

from services.exposure import exposure_table
from services.facilities import board
from services.journal import row_history
from services.zones import MOST_INSIDE, zone_list, zone_page
from views._map import page_map
from views._page import Page
from views._request import as_of, assessment, only, principal, region, store


def listing() -> str:
    """Every zone by layer."""
    only(())
    found = assessment()
    return render_template("zones.html", active="zones", groups=zone_list(found, principal()), found=found)


def show(layer: str, code: str) -> str:
    """One zone: its record, its map, who lies inside."""
    only(())
    found = assessment()
    zone = zone_page(found, layer, code, principal())
    return render_template(
        "zone.html", active="zones", zone=zone, found=found, shell=page_map("zone"), most=MOST_INSIDE,
        facilities=len(board(found).facilities), bounds=[round(value, 5) for value in zone.bounds],
        exposure=exposure_table(store(), region(), principal(), as_of(), (layer, code)),
        history=row_history(store(), principal(), layer, code),
    )  # fmt: skip


PAGES = [
    Page("/zones", "zones", listing, "view"),
    Page("/zones/<layer>/<path:code>", "zone", show, "view"),
]
