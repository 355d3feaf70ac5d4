"""R21-MIX: no concrete or mortar mixed on site in the ban area 禁止现场搅拌区域."""

from __future__ import annotations

import numpy as np

from rules._logic import empty, is_one_of, sure
from rules._rule import Judgement, Rows, Rule
from rules._steps import settle
from rules.construction_site_measures import under_way


def judge(rows: Rows) -> Judgement:
    """No mixing is compliant anywhere; mixing in the area is a fault; not stated is unknown."""
    result = Judgement.of(len(rows), "fault")
    is_open = np.ones(len(rows), dtype=bool)
    mixing = rows.column("onsite_mixing")
    settle(result, is_open, sure(is_one_of(mixing, ("no",))), "fine", "未现场搅拌")
    for row in np.flatnonzero(is_open & empty(mixing)):
        result.missing[row] = ("onsite_mixing",)
    settle(result, is_open, empty(mixing), "unknown")
    return result


RULE = Rule(
    key="R21-MIX",
    title="禁止现场搅拌区域内禁止现场搅拌混凝土、砂浆",
    title_en="No mixing of concrete or mortar on site in the ban area",
    clause="（二十一）",
    wording="《浙江省促进散装水泥发展和应用条例》规定区域内的工地禁止现场搅拌混凝土、砂浆。",
    legal_basis="《浙江省促进散装水泥发展和应用条例》；《大气污染防治法》第一百一十五条：处一万元以上十万元以下罚款",
    department="建设局",
    subjects=("construction_sites",),
    inputs=("onsite_mixing", "stage"),
    fault="在禁止区域内现场搅拌混凝土或砂浆",
    fault_en="concrete or mortar is mixed on site in the ban area",
    zone_layer="mixing_ban_areas",
    zone_inputs=("doc_no",),
    parameters=("edge_tolerance_m", "overlap_tolerance_m2"),
    conditions=lambda rows: [under_way(rows)],
    judge=judge,
    outside="C",
)
