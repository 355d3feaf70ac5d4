"""Heat networks 集中供热管网覆盖范围: inside their coverage coal boilers are to go."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import ZONE_CHECKS, ZONE_COLUMNS

LAYER = Layer(
    title="供热管网覆盖范围",
    title_en="Heat networks",
    group="zones",
    geometry="polygon",
    key="zone_code",
    label="zone_name",
    clause="（十）",
    columns=(*ZONE_COLUMNS, Column("operator", ("供热单位",), "Heat supplier", example="示例热电")),
    style=Style(line="#B3446C", fill="#B3446C", fill_opacity=0.10, weight=1.6, dash="3 3"),
    zone=True,
    on_by_default=False,
    order=24,
    checks=ZONE_CHECKS,
)
