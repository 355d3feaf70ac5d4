"""我的网格: the first page of a grid head, made for a phone."""

from __future__ import annotations

import uuid

from flask import render_template

from services.case_words import STATES
from services.mycell import cell_page
from views import _work
from views._map import page_map
from views._page import Page
from views._request import only, principal, region, store
from views._work import today


def show() -> str:
    """Own cells lit, what is to be done, everything in them, whom to call next door."""
    only(())
    found = today()
    page = cell_page(store(), region(), found, principal())
    return render_template(
        "cell.html", active="cell", page=page, found=found, work=_work, states=STATES,
        shell=page_map("cell") if page.bounds else None,
        bounds=[round(value, 5) for value in page.bounds] if page.bounds else [], client_id=str(uuid.uuid4()),
        cells=sorted(principal().cells),
    )  # fmt: skip


PAGES = [Page("/cell", "cell", show, "patrol")]
