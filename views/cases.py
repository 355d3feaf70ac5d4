"""检查任务: cases as a list and one by one, and the steps people take with them."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from geo.errors import WrongUsage
from layers._fuels import GROUP_TITLES
from rules._find import load_rules
from services.case_words import FOUND, STATES, may_decide, steps_of
from services.casebook import ASKED, OVERDUE, SORTS, Wish, book, case_page
from services.facilities import facility_layers
from services.findings import choices
from services.hotcells import hot_places
from views import _work
from views._map import page_map
from views._page import Page
from views._request import number, only, principal, region, store
from views._words import fuel_word, layer_word, verdict_word
from views._work import desk, today

NAMES = tuple(field.name for field in fields(Wish))
PARAMETERS = (*NAMES, "layers", "page")
TABS = ("open", "to_inspect", "to_verify", "rectifying", "recheck", OVERDUE, ASKED, "closed", "exempt", "wrong")
LONGEST = 3000


def listing() -> str:
    """Cases by state, filtered and sorted, with their map; several picked make a round."""
    asked = only(PARAMETERS)
    wish, found = Wish.of(asked), today()
    made = book(store(), found, principal(), wish, number(asked["page"]), hot_places(store(), region(), found.as_of))
    placed = [(row.case.lon, row.case.lat) for row in made.every if row.case.lon is not None and row.case.lat is not None]
    return render_template(
        "cases.html", active="cases", book=made, wish=wish, tabs=TABS, bounds=_work.box_of(placed), many=len(placed),
        sorts=SORTS, choices=choices(found), rules=load_rules(), work=_work, found=found, shell=page_map("cases"),
        verdicts=[(verdict, verdict_word(verdict)) for verdict in FOUND],
        fuels=[(group, fuel_word(group)) for group in GROUP_TITLES],
        subjects=[(name, layer_word(name)) for name in facility_layers()],
    )  # fmt: skip


def show(number: int) -> str:
    """One case: what it rests on, what happened, what to do next."""
    only(())
    found = today()
    page = case_page(store(), found, number, principal(), found.facilities)
    case = page.row.case
    around = _work.box_of([(case.lon, case.lat)] if case.lon is not None and case.lat is not None else [], 0.006)
    return render_template(
        "case.html", active="cases", page=page, case=case, rules=load_rules(), states=STATES, work=_work, found=found,
        bounds=around, shell=page_map("facility") if around else None,
        ways=_work.ways_to(case.name, case.lon, case.lat), steps=steps_of(case.state, principal()),
        decides=may_decide(principal()),
    )  # fmt: skip


def _text(name: str) -> str:
    return request.form.get(name, "")[:LONGEST]


def _revision() -> int:
    return number(request.form.get("revision", ""))


def _back(case: int, said: str) -> Any:
    flash(said)
    return redirect(url_for("case", number=case), 303)


def comment(number: int) -> Any:
    """Write something into a case."""
    desk().comment(number, _text("text"))
    return _back(number, gettext("已记录。"))


def assign(number: int) -> Any:
    """Give a case to somebody or a team, take it, or lay it down."""
    desk().assign(number, _revision(), _text("assignee"), _text("team"))
    return _back(number, gettext("已分派。"))


def move(number: int) -> Any:
    """Take a case to its next state."""
    due = _text("due_on")
    try:
        due_on = dt.date.fromisoformat(due) if due else None
    except ValueError:
        raise WrongUsage(value=due[:20], hint="2026-12-31") from None
    state = _text("state")
    desk().move(number, _revision(), state, _text("text"), due_on)
    return _back(number, gettext("案件已转为“%(state)s”。", state=_work.state_word(state)))


def ask(number: int) -> Any:
    """Ask for an exemption, or say that the verdict is wrong."""
    desk().ask(number, _revision(), _text("what"), _text("text"))
    return _back(number, gettext("已提交，等待另一人审批。"))


def decide(number: int) -> Any:
    """Grant or refuse what was asked for."""
    desk().decide(number, _revision(), _text("granted") == "1", _text("text"))
    return _back(number, gettext("已审批。"))


PAGES = [
    Page("/cases", "cases", listing, "cases"),
    Page("/cases/<int:number>", "case", show, "cases"),
    Page("/cases/<int:number>/comment", "case_comment", comment, "cases", ("POST",)),
    Page("/cases/<int:number>/assign", "case_assign", assign, "cases", ("POST",)),
    Page("/cases/<int:number>/move", "case_move", move, "cases", ("POST",)),
    Page("/cases/<int:number>/ask", "case_ask", ask, "cases", ("POST",)),
    Page("/cases/<int:number>/decide", "case_decide", decide, "cases", ("POST",)),
]
