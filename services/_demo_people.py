"""The people of the example city: one account a role, entered by one click, without a password."""

from __future__ import annotations

from services.accounts import Profile
from store.accounts import Duty


def _person(name: str, display_name: str, role: str, **more: str) -> Profile:
    return Profile(name, f"示例{display_name}", (role,), is_demo=True, **more)


PEOPLE: tuple[tuple[Profile, tuple[Duty, ...]], ...] = (
    (_person("demo-planner", "规划员王敏", "planner"), ()),
    (_person("demo-head", "网格长张伟", "grid_head", phone="0579-00000101"), tuple(map(Duty, ("P-20", "P-21", "P-25", "P-26")))),
    (_person("demo-townhead", "乡镇网格长刘洋", "grid_head", town="游埠镇", phone="0579-00000102"), ()),
    (_person("demo-inspector", "执法员陈静", "inspector", team="示例执法一队"), ()),
    (_person("demo-reviewer", "审核员李明", "reviewer"), ()),
    (_person("demo-viewer", "查看员周洁", "viewer"), ()),
    (_person("demo-admin", "管理员", "admin"), ()),
)
