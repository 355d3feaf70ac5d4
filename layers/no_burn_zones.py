"""No-burn zones 高污染燃料禁燃区: legal areas in which fuels of one class and above are forbidden."""

from __future__ import annotations

from layers._layer import Check, Column, Layer, Remark, Style
from layers._sets import ZONE_CHECKS, ZONE_COLUMNS
from layers._vocabulary import CATALOGUE_VERSION, EXEMPT_CATEGORY, ZONE_CLASS


def _old_catalogue(version: str) -> Remark | None:
    if version != "2001":
        return None
    return Remark(
        "该区域依据 2001 年目录划定，系统按 2017 年目录判定",
        "the zone was drawn under the catalogue of 2001; it is judged by that of 2017",
        "请核对公告是否已按 2017 年目录重新划定",
    )


LAYER = Layer(
    title="禁燃区",
    title_en="No-burn zones",
    group="zones",
    geometry="polygon",
    key="zone_code",
    label="zone_name",
    clause="（十一）",
    columns=(
        *ZONE_COLUMNS,
        Column(
            "zone_class",
            ("类别", "禁燃类别", "燃料类别"),
            "Class",
            "enum",
            vocabulary=ZONE_CLASS,
            required=True,
            example="II",
        ),
        Column(
            "existing_deadline",
            ("限期日期", "已建设施限期"),
            "Deadline for existing units",
            "date",
            example="2020-06-30",
        ),
        Column(
            "exemptions",
            ("豁免", "豁免类别"),
            "Exemptions",
            "enum_list",
            vocabulary=EXEMPT_CATEGORY,
            example="chp;central_heating",
        ),
        Column(
            "catalogue_version",
            ("目录版本",),
            "Catalogue version",
            "enum",
            vocabulary=CATALOGUE_VERSION,
            example="2017",
        ),
    ),
    style=Style(line="#9A6FC4", fill="#9A6FC4", fill_opacity=0.26, weight=2.0, dash="8 5"),
    style_by="zone_class",
    styles={
        "I": Style(line="#CDB7E2", fill="#CDB7E2", fill_opacity=0.30, weight=1.6, dash="1.6 4"),
        "II": Style(line="#9A6FC4", fill="#9A6FC4", fill_opacity=0.26, weight=2.0, dash="8 5"),
        "III": Style(line="#5E2F96", fill="#5E2F96", fill_opacity=0.22, weight=2.6),
    },
    zone=True,
    order=30,
    checks=(*ZONE_CHECKS, Check(("catalogue_version",), _old_catalogue)),
)
