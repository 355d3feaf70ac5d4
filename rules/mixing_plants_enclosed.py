"""R24-MIXPLANT: mixing halls of concrete and mortar plants are fully closed 搅拌站车间全封闭."""

from __future__ import annotations

from rules._logic import is_one_of, sure, truth
from rules._rule import Condition, Fault, Rows, Rule


def conditions(rows: Rows) -> list[Condition]:
    """A mixing plant that is not removed; idle ones are judged as in use."""
    gone = sure(is_one_of(rows.column("status"), ("removed",)))
    plant = is_one_of(rows.column("yard_type"), ("mixing_plant",))
    return [Condition(truth(~gone), ()), Condition(plant, ("yard_type",))]


def violates(rows: Rows) -> Fault:
    """The mixing hall is not fully closed."""
    return Fault(is_one_of(rows.column("hall_enclosed"), ("no",)), ("hall_enclosed",))


RULE = Rule(
    key="R24-MIXPLANT",
    title="混凝土和砂浆搅拌站车间全封闭",
    title_en="Mixing halls of concrete and mortar plants fully closed",
    clause="（二十四）",
    wording="混凝土、砂浆搅拌站的搅拌车间实行全封闭。",
    legal_basis="《大气污染防治法》第一百零八条：处二万元以上二十万元以下罚款；物料堆场依第一百一十七条：处一万元以上十万元以下罚款",
    department="自然资源和规划局",
    subjects=("yards",),
    inputs=("hall_enclosed", "status"),
    fault="搅拌车间未全封闭",
    fault_en="the mixing hall is not fully closed",
    parameters=("plan_end",),
    until_plan_end=True,
    conditions=conditions,
    violates=violates,
)
