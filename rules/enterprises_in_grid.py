"""R14-GRID: every enterprise of the development zone has one cell, a head and its own person 网格化管理."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rules._cells import NUDGE, cells_of, responsibility_cells
from rules._logic import is_one_of, sure, truth
from rules._rule import Condition, Judgement, Rows, Rule
from rules._zones import spots


def conditions(rows: Rows) -> list[Condition]:
    """Enterprises that are not closed."""
    return [Condition(truth(~sure(is_one_of(rows.column("status"), ("closed",)))), ())]


def judge(rows: Rows) -> Judgement:
    """No cell, several cells, a cell without head, or no own person: each is the fault itself."""
    result = Judgement.of(len(rows), "fine")
    cells = responsibility_cells(rows.frames.subject("grid_cells"))
    shapes = cells["geometry"].to_numpy(dtype=object)
    found = cells_of(spots(rows.column("geometry")), shapes, float(rows.params["edge_tolerance_m"]))
    persons = rows.column("grid_person")
    for row, owners in enumerate(found):
        faults = _faults(owners, cells, persons[row])
        if faults:
            result.outcome[row], result.due[row] = "fault", rows.params["plan_end"]
            result.note[row] = "、".join(faults)
        if len(owners) == 1 and rows.zone[row] >= 0:
            cell = cells.iloc[owners[0]]
            result.places[row] = ("grid_cells", str(cell["cell_code"]), str(cell["version"]))
    return result


def _faults(owners: list[int], cells: pd.DataFrame, person: str | None) -> list[str]:
    faults = []
    if not owners:
        faults.append("不在任何责任网格内")
    elif len(owners) > 1:
        faults.append("同时落入多个责任网格：" + "、".join(str(cells["cell_code"].iloc[i]) for i in owners))
    elif cells["head_name"].iloc[owners[0]] is None:
        faults.append(f"网格 {cells['cell_code'].iloc[owners[0]]} 没有网格长")
    if person is None:
        faults.append("企业没有网格责任人")
    return faults


RULE = Rule(
    key="R14-GRID",
    title="开发区网格化管理",
    title_en="Every enterprise of the development zone in one manned grid cell",
    clause="（十四）",
    wording="经济开发区建立网格化管理，责任网格全覆盖，每个网格有网格长、每家企业有责任人。",
    legal_basis="行动计划（十四）（四十一）；责任空白由开发区限期补齐",
    department="经济开发区",
    subjects=("enterprises",),
    inputs=("enterprise_name", "status", "grid_person"),
    fault="网格责任空白",
    fault_en="a gap in the grid of responsibility",
    zone_layer="development_zones",
    needs=("grid_cells",),
    parameters=("plan_end", "edge_tolerance_m"),
    conditions=conditions,
    judge=judge,
    reach_m=float(np.hypot(*NUDGE)),
)
