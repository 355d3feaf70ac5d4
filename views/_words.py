"""Words of pages in two languages: Chinese is the source, ``translations/`` the translation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from layers._cells import to_text
from layers._find import load_layers
from layers._fuels import GROUP_TITLES
from layers._layer import Column, Layer
from rules._find import load_rules
from rules._report import PERSONAL
from rules._rule import Rule
from rules._verdict import TITLES
from services.findings import Filter, letters
from services.scope import ROLES, Area
from views._request import language, region, same_page


def verdict_word(verdict: str) -> str:
    """The name of a verdict."""
    return TITLES[verdict][0 if language() == "zh" else 1]


def layer_word(layer: Layer | str) -> str:
    """The title of a layer."""
    found = load_layers()[layer] if isinstance(layer, str) else layer
    return found.title if language() == "zh" else found.title_en


def rule_word(rule: Rule) -> str:
    """The title of a rule."""
    return rule.title if language() == "zh" else rule.title_en


def region_word() -> str:
    """The name of the product here."""
    return region().product if language() == "zh" else region().product_en


def class_word(grade: str) -> str:
    """The class of a no-burn zone, short."""
    return {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ"}.get(grade, grade)


def clock(moment: dt.datetime) -> str:
    """An instant (UTC) in the region's local time."""
    return (moment + region().utc_offset).strftime("%Y-%m-%d %H:%M")


def change_word(kind: str) -> str:
    """What a change of the store was."""
    words = {"import": gettext("导入"), "retire": gettext("退出"), "publish": gettext("发布"), "edit": gettext("修改")}
    return words.get(kind, kind)


def place_word(kind: str) -> str:
    """Whose point a unit was judged at."""
    return {"own": gettext("设备自身坐标"), "enterprise": gettext("企业坐标")}.get(kind, gettext("没有坐标"))


@dataclass(frozen=True)
class Chip:
    """One condition of a filter in words, and the address of the list without it."""

    text: str
    without: str


def chips(wanted: Filter) -> list[Chip]:
    """The conditions of a filter that are set, in words."""
    shown = []
    for name, value in wanted.chosen().items():
        if name not in ("sort", "desc"):
            shown.append(Chip(_condition(name, value), same_page(**{name: None, "page": None})))
    return shown


def _condition(name: str, value: str) -> str:
    """A condition such as ``verdict=V,T`` in words."""
    verdicts = " / ".join(verdict_word(letter) for letter in letters(value)) if name in ("verdict", "worst") else ""
    texts = {
        "rule": lambda: rule_word(load_rules()[value]),
        "verdict": lambda: verdicts,
        "worst": lambda: f"{gettext('设施最严判定')} {verdicts}",
        "zone": lambda: f"{gettext('区域')} {value.rpartition('/')[2]}",
        "cell": lambda: f"{gettext('网格')} {value}",
        "fuel": lambda: fuel_word(value),
        "cap_from": lambda: f"≥ {value} t/h",
        "cap_to": lambda: f"≤ {value} t/h",
        "q": lambda: f"“{value}”",
        "near": lambda: gettext("边界疑似"),
        "layer": lambda: layer_word(value),
    }
    return texts[name]() if name in texts else value


def fuel_word(fuel: str) -> str:
    """A fuel or a group of fuels."""
    if fuel in GROUP_TITLES:
        return GROUP_TITLES[fuel][0 if language() == "zh" else 1]
    return value_word("combustion_units", "fuel", fuel)


def column_word(layer_name: str, name: str) -> str:
    """The title of a column; special names of missing things too."""
    special = {"position": gettext("坐标"), "mine_faces": gettext("现状开采面")}
    layer = load_layers().get(layer_name)
    if layer is None or not layer.has(name):
        return special.get(name, name)
    column = layer.column(name)
    return column.title if language() == "zh" else column.title_en


def value_word(layer_name: str, name: str, text: str) -> str:
    """A canonical text as people read it: words for enumerations, the unit behind numbers."""
    layer = load_layers().get(layer_name)
    if not text or layer is None or not layer.has(name):
        return text
    column = layer.column(name)
    if text == PERSONAL and column.personal:
        return gettext("已登记")
    if text == "na" and column.kind == "percent":
        return gettext("不涉及")
    if column.vocabulary:
        mark = "、" if language() == "zh" else ", "
        return mark.join(column.vocabulary.title(word, language()) for word in text.split(";"))
    return f"{text} {unit_word(column)}".strip()


