"""Planted enterprises and units: over the two story dates every rule shows every verdict it can give."""

from __future__ import annotations

from typing import Any

import shapely

from services._demo_facilities import firm
from services._demo_names import Picker
from services._demo_places import TOWNS, beside, spots_in, towns
from services._demo_planted import GRID_FIRMS
from services._demo_tables import place
from services._demo_zones import Zones

_COAL = {"主燃料": "原煤", "使用状态": "在用", "建成日期": "2012-05-01"}


def story_units(pick: Picker, zones: Zones) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Units that show one verdict each, with the enterprises that own them."""
    shapes = {
        "core": zones.core,
        "suburb": zones.suburb,
        "class1": zones.yongchang_old,
        "youbu": zones.youbu,
        "east": zones.lingdong,
        "built": zones.built_up,
        "heat": zones.heat[0],
        "city": zones.county,
    }
    owners, rows = [], []
    for number, (where, cells) in enumerate(_CASES, start=1):
        code = f"ES{number:03d}"
        spot = beside(zones.suburb, 4) if where == "edge" else _spot(pick, shapes.get(where))
        position = place(spot, zones.region, 0)
        owners.append(_owner(pick, zones, code, spot) | position)
        name = f"示例1号{cells.get('设备类型') or '设备'}"
        row = {"设备编号": f"US{number:03d}", "企业编号": code, "设备名称": name} | _COAL | cells
        rows.append(row | position | {"坐标精度(m)": "15"} if where == "edge" else row)
    return owners, rows


def _spot(pick: Picker, shape: Any) -> Any:
    return None if shape is None else spots_in(pick.rng, shape, 1)[0]


def story_firms(pick: Picker, zones: Zones) -> list[dict[str, Any]]:
    """Enterprises of the development zone: each way a responsibility cell can fail, and none."""
    missing = {*zones.gaps, zones.headless}
    clear = [part for n, part in enumerate(zones.cells) if n not in missing and not part.intersects(zones.doubled)]
    shapes = {
        "clear": shapely.union_all([part.buffer(-30) for part in clear]),
        "gap": zones.cells[zones.gaps[0]],
        "headless": zones.cells[zones.headless],
        "doubled": shapely.intersection(zones.doubled.buffer(-20), zones.doubled.envelope),
    }
    rows = []
    for number, (where, cells) in enumerate(GRID_FIRMS, start=1):
        near = where.startswith("~")
        spot = beside(getattr(zones, where[1:]), 4) if near else _spot(pick, shapes[where])
        row = _owner(pick, zones, f"EG{number:03d}", spot) | place(spot, zones.region, 0)
        rows.append(row | ({"坐标精度(m)": "15"} if near else {}) | cells)
    return rows


def _owner(pick: Picker, zones: Zones, code: str, spot: Any) -> dict[str, Any]:
    """The register's row of a planted enterprise; without a point the town's name alone says where."""
    town = TOWNS[0][1]
    if spot is not None:
        town = next(name for _, name, shape in towns(zones.region) if shape.buffer(1).contains(shapely.Point(spot)))
    row = {"企业编号": code} | firm(pick, town)
    name = f"{row['企业名称']}（案例{code[1:]}）"
    return row | {"企业名称": name, "企业状态": "在产", "企业责任人": pick.person()}


_B, _KILN, _STOVE = "锅炉", "烘干窑", "茶水炉"
_DEDICATED = {"主燃料": "生物质颗粒", "生物质专用": "是"}
_CHP = {"豁免类别": "热电联产", "供热热源": "是"}


def _measured(dust: str, sulphur: str, nitrogen: str) -> dict[str, str]:
    return {"颗粒物(mg/m3)": dust, "二氧化硫(mg/m3)": sulphur, "氮氧化物(mg/m3)": nitrogen}


_CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("core", {"设备类型": _B, "额定出力(t/h)": "4"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "6", "建成日期": "2020-03-01"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "4", "除尘方式": "布袋", "超低排放改造": "是"} | _DEDICATED),
    ("core", {"设备类型": _B, "额定出力(t/h)": "4", "除尘方式": "静电"} | _DEDICATED),
    ("core", {"设备类型": _B, "额定出力(t/h)": "8", "使用状态": "停用"}),
    ("core", {"设备类型": _B, "额定出力(t/h)": "8", "使用状态": "停用", "物理切断": "是"}),
    ("core", {"设备类型": "不详", "主燃料": "未知"}),
    ("suburb", {"设备类型": _B, "额定出力(t/h)": "15"}),
    ("suburb", {"设备类型": _B, "额定出力(t/h)": "25", "保留名单": "是"}),
    ("suburb", {"设备类型": _B}),
    ("suburb", {"设备类型": "工业炉窑", "主燃料": "焦炭"}),
    ("youbu", {"设备类型": _B, "额定出力(t/h)": "6"}),
    ("youbu", {"设备类型": _B, "额定出力(t/h)": "15", "豁免类别": "集中供热", "供热热源": "是"}),
    ("east", {"设备类型": _B, "额定出力(t/h)": "6"}),
    ("east", {"设备类型": _B, "额定出力(t/h)": "130"} | _CHP | _measured("4.1", "20", "38")),
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
    ("built", {"设备类型": _B, "额定出力(t/h)": "4", "主燃料": "生物质颗粒"} | _measured("25", "20", "120")),
    ("built", {"设备类型": _B, "额定出力(t/h)": "4", "主燃料": "生物质颗粒"} | _measured("8", "10", "45")),
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
