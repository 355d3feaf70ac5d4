"""What the columns of findings are called, in Chinese and English: headers of files, aliases in QGIS."""

from __future__ import annotations

from rules._report import COLUMNS, EXTRA_COLUMNS

PLACED = ("facility_layer", "facility_key", "name", "town", "cell", "fuel", "capacity", "lon", "lat")
"""What is known of the facility beside the columns of the contract."""
NUMBERS = frozenset(("edge_distance_m", "accuracy_m", "capacity", "lon", "lat"))
EVERY = (*COLUMNS, *EXTRA_COLUMNS, "run_hash", *PLACED)

TITLES: dict[str, tuple[str, str]] = {
    "rule": ("规则", "Rule"),
    "subject_layer": ("对象图层", "Subject layer"),
    "subject_code": ("对象编号", "Subject"),
    "enterprise_code": ("企业编号", "Enterprise"),
    "zone_layer": ("区域图层", "Zone layer"),
    "zone_code": ("区域编号", "Zone"),
    "verdict": ("判定", "Verdict"),
    "reason": ("理由", "Reason"),
    "missing": ("缺少的信息", "Missing"),
    "clause": ("条款", "Clause"),
    "due_on": ("整改期限", "Due on"),
    "edge_distance_m": ("距边界（m）", "Distance to edge (m)"),
    "accuracy_m": ("坐标精度（m）", "Accuracy (m)"),
    "as_of": ("判定日期", "As of"),
    "zone_version": ("区域版本", "Zone version"),
    "inputs": ("判定依据", "Inputs"),
    "key": ("判定编号", "Finding key"),
    "run_hash": ("批次校验值", "Run hash"),
    "facility_layer": ("设施图层", "Facility layer"),
    "facility_key": ("设施编号", "Facility"),
    "name": ("设施名称", "Facility name"),
    "town": ("乡镇街道", "Town"),
    "cell": ("责任网格", "Responsibility cell"),
    "fuel": ("燃料", "Fuel"),
    "capacity": ("容量（t/h）", "Capacity (t/h)"),
    "lon": ("经度", "Longitude"),
    "lat": ("纬度", "Latitude"),
    "rule_title": ("规则名称", "Rule title"),
    "verdict_title": ("判定结果", "Verdict in words"),
    "symbol": ("图上符号", "Symbol"),
    "rank": ("严重次序", "Rank"),
}


def title(name: str, language: str = "zh") -> str:
    """The header of a column."""
    return TITLES[name][0 if language == "zh" else 1]
