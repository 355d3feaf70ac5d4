"""Planted cases: over the two story dates every rule shows every verdict it can give."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from services._demo_facilities import Picker
from services._demo_places import spots_in
from services._demo_tables import place
from services._demo_zones import Zones

_COAL = {"主燃料": "原煤", "使用状态": "在用", "建成日期": "2012-05-01"}


def story_units(pick: Picker, zones: Zones) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Units that show one verdict each, with the enterprises that own them."""
    spots = {
        "core": spots_in(pick.rng, zones.core, 12), "suburb": spots_in(pick.rng, zones.suburb, 8),
        "east": spots_in(pick.rng, zones.lingdong, 8), "built": spots_in(pick.rng, zones.built_up, 16),
        "heat": spots_in(pick.rng, zones.heat[0][3], 16), "city": spots_in(pick.rng, zones.county, 40),
        "class1": spots_in(pick.rng, zones.yongchang, 4),
    }  # fmt: skip
    shelves = {name: iter(found) for name, found in spots.items()}
    owners, rows = [], []
    for number, (where, cells) in enumerate(_CASES, start=1):
        owner = f"ES{number:03d}"
        spot = None if where == "nowhere" else _edge_spot(zones) if where == "edge" else next(shelves[where])
        owners.append({"企业编号": owner, "企业名称": f"示例典型案例{number:02d}企业", "企业状态": "在产", "企业责任人": "示例王五"} | place(spot, zones.region, 0))
        row = {"设备编号": f"US{number:03d}", "企业编号": owner, "设备名称": "示例典型设备"} | _COAL | cells
        if where == "edge":
            row |= place(spot, zones.region, 0) | {"坐标精度(m)": "15"}
        rows.append(row)
    return owners, rows


def _edge_spot(zones: Zones) -> Any:
    """A point 4 m outside the suburb's outer edge: with an accuracy of 15 m nobody can tell."""
    outer = max(shapely.get_parts(zones.suburb), key=shapely.area)
    x, y = shapely.get_coordinates(shapely.boundary(outer.buffer(4)))[5]
    return np.round([x, y], 2)


_B, _KILN, _STOVE = "锅炉", "烘干窑", "茶水炉"
_CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("core", {"设备类型": _B, "额定出力(t/h)": "4"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "6", "建成日期": "2020-03-01"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "4", "主燃料": "生物质颗粒", "生物质专用": "是", "除尘方式": "布袋", "超低排放改造": "是"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "4", "主燃料": "生物质颗粒", "生物质专用": "是", "除尘方式": "静电"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "8", "使用状态": "停用"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "8", "使用状态": "停用", "物理切断": "是"}),
    ("core", {"设备类型": "不详", "主燃料": "未知"}),
    ("suburb", {"设备类型": _B, "额定出力(t/h)": "15"}),
    ("suburb", {"设备类型": _B, "额定出力(t/h)": "25", "保留名单": "是"}),
    ("suburb", {"设备类型": _B}),
    ("suburb", {"设备类型": "工业炉窑", "主燃料": "焦炭"}),
    ("east", {"设备类型": _B, "额定出力(t/h)": "6"}),
    ("east", {"设备类型": _B, "额定出力(t/h)": "130", "豁免类别": "热电联产", "供热热源": "是", "颗粒物(mg/m3)": "4.1", "二氧化硫(mg/m3)": "20", "氮氧化物(mg/m3)": "38"}),
    ("class1", {"设备类型": _B, "额定出力(t/h)": "6", "硫分(%)": "0.5", "灰分(%)": "10.0"}),
    ("class1", {"设备类型": _B, "额定出力(t/h)": "6", "硫分(%)": "0.8"}),
    ("edge", {"设备类型": _B, "额定出力(t/h)": "6"}),
    ("nowhere", {"设备类型": _B, "额定出力(t/h)": "6"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "10"}),
    ("city", {"设备类型": _B, "额定热功率(MW)": "7"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "10.1"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "6", "使用状态": "已拆除"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "20", "使用状态": "已拆除"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "34.9", "保留名单": "是"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "35", "超低排放改造": "否"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "75", "超低排放改造": "是"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "75"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "20", "建成日期": "2019-05-10"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "4", "建成日期": "2019-02-01", "使用状态": "已拆除"}),
    ("city", {"设备类型": _B, "额定出力(t/h)": "4", "建成日期": None}),
    ("built", {"设备类型": _STOVE, "主燃料": "散煤"}),
    ("built", {"设备类型": "经营性炉灶", "主燃料": "型煤", "使用状态": "已拆除"}),
    ("built", {"设备类型": "储粮烘干", "主燃料": "未知"}),
    ("built", {"设备类型": _B, "额定出力(t/h)": "4", "主燃料": "生物质颗粒", "颗粒物(mg/m3)": "25", "二氧化硫(mg/m3)": "20", "氮氧化物(mg/m3)": "120"}),
    ("built", {"设备类型": _B, "额定出力(t/h)": "4", "主燃料": "生物质颗粒", "颗粒物(mg/m3)": "8", "二氧化硫(mg/m3)": "10", "氮氧化物(mg/m3)": "45"}),
    ("built", {"设备类型": _B, "额定出力(t/h)": "4", "主燃料": "木柴"}),
    ("heat", {"设备类型": _B, "额定出力(t/h)": "40", "超低排放改造": "是"}),
    ("heat", {"设备类型": "民用燃煤设备", "主燃料": "散煤"}),
    ("heat", {"设备类型": _B, "额定出力(t/h)": "130", "供热热源": "是", "超低排放改造": "是"}),
    ("heat", {"设备类型": _B, "额定出力(t/h)": "4", "使用状态": "已拆除"}),
    ("heat", {"设备类型": "不详"}),
    ("heat", {"设备类型": _KILN}),
    ("heat", {"设备类型": _KILN, "供热热源": "是"}),
    ("heat", {"设备类型": "加热炉", "使用状态": "已拆除"}),
    ("heat", {"设备类型": _KILN, "主燃料": "未知"}),
    ("city", {"设备类型": "煤气发生炉", "煤气用途": "燃料类", "炉膛直径(m)": "2.6"}),
    ("city", {"设备类型": "煤气发生炉", "煤气用途": "燃料类", "炉膛直径(m)": "3.0"}),
    ("city", {"设备类型": "煤气发生炉", "煤气用途": "燃料类", "炉膛直径(m)": "2.8", "使用状态": "已拆除"}),
    ("city", {"设备类型": "煤气发生炉", "煤气用途": "燃料类"}),
    ("city", {"设备类型": "热风炉"}),
    ("city", {"设备类型": "热风炉", "使用状态": "已拆除"}),
    ("city", {"设备类型": "热风炉", "主燃料": "未知"}),
)
