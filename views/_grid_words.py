"""Words of the grid's pages."""

from __future__ import annotations

from flask_babel import gettext

from layers._vocabulary import GRID_SYSTEM
from views._request import language


def area_word(area: str) -> str:
    """Where coverage is asked for."""
    return {"development_zones": gettext("开发区"), "county": gettext("全市")}.get(area, area)


def fault_word(fault: str) -> str:
    """What is wrong with a facility's cell, a cell's post, or the ground."""
    words = {
        "uncovered": gettext("不在任何责任网格内"), "several": gettext("同时落入多个责任网格"),
        "headless": gettext("所在网格没有网格长"), "nowhere": gettext("没有坐标"),
        "no_head": gettext("没有网格长"), "no_account": gettext("没有在岗账号"),
        "disabled": gettext("账号已停用或无权限"), "other_name": gettext("账号姓名与网格长不一致"), "gap": gettext("空白"),
        "overlap": gettext("重叠"),
    }  # fmt: skip
    return words.get(fault, fault)


def square_metres(value: float) -> str:
    """An area as people read it."""
    return f"{value / 1e6:,.4f} km²" if value >= 100_000 else f"{value:,.1f} m²"


def system_word(system: str) -> str:
    """The name of a grid system."""
    return GRID_SYSTEM.title(system, language())


def size_word(size: int) -> str:
    """The edge of a cell."""
    return f"{size // 1000} km" if size >= 1000 else f"{size} m"


def count_word(name: str) -> str:
    """The head of a column of the workload."""
    words = {
        "cell": gettext("网格"), "name": gettext("名称"), "head": gettext("网格长"), "account": gettext("账号"),
        "facilities": gettext("设施"), "boilers": gettext("锅炉"), "sites": gettext("工地"), "mines": gettext("矿山"),
        "V": gettext("违规"), "T": gettext("限期整改"), "U": gettext("待核实"), "B": gettext("临界值"),
        "cases": gettext("未销号案件"), "overdue": gettext("逾期"),
    }  # fmt: skip
    return words[name]


def column_word(name: str) -> str:
    """A column of the assignment table."""
    words = {
        "cell_name": gettext("网格名称"), "head_name": gettext("网格长"), "member_names": gettext("网格员"),
        "phone": gettext("电话"), "account": gettext("网格长账号"), "valid_from": gettext("起"), "valid_to": gettext("止"),
    }  # fmt: skip
    return words[name]
