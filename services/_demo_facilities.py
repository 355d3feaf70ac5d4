"""Enterprises, combustion units, machines and stations of the example city, seeded."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import shapely

from services._demo_names import Picker
from services._demo_places import TOWNS, blob, spots_in, towns
from services._demo_tables import place
from services._demo_zones import Zones

WEIGHTS = (60, 62, 48, 34, 36, 40, 46, 26, 20, 30, 34, 36, 24, 52, 20, 32)
"""How many enterprises a town has, by the order of TOWNS."""

CLEAN = ("天然气", "天然气", "天然气", "管道天然气", "电", "外购蒸汽", "LPG", "轻柴油")
SOLID = (
    *("原煤", "原煤", "烟煤", "型煤", "散煤", "焦炭", "兰炭", "水煤浆"),
    *("生物质颗粒", "生物质颗粒", "木柴", "重油", "石油焦"),
)
KINDS = (
    *("锅炉",) * 11,
    *("热水锅炉", "工业炉窑", "工业炉窑", "加热炉", "烘干窑", "热风炉"),
    *("茶水炉", "经营性炉灶", "储粮烘干", "煤气发生炉", "民用燃煤设备"),
)
DIRTY = 0.2
"""Share of units that burn something else than gas, power, bought heat or light oil."""

BOILERS = ("锅炉", "热水锅炉")


def enterprises(pick: Picker, zones: Zones, count: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of enterprises, more where towns are larger, and their places by code."""
    shapes = {name: shape for _, name, shape in towns(zones.region)}
    rows, places = [], {}
    owners = pick.rng.choice(len(TOWNS), size=count, p=np.array(WEIGHTS) / sum(WEIGHTS))
    for number, owner in enumerate(owners.tolist(), start=1):
        code, town = f"E{number:04d}", TOWNS[owner][1]
        places[code] = _near_centre(pick, zones, owner, shapes[town])
        state = "在产" if pick.chance(0.93) else pick.one(("停产", "关闭"))
        person = pick.person() if pick.chance(0.9) else None
        row = {"企业编号": code} | firm(pick, town) | {"企业状态": state, "企业责任人": person}
        rows.append(row | place(places[code], zones.region, int(pick.rng.integers(10))))
    return rows, places


def firm(pick: Picker, town: str) -> dict[str, Any]:
    """What a register says of an enterprise, its place and state apart."""
    return pick.firm() | {
        "乡镇街道": town,
        "地址": f"{town}示例路{int(pick.rng.integers(1, 400))}号",
        "联系人": pick.person(),
        "管理类别": pick.one(("重点", "简化", "登记", "登记")),
        "绩效分级": pick.one("ABCCD"),
        "重点排污单位": "是" if pick.chance(0.06) else "否",
    }


def _near_centre(pick: Picker, zones: Zones, owner: int, shape: Any) -> Any:
    """Two thirds gather round the town's centre, the rest lies anywhere in the town."""
    if pick.chance(0.34):
        return spots_in(pick.rng, shape, 1)[0]
    heart = blob(pick.rng, TOWNS[owner][2:], 2300, zones.region, 24)
    inner = shapely.intersection(heart, shape)
    return spots_in(pick.rng, inner if inner.area > 1e5 else shape, 1)[0]