def unit_word(column: Column) -> str:
    """A unit as it is printed."""
    return {"km2": "km²", "m2": "m²", "mg/m3": "mg/m³", "m-1": "m⁻¹"}.get(column.unit, column.unit)


def cell_word(layer: Layer, name: str, value: object) -> str:
    """A cell of a frame as people read it."""
    return value_word(layer.name, name, to_text(layer.column(name), value))


def role_word(role: str) -> str:
    """The title of a role."""
    return ROLES[role].title if language() == "zh" else ROLES[role].title_en


def roles_word(roles: tuple[str, ...]) -> str:
    """The titles of several roles."""
    return ("、" if language() == "zh" else ", ").join(role_word(role) for role in roles)


def role_use(roles: tuple[str, ...]) -> str:
    """What somebody of these roles does here, for the first of them."""
    uses = {
        "planner": gettext("调整禁燃区，看影响谁，发布"), "grid_head": gettext("看自己的网格和待办"),
        "inspector": gettext("找违规锅炉，排路线，取证"), "reviewer": gettext("审核方案"),
        "viewer": gettext("只看，不含个人信息"), "admin": gettext("账号、导入、全部权限"),
    }  # fmt: skip
    return uses[roles[0]]


def permission_word(permission: str) -> str:
    """A permission as people read it."""
    words = {"view": gettext("查看"), "personal": gettext("个人信息"), "export": gettext("导出"), "data": gettext("数据沿革"),
             "operate": gettext("运行监控")}  # fmt: skip
    return words.get(permission, permission)


def area_word(area: Area) -> str:
    """Where somebody sees facilities."""
    if area.whole:
        return gettext("全市")
    return "、".join((*sorted(area.towns), *sorted(area.cells))) or gettext("没有指定网格，请联系管理员")


def action_word(action: str) -> str:
    """An entry of the audit log about an account."""
    words = {
        "login": gettext("登录"), "login_failed": gettext("登录失败"), "logout": gettext("退出登录"),
        "logout_everywhere": gettext("所有设备退出"), "account_add": gettext("新建账号"), "account_change": gettext("修改账号"),
        "account_disable": gettext("停用"), "account_enable": gettext("启用"), "account_password": gettext("修改密码"),
        "token_add": gettext("新建令牌"), "token_end": gettext("作废令牌"), "denied": gettext("越权访问被拒"),
        "login_trusted": gettext("单点登录"), "password_rehashed": gettext("密码加固"),
    }  # fmt: skip
    return words.get(action, action)


def device_word(agent: str) -> str:
    """A browser as its owner would call it: 手机 · Chrome; the long name it gives itself where it is none of the usual."""
    known = {
        "MicroMessenger": gettext("微信"), "Edg": "Edge", "HuaweiBrowser": gettext("华为浏览器"),
        "MiuiBrowser": gettext("小米浏览器"), "QQBrowser": gettext("QQ 浏览器"), "UCBrowser": gettext("UC 浏览器"),
        "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari",
    }  # fmt: skip
    browser = next((word for mark, word in known.items() if mark in agent), "")
    if not browser:
        return agent[:60] or "—"
    phone = any(mark in agent for mark in ("Android", "iPhone", "Mobile", "HarmonyOS"))
    kind = gettext("手机") if phone else gettext("电脑")
    return f"{kind} · {browser}"


def account_entry_word(body: Mapping[str, Any]) -> str:
    """What an entry of the audit log says of an account beyond its kind: roles, cells with their days, the rest as it is."""
    parts, titles = [], {
        "town": gettext("乡镇（街道）"), "team": gettext("队伍"), "roles": gettext("角色"), "cells": gettext("责任网格"),
        "sessions": gettext("退出登录"), "tokens": gettext("作废令牌"),
    }  # fmt: skip
    for name, value in body.items():
        if name == "roles":
            parts.append(f"{titles[name]}：{roles_word(value)}")
        elif name == "cells":
            lines = [" ".join(str(part) for part in cell if part) if isinstance(cell, list) else str(cell) for cell in value]
            parts.append(f"{titles[name]}：{'、'.join(lines)}")
        elif value and name not in ("address", "agent"):
            parts.append(f"{titles.get(name, name)} {value}")
    return " · ".join(parts)
