"""The words of imports: kinds of faults, states, steps, and the report of a file as rows of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from services.quarantine import Held, told
from services.uploads import Job
from views._request import language

_OPTION = re.compile(r"\s?--([a-z-]+)( ?)")
_JOIN_ONLY = re.compile(r"\s?[（(](?:join[：:][^）)]*|--[a-z-]+)[）)]")
_QUOTES = {"zh": "“{}”", "en": " “{}”{}"}


def code_word(code: str) -> str:
    """What a kind of fault is called."""
    words = {
        "missing_key": gettext("没有编号"), "missing_value": gettext("必填为空"), "duplicate": gettext("编号重复"),
        "duplicate_uscc": gettext("信用代码重复"), "duplicate_name": gettext("同名且相近"), "bad_uscc": gettext("信用代码有误"),
        "bad_permit": gettext("许可证号有误"), "bad_form": gettext("写法不符"), "excel_damaged": gettext("被 Excel 损坏"),
        "unknown_value": gettext("不在取值范围"), "bad_number": gettext("数字读不出"), "unit_in_value": gettext("数字带单位"),
        "bad_unit": gettext("单位不符"), "out_of_range": gettext("超出范围"), "share_or_percent": gettext("百分数存疑"),
        "bad_date": gettext("日期读不出"), "formula_text": gettext("像公式"), "markup_text": gettext("含代码"),
        "coord_swapped": gettext("经纬度互换"), "coord_plane": gettext("平面坐标误填"), "coord_half": gettext("坐标缺一半"),
        "elsewhere": gettext("不在负责范围"),
        "coord_zero": gettext("坐标为零"), "bad_coordinate": gettext("坐标读不出"), "packed_degrees": gettext("度分秒写法"),
        "crs_suspect": gettext("坐标系存疑"), "datum_unverified": gettext("基准未核实"), "no_degrees": gettext("不是经纬度"),
        "wrong_plane": gettext("带号不符"), "no_place": gettext("坐标无效"), "outside_region": gettext("远在境外"),
        "outside_boundary": gettext("在县界外"), "near_boundary": gettext("贴近县界"), "same_place": gettext("坐标雷同"),
        "geometry_missing": gettext("没有图形"), "geometry_invalid": gettext("图形无效"),
        "geometry_repaired": gettext("图形已修复"),
        "geometry_unusable": gettext("图形读不出"), "geometry_unreadable": gettext("图形损坏"),
        "converted": gettext("七参数换算"), "repaired": gettext("已采纳修复"), "geometry_cut": gettext("图形被截断"),
        "geometry_empty": gettext("图形为空"), "geometry_3d": gettext("带高程"), "ring_unclosed": gettext("边界未闭合"),
        "ring_clockwise": gettext("顺时针"), "vertex_twice": gettext("顶点重复"), "wrong_geometry": gettext("图形类型不符"),
        "no_area": gettext("没有面积"), "too_long": gettext("边过长"), "overlap": gettext("区域重叠"), "gap": gettext("区域缝隙"),
        "area_differs": gettext("面积不符"), "unknown_column": gettext("未知列"), "ambiguous_column": gettext("列含义不明"),
        "missing_key_column": gettext("缺少编号列"), "empty": gettext("没有记录"), "note": gettext("读取说明"),
        "warning": gettext("提示"), "quarantined": gettext("待修复"), "refused": gettext("拒绝"),
    }  # fmt: skip
    return words.get(code, code)


def severity_word(severity: str) -> str:
    """Whether a row is in the layer."""
    words = {
        "quarantined": gettext("已隔离"),
        "refused": gettext("已拒绝"),
        "doubtful": gettext("已收下，存疑"),
        "warning": gettext("已收下，存疑"),
    }
    return words.get(severity, severity)


def state_word(state: str) -> str:
    """How far an upload is."""
    words = {
        "checking": gettext("检查中"),
        "checked": gettext("待入库"),
        "refused": gettext("未能读取"),
        "taken": gettext("已入库"),
    }
    return words.get(state, state)


def datum_word(datum: str) -> str:
    """The name of a datum."""
    words = {
        "cgcs2000": "CGCS2000",
        "wgs84": "WGS 84",
        "gcj02": gettext("GCJ-02（高德、腾讯）"),
        "bd09": gettext("BD-09（百度）"),
        "beijing54": gettext("北京 54"),
        "xian80": gettext("西安 80"),
        "other": gettext("其他基准"),
    }  # fmt: skip
    return " + ".join(words.get(one, one) for one in datum.split("+"))


PARAMETERS = (("dx", "m"), ("dy", "m"), ("dz", "m"), ("rx", "″"), ("ry", "″"), ("rz", "″"), ("scale", "ppm"))
"""The seven parameters with their units."""


def parameters_of(text: str | None) -> dict[str, str]:
    """Seven parameters as said before, by name, with their convention; empty texts where nothing was said."""
    parts = [*str(text or "").split(","), *[""] * 8][:8]
    return dict(zip((*(name for name, _ in PARAMETERS), "convention"), parts, strict=True))


def system_word(crs: str) -> str:
    """What a coordinate system is called."""
    three, six = gettext("3° 带"), gettext("6° 带")
    return {
        "EPSG:4490": f"CGCS2000 {gettext('经纬度')}", "EPSG:4549": f"CGCS2000 {three} 120°E", "EPSG:4528": f"CGCS2000 {three} 40",
        "EPSG:4509": f"CGCS2000 {six} 117°E", "EPSG:4498": f"CGCS2000 {six} 20", "EPSG:32650": "WGS 84 UTM 50N",
        "EPSG:3857": "Web Mercator", "EPSG:2437": f"{gettext('北京 54')} {three} 120°E",
        "EPSG:2416": f"{gettext('北京 54')} {three} 40", "EPSG:4214": f"{gettext('北京 54')} {gettext('经纬度')}",
        "EPSG:2385": f"{gettext('西安 80')} {three} 120°E", "EPSG:2364": f"{gettext('西安 80')} {three} 40",
        "EPSG:4610": f"{gettext('西安 80')} {gettext('经纬度')}",
    }.get(crs, "")  # fmt: skip


def on_page(text: str) -> str:
    """A sentence written for the command line, with the names that its options have on the page."""
    names = {
        "crs": gettext("坐标系"), "datum": gettext("坐标基准"), "encoding": gettext("文字编码"), "map": gettext("字段映射"),
        "sheet": gettext("工作表或图层"), "swap": gettext("横纵坐标（经纬度）互换"), "helmert": gettext("七参数"),
        "packed-degrees": gettext("经纬度为“度.分秒”写法"),
    }  # fmt: skip
    plain = _JOIN_ONLY.sub("", text)
    quoted = _QUOTES[language()]
    return _OPTION.sub(lambda found: quoted.format(names[found[1]], found[2]) if found[1] in names else found[0], plain)


def size_word(size: int) -> str:
    """Bytes for people."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1000:.0f} kB"