def units(pick: Picker, zones: Zones, places: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Boilers, kilns and stoves; some with a point of their own, some without capacity or date."""
    codes, rows, owned = sorted(places), [], Counter[str]()
    for number in range(1, count + 1):
        owner = codes[(number - 1) % len(codes)] if number <= len(codes) else pick.one(codes)
        owned[owner] += 1
        unit = _unit(pick)
        name = f"示例{owned[owner]}号{unit['设备类型']}"
        row = {"设备编号": f"U{number:05d}", "企业编号": owner, "设备名称": name} | unit
        if pick.chance(0.18):
            spot = np.round(places[owner] + pick.rng.uniform(-60, 60, 2), 2)
            spot = spot if shapely.contains_xy(zones.county, *spot) else places[owner]
            row |= place(spot, zones.region, int(pick.rng.integers(6)))
        rows.append(row)
    return rows


def _unit(pick: Picker) -> dict[str, Any]:
    kind = pick.one(KINDS)
    dirty = pick.chance(DIRTY)
    fuel = pick.one(SOLID) if dirty else pick.one(CLEAN)
    row: dict[str, Any] = {"设备类型": kind, "主燃料": None if pick.chance(0.02) else fuel, "使用状态": "在用"}
    if kind in BOILERS:
        row |= _boiler(pick, dirty)
    if kind == "煤气发生炉":
        row |= {"煤气用途": pick.one(("燃料类", "原料类")), "炉膛直径(m)": pick.one(("2.4", "2.8", "3.2", "3.6"))}
    if dirty:
        row |= _dirty(pick, fuel)
        row |= {"备用燃料": "天然气"} if pick.chance(0.06) else {}
    state = pick.rng.random()
    if state < (0.2 if dirty and kind in BOILERS else 0.06):
        row |= {"使用状态": "已拆除"}
    elif state > 0.96:
        row |= {"使用状态": pick.one(("停用", "备用")), "物理切断": pick.one(("是", "是", "否", None))}
    years = (2003, 2018) if pick.chance(0.94) else (2019, 2019)
    row["建成日期"] = None if pick.chance(0.05) else pick.date(*years)
    return row


def _boiler(pick: Picker, dirty: bool) -> dict[str, Any]:
    size = pick.one(("1", "2", "4", "4", "6", "8", "10", "15", "20", "25", "35", "75"))
    if pick.chance(0.05):
        return {}
    if pick.chance(0.15):
        return {"额定热功率(MW)": pick.one(("1.4", "2.8", "4.2", "7", "14", "24.5"))}
    return {"额定出力(t/h)": size if dirty or size != "75" else "10"}


def _dirty(pick: Picker, fuel: str) -> dict[str, Any]:
    row: dict[str, Any] = {"除尘方式": pick.one(("布袋", "布袋", "电袋", "旋风", "水膜", "静电", "无"))}
    if pick.chance(0.7):
        row |= {"硫分(%)": pick.one(("0.3", "0.4", "0.5", "0.6", "0.8", "1.2"))}
        row |= {"灰分(%)": pick.one(("8.0", "9.5", "10.0", "12.0", "22"))}
    if fuel in ("型煤", "焦炭", "兰炭"):
        row |= {"挥发分(%)": pick.one(("4.0", "9.0", "11.5", "13"))}
    if fuel in ("生物质颗粒", "木柴"):
        row |= {"生物质专用": pick.one(("是", "是", "是", "否", None))}
    if pick.chance(0.4):
        row |= {"颗粒物(mg/m3)": pick.one(("4.1", "8", "10", "25"))}
        row |= {"二氧化硫(mg/m3)": pick.one(("10", "20", "35", "60"))}
        row |= {"氮氧化物(mg/m3)": pick.one(("38", "45", "50", "120"))}
    elif pick.chance(0.5):
        row |= {"超低排放改造": pick.one(("是", "否"))}
    return row


def stations(pick: Picker, zones: Zones) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One simple air station a town and a composite one; petrol stations."""
    air = [
        _station(pick, f"A{n:02d}", f"示例{name}站", "标准站" if n <= 2 else "简易站")
        | {"乡镇": name}
        | place(spots_in(pick.rng, shape, 1)[0], zones.region, 1)
        for n, (_, name, shape) in enumerate(towns(zones.region), start=1)
    ]
    park = place(spots_in(pick.rng, zones.park, 1)[0], zones.region, 1)
    air.append(_station(pick, "A90", "示例开发区综合站", "综合站") | park)
    petrol = [
        {
            "加油站编号": f"P{n:02d}",
            "加油站名称": f"示例加油站{n:02d}",
            "年汽油销量(t)": str(int(pick.rng.integers(800, 8000))),
            "油气回收": "是",
            "在线设备": pick.one(("是", "否")),
        }
        | place(spot, zones.region, 1)
        for n, spot in enumerate(spots_in(pick.rng, zones.county, 25), start=1)
    ]
    return air, petrol


def _station(pick: Picker, code: str, name: str, kind: str) -> dict[str, Any]:
    valid = str(int(pick.rng.integers(71, 100)))
    return {"站点编号": code, "站点名称": name, "站点类型": kind, "有效率(%)": valid}
