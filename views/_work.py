"""What the pages of daily work share: today's view, the desk of who asks, addresses of navigation apps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
from flask import g
from flask_babel import gettext

from services.assess import Assessment, current
from services.case_words import STATES
from services.casework import Desk
from services.coordinates import bd09_of, gcj02_of
from services.seen import seen_by
from views._request import language, principal, region, store


def whole_today() -> Assessment:
    """The assessment of today, all of it."""
    if "whole_today" not in g:
        g.whole_today = current(store(), region(), region().today())
    found: Assessment = g.whole_today
    return found


def today() -> Assessment:
    """What somebody sees of the assessment of today: work is about now, whatever day a map shows."""
    return seen_by(whole_today(), principal())


def desk() -> Desk:
    """Who asks, at work."""
    return Desk(store(), principal(), today().facilities, due_from=region().today())


def state_word(state: str) -> str:
    """The name of a case's state, or of a group of states."""
    if state in STATES:
        return STATES[state].title if language() == "zh" else STATES[state].title_en
    return {"open": gettext("未销号"), "overdue": gettext("已逾期"), "asked": gettext("待我审批")}.get(state, state)


def box_of(places: Sequence[tuple[float, float]], margin: float = 0.01) -> list[float]:
    """West, south, east, north around some places (degrees); nothing around none."""
    if not places:
        return []
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    return [round(value, 5) for value in (min(lons) - margin, min(lats) - margin, max(lons) + margin, max(lats) + margin)]


def span_word(span: str) -> str:
    """A length of a ledger."""
    return {"week": gettext("按周"), "month": gettext("按月")}[span]


def group_word(group: str) -> str:
    """What the lines of a ledger stand for."""
    return {"cell": gettext("责任网格"), "town": gettext("乡镇（街道）"), "rule": gettext("规则")}[group]


def days_word(days: int | None) -> str:
    """How long until a deadline."""
    if days is None:
        return ""
    if days < 0:
        return gettext("逾期 %(n)s 天", n=-days)
    return gettext("今天到期") if days == 0 else gettext("还剩 %(n)s 天", n=days)


@dataclass(frozen=True)
class Route:
    """A link that opens a navigation app at a place."""

    title: str
    href: str


def ways_to(name: str, lon: float | None, lat: float | None) -> list[Route]:
    """Links to navigation apps: AMap takes GCJ-02, Baidu BD-09, ``geo:`` WGS 84 (which CGCS2000 equals here).

    These open an app of the phone; no page of ours asks for them.
    """
    if lon is None or lat is None or not np.isfinite(lon):
        return []
    amap, baidu, shown = gcj02_of(lon, lat), bd09_of(lon, lat), quote(name, safe="")
    return [
        Route(gettext("高德"), f"amapuri://route/plan/?dlat={amap[1]:.6f}&dlon={amap[0]:.6f}&dname={shown}&dev=0&t=0"),
        Route(
            gettext("百度"),
            f"baidumap://map/direction?destination=latlng:{baidu[1]:.6f},{baidu[0]:.6f}|name:{shown}&coord_type=bd09ll&mode=driving",
        ),
        Route(gettext("其他地图"), f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}({shown})"),
    ]
