"""Words of cases and of records made on site."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from layers._find import load_layers
from rules._find import load_rules
from services.case_words import STATES
from services.cases import REPORTED, SYSTEM
from views._request import language
from views._words import layer_word, rule_word, verdict_word


def new_id() -> str:
    """What a form gives its record, so that sending it twice makes one."""
    return str(uuid.uuid4())


def case_name(case: Any) -> str:
    """The name of a case: its facility's, or what was reported."""
    return f"{gettext('上报')}：{problem_word(case.name)}" if case.facility_layer == REPORTED else str(case.name)


def rule_key_word(key: str) -> str:
    """The title of a rule by its key."""
    found = load_rules().get(key)
    return rule_word(found) if found else key


def metres(value: float) -> str:
    """A distance as people read it."""
    return f"{value / 1000:.1f} km" if value >= 1000 else f"{value:.0f} m"


def problem_word(problem: str) -> str:
    """What was reported."""
    words = {
        "boiler": gettext("未登记锅炉"), "burning": gettext("露天焚烧"), "dust": gettext("扬尘"), "other": gettext("其他问题"),
    }  # fmt: skip
    return words.get(problem, problem)


def result_word(result: str, of_case: bool = True) -> str:
    """What was found on site: in a case whether it is so, on a round through the cell whether anything was wrong."""
    if not of_case and result in ("confirmed", "not_confirmed"):
        return gettext("发现问题") if result == "confirmed" else gettext("未发现问题")
    words = {
        "confirmed": gettext("属实"), "not_confirmed": gettext("不属实"), "rectified": gettext("已整改"),
        "unreachable": gettext("无法进入"),
    }  # fmt: skip
    return words.get(result, result)


def record_word(kind: str) -> str:
    """The kind of a record."""
    return {"patrol": gettext("巡查"), "inspection": gettext("现场检查"), "report": gettext("上报")}.get(kind, kind)


def sort_word(sort: str) -> str:
    """An order of cases."""
    return {"risk": gettext("按风险"), "due": gettext("按期限"), "distance": gettext("按距离")}[sort]


def field_word(name: str) -> str:
    """A field of an inspection."""
    words = {
        "nameplate": gettext("铭牌出力"), "fuel": gettext("实际燃料"), "dust_collector": gettext("除尘设施"),
        "sample": gettext("采样编号"), "officers": gettext("执法人员"),
    }  # fmt: skip
    return words[name]


def doubt_word(doubt: str) -> str:
    """What does not fit about a photo."""
    return {"far": gettext("拍摄位置不符"), "time": gettext("拍摄时间不符"), "no_exif": gettext("无拍摄信息")}[doubt]


def wish_word(what: str) -> str:
    """What may be asked for."""
    return {"wrong": gettext("判定有误"), "exempt": gettext("申请豁免")}[what]


def step_word(before: str, after: str) -> str:
    """A step from a state to the next one."""
    words = {
        "to_inspect": gettext("核实为违规，转执法检查"), "rectifying": gettext("责令改正"),
        "recheck": gettext("已整改，申请复查"), "closed": gettext("复查合格，销号"),
    }  # fmt: skip
    return gettext("复查不合格，继续整改") if (before, after) == ("recheck", "rectifying") else words[after]


def actor_word(actor: str, names: Mapping[str, str]) -> str:
    """Who did something, by the name pages show."""
    return gettext("系统判定") if actor == SYSTEM else names.get(actor, actor)


def _state(key: str) -> str:
    state = STATES.get(key)
    return key if state is None else state.title if language() == "zh" else state.title_en


def event_word(event: Any) -> str:
    """What happened, in a few words."""
    body = event.body
    words = {
        "opened": gettext("立案"), "basis_added": gettext("新增依据"), "basis_changed": gettext("依据变化"),
        "basis_ended": gettext("依据消失"), "placed": gettext("名称或位置变更"),
        "comment": gettext("备注"), "assigned": gettext("分派"),
        "patrol": gettext("巡查"), "inspection": gettext("现场检查"), "report": gettext("上报"),
        "corrected": gettext("已更正数据"), "registered": gettext("已登记"),
    }  # fmt: skip
    if event.kind in ("state", "moved"):
        return f"{_state(body['before'])} → {_state(body['after'])}"
    if event.kind == "asked":
        return wish_word(body["what"])
    if event.kind == "decided":
        return f"{wish_word(body['what'])}：{gettext('同意') if body['granted'] else gettext('不同意')}"
    return words.get(event.kind, event.kind)


def why_word(why: str) -> str:
    """What led to a change: the first word names it, a layer and a name may follow."""
    words = {
        "demo": gettext("示例城市"), "import": gettext("导入"), "retire": gettext("撤销"), "assess": gettext("判定批次"),
        "nightly": gettext("每夜判定"), "edit": gettext("修改登记"), "publish": gettext("发布区域"), "report": gettext("上报"),
        "grid": gettext("网格调整"), "correct": gettext("数据更正"),
    }  # fmt: skip
    kind, _, rest = why.partition(" ")
    if kind not in words:
        return why
    layer, _, name = rest.partition(" ")
    told = f"{layer_word(layer)} {name}" if layer in load_layers() else rest
    return f"{words[kind]} {told}".strip()


def event_detail(event: Any) -> str:
    """Why: rule, zone version, what changed, from what to what."""
    body, parts = event.body, []
    if "rule" in body:
        parts += [body["rule"], body.get("subject_code", ""), body.get("zone_version", "")]
    if "verdict_before" in body:
        parts.append(f"{verdict_word(body['verdict_before'])} → {verdict_word(body['verdict'])}")
    elif body.get("verdict"):
        parts.append(verdict_word(body["verdict"]))
    for name in ("due_on", "zone_version"):
        if f"{name}_before" in body:
            parts.append(f"{body[f'{name}_before'] or '—'} → {body[name] or '—'}")
    if event.kind == "basis_changed" and "reason" in body:
        parts.append(f"{body.get('reason_before', '')} → {body['reason']}")
    parts += [layer_word(body["layer"]), body["key"]] if event.kind in ("corrected", "registered") else []
    if event.kind == "assigned":
        parts += [body["assignee"], body["team"]]
    if body.get("result"):
        parts.append(result_word(body["result"]))
    if body.get("due_on") and event.kind == "moved":
        parts.append(f"{gettext('期限')} {body['due_on']}")
    parts.append(why_word(str(body.get("why", ""))))
    return " · ".join(part for part in parts if part)
