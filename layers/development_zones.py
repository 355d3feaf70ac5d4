"""Development zones 开发区: every enterprise in them needs a grid cell and a named person."""

from __future__ import annotations

from layers._layer import Layer, Style
from layers._sets import ZONE_CHECKS, ZONE_COLUMNS

LAYER = Layer(
    title="开发区",
    title_en="Development zones",
    group="zones",
    geometry="polygon",
    key="zone_code",
    label="zone_name",
    clause="（十四）",
    columns=ZONE_COLUMNS,
    style=Style(line="#33691E", fill="#33691E", fill_opacity=0.06, weight=2.0, dash="12 4"),
    zone=True,
    on_by_default=False,
    order=22,
    checks=ZONE_CHECKS,
)
