"""R10-HEATNET: no coal boilers and no loose coal where the heat network reaches 供热管网覆盖范围."""

from __future__ import annotations

from rules._burning import burns, burns_group, is_unit
from rules._logic import Mask, is_one_of, sure
from rules._rule import Condition, Rows, Rule
from rules._steps import always


def conditions(rows: Rows) -> list[Condition]:
    """(Boiler or civil stove) on coal; or loose coal in any unit but heating furnaces and drying kilns."""
    heating = is_unit(rows, ("boiler", "civil_stove")).truth & burns_group(rows, ("COAL",)).truth
    kiln = is_unit(rows, ("heating_furnace", "drying_kiln")).truth
    loose = burns(rows, ("loose_coal",)).truth & ~kiln
    return [Condition(heating | loose, ("unit_type", "fuel"))]


def heat_source(rows: Rows) -> Mask:
    """The heat source of the network itself 供热热源."""
    return sure(is_one_of(rows.column("is_heat_source"), ("yes",)))


RULE = Rule(
    key="R10-HEATNET",
    title="供热管网覆盖范围内燃煤锅炉和散煤淘汰",
    title_en="No coal boilers and no loose coal where the heat network reaches",
    clause="（十）",
    wording="集中供热管网覆盖范围内淘汰燃煤锅炉，禁止燃用散煤。",
    legal_basis="《大气污染防治法》第三十九条、第一百零七条：没收设施或责令拆除，处二万元以上二十万元以下罚款",
    department="发改局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "is_heat_source", "status", "cut_off"),
    fault="供热管网覆盖范围内仍使用燃煤锅炉或散煤",
    fault_en="a coal boiler or loose coal where the heat network reaches",
    zone_layer="heat_networks",
    zone_inputs=("operator",),
    parameters=("plan_end", "edge_tolerance_m"),
    until_plan_end=True,
    conditions=conditions,
    exempt=heat_source,
    exempt_text="为管网供热热源",
    violates=always,
)
