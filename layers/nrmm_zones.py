"""Low-emission zones for non-road mobile machinery 非道路移动机械低排放控制区."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import ZONE_CHECKS, ZONE_COLUMNS
from layers._vocabulary import YES_NO, ZONE_CLASS

LAYER = Layer(
    title="非道路移动机械低排放控制区",
    title_en="NRMM low-emission zones",
    group="zones",
    geometry="polygon",
    key="zone_code",
    label="zone_name",
    clause="（十八）",
    columns=(
        *ZONE_COLUMNS,
        Column(
            "smoke_class",
            ("烟度类别", "限值类别"),
            "Smoke class",
            "enum",
            vocabulary=ZONE_CLASS,
            empty_means="III",
            example="III",
        ),
        Column(
            "exempt_emergency",
            ("应急豁免",),
            "Emergency work exempt",
            "enum",
            vocabulary=YES_NO,
            empty_means="yes",
            example="yes",
        ),
    ),
    style=Style(line="#00796B", weight=2.2, dash="10 4 2 4"),
    zone=True,
    order=34,
    checks=ZONE_CHECKS,
)
