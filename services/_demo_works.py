"""Machines, construction sites, open-pit mines and yards of the example city: planted cases, then random ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.raw import RawTable
from services._demo_names import Picker
from services._demo_places import beside, spots_in
from services._demo_planted import FACES, MACHINES, MINES, SITES, SITES_AS_AREAS, YARDS
from services._demo_tables import place, table
from services._demo_zones import Zones, planes, polygons

Row = dict[str, Any]
DUTIES = ("围挡", "物料覆盖", "土方湿法", "路面硬化", "车辆清洗", "渣土密闭", "暂不开发绿化")
"""The seven 100 % duties of a site."""

_KINDS = ("挖掘机", "装载机", "推土机", "压路机", "叉车", "摊铺机", "空压机")


def _spot(pick: Picker, where: str, zones: Zones) -> npt.NDArray[np.float64] | None:
    """A point where a planted case wants it: in a zone, 5 m beside one ("~zone"), or nowhere."""
    if where == "nowhere":
        return None
    if where.startswith("~"):
        return beside(getattr(zones, where[1:]), 5)
    return np.asarray(spots_in(pick.rng, getattr(zones, where), 1)[0], dtype=np.float64)


def _placed(pick: Picker, where: str, zones: Zones) -> dict[str, str]:
    """Coordinate cells of a planted case; beside an edge the accuracy is 15 m, so nobody can tell."""
    cells = place(_spot(pick, where, zones), zones.region, 1)
    return cells | {"坐标精度(m)": "15"} if where.startswith("~") else cells


def machines(pick: Picker, zones: Zones, count: int) -> list[Row]:
    """Machines with one position each, half of them about the low-emission zones."""
    rows: list[Row] = []
    for where, cells in MACHINES:
        row = _machine(pick, len(rows) + 1) | {"检测日期": None, "林格曼": None, "应急抢险": None}
        rows.append(row | cells | _placed(pick, where, zones))
    rest = count - len(rows)
    spots = [
        *spots_in(pick.rng, zones.nrmm, rest // 3),
        *spots_in(pick.rng, zones.nrmm_youbu, rest // 10),
        *spots_in(pick.rng, zones.county, rest - rest // 3 - rest // 10),
    ]
    for spot in spots:
        cells = place(spot, zones.region, int(pick.rng.integers(6)))
        rows.append(_machine(pick, len(rows) + 1) | cells)
    return rows


def _machine(pick: Picker, number: int) -> Row:
    stage = pick.one("1233344X")
    day, hour, minute = (int(pick.rng.integers(a, b)) for a, b in ((1, 29), (7, 18), (0, 60)))
    year = 2020 if pick.chance(0.25) else 2021
    smoke = pick.one(("0.18", "0.31", "0.44", "0.44", "0.50", "0.62", "0.85", None))
    return {
        "环保登记号码": f"{stage}-SL{number:06d}",
        "机械类型": pick.one(_KINDS),
        "所属人": pick.person(),
        "排放阶段": stage,
        "燃料类型": "电动" if pick.chance(0.07) else "柴油",
        "功率(kW)": pick.one(("15", "30", "55", "74", "110", "162", None)),
        "检测k值": smoke,
        "林格曼": pick.one(("0", "1", "1", "2")) if pick.chance(0.25) else None,
        "检测日期": f"{year}-05-{day:02d}" if smoke else None,
        "应急抢险": "是" if pick.chance(0.03) else None,
        "定位时间": f"{year}-06-{day:02d} {hour:02d}:{minute:02d}",
    }


def sites(pick: Picker, zones: Zones, points: int, areas: int) -> tuple[RawTable, RawTable]:
    """Construction sites: a table of points, and a file of polygons."""
    rows = [_site(pick, n) | cells | _placed(pick, where, zones) for n, (where, cells) in enumerate(SITES, start=1)]
    for spot in _about(pick, zones, points - len(rows)):
        rows.append(_site(pick, len(rows) + 1) | place(spot, zones.region, int(pick.rng.integers(10))))
    filed = [_site(pick, points + n) | cells for n, (_, cells) in enumerate(SITES_AS_AREAS, start=1)]
    shapes = [_lot(pick, _spot(pick, where, zones)) for where, _ in SITES_AS_AREAS]
    for spot in _about(pick, zones, areas - len(filed)):
        filed.append(_site(pick, points + len(filed) + 1))
        shapes.append(_lot(pick, spot))
    return table(rows, "施工工地"), polygons(filed, shapes, zones.region, "施工工地范围")


def _about(pick: Picker, zones: Zones, count: int) -> list[Any]:
    """Two thirds in the city's ban area, the rest anywhere."""
    inside = count * 2 // 3
    return [*spots_in(pick.rng, zones.mixing, inside), *spots_in(pick.rng, zones.county, count - inside)]


def _site(pick: Picker, number: int) -> Row:
    kind = pick.one(("花园", "安置房", "厂房", "学校", "道路", "管网"))
    shares = {name: "100" if pick.chance(0.96) else pick.one(("95", "80", "60", None)) for name in DUTIES}
    if pick.chance(0.4):
        shares["暂不开发绿化"] = "不涉及"
    return (
        {"工地编号": f"S{number:03d}", "工地名称": f"示例{kind}{number:02d}项目"}
        | shares
        | {
            "施工阶段": pick.one(("在建", "在建", "在建", "在建", "停工", "已竣工", "未开工")),
            "检查日期": f"2020-{int(pick.rng.integers(3, 7)):02d}-{int(pick.rng.integers(1, 29)):02d}",
            "在线监测": pick.one(("是", "是", "是", "是", "否", None)),
            "视频监控": "是" if pick.chance(0.9) else "否",
            "现场搅拌": "否" if pick.chance(0.75) else pick.one(("是", None)),
        }
    )


