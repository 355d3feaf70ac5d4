"""我的网格: the first page of a grid head, made for a phone."""

from __future__ import annotations

import uuid

from flask import render_template

from geo.errors import NotFound
from services.case_words import STATES
from services.facilities import board
from services.mycell import cell_page
from views import _work
from views._map import page_map
from views._page import Page
from views._request import only, principal, region, store
from views._work import today

PAPERS = ("notice", "patrols")


def show() -> str:
    """Own cells lit, what is to be done, everything in them, whom to call next door."""
    only(())
    found = today()
    page = cell_page(store(), region(), found, principal())
    return render_template(
        "cell.html", active="cell", page=page, found=found, work=_work, states=STATES,
        shell=page_map("cell") if page.bounds else None,
        bounds=[round(value, 5) for value in page.bounds] if page.bounds else [], client_id=str(uuid.uuid4()),
        cells=sorted(principal().cells), many=len(board(found).facilities),
    )  # fmt: skip


def paper(kind: str) -> str:
    """What a grid head prints: 网格责任公示牌, the public notice of each own cell, or 巡查记录表, the sheet of patrols."""
    only(())
    if kind not in PAPERS:
        raise NotFound(what=kind[:20])
    page = cell_page(store(), region(), today(), principal())
    return render_template("cell_paper.html", active="cell", kind=kind, page=page)


PAGES = [Page("/cell", "cell", show, "patrol"), Page("/cell/paper/<kind>", "cell_paper", paper, "patrol")]
