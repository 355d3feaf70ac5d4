"""企业/设施: one facility with the evidence of every verdict."""

from __future__ import annotations

import numpy as np
from flask import render_template

from rules._find import load_rules
from rules._verdict import RANK
from services.facilities import facility_page
from services.journal import audit_head
from views._map import page_map
from views._page import Page
from views._request import assessment, only, principal, store

AROUND = 0.006
"""Half the width of the map snippet in degrees, some 600 m."""


def show(layer: str, key: str) -> str:
    """The facility's page; printed it is the evidence sheet."""
    only(())
    found = assessment()
    page = facility_page(found, layer, key, principal())
    lon, lat = page.row["lon"], page.row["lat"]
    placed = bool(np.isfinite(lon))
    bounds = (round(lon - AROUND, 4), round(lat - AROUND, 4), round(lon + AROUND, 4), round(lat + AROUND, 4)) if placed else None
    return render_template(
        "facility.html", active="findings", page=page, rules=load_rules(), found=found, placed=placed, rank=RANK,
        shell=page_map("facility", bounds) if placed else None, head=audit_head(store()),
    )  # fmt: skip


PAGES = [Page("/facilities/<layer>/<path:key>", "facility", show, "view")]
