"""R24-MINE: open-pit mines work within their licence, and stopped ones rest 露天矿山综合整治."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import shapely

from rules._rule import Judgement, Rows, Rule

FULL = Decimal(100)


def judge(rows: Rows) -> Judgement:
    """Mines by their status, faces without a mine by the land they stand on (dictionary §4.5)."""
    return _mines(rows) if rows.layer == "mines" else _faces(rows)


def _mines(rows: Rows) -> Judgement:
    result = Judgement.of(len(rows), "unknown")
    faces = _faces_by_mine(rows)
    for row, (status, accepted) in enumerate(zip(rows.column("status"), rows.column("accepted_on"), strict=True)):
        resumed = status == "suspended" and accepted is not None and accepted <= rows.as_of
        handler = _BY_STATUS.get("producing" if resumed else status)
        if handler:
            handler(result, rows, row, faces)
        else:
            result.missing[row] = ("status",)
    return result


def _restored(result: Judgement, rows: Rows, row: int, faces: dict[str, list[Any]]) -> None:
    result.outcome[row], result.note[row] = "fine", "已修复"


def _ownerless(result: Judgement, rows: Rows, row: int, faces: dict[str, list[Any]]) -> None:
    """Nobody to fine: a task until the land is restored."""
    restored = rows.column("restored_pct")[row]
    if restored is None:
        result.missing[row] = ("restored_pct",)
    elif restored == FULL:
        result.outcome[row], result.note[row] = "fine", "责任主体灭失，已全部修复"
    else:
        result.outcome[row], result.due[row] = "task", rows.params["plan_end"]
        result.note[row] = f"责任主体灭失，修复率 {restored}%"


def _at_rest(result: Judgement, rows: Rows, row: int, faces: dict[str, list[Any]]) -> None:
    active = rows.column("is_active")[row]
    if active is None:
        result.missing[row] = ("is_active",)
    else:
        result.outcome[row] = "fault" if active == "yes" else "fine"
        result.note[row] = "停产或关闭后现场仍有作业" if active == "yes" else "已停止作业"


def _producing(result: Judgement, rows: Rows, row: int, faces: dict[str, list[Any]]) -> None:
    """The faces together may stick out of the licence by the tolerance, not by more."""
    own = faces.get(rows.column("mine_code")[row], [])
    licence = rows.column("geometry")[row]
    if not own or licence is None:
        result.missing[row] = ("mine_faces",) if not own else ("position",)
        return
    beyond = float(shapely.area(shapely.difference(shapely.union_all(own), licence)))
    tolerance = rows.params["licence_tolerance_m2"]
    result.outcome[row] = "fault" if beyond > float(tolerance) else "fine"
    result.note[row] = f"开采面超出许可范围 {beyond:.1f} 平方米（容差 {tolerance} 平方米）"


_BY_STATUS: dict[str | None, Callable[[Judgement, Rows, int, dict[str, list[Any]]], None]] = {
    "restored": _restored,
    "owner_lost": _ownerless,
    "suspended": _at_rest,
    "closed": _at_rest,
    "producing": _producing,
}


def _faces_by_mine(rows: Rows) -> dict[str, list[Any]]:
    faces = rows.frames.subject("mine_faces")
    found: dict[str, list[Any]] = {}
    for mine, shape in zip(faces["mine_code"], faces["geometry"], strict=True):
        if mine is not None and shape is not None:
            found.setdefault(mine, []).append(shape)
    return found


def _faces(rows: Rows) -> Judgement:
    """Faces of a recorded mine are judged with it; the others must lie within some licence."""
    result = Judgement.of(len(rows), "not")
    mines = rows.frames.subject("mines")
    known = set(mines["mine_code"])
    orphans = [row for row, mine in enumerate(rows.column("mine_code")) if mine is None or mine not in known]
    licences = shapely.union_all(mines["geometry"].to_numpy(dtype=object)) if orphans else None
    for row in orphans:
        beyond = float(shapely.area(shapely.difference(rows.column("geometry")[row], licences)))
        if np.isfinite(beyond) and beyond > float(rows.params["licence_tolerance_m2"]):
            result.outcome[row], result.note[row] = "fault", f"无证开采，许可范围外 {beyond:.0f} 平方米"
        else:
            result.outcome[row], result.missing[row] = "unknown", ("mine_code",)
    return result


RULE = Rule(
    key="R24-MINE",
    title="露天矿山综合整治",
    title_en="Open-pit mines kept to their licence",
    clause="（二十四）",
    wording="违法违规露天矿山依法关闭，污染治理不规范的停产整治、验收合格后方可恢复，责任主体灭失的加强修复绿化。",
    legal_basis="《矿产资源法》；《大气污染防治法》第一百零八条：处二万元以上二十万元以下罚款",
    department="自然资源和规划局",
    subjects=("mines", "mine_faces"),
    inputs=("status", "is_active", "accepted_on", "restored_pct", "mine_code", "surveyed_on"),
    fault="露天矿山不合规",
    fault_en="the open-pit mine breaks its terms",
    needs=("mine_faces", "mines"),
    parameters=("licence_tolerance_m2", "plan_end"),
    judge=judge,
)
