"""Sand and stone yards, mixing plants and open stockyards 砂石场、搅拌站、堆场."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import POSITION_COLUMNS
from layers._vocabulary import CRUSHING, UNIT_STATUS, YARD_TYPE, YES_NO

LAYER = Layer(
    title="堆场与搅拌站",
    title_en="Yards and mixing plants",
    group="facilities",
    geometry="point",
    key="yard_code",
    label="yard_name",
    clause="（二十四）",
    columns=(
        Column("yard_code", ("堆场编号", "编号"), "Yard code", required=True, example="Y01"),
        Column("yard_name", ("堆场名称", "名称"), "Yard", example="示例砂石场"),
        Column("enterprise_code", ("企业编号",), "Enterprise code", links_to="enterprises"),
        Column(
            "yard_type",
            ("堆场类型", "类型"),
            "Type",
            "enum",
            vocabulary=YARD_TYPE,
            required=True,
            example="sand_stone_yard",
        ),
        Column(
            "status",
            ("状态",),
            "Status",
            "enum",
            vocabulary=UNIT_STATUS,
            empty_means="in_use",
            example="in_use",
        ),
        Column("crushing", ("破碎方式",), "Crushing", "enum", vocabulary=CRUSHING, example="open_dry"),
        Column(
            "hall_enclosed",
            ("搅拌车间全封闭",),
            "Mixing hall enclosed",
            "enum",
            vocabulary=YES_NO,
            example="yes",
        ),
        Column(
            "pile_enclosed",
            ("堆场封闭", "堆场围挡"),
            "Stockpile enclosed",
            "enum",
            vocabulary=YES_NO,
            example="yes",
        ),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#5B4636", fill="#A68A6D", fill_opacity=0.8, weight=1.4, symbol="verdict"),
    order=70,
)
