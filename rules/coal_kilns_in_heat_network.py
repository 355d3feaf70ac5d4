"""R34-HEATKILN: coal heating furnaces and drying kilns go where the heat network reaches 加热炉、烘干炉窑."""

from __future__ import annotations

from rules._burning import burns_group, is_unit
from rules._rule import Condition, Rows, Rule
from rules._steps import always
from rules.coal_in_heat_network import heat_source


def conditions(rows: Rows) -> list[Condition]:
    """A heating furnace or drying kiln, burning coal."""
    return [is_unit(rows, ("heating_furnace", "drying_kiln")), burns_group(rows, ("COAL",))]


RULE = Rule(
    key="R34-HEATKILN",
    title="热电联产供热管网覆盖范围内燃煤加热、烘干炉窑淘汰",
    title_en="Coal heating furnaces and drying kilns phased out where the heat network reaches",
    clause="（三十四）",
    wording="热电联产供热管网覆盖范围内的燃煤加热、烘干炉（窑）基本淘汰。",
    legal_basis="《大气污染防治法》第三十九条、第一百零七条：没收设施或责令拆除，处二万元以上二十万元以下罚款",
    department="发改局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "is_heat_source", "status", "cut_off"),
    fault="供热管网覆盖范围内仍使用燃煤加热炉或烘干炉窑",
    fault_en="a coal heating furnace or drying kiln where the heat network reaches",
    zone_layer="heat_networks",
    zone_inputs=("operator",),
    parameters=("plan_end", "edge_tolerance_m"),
    until_plan_end=True,
    conditions=conditions,
    exempt=heat_source,
    exempt_text="为管网供热热源",
    violates=always,
)
