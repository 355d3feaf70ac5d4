"""R21-ONLINE: dust monitor and video of construction sites are networked 扬尘在线监测与视频联网."""

from __future__ import annotations

from rules._logic import is_one_of
from rules._rule import Fault, Rows, Rule
from rules.construction_site_measures import under_way


def violates(rows: Rows) -> Fault:
    """One of the two known to be missing is a fault; else any empty one leaves it open."""
    monitor = is_one_of(rows.column("online_monitor"), ("no",))
    video = is_one_of(rows.column("video"), ("no",))
    return Fault(monitor | video, ("online_monitor", "video"))


RULE = Rule(
    key="R21-ONLINE",
    title="施工工地扬尘在线监测和视频监控联网",
    title_en="Dust monitor and video of construction sites networked",
    clause="（二十一）",
    wording="施工工地安装扬尘在线监测和视频监控设备，并与建设主管部门联网。",
    legal_basis="《大气污染防治法》第六十九条、第一百一十五条：处一万元以上十万元以下罚款",
    department="建设局",
    subjects=("construction_sites",),
    inputs=("online_monitor", "video", "stage"),
    fault="未安装或未联网扬尘在线监测、视频监控",
    fault_en="dust monitor or video is not installed or not networked",
    conditions=lambda rows: [under_way(rows)],
    violates=violates,
)
