"""Column sets shared by layers: Z of every zone layer, P of every point table (dictionary §2.2)."""

from __future__ import annotations

import datetime as dt

from layers._layer import Check, Column, Remark
from layers._vocabulary import DATUM, EDGE, YES_NO

ZONE_COLUMNS: tuple[Column, ...] = (
    Column("zone_code", ("编号", "分区编号", "区域编号"), "Zone code", required=True, example="NBZ2"),
    Column("zone_name", ("名称", "区域名称"), "Zone name", example="示例二类区"),
    Column("effective_from", ("施行日期", "起始日期"), "In force from", "date", example="2019-09-01"),
    Column("effective_to", ("有效期至",), "Last day in force", "date"),
    Column("edge", ("边界线",), "Edge", "enum", vocabulary=EDGE, empty_means="include", example="include"),
    Column("doc_no", ("文号",), "Document number", example="兰政告〔2020〕9号"),
    Column(
        "stated_area_km2",
        ("公告面积", "公告面积(平方公里)"),
        "Stated area",
        "number",
        unit="km2",
        above=0,
        example="4.0",
    ),
    Column("is_demo", ("示例",), "Example data", "enum", vocabulary=YES_NO, example="yes"),
)

POSITION_COLUMNS: tuple[Column, ...] = (
    Column("lon", ("经度",), "Longitude", "number", unit="°", example="119.466712345"),
    Column("lat", ("纬度",), "Latitude", "number", unit="°", example="29.214212345"),
    Column("easting", ("东坐标", "Y坐标"), "Easting", "number", unit="m", example="448142.930"),
    Column("northing", ("北坐标", "X坐标"), "Northing", "number", unit="m", example="3233128.517"),
    Column("crs", ("坐标系",), "Coordinate system", example="EPSG:4549"),
    Column(
        "datum",
        ("坐标基准", "基准"),
        "Datum",
        "enum",
        vocabulary=DATUM,
        empty_means="cgcs2000",
        example="cgcs2000",
    ),
    Column(
        "accuracy_m",
        ("坐标精度", "坐标精度(m)"),
        "Coordinate accuracy",
        "number",
        unit="m",
        minimum=0,
        example="15",
    ),
)


def _dates_in_order(start: dt.date, end: dt.date) -> Remark | None:
    if end >= start:
        return None
    return Remark(
        f"有效期至 {end} 早于施行日期 {start}，该区域从未生效",
        f"the last day in force {end} lies before the first {start}: the zone was never in force",
        "请核对两个日期",
    )


ZONE_CHECKS: tuple[Check, ...] = (
    Check(("effective_from", "effective_to"), _dates_in_order, severity="quarantined"),
)