def _lot(pick: Picker, spot: Any) -> Any:
    """A slightly turned rectangle of one or two hectares."""
    width, height, turn = pick.rng.uniform(70, 190), pick.rng.uniform(60, 150), pick.rng.uniform(0, 3.1)
    box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return shapely.Polygon(np.round(spot + box @ spin.T, 2))


def mines(pick: Picker, zones: Zones, count: int) -> tuple[RawTable, RawTable]:
    """Open-pit mines in the hills, as a survey office files them, and their working faces."""
    hills = shapely.difference(zones.county, zones.suburb.envelope.buffer(3000)).buffer(-900)
    spots = _apart(pick, hills, count + 1, 1200)
    rows: list[dict[str, Any]] = []
    faces: list[dict[str, Any]] = []
    licences, pits = [], []
    for number, spot in enumerate(spots[:count], start=1):
        cells, reach = MINES[number - 1] if number <= len(MINES) else _any_mine(pick)
        mineral = pick.one(("石灰石", "建筑石料", "萤石", "砖瓦页岩"))
        code, name = f"M{number:02d}", f"示例{mineral}{number:02d}矿"
        rows.append({"矿山编号": code, "矿山名称": name, "矿种": mineral} | cells)
        licences.append(_outline(pick, spot))
        if reach is not None:
            faces.append({"开采面编号": f"{code}-F1", "矿山编号": code, "测量日期": "2020-05-01"})
            pits.append(_face(licences[-1], reach))
    for number, (code, mine_code) in enumerate(FACES):
        faces.append({"开采面编号": code, "矿山编号": mine_code, "测量日期": "2020-05-01"})
        pits.append(_face(licences[0], 0.0) if number else _face(_outline(pick, spots[-1]), 0.0))
    region = zones.region
    return planes(rows, licences, region, "露天矿山"), planes(faces, pits, region, "现状开采面")


def _apart(pick: Picker, shape: Any, count: int, gap: float) -> list[Any]:
    """Random points in a shape, each at least a gap (metres) from the others."""
    kept: list[Any] = []
    while len(kept) < count:
        spot = spots_in(pick.rng, shape, 1)[0]
        if all(np.hypot(*(spot - other)) >= gap for other in kept):
            kept.append(spot)
    return kept


def _any_mine(pick: Picker) -> tuple[Row, float | None]:
    status = pick.one(("生产", "生产", "生产", "停产整治", "关闭", "已修复"))
    crushing = pick.one(("密闭", "密闭", "湿法", "湿法", "露天干式"))
    done = "100" if status == "已修复" else None
    row: Row = {"状态": status, "现场有作业": "是" if status == "生产" else "否", "修复率": done, "破碎方式": crushing}
    return row, 0.0 if status == "生产" else None


def _outline(pick: Picker, spot: Any) -> Any:
    """A licence area: eleven corners round a place, 1 to 3 hectares in tens."""
    angle = np.linspace(0, 2 * np.pi, 11, endpoint=False)
    reach = pick.rng.uniform(170, 330) * pick.rng.uniform(0.75, 1.2, 11)
    ring = spot + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    return shapely.Polygon(np.round(ring, 2))


def _face(licence: Any, over: float) -> Any:
    """A working face inside a licence; ``over`` m2 of it reach beyond the licence's edge in a bay."""
    middle = shapely.get_coordinates(licence.centroid)[0]
    inner = shapely.Polygon(np.round(middle + (shapely.get_coordinates(licence)[:-1] - middle) * 0.6, 2))
    if not over:
        return inner
    corners = shapely.get_coordinates(licence)[:2]
    along = corners[1] - corners[0]
    length = float(np.hypot(*along))
    outward = np.array([along[1], -along[0]]) / length
    ends = corners[0] + along * 0.25, corners[0] + along * 0.75
    bay = [ends[0], ends[0] + outward * 2 * over / length, ends[1] + outward * 2 * over / length, ends[1], middle]
    return shapely.union_all([inner, shapely.Polygon(np.round(bay, 2))])


def yards(pick: Picker, zones: Zones, count: int, owners: list[str]) -> list[Row]:
    """Sand yards, mixing plants, coal yards and freight yards; some belong to an enterprise."""
    rows = []
    for number, spot in enumerate(spots_in(pick.rng, zones.county, count), start=1):
        cells = YARDS[number - 1] if number <= len(YARDS) else _any_yard(pick)
        row: Row = {"堆场编号": f"Y{number:02d}", "堆场名称": f"示例{cells['类型']}{number:02d}"}
        row |= {"企业编号": pick.one(owners) if pick.chance(0.3) else None, "状态": "在用"}
        rows.append(row | {"堆场封闭": pick.one(("是", "否"))} | cells | place(spot, zones.region, 1))
    return rows


def _any_yard(pick: Picker) -> Row:
    kind = pick.one(("砂石场", "砂石场", "搅拌站", "煤场", "货运堆场"))
    cells: dict[str, Callable[[], Row]] = {
        "砂石场": lambda: {"破碎方式": pick.one(("密闭", "密闭", "湿法", "露天干式"))},
        "搅拌站": lambda: {"搅拌车间全封闭": "是" if pick.chance(0.8) else "否"},
    }
    return {"类型": kind} | (cells[kind]() if kind in cells else {})
