"""The zones of the example city, as the files an office would hand over: Chinese headers, degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.raw import RawTable
from geo.region import Region
from services._demo_places import CENTRE, blob, county_of, degrees, squares, towns

YONGCHANG, YOUBU, LINGDONG, SHANGHUA = (119.405, 29.192), (119.350, 29.128), (119.5450, 29.1830), (119.4750, 29.1560)
PARK = (119.4330, 29.2030)


class Zones:
    """Every zone shape of the city in judging metres, made once and shared by facilities."""

    def __init__(self, rng: np.random.Generator, region: Region) -> None:
        self.region = region
        self.county = county_of(region)
        self.core_old = blob(rng, CENTRE, 1900, region)
        self.core = shapely.union_all([blob(rng, CENTRE, 2600, region), self.core_old])
        outer = shapely.union_all([blob(rng, (119.472, 29.207), 5200, region), self.core.buffer(900)])
        self.suburb = shapely.difference(outer, self.core)
        self.yongchang = shapely.difference(blob(rng, YONGCHANG, 2600, region), outer)
        self.youbu = blob(rng, YOUBU, 2300, region)
        east = blob(rng, (119.5560, 29.1850), 1500, region)
        self.lingdong = shapely.difference(shapely.union_all([east, blob(rng, (119.5800, 29.2060), 900, region)]), outer)
        self.built_up = blob(rng, (119.4680, 29.2060), 3500, region)
        self.nrmm = blob(rng, (119.4700, 29.2080), 3100, region)
        self.nrmm_youbu = blob(rng, YOUBU, 1500, region)
        self.mixing = blob(rng, (119.4690, 29.2070), 4600, region)
        self.park = shapely.difference(blob(rng, PARK, 2600, region), self.core_old)
        self.heat = (
            ("HEAT-1", "灵洞-永昌供热区", "浙能兰溪发电", shapely.union_all([blob(rng, (119.500, 29.165), 4200, region), blob(rng, (119.425, 29.185), 2600, region)])),
            ("HEAT-2", "兰江-女埠供热区", "协鑫环保热电", blob(rng, (119.437, 29.252), 3600, region)),
            ("HEAT-3", "梅江-横溪供热区", "梅江供热站", blob(rng, (119.728, 29.325), 3800, region)),
            ("HEAT-4", "游埠-水亭供热区", "游埠供热站", blob(rng, (119.328, 29.148), 3300, region)),
        )  # fmt: skip


def polygons(rows: list[dict[str, Any]], shapes: list[Any], region: Region, name: str) -> RawTable:
    """A raw table of polygons in degrees, as a GeoJSON of an office would give."""
    headers = list(dict.fromkeys(header for row in rows for header in row))
    frame = pd.DataFrame([[row.get(h) for h in headers] for row in rows], columns=headers, dtype=object)
    return RawTable(
        frame, list(range(1, len(rows) + 1)), degrees(shapes, region), "EPSG:4490", True, "UTF-8", "GeoJSON", f"示例{name}"
    )


def no_burn(zones: Zones) -> RawTable:
    """No-burn zones of all three classes: a hole, two parts, two versions, a running deadline, an excluded edge."""
    doc = "兰政告〔示例〕{}号"
    rows = [
        ("NBZ-01", "示例中心城区禁燃区", "Ⅱ类", "2018-07-01", "2019-06-30", "含边界线", doc.format(3), None, zones.core_old),
        ("NBZ-01", "示例中心城区禁燃区", "Ⅲ类", "2019-09-01", "2020-06-30", "含边界线", doc.format(7), None, zones.core),
        ("NBZ-02", "示例城郊禁燃区", "Ⅱ类", "2019-09-01", "2020-12-31", "含边界道路", doc.format(7), None, zones.suburb),
        ("NBZ-03", "示例永昌禁燃区", "Ⅰ类", "2019-09-01", "2020-06-30", "含", doc.format(8), None, zones.yongchang),
        ("NBZ-04", "示例游埠禁燃区", "Ⅱ类", "2019-10-01", "2020-12-31", "不含边界", doc.format(9), "热电联产、集中供热", zones.youbu),
        ("NBZ-05", "示例灵洞禁燃区", "Ⅲ类", "2020-01-01", "2021-12-31", "含", doc.format(1), "集中供热;热电联产;污泥焚烧", zones.lingdong),
    ]  # fmt: skip
    heads = ("编号", "名称", "类别", "施行日期", "限期日期", "边界线", "文号", "豁免类别")
    records = [dict(zip(heads, row[:8], strict=True)) | _common(row[8]) for row in rows]
    return polygons(records, [row[8] for row in rows], zones.region, "禁燃区")


def _common(shape: Any) -> dict[str, Any]:
    return {"目录版本": "2017", "公告面积": f"{shape.area / 1e6:.2f}", "示例": "是"}


def others(zones: Zones) -> list[tuple[str, RawTable]]:
    """The remaining zone layers."""
    nrmm = [
        {"编号": "NRMM-01", "名称": "示例主城区低排放控制区（示意）", "烟度类别": "Ⅲ类", "施行日期": "2021-06-01", "文号": "兰政告〔2020〕9号", "示例": "是"},
        {"编号": "NRMM-02", "名称": "示例游埠低排放控制区（示意）", "烟度类别": "Ⅱ类", "施行日期": "2020-01-01", "应急豁免": "是", "示例": "是"},
    ]  # fmt: skip
    heat = [{"编号": code, "名称": f"示例{name}", "供热单位": f"示例{operator}", "施行日期": "2019-01-01", "示例": "是"} for code, name, operator, _ in zones.heat]

    def single(code: str, name: str) -> list[dict[str, Any]]:
        return [{"zone_code": code, "zone_name": f"示例{name}", "effective_from": "2019-01-01", "edge": "include", "is_demo": "yes"}]

    region = zones.region
    return [
        ("nrmm_zones", polygons(nrmm, [zones.nrmm, zones.nrmm_youbu], region, "低排放控制区")),
        ("built_up_areas", polygons(single("BUA-01", "中心城区建成区"), [zones.built_up], region, "建成区")),
        ("heat_networks", polygons(heat, [shape for *_, shape in zones.heat], region, "供热管网")),
        ("mixing_ban_areas", polygons(single("MIX-01", "禁止现场搅拌区域"), [zones.mixing], region, "禁止现场搅拌区域")),
        ("development_zones", polygons(single("DEV-01", "经济开发区"), [zones.park], region, "经济开发区")),
        ("towns", _towns(region)),
        ("grid_cells", _park_cells(zones)),
        ("grid_cells", _hot_cells(zones)),
    ]


def _towns(region: Region) -> RawTable:
    made = towns(region)
    rows = [{"乡镇代码": code, "乡镇": name} for code, name, _ in made]
    return polygons(rows, [shape for *_, shape in made], region, "乡镇街道（边界示意）")


def _park_cells(zones: Zones) -> RawTable:
    """Responsibility cells of the development zone: two left out, one without head, one doubled."""
    cells = squares(zones.park, 1000)
    people = "张伟 王芳 李强 刘洋 陈静 杨军 黄丽 周杰 吴敏 徐涛 孙燕 马超 朱琳 胡斌 郭欣 何勇 林梅 罗刚 梁爽 宋佳".split()
    rows, shapes = [], []
    for number, (_, _, part) in enumerate(cells, start=1):
        if number in (7, 16):
            continue
        head = None if number == 11 else f"示例{people[number % len(people)]}"
        rows.append({"网格编号": f"P-{number:02d}", "网格名称": f"示例园区第{number}网格", "网格体系": "责任网格", "级别": "园区级",
                     "网格长": head, "网格员": f"示例{people[(number + 5) % len(people)]}", "电话": f"138000{number:05d}"})  # fmt: skip
        shapes.append(part)
    rows.append({"网格编号": "P-90", "网格名称": "示例重复划定网格", "网格体系": "责任网格", "级别": "园区级", "网格长": "示例赵敏"})
    shapes.append(shapely.intersection(cells[4][2], cells[4][2].centroid.buffer(320)))
    return polygons(rows, shapes, zones.region, "责任网格")


def _hot_cells(zones: Zones) -> RawTable:
    cells = squares(zones.county, 1000)
    rows = [{"cell_code": f"H-{number:04d}", "cell_name": f"示例热点网格{number:04d}", "grid_system": "hot", "level": "city"} for number in range(1, len(cells) + 1)]
    return polygons(rows, [part for *_, part in cells], zones.region, "热点网格1公里")
