"""The zones of the example city, as the files an office would hand over: Chinese headers, degrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo import crs as systems
from geo.raw import RawTable
from geo.region import Region
from services._demo_places import CENTRE, DEGREES, blob, county_of, degrees, squares, town_outlines

Place = tuple[float, float]
YONGCHANG: Place = (119.3880, 29.2030)
YOUBU: Place = (119.3500, 29.1280)
PARK: Place = (119.4330, 29.2030)
CELL = 1000.0
"""Side of a grid cell in metres."""

HEAT: tuple[tuple[str, str, str, tuple[tuple[Place, float], ...]], ...] = (
    ("HEAT-1", "灵洞-永昌供热区", "浙能兰溪发电", (((119.500, 29.165), 4200), ((119.420, 29.180), 2900))),
    ("HEAT-2", "兰江-女埠供热区", "协鑫环保热电", (((119.437, 29.252), 3600),)),
    ("HEAT-3", "梅江-横溪供热区", "梅江供热站", (((119.728, 29.325), 3800),)),
    ("HEAT-4", "游埠-水亭供热区", "游埠供热站", (((119.328, 29.148), 3300),)),
)
"""Code, name, operator (all shown with 示例) and the round areas that make up the coverage."""


class Zones:
    """Every zone shape of the city in judging metres, made once and shared by facilities."""

    def __init__(self, rng: np.random.Generator, region: Region) -> None:
        def around(place: Place, radius: float) -> Any:
            return blob(rng, place, radius, region)

        self.region = region
        self.county = county_of(region)
        self.core_old = around(CENTRE, 1900)
        self.core = shapely.union_all([around(CENTRE, 2600), self.core_old])
        outer = shapely.union_all([around((119.472, 29.207), 5200), self.core.buffer(900)])
        self.suburb = shapely.difference(outer, self.core)
        self.yongchang_old = shapely.difference(around(YONGCHANG, 1700), outer)
        grown = shapely.difference(around(YONGCHANG, 2400), outer)
        self.yongchang = shapely.union_all([grown, self.yongchang_old])
        self.youbu = around(YOUBU, 2300)
        parts = [around((119.5560, 29.1850), 1500), around((119.5800, 29.2060), 900)]
        self.lingdong = shapely.difference(shapely.union_all(parts), outer)
        self.built_up = around((119.4680, 29.2060), 3500)
        self.nrmm = around((119.4700, 29.2080), 3100)
        self.nrmm_youbu = around(YOUBU, 1500)
        self.mixing = around((119.4690, 29.2070), 4600)
        self.park = shapely.difference(around(PARK, 2600), self.core_old)
        self.heat = [shapely.union_all([around(*disc) for disc in discs]) for *_, discs in HEAT]
        self.cells = [part for _, _, part in squares(self.park, CELL)]
        whole = [n for n, part in enumerate(self.cells) if part.area > 0.999 * CELL**2]
        self.gaps = (whole[1], whole[-2])
        """Cells of the park that nobody drew, the one without head, the one drawn twice: planted faults."""
        self.headless = whole[len(whole) // 2]
        self.doubled = self.cells[whole[0]].centroid.buffer(320)


def filed(rows: list[dict[str, Any]], shapes: Any, crs: str, name: str) -> RawTable:
    """A raw table of polygons as filed in a coordinate system."""
    headers = list(dict.fromkeys(header for row in rows for header in row))
    cells = [[row.get(header) for header in headers] for row in rows]
    frame = pd.DataFrame(cells, columns=headers, dtype=object)
    numbers = list(range(1, len(rows) + 1))
    driver = "GeoJSON" if crs == DEGREES else "ESRI Shapefile"
    return RawTable(frame, numbers, shapes, crs, True, "UTF-8", driver, f"示例{name}")


def polygons(rows: list[dict[str, Any]], shapes: Sequence[Any], region: Region, name: str) -> RawTable:
    """A raw table of polygons in degrees, as a GeoJSON of an office would give."""
    return filed(rows, degrees(shapes, region), DEGREES, name)


def planes(rows: list[dict[str, Any]], shapes: Sequence[Any], region: Region, name: str) -> RawTable:
    """A raw table of polygons in EPSG:4528 (zone 40 before the easting), as a survey office files them."""
    moved = systems.transform(np.asarray(shapes, dtype=object), region.judging_crs, "EPSG:4528")
    rounded = shapely.transform(moved, lambda xy: np.round(xy, 3))
    return filed(rows, rounded, "EPSG:4528", name)


_NO_BURN_HEADERS = ("编号", "名称", "类别", "施行日期", "限期日期", "边界线", "文号", "豁免类别")
_NO_BURN: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("core_old", ("NBZ-01", "中心城区", "Ⅱ类", "2018-07-01", "2019-06-30", "含边界线", "2018〕3", None)),
    ("core", ("NBZ-01", "中心城区", "Ⅲ类", "2019-09-01", "2020-06-30", "含边界线", "2019〕7", None)),
    ("suburb", ("NBZ-02", "城郊", "Ⅱ类", "2019-09-01", "2020-12-31", "含边界道路", "2019〕7", None)),
    ("yongchang_old", ("NBZ-03", "永昌", "Ⅰ类", "2019-09-01", "2020-06-30", "含", "2019〕8", None)),
    ("yongchang", ("NBZ-03", "永昌", "Ⅰ类", "2021-03-01", "2021-05-31", "含", "2021〕2", None)),
    ("youbu", ("NBZ-04", "游埠", "Ⅱ类", "2019-10-01", "2020-12-31", "不含边界", "2019〕9", "热电联产、集中供热")),
    ("lingdong", ("NBZ-05", "灵洞", "Ⅲ类", "2020-01-01", "2021-12-31", "含", "2020〕1", "集中供热;热电联产;污泥焚烧")),
)
"""Shape and legal record of every version; a later 施行日期 of a code replaces the former one."""


def no_burn(zones: Zones) -> RawTable:
    """No-burn zones of all classes: a hole, two parts, versions, a running deadline, an edge left out."""
    rows, shapes = [], []
    for shape_name, values in _NO_BURN:
        shape = getattr(zones, shape_name)
        row: dict[str, Any] = dict(zip(_NO_BURN_HEADERS, values, strict=True))
        row |= {"名称": f"示例{row['名称']}禁燃区", "文号": f"示例政告〔{row['文号']}号"}
        rows.append(row | {"目录版本": "2017", "公告面积": f"{shape.area / 1e6:.2f}", "示例": "是"})
        shapes.append(shape)
    return polygons(rows, shapes, zones.region, "禁燃区")


_NRMM_HEADERS = ("编号", "名称", "烟度类别", "施行日期", "文号", "应急豁免", "示例")
_NRMM = (
    ("NRMM-01", "示例主城区低排放控制区（示意）", "Ⅲ类", "2021-06-01", "兰政告〔2020〕9号", None, "是"),
    ("NRMM-02", "示例游埠低排放控制区（示意）", "Ⅱ类", "2020-01-01", "示例政告〔2019〕12号", "是", "是"),
)


def _simple(code: str, name: str, shape: Any, region: Region) -> RawTable:
    """A layer of one zone, under the canonical column names."""
    row = {
        "zone_code": code,
        "zone_name": f"示例{name}",
        "effective_from": "2019-01-01",
        "edge": "include",
        "is_demo": "yes",
    }
    return polygons([row], [shape], region, name)


def others(zones: Zones) -> list[tuple[str, RawTable]]:
    """The remaining zone layers, towns and cells."""
    region = zones.region
    nrmm = [dict(zip(_NRMM_HEADERS, values, strict=True)) for values in _NRMM]
    heat = [
        {"编号": code, "名称": f"示例{name}", "供热单位": f"示例{by}", "施行日期": "2019-01-01", "示例": "是"}
        for code, name, by, _ in HEAT
    ]
    return [
        ("nrmm_zones", polygons(nrmm, [zones.nrmm, zones.nrmm_youbu], region, "低排放控制区")),
        ("built_up_areas", _simple("BUA-01", "中心城区建成区", zones.built_up, region)),
        ("heat_networks", polygons(heat, zones.heat, region, "供热管网")),
        ("mixing_ban_areas", _simple("MIX-01", "禁止现场搅拌区域", zones.mixing, region)),
        ("development_zones", _simple("DEV-01", "经济开发区", zones.park, region)),
        ("towns", _towns(region)),
        ("grid_cells", _park_cells(zones)),
        ("grid_cells", _hot_cells(zones)),
    ]


def _towns(region: Region) -> RawTable:
    made = town_outlines(region)
    rows = [{"乡镇代码": code, "乡镇": name} for code, name, _ in made]
    shapes = np.array([shape for *_, shape in made], dtype=object)
    return filed(rows, shapes, DEGREES, "乡镇街道（边界示意）")


_HEADS = (
    *("张伟", "王芳", "李强", "刘洋", "陈静", "杨军", "黄丽", "周杰", "吴敏", "徐涛"),
    *("孙燕", "马超", "朱琳", "胡斌", "郭欣", "何勇", "林梅", "罗刚", "梁爽", "宋佳"),
)


def _park_cells(zones: Zones) -> RawTable:
    """Responsibility cells of the development zone: two left out, one without head, one drawn twice."""
    rows, shapes = [], []
    for number, part in enumerate(zones.cells):
        if number in zones.gaps:
            continue
        head = None if number == zones.headless else f"示例{_HEADS[number % len(_HEADS)]}"
        rows.append(_park_cell(f"P-{number + 1:02d}", f"示例园区第{number + 1}网格", head, number))
        shapes.append(part)
    rows.append(_park_cell("P-90", "示例重复划定网格", "示例赵敏", len(rows)))
    return polygons(rows, [*shapes, zones.doubled], zones.region, "责任网格")


def _park_cell(code: str, name: str, head: str | None, number: int) -> dict[str, Any]:
    member = f"示例{_HEADS[(number + 5) % len(_HEADS)]}"
    return {
        "网格编号": code,
        "网格名称": name,
        "网格体系": "责任网格",
        "级别": "园区级",
        "网格长": head,
        "网格员": member,
        "电话": f"0579-0000{number:04d}",
    }


def _hot_cells(zones: Zones) -> RawTable:
    """Hot cells of 1 km over the whole county; they answer no question of responsibility."""
    cells = squares(zones.county, CELL)
    rows = [
        {"cell_code": f"H-{n:04d}", "cell_name": f"示例热点网格{n:04d}", "grid_system": "hot", "level": "city"}
        for n in range(1, len(cells) + 1)
    ]
    return polygons(rows, [part for *_, part in cells], zones.region, "热点网格1公里")
