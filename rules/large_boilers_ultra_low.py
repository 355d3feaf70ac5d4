"""R10-GE35: boilers of 35 t/h and above on high-pollution fuel reach ultra-low emission 超低排放改造."""

from __future__ import annotations

from decimal import Decimal

from rules._burning import burns_group, capacity, is_unit, misses_ultra_low
from rules._rule import Condition, Fault, Rows, Rule

LIMITS = ("ultra_low_pm", "ultra_low_so2", "ultra_low_nox")


def conditions(rows: Rows) -> list[Condition]:
    """A boiler, burning high-pollution fuel, of at least 35 t/h (35.0 itself included)."""
    return [
        is_unit(rows, ("boiler",)),
        burns_group(rows, rows.params["hpf_outside_zone"]),
        capacity(rows, ">=", Decimal(35)),
    ]


def violates(rows: Rows) -> Fault:
    """Neither measured nor retrofitted to ultra-low emission."""
    return misses_ultra_low(rows, LIMITS)


RULE = Rule(
    key="R10-GE35",
    title="35 蒸吨/小时及以上高污染燃料锅炉超低排放改造",
    title_en="Boilers of 35 t/h and above at ultra-low emission",
    clause="（十）",
    wording="35 蒸吨/小时及以上高污染燃料锅炉完成节能和超低排放改造。",
    legal_basis="《大气污染防治法》第九十九条：超标排放处十万元以上一百万元以下罚款，可责令停业",
    department="生态环境局兰溪分局",
    subjects=("combustion_units",),
    inputs=(
        "unit_type", "fuel", "capacity_tph", "capacity_mw", "ultra_low_retrofit", "pm_mg_m3", "so2_mg_m3", "nox_mg_m3",
        "status", "cut_off",
    ),
    fault="未达到超低排放",
    fault_en="emission is not ultra-low",
    parameters=("hpf_outside_zone", "plan_end", *LIMITS),
    until_plan_end=True,
    conditions=conditions,
    violates=violates,
)  # fmt: skip
