"""Enterprises, units, machines, sites, mines and stations of the example city, seeded."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo.raw import RawTable
from services._demo_places import TOWNS, blob, spots_in, towns
from services._demo_tables import place, table
from services._demo_zones import Zones, polygons

WEIGHTS = (60, 62, 48, 34, 36, 40, 46, 26, 20, 30, 34, 36, 24, 52, 20, 32)
TRADES = ("纺织", "印染", "水泥制品", "建材", "化工", "铜业", "食品", "木业", "机械", "塑料", "造纸", "茶叶", "米业", "服装", "砖瓦", "医药")
ENDINGS = ("厂", "有限公司", "有限责任公司", "加工厂", "合作社")
FAMILY = "张王李赵陈杨周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
GIVEN = ("伟", "芳", "敏", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "霞", "平", "刚", "桂英")
CLEAN = ("天然气", "天然气", "天然气", "管道天然气", "电", "外购蒸汽", "LPG", "轻柴油")
SOLID = ("原煤", "原煤", "烟煤", "型煤", "散煤", "焦炭", "兰炭", "水煤浆", "生物质颗粒", "生物质颗粒", "木柴", "重油", "石油焦")


class Picker:
    """Random choices, all from one generator, so that the seed decides everything."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def one(self, options: Any) -> Any:
        """One of some options."""
        return options[int(self.rng.integers(len(options)))]

    def chance(self, share: float) -> bool:
        """True in about this share of calls."""
        return bool(self.rng.random() < share)

    def person(self) -> str:
        """A made-up name, marked as an example."""
        return f"示例{self.one(FAMILY)}{self.one(GIVEN)}"

    def date(self, first: int, last: int) -> str:
        """A day between two years."""
        year, month, day = (int(self.rng.integers(a, b)) for a, b in ((first, last + 1), (1, 13), (1, 29)))
        return self.one((f"{year}-{month:02d}-{day:02d}", f"{year}/{month}/{day}", f"{year}年{month}月{day}日"))


