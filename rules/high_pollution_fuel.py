"""R11-NBZ: high-pollution fuel in a no-burn zone 禁燃区内燃用高污染燃料 (catalogue 2017, law Art. 38, 107)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from layers._fuels import CLEAN, OTHER
from rules._catalogue import consult
from rules._logic import Mask, is_one_of, sure
from rules._rule import Judgement, Rows, Rule
from rules._steps import settle, standing

_CLASS_ORDER = {"III": 0, "II": 1, "I": 2}


def judge(rows: Rows) -> Judgement:
    """The steps of dictionary §4.1 in a zone: removed, allowed, exempt, cut off, unknown, then dates."""
    result = Judgement.of(len(rows), "unknown")
    is_open = np.ones(len(rows), dtype=bool)
    table = consult(rows)
    removed, cut, uncertain_cut = standing(rows)
    settle(result, is_open, removed, "fine", "设备已拆除")
    settle(result, is_open, ~table.prohibited & ~table.unknown, "fine", "目录允许在该类禁燃区使用")
    settle(result, is_open, _exempted(rows), "exempt", "属该区公告列明的豁免类别")
    settle(result, is_open, cut, "fine", "已停用并物理切断")
    for row in np.flatnonzero(is_open & table.unknown):
        result.missing[row] = table.missing[row]
    settle(result, is_open, table.unknown, "unknown", "资料不足，无法对照目录")
    for row in np.flatnonzero(is_open & uncertain_cut):
        result.missing[row] = ("cut_off",)
    settle(result, is_open, uncertain_cut, "unknown", "停用或备用，须核实是否物理切断")
    for row in np.flatnonzero(is_open):
        _by_dates(result, rows, int(row))
    return result


def _by_dates(result: Judgement, rows: Rows, row: int) -> None:
    """A prohibited unit: new since the zone came into force, overdue, undated, or in its time limit."""
    start = rows.zone_column("effective_from")[row]
    deadline = rows.zone_column("existing_deadline")[row]
    built = [day for day in (rows.column("built_on")[row], rows.column("expanded_on")[row]) if day is not None]
    if start is not None and built and max(built) >= start:
        result.outcome[row], result.note[row] = "fault", "施行后新建或扩建"
    elif deadline is None or rows.as_of > deadline:
        result.outcome[row], result.due[row] = "fault", deadline
    elif not built:
        result.missing[row], result.note[row] = ("built_on",), "限期未到，是否新建无法确定"
    else:
        result.outcome[row], result.due[row] = "fault", deadline


def _exempted(rows: Rows) -> Mask:
    """The unit's exempt category is one of those the zone's notice lists."""
    pairs = zip(rows.column("exempt_category"), rows.zone_column("exemptions"), strict=True)
    return np.fromiter((bool(set(a or ()) & set(b or ())) for a, b in pairs), dtype=bool, count=len(rows))


def nowhere(rows: Rows) -> Judgement:
    """Without a position: nothing to say for clean fuels, compliant when removed, else unknown."""
    result = Judgement.of(len(rows), "unknown")
    is_open = np.ones(len(rows), dtype=bool)
    settle(result, is_open, sure(is_one_of(rows.column("fuel_now"), CLEAN | OTHER)), "not")
    settle(result, is_open, standing(rows)[0], "fine", "设备已拆除")
    for row in np.flatnonzero(is_open):
        result.missing[row] = ("position",)
    return result


def zone_rank(zones: pd.DataFrame) -> list[Any]:
    """The strictest class first, then the earliest deadline (none = earliest)."""
    return [
        (_CLASS_ORDER.get(grade, 3), deadline or dt.date.min)
        for grade, deadline in zip(zones["zone_class"], zones["existing_deadline"], strict=True)
    ]


RULE = Rule(
    key="R11-NBZ",
    title="禁燃区内禁止燃用高污染燃料",
    title_en="No high-pollution fuel in no-burn zones",
    clause="（十一）",
    wording="划定并公布高污染燃料禁燃区，区内禁止新建、扩建燃用高污染燃料的设施，已建设施在规定期限内改用清洁能源。",
    legal_basis="《大气污染防治法》第三十八条、第一百零七条：没收设施或责令拆除，处二万元以上二十万元以下罚款",
    department="发改局",
    subjects=("combustion_units",),
    inputs=(
        "unit_type", "fuel", "capacity_tph", "capacity_mw", "sulfur_pct", "ash_pct", "volatile_pct",
        "bio_dedicated", "dust_removal", "built_on", "expanded_on", "exempt_category", "status", "cut_off",
    ),
    fault="在禁燃区内燃用高污染燃料",
    fault_en="high-pollution fuel is burned in a no-burn zone",
    zone_layer="no_burn_zones",
    zone_inputs=("zone_class", "existing_deadline", "exemptions", "catalogue_version", "doc_no"),
    parameters=("class1_quality_mode", "high_eff_dust", "low_eff_dust", "edge_tolerance_m"),
    judge=judge,
    nowhere=nowhere,
    zone_rank=zone_rank,
)  # fmt: skip
