"""总览: where the city stands."""

from __future__ import annotations

from flask import render_template

from services.overview import overview
from services.progress import progress, todo
from views._map import page_map
from views._page import Page
from views._request import assessment, only, principal, region, store
from views._work import today


def show() -> str:
    """The map with every layer, counters, towns, rules."""
    only(("layers",))
    found = assessment()
    return render_template(
        "overview.html", active="overview", data=overview(found), shell=page_map("overview"), found=found,
        plan=progress(found, region()), todo=todo(store(), today(), principal()),
    )  # fmt: skip


PAGES = [Page("/", "overview", show, "view")]
