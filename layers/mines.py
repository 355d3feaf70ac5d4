"""Open-pit mines 露天矿山, each with its licence area 许可范围."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._vocabulary import CRUSHING, MINE_STATUS, YES_NO

LAYER = Layer(
    title="露天矿山",
    title_en="Open-pit mines",
    group="facilities",
    geometry="polygon",
    key="mine_code",
    label="mine_name",
    clause="（二十四）",
    columns=(
        Column("mine_code", ("矿山编号", "编号"), "Mine code", required=True, example="M01"),
        Column("mine_name", ("矿山名称", "名称"), "Mine", example="示例石矿"),
        Column("licence_no", ("采矿许可证", "采矿许可证号"), "Mining licence"),
        Column("mineral", ("矿种",), "Mineral", example="石灰石"),
        Column(
            "status",
            ("状态", "矿山状态"),
            "Status",
            "enum",
            vocabulary=MINE_STATUS,
            required=True,
            example="producing",
        ),
        Column(
            "is_active",
            ("现场有作业", "是否作业"),
            "Work seen on site",
            "enum",
            vocabulary=YES_NO,
            example="yes",
        ),
        Column("accepted_on", ("验收日期",), "Accepted on", "date"),
        Column(
            "restored_pct",
            ("修复率", "修复率(%)"),
            "Restored",
            "number",
            unit="%",
            minimum=0,
            maximum=100,
            example="100",
        ),
        Column("crushing", ("破碎方式",), "Crushing", "enum", vocabulary=CRUSHING, example="closed"),
    ),
    style=Style(line="#7A4A12", fill="#7A4A12", fill_opacity=0.18, weight=1.6, pattern="hatch"),
    order=50,
)
