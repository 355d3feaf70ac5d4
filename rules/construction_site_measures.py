"""R21-SITE7: the seven hundred-percents of construction sites 施工工地七个百分之百."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from layers._find import load_layers
from rules._logic import Mask, empty, is_one_of, sure, truth
from rules._rule import Condition, Fault, Rows, Rule

MEASURES = ("fence_pct", "cover_pct", "wet_pct", "hardened_pct", "wash_pct", "sealed_truck_pct", "greening_pct")
FULL = Decimal(100)


def under_way(rows: Rows) -> Condition:
    """Not completed and not yet begun; an empty stage is judged as in progress, 停工 too."""
    idle = sure(is_one_of(rows.column("stage"), ("completed", "not_started")))
    return Condition(truth(~idle), ())


def violates(rows: Rows) -> Fault:
    """One known value below 100 is a fault; ``na`` counts as 100; else any missing value leaves it open."""
    below: Mask = np.zeros(len(rows), dtype=bool)
    missing: Mask = np.zeros(len(rows), dtype=bool)
    note = np.full(len(rows), "", dtype=object)
    for name in MEASURES:
        cells = rows.column(name)
        short = np.fromiter((isinstance(c, Decimal) and c < FULL for c in cells), dtype=bool, count=len(rows))
        note[short] += "、" + load_layers()[rows.layer].column(name).title
        below |= short
        missing |= empty(cells)
    note = np.array([text[1:] + "不足 100%" for text in note], dtype=object)
    return Fault(truth(below, ~below & missing), MEASURES, note=note)


RULE = Rule(
    key="R21-SITE7",
    title="施工工地七个百分之百",
    title_en="Seven hundred-percents of construction sites",
    clause="（二十一）",
    wording="施工工地做到围挡、物料覆盖、土方湿法作业、路面硬化、出入车辆清洗、渣土车辆密闭运输、暂不开发土地绿化七个百分之百。",
    legal_basis="《大气污染防治法》第六十九条、第一百一十五条：处一万元以上十万元以下罚款",
    department="建设局",
    subjects=("construction_sites",),
    inputs=(*MEASURES, "stage", "inspected_on"),
    fault="七个百分之百未落实",
    fault_en="one of the seven measures is below 100 %",
    conditions=lambda rows: [under_way(rows)],
    violates=violates,
)
