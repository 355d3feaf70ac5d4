"""Petrol stations 加油站 and their vapour recovery."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import POSITION_COLUMNS
from layers._vocabulary import YES_NO

LAYER = Layer(
    title="加油站",
    title_en="Petrol stations",
    group="monitoring",
    geometry="point",
    key="petrol_code",
    label="petrol_name",
    clause="（二十）",
    columns=(
        Column("petrol_code", ("加油站编号", "编号"), "Station code", required=True, example="P01"),
        Column("petrol_name", ("加油站名称", "名称"), "Petrol station"),
        Column(
            "gasoline_t",
            ("年汽油销量", "年汽油销量(t)"),
            "Petrol sold a year",
            "number",
            unit="t/year",
            minimum=0,
            example="5200",
        ),
        Column(
            "vapour_recovery",
            ("油气回收",),
            "Vapour recovery",
            "enum",
            vocabulary=YES_NO,
            example="yes",
        ),
        Column(
            "vapour_monitor",
            ("油气在线监测", "在线设备"),
            "Vapour monitor",
            "enum",
            vocabulary=YES_NO,
            example="no",
        ),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#5C4B8A", fill="#8E7CC3", fill_opacity=0.9, weight=1.2, symbol="square"),
    on_by_default=False,
    order=82,
)
