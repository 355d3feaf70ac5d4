"""R10-10-35: coal boilers between 10 and 35 t/h are phased out, retention list apart 基本淘汰 10–35 蒸吨燃煤锅炉."""

from __future__ import annotations

from decimal import Decimal

from rules._burning import burns_group, capacity, is_unit
from rules._logic import Mask, is_one_of, sure
from rules._rule import Condition, Rows, Rule
from rules._steps import always


def conditions(rows: Rows) -> list[Condition]:
    """A boiler, burning coal, above 10 and below 35 t/h (neither 10.0 nor 35.0)."""
    return [
        is_unit(rows, ("boiler",)),
        burns_group(rows, ("COAL",)),
        capacity(rows, ">", Decimal(10)),
        capacity(rows, "<", Decimal(35)),
    ]


def retained(rows: Rows) -> Mask:
    """On the retention list 保留名单."""
    return sure(is_one_of(rows.column("on_retention_list"), ("yes",)))


RULE = Rule(
    key="R10-10-35",
    title="10–35 蒸吨/小时燃煤锅炉基本淘汰",
    title_en="Coal boilers between 10 and 35 t/h phased out",
    clause="（十）",
    wording="基本淘汰 10 蒸吨/小时以上 35 蒸吨/小时以下燃煤锅炉。",
    legal_basis="《大气污染防治法》第三十八条、第一百零七条：没收设施或责令拆除，处二万元以上二十万元以下罚款",
    department="发改局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "capacity_tph", "capacity_mw", "on_retention_list", "status", "cut_off"),
    fault="10 至 35 蒸吨/小时燃煤锅炉未淘汰且不在保留名单",
    fault_en="a coal boiler between 10 and 35 t/h is still there and on no retention list",
    parameters=("plan_end",),
    until_plan_end=True,
    conditions=conditions,
    exempt=retained,
    exempt_text="列入保留名单",
    violates=always,
)
