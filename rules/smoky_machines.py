"""R18-NRMM: diesel machines over the smoke limit in a low-emission zone 非道路移动机械低排放控制区."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from rules._logic import Mask, compares, empty, is_one_of, sure, truth
from rules._rule import Condition, Judgement, Rows, Rule
from rules._steps import settle

_CLASS_ORDER = {"III": 0, "II": 1, "I": 2}
POWER_BANDS = (Decimal(19), Decimal(37))


def conditions(rows: Rows) -> list[Condition]:
    """Not known to burn anything but diesel, and not seen after the day of judgement."""
    fuel = is_one_of(rows.column("fuel"), ("diesel",))
    later = np.fromiter(
        (seen is not None and seen.date() > rows.as_of for seen in rows.column("observed_at")),
        dtype=bool,
        count=len(rows),
    )
    return [Condition(fuel, ("fuel",)), Condition(truth(~later), ())]


def judge(rows: Rows) -> Judgement:
    """The steps of dictionary §4.3 in a zone: emergency, unknown fuel or day, then the smoke test."""
    result = Judgement.of(len(rows), "unknown")
    is_open = np.ones(len(rows), dtype=bool)
    emergency = sure(is_one_of(rows.column("emergency"), ("yes",)))
    spared = np.array([value != "no" for value in rows.zone_column("exempt_emergency")], dtype=bool)
    settle(result, is_open, emergency & spared, "not", "应急抢险作业")
    no_fuel, no_day = empty(rows.column("fuel")), empty(rows.column("observed_at"))
    for name, vacant in (("fuel", no_fuel), ("observed_at", no_day)):
        for row in np.flatnonzero(is_open & vacant):
            result.missing[row] = (*result.missing[row], name)
    settle(result, is_open, no_fuel | no_day, "unknown")
    black = sure(compares(rows.column("ringelmann"), ">", rows.params["ringelmann_limit"]))
    settle(result, is_open, black, "fault", "林格曼黑度超过限值")
    _by_smoke(result, rows, is_open)
    return result


def _by_smoke(result: Judgement, rows: Rows, is_open: Mask) -> None:
    """Compare k with the limit of the zone's class and the machine's power band; equal is compliant."""
    smoke, power = rows.column("smoke_k"), rows.column("power_kw")
    grade = rows.zone_column("smoke_class")
    for row in np.flatnonzero(is_open):
        limits = rows.params["smoke_limits"][grade[row] or "III"]
        if smoke[row] is None:
            result.missing[row], result.note[row] = ("smoke_k",), "须现场检测"
            continue
        over = {smoke[row] > limit for limit in _limits(limits, power[row])}
        shown = "/".join(str(limit) for limit in _limits(limits, power[row]))
        if len(over) == 2:
            result.missing[row], result.note[row] = ("power_kw",), f"限值因功率而异（{shown} m-1）"
        else:
            result.outcome[row] = "fault" if over.pop() else "fine"
            result.note[row] = f"光吸收系数限值 {shown} m-1"


def _limits(limits: tuple[Decimal, Decimal, Decimal], power: Decimal | None) -> tuple[Decimal, ...]:
    """The limit of the power band; every one where the power is not known."""
    if power is None:
        return limits
    return (limits[0] if power < POWER_BANDS[0] else limits[1] if power < POWER_BANDS[1] else limits[2],)


def zone_rank(zones: pd.DataFrame) -> list[Any]:
    """The strictest smoke class first; an empty class is III."""
    return [_CLASS_ORDER.get(grade or "III", 3) for grade in zones["smoke_class"]]


RULE = Rule(
    key="R18-NRMM",
    title="低排放控制区内禁用高排放非道路移动机械",
    title_en="No high-emission machines in low-emission zones",
    clause="（十八）",
    wording="划定非道路移动机械低排放控制区，区内禁止使用高排放非道路移动机械。",
    legal_basis="《大气污染防治法》第六十一条、第一百一十四条：使用不达标机械的处五千元罚款；GB 36886-2018 排气烟度限值",
    department="建设局",
    subjects=("machines",),
    inputs=("machine_type", "fuel", "emission_stage", "power_kw", "smoke_k", "ringelmann", "emergency", "observed_at"),
    fault="低排放控制区内使用排气烟度超标的机械",
    fault_en="a machine over the smoke limit works in a low-emission zone",
    zone_layer="nrmm_zones",
    zone_inputs=("smoke_class", "exempt_emergency", "doc_no"),
    parameters=("smoke_limits", "ringelmann_limit", "edge_tolerance_m"),
    conditions=conditions,
    judge=judge,
    zone_rank=zone_rank,
    zone_day="observed_at",
)