def enterprises(pick: Picker, zones: Zones, count: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of enterprises, more where towns are larger, and their places by code."""
    shapes = {name: shape for _, name, shape in towns(zones.region)}
    centres = dict(zip([t[1] for t in TOWNS], WEIGHTS, strict=True))
    rows, places = [], {}
    share = np.array(list(centres.values())) / sum(centres.values())
    owners = pick.rng.choice(len(TOWNS), size=count, p=share)
    for number, owner in enumerate(owners.tolist(), start=1):
        code, name = f"E{number:04d}", TOWNS[owner][1]
        spot = _near_centre(pick, zones, owner, shapes[name])
        places[code] = spot
        row = {
            "企业编号": code, "企业名称": f"示例{name[:2]}{pick.one(TRADES)}{number:03d}{pick.one(ENDINGS)}", "乡镇街道": name,
            "地址": f"{name}示例路{int(pick.rng.integers(1, 400))}号", "企业状态": "在产" if pick.chance(0.93) else pick.one(("停产", "关闭")),
            "企业责任人": pick.person() if pick.chance(0.9) else None, "联系人": pick.person(),
            "管理类别": pick.one(("重点", "简化", "登记", "登记")), "绩效分级": pick.one("ABCCD"), "重点排污单位": "是" if pick.chance(0.06) else "否",
        }  # fmt: skip
        rows.append(row | place(spot, zones.region, int(pick.rng.integers(10))))
    return rows, places


def _near_centre(pick: Picker, zones: Zones, owner: int, shape: Any) -> Any:
    """Two thirds gather round the town's centre, the rest lies anywhere in the town."""
    if pick.chance(0.34):
        return spots_in(pick.rng, shape, 1)[0]
    heart = blob(pick.rng, TOWNS[owner][2:], 2300, zones.region, 24)
    inner = shapely.intersection(heart, shape)
    return spots_in(pick.rng, inner if inner.area > 1e5 else shape, 1)[0]


def units(pick: Picker, zones: Zones, places: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Boilers, kilns and stoves; some with a point of their own, some without capacity or date."""
    codes, rows = sorted(places), []
    for number in range(1, count + 1):
        owner = codes[(number - 1) % len(codes)] if number <= len(codes) else pick.one(codes)
        row = {"设备编号": f"U{number:05d}", "企业编号": owner, "设备名称": f"示例{number % 7 + 1}号设备"} | _unit(pick)
        if pick.chance(0.18):
            spot = np.round(places[owner] + pick.rng.uniform(-60, 60, 2), 2)
            row |= place(spot, zones.region, int(pick.rng.integers(6)))
        rows.append(row)
    return rows


def _unit(pick: Picker) -> dict[str, Any]:
    kind = pick.one(("锅炉",) * 11 + ("热水锅炉", "工业炉窑", "工业炉窑", "加热炉", "烘干窑", "热风炉", "茶水炉", "经营性炉灶", "储粮烘干", "煤气发生炉", "民用燃煤设备"))
    dirty = pick.chance(0.24)
    fuel = pick.one(SOLID) if dirty else pick.one(CLEAN)
    row: dict[str, Any] = {"设备类型": kind, "主燃料": None if pick.chance(0.02) else fuel, "使用状态": "在用"}
    if "锅炉" in kind and "茶" not in kind:
        row |= _boiler(pick, dirty)
    if kind == "煤气发生炉":
        row |= {"煤气用途": pick.one(("燃料类", "原料类")), "炉膛直径(m)": pick.one(("2.4", "2.8", "3.2", "3.6"))}
    if dirty:
        row |= _dirty(pick, fuel)
    state = pick.rng.random()
    if state < 0.06:
        row |= {"使用状态": "已拆除"}
    elif state < 0.10:
        row |= {"使用状态": pick.one(("停用", "备用")), "物理切断": pick.one(("是", "否", None))}
    row["建成日期"] = None if pick.chance(0.05) else pick.date(2003, 2018) if pick.chance(0.93) else pick.date(2019, 2021)
    return row


def _boiler(pick: Picker, dirty: bool) -> dict[str, Any]:
    size = pick.one(("1", "2", "4", "4", "6", "8", "10", "15", "20", "25", "35", "75"))
    if pick.chance(0.05):
        return {}
    if pick.chance(0.15):
        return {"额定热功率(MW)": pick.one(("1.4", "2.8", "4.2", "7", "14", "24.5"))}
    return {"额定出力(t/h)": size if dirty or size not in ("75",) else "10"}


def _dirty(pick: Picker, fuel: str) -> dict[str, Any]:
    row: dict[str, Any] = {"除尘方式": pick.one(("布袋", "布袋", "电袋", "旋风", "水膜", "静电", "无"))}
    if pick.chance(0.7):
        row |= {"硫分(%)": pick.one(("0.3", "0.4", "0.5", "0.6", "0.8", "1.2")), "灰分(%)": pick.one(("8.0", "9.5", "10.0", "12.0", "22"))}
    if fuel in ("型煤", "焦炭", "兰炭"):
        row |= {"挥发分(%)": pick.one(("4.0", "9.0", "11.5", "13"))}
    if "生物质" in fuel or fuel == "木柴":
        row |= {"生物质专用": pick.one(("是", "是", "是", "否", None))}
    if pick.chance(0.4):
        row |= {"颗粒物(mg/m3)": pick.one(("4.1", "8", "10", "25")), "二氧化硫(mg/m3)": pick.one(("10", "20", "35", "60")), "氮氧化物(mg/m3)": pick.one(("38", "45", "50", "120"))}
    elif pick.chance(0.5):
        row |= {"超低排放改造": pick.one(("是", "否"))}
    return row


def machines(pick: Picker, zones: Zones, count: int) -> list[dict[str, Any]]:
    """Machines with one position each, half of them about the low-emission zones."""
    spots = np.concatenate([
        spots_in(pick.rng, zones.nrmm, count // 3), spots_in(pick.rng, zones.nrmm_youbu, count // 10),
        spots_in(pick.rng, zones.county, count - count // 3 - count // 10),
    ])  # fmt: skip
    kinds = ("挖掘机", "装载机", "推土机", "压路机", "叉车", "摊铺机", "空压机")
    rows = []
    for number, spot in enumerate(spots, start=1):
        stage = pick.one("1233344X")
        row = {
            "环保登记号码": f"{stage}-SL{number:06d}", "机械类型": pick.one(kinds), "所属人": f"示例{pick.one(FAMILY)}某", "排放阶段": stage,
            "燃料类型": "电动" if pick.chance(0.07) else "柴油", "功率(kW)": pick.one(("15", "30", "55", "74", "110", "162", None)),
            "检测k值": pick.one(("0.18", "0.31", "0.44", "0.50", "0.62", "0.85", None)), "林格曼": pick.one(("0", "1", "1", "2", None)) if pick.chance(0.3) else None,
            "应急抢险": "是" if pick.chance(0.03) else None, "定位时间": f"2021-06-{int(pick.rng.integers(1, 29)):02d} {int(pick.rng.integers(7, 18)):02d}:{int(pick.rng.integers(60)):02d}",
        }  # fmt: skip
        if pick.chance(0.25):
            row["定位时间"] = f"2020-06-{int(pick.rng.integers(1, 29)):02d} 10:30"
        rows.append(row | place(spot, zones.region, int(pick.rng.integers(6))))
    return rows


def sites(pick: Picker, zones: Zones, points: int, areas: int) -> tuple[RawTable, RawTable]:
    """Construction sites, some as points, some as polygons."""
    where = np.concatenate([spots_in(pick.rng, zones.mixing, (points + areas) * 2 // 3), spots_in(pick.rng, zones.county, points + areas - (points + areas) * 2 // 3)])
    order = pick.rng.permutation(len(where))
    rows = [{"工地编号": f"S{n:03d}", "工地名称": f"示例{pick.one(('花园', '安置房', '厂房', '学校', '道路', '管网'))}{n:02d}项目"} | _site(pick) for n in range(1, len(where) + 1)]
    full = dict.fromkeys(("围挡", "物料覆盖", "土方湿法", "路面硬化", "车辆清洗", "渣土密闭", "暂不开发绿化"), "100")
    rows[0] |= full | {"施工阶段": "在建", "车辆清洗": None}
    as_points = [row | place(where[i], zones.region, 1) for row, i in zip(rows[:points], order[:points], strict=True)]
    shapes = [_yard(pick, where[i]) for i in order[points:]]
    return table(as_points, "施工工地"), polygons(rows[points:], shapes, zones.region, "施工工地范围")


def _site(pick: Picker) -> dict[str, Any]:
    names = ("围挡", "物料覆盖", "土方湿法", "路面硬化", "车辆清洗", "渣土密闭", "暂不开发绿化")
    shares = {name: "100" if pick.chance(0.93) else pick.one(("95", "80", "60", None)) for name in names}
    if pick.chance(0.4):
        shares["暂不开发绿化"] = "不涉及"
    return shares | {
        "施工阶段": pick.one(("在建", "在建", "在建", "在建", "停工", "已竣工", "未开工")), "检查日期": "2021-06-20",
        "在线监测": pick.one(("是", "是", "是", "否", None)), "视频监控": pick.one(("是", "是", "是", "是", "否")), "现场搅拌": pick.one(("否", "否", "否", "是", None)),
    }  # fmt: skip


def _yard(pick: Picker, spot: Any) -> Any:
    """A slightly turned rectangle of one or two hectares."""
    width, height, turn = pick.rng.uniform(70, 190), pick.rng.uniform(60, 150), pick.rng.uniform(0, 3.1)
    box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return shapely.Polygon(np.round(spot + box @ spin.T, 2))


def mines(pick: Picker, zones: Zones, count: int) -> tuple[RawTable, RawTable]:
    """Open-pit mines in the hills, and their working faces: inside, a little over, far over the licence."""
    hills = shapely.difference(zones.county, zones.suburb.envelope.buffer(3000)).buffer(-900)
    rows, shapes, faces, pits = [], [], [], []
    for number, spot in enumerate(spots_in(pick.rng, hills, count), start=1):
        code, status = f"M{number:02d}", pick.one(("生产", "生产", "生产", "停产整治", "关闭", "责任主体灭失", "已修复"))
        licence = shapely.Polygon(np.round(spot + _outline(pick, pick.rng.uniform(170, 330)), 2))
        rows.append({
            "矿山编号": code, "矿山名称": f"示例{pick.one(('石灰石', '建筑石料', '萤石', '砖瓦页岩'))}{number:02d}矿", "矿种": pick.one(("石灰石", "建筑石料", "萤石")),
            "状态": status, "现场有作业": pick.one(("是", "否", "否", "否", None)), "修复率": pick.one(("100", "60", None)), "破碎方式": pick.one(("密闭", "密闭", "湿法", "露天干式", None)),
        })  # fmt: skip
        shapes.append(licence)
        if status == "生产" and number % 9 == 0:
            continue
        reach = pick.one((0.6, 0.6, 0.7, 0.7, 1.25))
        face = shapely.Polygon(np.round(spot + (shapely.get_coordinates(licence)[:-1] - spot) * reach, 2))
        faces.append({"开采面编号": f"{code}-F1", "矿山编号": code, "测量日期": "2020-05-01"})
        pits.append(face)
    return polygons(rows, shapes, zones.region, "露天矿山"), polygons(faces, pits, zones.region, "现状开采面")


def _outline(pick: Picker, radius: float) -> Any:
    angle = np.linspace(0, 2 * np.pi, 11, endpoint=False)
    reach = radius * pick.rng.uniform(0.7, 1.2, 11)
    return np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])


def yards(pick: Picker, zones: Zones, count: int) -> list[dict[str, Any]]:
    """Sand yards, mixing plants, coal yards and freight yards."""
    rows = []
    for number, spot in enumerate(spots_in(pick.rng, zones.county, count), start=1):
        kind = pick.one(("砂石场", "砂石场", "搅拌站", "搅拌站", "煤场", "货运堆场"))
        rows.append({
            "堆场编号": f"Y{number:02d}", "堆场名称": f"示例{kind}{number:02d}", "类型": kind, "状态": "在用" if pick.chance(0.9) else "已拆除",
            "破碎方式": pick.one(("密闭", "湿法", "露天干式", None)) if kind == "砂石场" else None,
            "搅拌车间全封闭": pick.one(("是", "是", "否", None)) if kind == "搅拌站" else None, "堆场封闭": pick.one(("是", "否")),
        } | place(spot, zones.region, 1))  # fmt: skip
    return rows


def stations(pick: Picker, zones: Zones) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One simple air station a town and a composite one; petrol stations."""
    air = [
        {"站点编号": f"A{n:02d}", "站点名称": f"示例{name}站", "站点类型": "标准站" if n <= 2 else "简易站", "乡镇": name, "有效率(%)": str(int(pick.rng.integers(71, 100)))}
        | place(spots_in(pick.rng, shape, 1)[0], zones.region, 1)
        for n, (_, name, shape) in enumerate(towns(zones.region), start=1)
    ]  # fmt: skip
    air.append({"站点编号": "A90", "站点名称": "示例开发区综合站", "站点类型": "综合站"} | place(spots_in(pick.rng, zones.park, 1)[0], zones.region, 1))
    petrol = [
        {"加油站编号": f"P{n:02d}", "加油站名称": f"示例加油站{n:02d}", "年汽油销量(t)": str(int(pick.rng.integers(800, 8000))), "油气回收": "是", "在线设备": pick.one(("是", "否"))}
        | place(spot, zones.region, 1)
        for n, spot in enumerate(spots_in(pick.rng, zones.county, 25), start=1)
    ]  # fmt: skip
    return air, petrol