def step_of(job: Job) -> int:
    """Which of the four steps an upload is at."""
    if job.state == "taken":
        return 4
    return 1 if job.state == "checking" else 2 if job.state == "refused" else 3


@dataclass(frozen=True)
class ProblemRow:
    """One row of a file with what was found: held back or taken with a doubt."""

    row: int
    key: str
    name: str
    severity: str
    codes: tuple[str, ...]
    reasons: str
    hint: str
    repairable: bool


def rows_of(report: dict[str, Any]) -> list[ProblemRow]:
    """The rows of a report with faults, those held back first."""
    found: dict[int, list[dict[str, Any]]] = {}
    for problem in report.get("problems", []):
        if problem["row"] is not None:
            found.setdefault(problem["row"], []).append(problem)
    worst = {held["row"]: held["severity"] for held in report.get("held", [])}
    labels = report.get("labels", {})
    rows = []
    for row, problems in found.items():
        key, name = labels.get(str(row), ["", ""])
        severity = worst.get(row, "warning")
        codes = tuple(dict.fromkeys(problem.get("code") or problem["severity"] for problem in problems))
        field = "reason" if language() == "zh" else "reason_en"
        reasons = "；".join(dict.fromkeys(str(problem[field]) for problem in problems))
        hint = "；".join(dict.fromkeys(str(problem["suggestion"]) for problem in problems if problem.get("suggestion")))
        rows.append(
            ProblemRow(row, key, name, severity, codes, reasons, hint, any(problem.get("repair") for problem in problems))
        )
    return sorted(rows, key=lambda one: ({"refused": 0, "quarantined": 0}.get(one.severity, 1), one.row))


def fixable(rows: list[ProblemRow]) -> dict[str, int]:
    """How many rows have a repair: of those held back, and of those taken with a doubt."""
    held = sum(row.repairable for row in rows if row.severity != "warning")
    return {"held": held, "doubtful": sum(row.repairable for row in rows) - held}


def file_problems(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was said of the file as a whole: text, kind, and the options that would follow a proposal."""
    field = "reason" if language() == "zh" else "reason_en"
    return [
        {"text": on_page(problem[field]), "code": problem.get("code", ""), "column": problem["column"],
         "hint": on_page(problem.get("suggestion") or ""), "repair": problem.get("repair") or {}}
        for problem in report.get("problems", [])
        if problem["row"] is None
    ]  # fmt: skip


def reasons_of(row: Held) -> tuple[str, str]:
    """Reasons and suggestions of a row in the quarantine."""
    return told(row, language())


def unmatched(report: dict[str, Any]) -> list[str]:
    """Headers of the file that became no column."""
    return [header for header in report.get("headers", []) if header not in report.get("columns", {})]
