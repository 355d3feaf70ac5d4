"""Enterprises 企业, the facilities most findings belong to."""

from __future__ import annotations

from layers._codes import check_permit, check_uscc
from layers._layer import Column, Layer, Style
from layers._sets import POSITION_COLUMNS
from layers._vocabulary import (
    ENTERPRISE_STATUS,
    PERFORMANCE_GRADE,
    PERMIT_CATEGORY,
    YES_NO,
)

LAYER = Layer(
    title="企业",
    title_en="Enterprises",
    group="facilities",
    geometry="point",
    key="enterprise_code",
    label="enterprise_name",
    clause="（十四）",
    columns=(
        Column("enterprise_code", ("企业编号", "编号"), "Enterprise code", required=True, example="E0001"),
        Column("enterprise_name", ("企业名称", "名称", "单位名称"), "Enterprise", example="示例纺织厂"),
        Column("uscc", ("统一社会信用代码",), "Unified social credit code", check=check_uscc),
        Column("permit_no", ("排污许可证编号",), "Discharge permit", check=check_permit),
        Column("permit_category", ("管理类别",), "Permit category", "enum", vocabulary=PERMIT_CATEGORY),
        Column("industry_code", ("行业代码",), "Industry code (GB/T 4754)", example="1713"),
        Column("address", ("地址",), "Address"),
        Column("town_name", ("乡镇", "乡镇街道"), "Town", example="上华街道"),
        Column(
            "performance_grade",
            ("绩效分级",),
            "Performance grade",
            "enum",
            vocabulary=PERFORMANCE_GRADE,
            example="C",
        ),
        Column(
            "is_key_discharger",
            ("重点排污单位",),
            "Key discharger",
            "enum",
            vocabulary=YES_NO,
            example="no",
        ),
        Column(
            "status",
            ("状态", "企业状态"),
            "Status",
            "enum",
            vocabulary=ENTERPRISE_STATUS,
            empty_means="operating",
            example="operating",
        ),
        Column(
            "grid_person",
            ("企业责任人", "网格责任人"),
            "Person responsible",
            personal=True,
            example="王五",
        ),
        Column("contact", ("联系人",), "Contact", personal=True),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#1B6FAE", fill="#1B6FAE", fill_opacity=0.9, weight=1.4, symbol="verdict"),
    order=72,
)
