"""乡镇排名（四十四）: towns by the monthly means of their stations, and those left out with the reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geo.write import Sheet, workbook_bytes
from services.air import LEAST_HOURS, Month, Station, before, least_days, monthly, stations
from store.open import Store

NO_STATION, NO_VALUES, TOO_FEW = "no_station", "no_values", "too_few"


@dataclass(frozen=True)
class Town:
    """One town in a month.

    Attributes:
        mean: of its stations that count. rank: 1 is the cleanest; None for one left out. yoy, mom: change against the same
            month a year ago and the month before, µg/m³. days, whole: valid days of all its stations, and days there were.
        reason: why it is left out, empty for none of it.
    """

    name: str
    mean: float | None
    rank: int | None
    yoy: float | None
    mom: float | None
    stations: tuple[str, ...]
    counted: int
    days: int
    whole: int
    reason: str = ""

    @property
    def share(self) -> float | None:
        """Share of valid days."""
        return self.days / self.whole if self.whole else None


@dataclass(frozen=True)
class Ranking:
    """A month: towns in order, the ones left out last. ``covered``: towns with a station, of all (R37-TOWNSTN)."""

    month: dt.date
    pollutant: str
    towns: list[Town]
    covered: int
    least_days: int

    @property
    def ranked(self) -> list[Town]:
        """The towns with a rank."""
        return [town for town in self.towns if town.rank is not None]

    @property
    def left_out(self) -> list[Town]:
        """The towns without one."""
        return [town for town in self.towns if town.rank is None]


def ranking(store: Store, frames: dict[str, pd.DataFrame], month: dt.date, pollutant: str = "pm25") -> Ranking:
    """Rank the towns of a month; several stations of a town count alike."""
    posts: dict[str, list[Station]] = {str(name): [] for name in sorted(set(frames["towns"]["town_name"]))}
    for station in stations(frames):
        posts.setdefault(station.town, []).append(station)
    posts.pop("", None)
    now, month_before, year_before = (monthly(store, before(month, back), pollutant) for back in (0, 1, 12))
    towns = [_town(name, mine, now, month_before, year_before) for name, mine in posts.items()]
    order = sorted((town for town in towns if town.mean is not None), key=lambda town: (round(town.mean or 0, 1), town.name))
    shown = [round(town.mean or 0, 1) for town in order]
    placed = [Town(**town.__dict__ | {"rank": shown.index(value) + 1}) for town, value in zip(order, shown, strict=True)]
    rest = sorted((town for town in towns if town.mean is None), key=lambda town: town.name)
    covered = sum(1 for mine in posts.values() if mine)
    return Ranking(month, pollutant, placed + rest, covered, least_days(month))


def _town(
    name: str, mine: list[Station], now: dict[str, Month], month_before: dict[str, Month], year_before: dict[str, Month]
) -> Town:
    found = [now[station.code] for station in mine if station.code in now]
    mean = _mean(mine, now)
    changes = [_change(mean, _mean(mine, past)) for past in (year_before, month_before)]
    reason = "" if mean is not None else TOO_FEW if any(one.days for one in found) else NO_VALUES if mine else NO_STATION
    counted = sum(one.enough for one in found)
    codes = tuple(station.code for station in mine)
    return Town(
        name, mean, None, changes[0], changes[1], codes, counted, sum(one.days for one in found),
        sum(one.whole for one in found), reason,
    )  # fmt: skip


def _change(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then


def _mean(mine: list[Station], values: dict[str, Month]) -> float | None:
    found = [one.mean for station in mine if (one := values.get(station.code)) is not None and one.mean is not None]
    return sum(found) / len(found) if found else None


REASONS = {
    NO_STATION: ("没有空气站", "no station"), NO_VALUES: ("本月没有数据", "no values this month"),
    TOO_FEW: ("有效日 {days} 天，少于 {least} 天", "{days} valid days, fewer than {least}"), "": ("", ""),
}  # fmt: skip


def reason_word(town: Town, made: Ranking, english: bool = False) -> str:
    """Why a town is left out."""
    return REASONS[town.reason][int(english)].format(days=town.days, least=made.least_days)


_HEADS = (
    ("名次", "乡镇（街道）", "月均", "同比", "环比", "有效日", "应有日", "有效率 %", "站点", "未参加原因"),
    ("rank", "town", "monthly mean", "against a year ago", "against last month", "valid days", "days", "valid %", "stations",
     "left out because"),
)  # fmt: skip


def ranking_xlsx(made: Ranking, english: bool = False) -> bytes:
    """The ranking as a workbook, with the rule it follows."""
    rows: list[list[Any]] = []
    for town in made.towns:
        numbers = [None if value is None else round(value, 1) for value in (town.mean, town.yoy, town.mom)]
        share = None if town.share is None else round(100 * town.share, 1)
        told = [town.days, town.whole, share, "、".join(town.stations), reason_word(town, made, english)]
        rows.append([town.rank, town.name, *numbers, *told])
    rule = [[rule_words(made)[int(english)]], [f"{made.month:%Y-%m} {made.pollutant}"]]
    names = ("ranking", "basis") if english else ("排名", "依据")
    return workbook_bytes([Sheet(names[0], _HEADS[int(english)], rows), Sheet(names[1], ("",), rule)])


def rule_words(made: Ranking) -> tuple[str, str]:
    """The rule of valid data, Chinese and English."""
    zh = f"每日须有日均值或至少 {LEAST_HOURS} 个小时值，每月至少 {made.least_days} 个有效日；多站取各站均值；按一位小数排名"
    en = (
        f"a day needs its mean or {LEAST_HOURS} hourly values, a month {made.least_days} valid days; several stations count "
        "alike; ranked by one decimal"
    )
    return zh, en
