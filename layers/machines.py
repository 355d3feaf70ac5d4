"""Non-road mobile machinery 非道路移动机械, each at its latest position."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import POSITION_COLUMNS
from layers._vocabulary import EMISSION_STAGE, MACHINE_FUEL, YES_NO

LAYER = Layer(
    title="非道路移动机械",
    title_en="Non-road machines",
    group="facilities",
    geometry="point",
    key="machine_code",
    label="machine_code",
    clause="（十八）",
    columns=(
        Column("machine_code", ("环保登记号码", "编号"), "Registration", required=True, example="3-CM000001"),
        Column("machine_type", ("机械类型", "机械名称"), "Machine", example="挖掘机"),
        Column("owner", ("所属人",), "Owner", personal=True),
        Column("enterprise_code", ("企业编号",), "Enterprise code", links_to="enterprises"),
        Column("fuel", ("燃料类型",), "Fuel", "enum", vocabulary=MACHINE_FUEL, example="diesel"),
        Column(
            "emission_stage",
            ("排放阶段",),
            "Emission stage",
            "enum",
            vocabulary=EMISSION_STAGE,
            example="3",
        ),
        Column("power_kw", ("功率", "功率(kW)"), "Power", "number", unit="kW", above=0, example="110"),
        Column(
            "smoke_k",
            ("光吸收系数", "检测k值"),
            "Light absorption k",
            "number",
            unit="m-1",
            minimum=0,
            example="0.62",
        ),
        Column("ringelmann", ("林格曼黑度", "林格曼"), "Ringelmann number", "number", minimum=0, maximum=5),
        Column("tested_on", ("检测日期",), "Tested on", "date"),
        Column("emergency", ("应急抢险",), "Emergency work", "enum", vocabulary=YES_NO, empty_means="no"),
        Column("observed_at", ("定位时间", "时间"), "Position at", "datetime", example="2021-07-01 09:30"),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#00796B", fill="#00796B", fill_opacity=0.9, weight=1.4, symbol="verdict"),
    order=76,
)
