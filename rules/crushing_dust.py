"""R24-CRUSH: crushing at mines and sand yards is closed or wet 破碎工序密闭或湿法."""

from __future__ import annotations

from rules._logic import is_one_of, sure, truth
from rules._rule import Condition, Fault, Rows, Rule


def conditions(rows: Rows) -> list[Condition]:
    """A mine that is not closed, restored or without owner; a sand and stone yard that is not removed."""
    gone = ("closed", "restored", "owner_lost") if rows.layer == "mines" else ("removed",)
    found = [Condition(truth(~sure(is_one_of(rows.column("status"), gone))), ())]
    if rows.layer == "yards":
        found.append(Condition(is_one_of(rows.column("yard_type"), ("sand_stone_yard",)), ("yard_type",)))
    return found


def violates(rows: Rows) -> Fault:
    """Open and dry crushing; closed, wet and none are compliant."""
    return Fault(is_one_of(rows.column("crushing"), ("open_dry",)), ("crushing",))


RULE = Rule(
    key="R24-CRUSH",
    title="矿山和砂石场破碎工序密闭或湿法作业",
    title_en="Crushing at mines and sand yards closed or wet",
    clause="（二十四）",
    wording="露天矿山、砂石场的破碎工序实行密闭或湿法作业。",
    legal_basis="《大气污染防治法》第一百零八条：处二万元以上二十万元以下罚款；物料堆场依第一百一十七条：处一万元以上十万元以下罚款",
    department="自然资源和规划局",
    subjects=("mines", "yards"),
    inputs=("crushing", "status"),
    fault="破碎工序既未密闭也未湿法作业",
    fault_en="crushing is neither closed nor wet",
    parameters=("plan_end",),
    until_plan_end=True,
    conditions=conditions,
    violates=violates,
)
