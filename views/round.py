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
from views._request import number, principal, region, store
from views._work import today


def show() -> str:
    """The visits in order; printable."""
    found = today()
    start = Wish(near=request.args.get("start", "")[:60]).place()
    numbers = list(dict.fromkeys(request.args.getlist("case")))
    if not all(numbers) or len(numbers) > rounds.MOST_STOPS:
        raise WrongUsage(value=",".join(numbers)[:40], hint=f"case=…，最多 {rounds.MOST_STOPS} 个 / {rounds.MOST_STOPS} at most")
    pages = [case_page(store(), found, number(text), principal(), found.facilities) for text in numbers]
    placed = [(page, (case.lon, case.lat)) for page in pages if (case := page.row.case).lon is not None and case.lat is not None]
    made = rounds.plan_round([place for _, place in placed], start)
    begins = dt.datetime.now(dt.UTC) + region().utc_offset
    stops = [(leg, placed[leg.place][0], begins + dt.timedelta(minutes=leg.arrival)) for leg in made.legs]
    return render_template(
        "round.html", active="cases", stops=stops, made=made, work=_work, found=found, shell=page_map("round") if stops else None,
        bounds=_work.box_of([place for _, place in placed]), rounds=rounds, start=start,
    )  # fmt: skip


PAGES = [Page("/round", "round_plan", show, "inspect")]
