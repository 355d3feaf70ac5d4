"""R10-BUABIO: biomass boilers of the built-up area reach ultra-low emission 建成区生物质锅炉超低排放."""

from __future__ import annotations

from rules._burning import burns_group, is_unit, misses_ultra_low
from rules._rule import Condition, Fault, Rows, Rule

LIMITS = ("ultra_low_bio_pm", "ultra_low_bio_so2", "ultra_low_bio_nox")


def conditions(rows: Rows) -> list[Condition]:
    """A boiler, burning biomass."""
    return [is_unit(rows, ("boiler",)), burns_group(rows, ("BIO",))]


def violates(rows: Rows) -> Fault:
    """Neither measured nor retrofitted to ultra-low emission."""
    return misses_ultra_low(rows, LIMITS)


RULE = Rule(
    key="R10-BUABIO",
    title="建成区生物质锅炉超低排放改造",
    title_en="Biomass boilers in the built-up area at ultra-low emission",
    clause="（十）",
    wording="建成区生物质锅炉实施超低排放改造。",
    legal_basis="《大气污染防治法》第九十九条：超标排放处十万元以上一百万元以下罚款，可责令停业",
    department="生态环境局兰溪分局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "ultra_low_retrofit", "pm_mg_m3", "so2_mg_m3", "nox_mg_m3", "status", "cut_off"),
    fault="建成区内生物质锅炉未达到超低排放",
    fault_en="a biomass boiler in the built-up area is not at ultra-low emission",
    zone_layer="built_up_areas",
    parameters=("plan_end", "edge_tolerance_m", *LIMITS),
    until_plan_end=True,
    conditions=conditions,
    violates=violates,
)
