"""R34-GAS3M: fuel-type gas producers with a hearth of 3 m and below retire 煤气发生炉."""

from __future__ import annotations

from rules._burning import is_unit
from rules._logic import compares, is_one_of, sure
from rules._rule import Condition, Fault, Rows, Rule
from rules._steps import always


def conditions(rows: Rows) -> list[Condition]:
    """A gas producer whose gas is fuel, with a hearth of at most 3.0 m."""
    return [
        is_unit(rows, ("gas_producer",)),
        Condition(is_one_of(rows.column("gas_use"), ("fuel",)), ("gas_use",)),
        Condition(
            compares(rows.column("hearth_diameter_m"), "<=", rows.params["hearth_limit_m"]), ("hearth_diameter_m",)
        ),
    ]


def violates(rows: Rows) -> Fault:
    """Below the limit: a fault; exactly on it the text (“3 米以下”) leaves two readings open."""
    exactly = sure(compares(rows.column("hearth_diameter_m"), "==", rows.params["hearth_limit_m"]))
    return Fault(always(rows).truth, limit=exactly)


RULE = Rule(
    key="R34-GAS3M",
    title="炉膛直径 3 米以下燃料类煤气发生炉淘汰",
    title_en="Fuel-type gas producers with a hearth below 3 m retired",
    clause="（三十四）",
    wording="淘汰炉膛直径 3 米以下燃料类煤气发生炉。",
    legal_basis="《大气污染防治法》第二十七条、第一百零一条：责令改正，没收违法所得并处罚款；拒不改正的责令停业、关闭",
    department="经信局",
    subjects=("combustion_units",),
    inputs=("unit_type", "gas_use", "hearth_diameter_m", "status", "cut_off"),
    fault="炉膛直径 3 米以下燃料类煤气发生炉未淘汰",
    fault_en="a fuel-type gas producer with a hearth below 3 m is still there",
    parameters=("hearth_limit_m", "plan_end"),
    until_plan_end=True,
    conditions=conditions,
    limit_text="炉膛直径恰在界限上：“以下”不含本数则不在淘汰之列，含本数（《民法典》第一千二百五十九条）则应淘汰",
    violates=violates,
)
