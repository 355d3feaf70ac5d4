"""R10-LE10: coal boilers of 10 t/h and below are phased out 淘汰 10 蒸吨及以下燃煤锅炉."""

from __future__ import annotations

from decimal import Decimal

from rules._burning import burns_group, capacity, is_unit
from rules._rule import Condition, Rows, Rule
from rules._steps import always


def conditions(rows: Rows) -> list[Condition]:
    """A boiler, burning coal, of at most 10 t/h (10.0 itself included)."""
    return [is_unit(rows, ("boiler",)), burns_group(rows, ("COAL",)), capacity(rows, "<=", Decimal(10))]


RULE = Rule(
    key="R10-LE10",
    title="10 蒸吨/小时及以下燃煤锅炉淘汰",
    title_en="Coal boilers of 10 t/h and below phased out",
    clause="（十）",
    wording="全面淘汰 10 蒸吨/小时及以下燃煤锅炉。",
    legal_basis="《大气污染防治法》第三十八条、第一百零七条：没收设施或责令拆除，处二万元以上二十万元以下罚款",
    department="发改局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "capacity_tph", "capacity_mw", "status", "cut_off"),
    fault="10 蒸吨/小时及以下燃煤锅炉未淘汰",
    fault_en="a coal boiler of 10 t/h or below is still there",
    parameters=("plan_end",),
    until_plan_end=True,
    conditions=conditions,
    violates=always,
)
