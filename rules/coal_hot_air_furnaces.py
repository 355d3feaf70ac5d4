"""R34-HOTAIR: coal hot-air furnaces are abolished 燃煤热风炉."""

from __future__ import annotations

from rules._burning import burns_group, is_unit
from rules._rule import Condition, Rows, Rule
from rules._steps import always


def conditions(rows: Rows) -> list[Condition]:
    """A hot-air furnace, burning coal."""
    return [is_unit(rows, ("hot_air_furnace",)), burns_group(rows, ("COAL",))]


RULE = Rule(
    key="R34-HOTAIR",
    title="燃煤热风炉取缔",
    title_en="Coal hot-air furnaces abolished",
    clause="（三十四）",
    wording="取缔燃煤热风炉。",
    legal_basis="《大气污染防治法》第二十七条、第一百零一条：责令改正，没收违法所得并处罚款；拒不改正的责令停业、关闭",
    department="经信局",
    subjects=("combustion_units",),
    inputs=("unit_type", "fuel", "status", "cut_off"),
    fault="仍使用燃煤热风炉",
    fault_en="a coal hot-air furnace is still used",
    parameters=("plan_end",),
    until_plan_end=True,
    conditions=conditions,
    violates=always,
)
