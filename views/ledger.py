"""台账: the weekly and monthly ledger, on the page, for printing and as a workbook."""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple
from typing import Any

from flask import Response, make_response, render_template
from flask_babel import gettext

from geo.errors import WrongUsage
from services.export import workbook
from services.ledger import GROUPS, SPANS, Ledger, ledger, period
from views import _work
from views._case_words import case_name, rule_key_word
from views._page import Page
from views._request import only, principal, region, store
from views._words import clock, verdict_word
from views._work import today

PARAMETERS = ("span", "day", "by")


def _made() -> tuple[dict[str, str], Ledger]:
    asked = only(PARAMETERS)
    asked = {"span": asked["span"] or "week", "by": asked["by"] or "cell", "day": asked["day"]}
    try:
        day = dt.date.fromisoformat(asked["day"]) if asked["day"] else region().today()
        days = period(asked["span"], day)
        return asked, ledger(store(), region(), today(), principal(), days, asked["by"])
    except (ValueError, OverflowError):
        raise WrongUsage(value=asked["day"][:20], hint="2026-11-26") from None


def show() -> str:
    """The ledger of a week or a month, per cell, town or rule."""
    asked, made = _made()
    return render_template(
        "ledger.html", active="cases", asked=asked, made=made, spans=SPANS, groups=GROUPS, work=_work, found=today(),
        heads=_heads(), before=made.days.first - dt.timedelta(days=1), after=made.days.last + dt.timedelta(days=1),
        running=made.days.last >= region().today(), name=_name(asked["by"]),
    )  # fmt: skip


def download() -> Response:
    """The ledger as a workbook: the lines, and every case."""
    asked, made = _made()
    name = _name(asked["by"])
    lines = [[name(line.name), *astuple(line)[1:]] for line in made.lines] + [[gettext("合计"), *astuple(made.total)[1:]]]
    sheets = [
        (gettext("台账"), [_work.group_word(asked["by"]), *_heads()], lines),
        (gettext("案件"), _case_heads(), [_case_row(entry) for entry in made.entries]),
    ]
    response = make_response(workbook(sheets))
    response.headers["Content-Type"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    told = f"ledger-{asked['by']}-{made.days.first}-{made.days.last}.xlsx"
    response.headers["Content-Disposition"] = f"attachment; filename={told}"
    return response


def _name(group: str) -> Any:
    def word(name: str) -> str:
        return (rule_key_word(name) if group == "rule" else name) or gettext("无")

    return word


def _heads() -> list[str]:
    return [
        gettext("新立"), gettext("结案"), gettext("期末未结"), gettext("其中逾期"), gettext("责令改正"), gettext("现场检查"),
        gettext("巡查"), gettext("上报"),
    ]  # fmt: skip


def _case_heads() -> list[str]:
    return [
        gettext("案件"), gettext("设施"), gettext("编号"), gettext("乡镇（街道）"), gettext("责任网格"), gettext("规则"),
        gettext("判定"), gettext("状态"), gettext("期限"), gettext("承办人"), gettext("立案时间"), gettext("结案时间"),
    ]  # fmt: skip


def _case_row(entry: Any) -> list[object]:
    case = entry.case
    rules = "；".join(dict.fromkeys(f"{basis.rule} {rule_key_word(basis.rule)}" for basis in entry.bases))
    closed = clock(case.closed_at) if case.closed_at else ""
    return [
        case.id, case_name(case), case.facility_key, case.town, case.cell, rules, verdict_word(case.verdict),
        _work.state_word(case.state), str(case.due_on or ""), entry.assignee, clock(case.opened_at), closed,
    ]  # fmt: skip


PAGES = [
    Page("/ledger", "ledger", show, "cases"),
    Page("/ledger.xlsx", "ledger_download", download, "cases"),
]
