"""R10-BUA: no coal in tea boilers, commercial stoves and grain dryers of the built-up area 建成区."""

from __future__ import annotations

from rules._burning import burns_group, is_unit
from rules._rule import Condition, Rows, Rule
from rules._steps import always


def conditions(rows: Rows) -> list[Condition]:
    """A tea boiler 茶水炉, commercial stove 经营性炉灶 or grain dryer 储粮烘干设备, burning coal."""
    return [is_unit(rows, ("tea_boiler", "commercial_stove", "grain_dryer")), burns_group(rows, ("COAL",))]


RULE = Rule(
    key="R10-BUA",
    title="建成区燃煤茶水炉、经营性炉灶、储粮烘干设备淘汰",
    title_en="No coal tea boilers, stoves and grain dryers in the built-up area",
    clause="（十）",
    wording="建成区淘汰燃煤茶水炉、经营性炉灶、储粮烘干设备等燃煤设施。",
    legal_basis="《大气污染防治法》第三十八条、第一百零七条：没收设施或责令拆除，处二万元以上二十万元以下罚款",
    department="发改局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "status", "cut_off"),
    fault="建成区内仍使用燃煤设施",
    fault_en="a coal-fired unit in the built-up area",
    zone_layer="built_up_areas",
    parameters=("plan_end", "edge_tolerance_m"),
    until_plan_end=True,
    conditions=conditions,
    violates=always,
)
