"""Built-up areas 建成区: where small coal stoves and biomass boilers have rules of their own."""

from __future__ import annotations

from layers._layer import Layer, Style
from layers._sets import ZONE_CHECKS, ZONE_COLUMNS

LAYER = Layer(
    title="建成区",
    title_en="Built-up areas",
    group="zones",
    geometry="polygon",
    key="zone_code",
    label="zone_name",
    clause="（十）",
    columns=ZONE_COLUMNS,
    style=Style(line="#8C6D46", fill="#8C6D46", fill_opacity=0.08, weight=1.6, dash="6 3"),
    zone=True,
    on_by_default=False,
    order=20,
    checks=ZONE_CHECKS,
)
