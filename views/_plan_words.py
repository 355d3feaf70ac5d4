"""Words of the workspace: states, steps, and everything its script says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext

from layers._find import load_layers
from layers._layer import Layer
from layers._vocabulary import ZONE_CLASS
from rules._find import load_rules
from services.drafts import Sheet, as_json
from views._request import language, region
from views._words import class_word, rule_word


def state_word(state: str) -> str:
    """The state of a draft."""
    words = {
        "open": gettext("起草中"), "submitted": gettext("待审核"), "approved": gettext("审核通过"),
        "published": gettext("已发布"), "withdrawn": gettext("已撤回"), "discarded": gettext("已作废"),
    }  # fmt: skip
    return words.get(state, state)


def step_words() -> dict[str, str]:
    """What steps are called."""
    return {
        "start": gettext("起始"), "draw": gettext("绘制"), "vertex": gettext("调整节点"), "drag": gettext("整体移动"),
        "add": gettext("并入"), "cut": gettext("扣除"), "split": gettext("分割"), "merge": gettext("合并"),
        "simplify": gettext("简化"), "clip": gettext("裁剪"), "repair": gettext("修复"), "units": gettext("按单元"),
        "props": gettext("修改记录"), "mine": gettext("保留我的"), "theirs": gettext("采用对方的"), "other": gettext("修改"),
    }  # fmt: skip


def origin_word(origin: dict[str, Any]) -> str:
    """Where a draft began."""
    kind = origin.get("kind")
    if kind == "zone":
        return gettext("自现行版本") + f" {origin.get('version', '')}"
    if kind == "draft":
        return gettext("自草案") + f" {origin.get('draft', '')}"
    if kind == "part":
        return gettext("自草案的一部分") + f" {origin.get('draft', '')}"
    if kind == "file":
        return gettext("自文件") + f" {origin.get('file', '')}"
    if kind == "buffer":
        return gettext("自缓冲区") + f" {'/'.join(origin.get('around', []))} {origin.get('metres', '')} m"
    return {"units": gettext("自整单元"), "blank": gettext("空白")}.get(str(kind), str(kind))


def script_words(units: Sequence[Layer]) -> dict[str, Any]:
    """What the script of the workspace says.

    Args:
        units: layers whose rows can be painted as whole units.
    """
    said = {
        "entering": gettext("新纳入"), "leaving": gettext("移出"), "changed": gettext("判定有变"), "none": gettext("没有变化"),
        "outside": gettext("区外"), "saving": gettext("正在保存…"), "saved": gettext("已保存"), "unsaved": gettext("未保存"),
        "failed": gettext("没有保存成功："), "retry": gettext("重试"), "due": gettext("期限"), "missing": gettext("须核实"),
        "no_impact": gettext("影响暂时无法计算"), "valid": gettext("几何有效，可保存"),
        "more": gettext("另有"), "step": gettext("第 {n} 步"), "built_up": gettext("建成区"), "already": gettext("（原有）"),
        "solved": gettext("已解决："), "repair": gettext("修复"),
        "unsupplied": gettext("未接入{name}"), "networks": {name: networks_word(name) for name in NETWORKS},
        "clip_neighbours": gettext("裁到相邻区域"), "clip_county": gettext("裁到县界"), "reason": gettext("忽略的理由"),
        "vertices": gettext("个顶点"), "units_count": gettext("台"), "units": gettext("单元"),
        "apply": gettext("应用"),
        "cancel": gettext("取消"), "preview": gettext("预览"),
        "hint_add": gettext("画一个面并入本区，双击结束"), "hint_cut": gettext("画一个面从本区扣除，双击结束"),
        "hint_split": gettext("画一条线穿过本区，双击结束"), "hint_draw": gettext("画出本区范围，双击结束"),
        "hint_merge": gettext("点选要与本区合并的相邻区域"), "no_neighbours": gettext("本图层没有别的区域可合并"),
        "repeal_merged": gettext("发布时同时废止被合并的区域"),
        "hint_units": gettext("点选整个单元并入或移出"), "hint_edit": gettext("拖动节点；点中间点加节点，右键删节点"),
        "hint_edit_touch": gettext("拖动节点；放大可见更多节点，长按删节点"),
        "mine": gettext("保留我的"), "theirs": gettext("采用对方的"), "fork": gettext("另存为新草案"), "later": gettext("稍后"),
        "conflict": gettext("这份草案刚被他人修改"), "copy": gettext("副本"), "tolerance": gettext("简化容差（米）"),
        "near": gettext("边界疑似"),
        "keep_part": gettext("分成几部分，保留哪几部分？"), "new_code": gettext("新编号"),
        "rest_draft": gettext("其余部分另建草案"), "nothing": gettext("没有图形"), "place": gettext("定位"),
        "ignore": gettext("忽略"), "th": "t/h", "ringed": gettext("图上标出 {n} 家，共 {all} 家"),
    }  # fmt: skip
    minutes = int(region().utc_offset.total_seconds() // 60)
    titles = [[layer.name, layer.title if language() == "zh" else layer.title_en] for layer in units]
    said |= {"offset_minutes": minutes, "unit_layers": titles, "bands": band_words()}
    said |= {"classes": {grade: class_word(grade) for grade in ZONE_CLASS.words}}
    said |= {"grades": {grade: ZONE_CLASS.title(grade, language()) for grade in ZONE_CLASS.words}}
    said |= {"rules": {rule.key: rule_word(rule) for rule in load_rules().values()}}
    return {**said, "steps": step_words(), "kinds": vocabulary("unit_type"), "fuels": vocabulary("fuel")}


NETWORKS = ("heat_networks", "gas_networks")


def band_words() -> dict[str, str]:
    """Capacity bands of units as people read them."""
    said = {"<=10": "≤ 10 t/h", "10-20": "10–20 t/h", "20-35": "20–35 t/h", ">=35": "≥ 35 t/h"}
    return {**said, "unknown": gettext("出力未填")}


def networks_word(name: str) -> str:
    """The name of a supply network."""
    found = load_layers().get(name)
    return name if found is None else found.title if language() == "zh" else found.title_en


def vocabulary(column: str) -> dict[str, str]:
    """Canonical value → word, of a column of combustion units."""
    words = load_layers()["combustion_units"].column(column).vocabulary
    return {value: words.title(value, language()) for value in words.words} if words else {}


def options(layer: Layer, name: str) -> list[tuple[str, str]]:
    """Value and word of everything a column may hold; empty for free text."""
    words = layer.column(name).vocabulary
    return [(value, words.title(value, language())) for value in words.words] if words else []


def tools() -> list[tuple[str, str]]:
    """The toolbar: name and word of every tool."""
    return [
        ("edit", gettext("编辑节点")), ("draw", gettext("绘制")), ("move", gettext("整体移动")), ("add", gettext("并入")),
        ("cut", gettext("扣除")), ("split", gettext("分割")), ("merge", gettext("合并")), ("units", gettext("按单元")),
        ("simplify", gettext("简化")), ("clip", gettext("裁剪")), ("undo", gettext("撤消")), ("redo", gettext("重做")),
    ]  # fmt: skip


def papers() -> list[tuple[str, str]]:
    """The papers of a draft: kind and word."""
    return [
        ("vertices.xlsx", gettext("拐点坐标表")),
        ("map-a3.pdf", gettext("图件") + " A3"), ("map-a4.pdf", gettext("图件") + " A4"),
        ("affected.xlsx", gettext("受影响设施清单")), ("notice.txt", gettext("公告草稿")), ("shape.geojson", "GeoJSON"),
        ("shape.zip", "SHP"), ("shape.gpkg", "GPKG"), ("shape.kml", "KML"), ("shape.dxf", "DXF"),
    ]  # fmt: skip


def journal_word(action: str) -> str:
    """What was done with a draft."""
    words = {
        "draft_start": gettext("新建"), "draft_step": gettext("修改"), "draft_go": gettext("撤消或重做"),
        "draft_restore": gettext("恢复"), "draft_rename": gettext("改名"), "draft_set_aside": gettext("忽略警告"),
        "draft_discard": gettext("作废"), "draft_submit": gettext("送审"), "draft_take_back": gettext("收回"),
        "draft_review": gettext("审核"), "draft_publish": gettext("发布"), "draft_withdraw": gettext("撤回"),
        "draft_settle": gettext("处理版本冲突"),
    }  # fmt: skip
    return words.get(action, action)


def extra_words() -> list[tuple[str, str]]:
    """Facts of a publication that no column holds."""
    return [("repealed_docs", gettext("废止的文件")), ("reason", gettext("调整理由")), ("annex_sha256", gettext("附图 SHA-256"))]


def journal_line(body: dict[str, Any]) -> str:
    """The facts of an audit entry, short."""
    kind = step_words().get(str(body.get("kind")), "") if body.get("kind") else ""
    told = [kind, f"#{body['step']}" if "step" in body else ""]
    told += [str(body.get(name) or "") for name in ("text", "why", "note", "after")]
    return " · ".join(part for part in told if part)


def shape_json(sheet: Sheet) -> Any:
    """What a draft holds now, as GeoJSON."""
    return as_json(sheet)["geometry"]
