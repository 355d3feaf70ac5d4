"""R09-NEW35: no new boilers below 35 t/h on high-pollution fuel 不再新建 35 蒸吨以下高污染燃料锅炉."""

from __future__ import annotations

from decimal import Decimal

from rules._burning import burns_group, capacity, is_new, is_unit
from rules._rule import Condition, Rows, Rule
from rules._steps import always


def conditions(rows: Rows) -> list[Condition]:
    """A boiler on high-pollution fuel below 35 t/h (not 35.0), built or approved since the plan began."""
    return [
        is_unit(rows, ("boiler",)),
        burns_group(rows, rows.params["hpf_outside_zone"]),
        capacity(rows, "<", Decimal(35)),
        is_new(rows),
    ]


RULE = Rule(
    key="R09-NEW35",
    title="不再新建 35 蒸吨/小时以下高污染燃料锅炉",
    title_en="No new boilers below 35 t/h on high-pollution fuel",
    clause="（九）",
    wording="不再新建 35 蒸吨/小时以下的高污染燃料锅炉。",
    legal_basis="《大气污染防治法》第三十八条、第一百零七条：没收设施或责令拆除，处二万元以上二十万元以下罚款",
    department="发改局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "capacity_tph", "capacity_mw", "built_on", "approved_on", "status", "cut_off"),
    fault="计划实施后新建 35 蒸吨/小时以下高污染燃料锅炉",
    fault_en="a boiler below 35 t/h on high-pollution fuel was built since the plan began",
    parameters=("plan_start", "hpf_outside_zone"),
    conditions=conditions,
    violates=always,
)
