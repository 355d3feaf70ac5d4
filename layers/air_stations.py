"""Air quality stations 空气质量监测站."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import POSITION_COLUMNS
from layers._vocabulary import STATION_TYPE

LAYER = Layer(
    title="空气站",
    title_en="Air stations",
    group="monitoring",
    geometry="point",
    key="station_code",
    label="station_name",
    clause="（三十七）",
    columns=(
        Column("station_code", ("站点编号", "编号"), "Station code", required=True, example="A01"),
        Column("station_name", ("站点名称", "名称"), "Station"),
        Column("station_type", ("站点类型",), "Type", "enum", vocabulary=STATION_TYPE, example="simple"),
        Column("town_name", ("乡镇",), "Town"),
        Column(
            "valid_pct",
            ("有效率", "有效率(%)"),
            "Valid data",
            "number",
            unit="%",
            minimum=0,
            maximum=100,
        ),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#1F5F5B", fill="#2A8C82", fill_opacity=0.9, weight=1.2, symbol="triangle"),
    on_by_default=False,
    order=80,
)
