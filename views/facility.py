"""企业/设施: one facility with the evidence of every verdict."""

from __future__ import annotations

import math

from flask import render_template

from rules._find import load_rules
from services.facilities import facility_page
from services.journal import audit_head, row_history
from views._map import page_map
from views._page import Page
from views._request import assessment, only, principal, store

AROUND = 0.006
"""Half the width of the map snippet in degrees, some 600 m."""


def show(layer: str, key: str) -> str:
    """The facility's page; printed it is the evidence sheet."""
    only(())
    found = assessment()
    facility = facility_page(found, layer, key, principal())
    lon, lat = facility.row["lon"], facility.row["lat"]
    placed = math.isfinite(lon)
    bounds = [round(value, 5) for value in (lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND)] if placed else []
    return render_template(
        "facility.html", active="findings", facility=facility, rules=load_rules(), found=found, placed=placed, bounds=bounds,
        shell=page_map("facility") if placed else None, head=audit_head(store()),
        history=row_history(store(), principal(), layer, key),
    )  # fmt: skip


PAGES = [Page("/facilities/<layer>/<path:key>", "facility", show, "view")]
