"""Areas in which mixing concrete or mortar on site is banned 禁止现场搅拌区域."""

from __future__ import annotations

from layers._layer import Layer, Style
from layers._sets import ZONE_CHECKS, ZONE_COLUMNS

LAYER = Layer(
    title="禁止现场搅拌区域",
    title_en="On-site mixing ban areas",
    group="zones",
    geometry="polygon",
    key="zone_code",
    label="zone_name",
    clause="（二十一）",
    columns=ZONE_COLUMNS,
    style=Style(line="#A35200", fill=None, weight=1.8, dash="2 6"),
    zone=True,
    on_by_default=False,
    order=26,
    checks=ZONE_CHECKS,
)
