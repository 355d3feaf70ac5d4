"""走访路线: picked cases in a good order, with distances, times and links to navigation."""

from __future__ import annotations

import datetime as dt

from flask import render_template, request

from geo.errors import WrongUsage
from services import rounds
from services.casebook import Wish, case_page
from views import _work
from views._map import page_map
from views._page import Page
from views._request import principal, region, store
from views._work import today


def show() -> str:
    """The visits in order; printable."""
    found = today()
    start = Wish(near=request.args.get("start", "")[:60]).place()
    numbers = list(dict.fromkeys(request.args.getlist("case")))
    if not all(text.isdigit() for text in numbers) or len(numbers) > rounds.MOST_STOPS:
        raise WrongUsage(value=",".join(numbers)[:40], hint=f"case=…，最多 {rounds.MOST_STOPS} 个 / {rounds.MOST_STOPS} at most")
    pages = [case_page(store(), found, int(text), principal(), found.facilities) for text in numbers]
    placed = [page for page in pages if page.row.case.lon is not None and page.row.case.lat is not None]
    made = rounds.plan_round([(page.row.case.lon, page.row.case.lat) for page in placed], start)  # type: ignore[misc]  # placed
    begins = dt.datetime.now(dt.UTC) + region().utc_offset
    stops = [(leg, placed[leg.place], begins + dt.timedelta(minutes=leg.arrival)) for leg in made.legs]
    return render_template(
        "round.html", active="cases", stops=stops, made=made, work=_work, found=found, shell=page_map("cases") if stops else None,
        bounds=_bounds([page.row.case for page in placed]), rounds=rounds, start=start,
    )  # fmt: skip


def _bounds(cases: list) -> list[float]:  # type: ignore[type-arg]  # cases of the store
    if not cases:
        return []
    lons, lats = [case.lon for case in cases], [case.lat for case in cases]
    return [round(value, 5) for value in (min(lons) - 0.01, min(lats) - 0.01, max(lons) + 0.01, max(lats) + 0.01)]


PAGES = [Page("/round", "round_plan", show, "inspect")]
