"""The way about: which pages each kind of user meets first, and which lie behind 更多 (more)."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from services.scope import Permission, Principal, may

Link = tuple[str, str]
"""Name of a page and the word for it."""


@dataclass(frozen=True)
class Navigation:
    """``tabs`` stand in the bar (on a phone the first four), ``more`` behind it."""

    tabs: list[Link]
    more: list[Link]

    @property
    def every(self) -> list[Link]:
        """All links, those of the bar first."""
        return [*self.tabs, *self.more]


TABS = {
    "head": ("cell", "cases", "report", "overview"),
    "inspector": ("cases", "overview", "findings", "report"),
    "office": ("overview", "findings", "plans", "grid", "cases", "imports"),
    "admin": ("overview", "findings", "plans", "grid", "cases", "users"),
    "reviewer": ("cases", "plans", "overview", "findings", "zones"),
    "viewer": ("overview", "findings", "zones", "about"),
}
"""What each kind of user does every day, in order."""
WANTED: dict[str, Permission] = {
    "cell": "patrol", "cases": "cases", "report": "cases", "overview": "view", "findings": "view", "zones": "view",
    "plans": "drafts",
    "grid": "assign", "corrections": "edit", "ledger": "cases", "imports": "import", "data": "data", "users": "users",
    "snapshots": "export",
    "rasters": "view", "hot": "cases", "ranking": "view", "webhooks": "operate", "ogc": "view",
    "about": "view", "help": "view",
}  # fmt: skip
"""Every page that is linked, and the permission it asks."""


def kind_of(principal: Principal) -> str:
    """Whose day a user has."""
    if may(principal, "users"):
        return "admin"
    if may(principal, "assign"):
        return "office"
    if may(principal, "inspect"):
        return "inspector"
    if may(principal, "patrol"):
        return "head"
    return "reviewer" if may(principal, "review") else "viewer"


def navigation(principal: Principal) -> Navigation:
    """The links of a user; none that leads to a page they may not open."""
    words = {
        "cell": gettext("我的网格"), "cases": gettext("检查任务"), "report": gettext("上报"), "overview": gettext("总览"),
        "findings": gettext("判定清单"), "zones": gettext("区域"), "plans": gettext("规划工作台"),
        "grid": gettext("网格管理"),
        "corrections": gettext("数据更正"), "ledger": gettext("台账"),
        "imports": gettext("数据导入"), "data": gettext("数据"), "snapshots": gettext("GIS 快照"),
        "users": gettext("账号管理"), "rasters": gettext("栅格"),
        "hot": gettext("热点网格"), "ranking": gettext("乡镇空气排名"), "about": gettext("说明"),
        "webhooks": gettext("事件推送"), "ogc": gettext("开放接口"), "help": gettext("帮助"),
    }  # fmt: skip
    open_to = [name for name, permission in WANTED.items() if may(principal, permission)]
    if principal.area.whole and "cell" in open_to and not principal.cells:
        open_to.remove("cell")
    tabs = [name for name in TABS[kind_of(principal)] if name in open_to]
    more = [name for name in open_to if name not in tabs]
    return Navigation([(name, words[name]) for name in tabs], [(name, words[name]) for name in more])
