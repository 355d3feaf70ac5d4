"""Construction sites 施工工地 with the seven 100 % duties (七个100%)."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import POSITION_COLUMNS
from layers._vocabulary import SITE_STAGE, YES_NO

_DUTIES = (
    ("fence_pct", ("围挡", "围挡(%)"), "Fenced", "100"),
    ("cover_pct", ("物料覆盖", "物料覆盖(%)"), "Materials covered", "100"),
    ("wet_pct", ("土方湿法", "土方湿法作业(%)"), "Earthwork kept wet", "95"),
    ("hardened_pct", ("路面硬化", "路面硬化(%)"), "Roads hardened", "100"),
    ("wash_pct", ("车辆清洗", "车辆清洗(%)"), "Vehicles washed", "100"),
    ("sealed_truck_pct", ("渣土密闭", "渣土密闭运输(%)"), "Spoil trucks sealed", "100"),
    ("greening_pct", ("暂不开发绿化", "临时绿化(%)"), "Idle land greened", "na"),
)

LAYER = Layer(
    title="施工工地",
    title_en="Construction sites",
    group="facilities",
    geometry="point_or_polygon",
    key="site_code",
    label="site_name",
    clause="（二十一）",
    columns=(
        Column("site_code", ("工地编号", "编号"), "Site code", required=True, example="S01"),
        Column("site_name", ("工地名称", "名称"), "Site", example="示例工地"),
        Column("permit_no", ("施工许可", "施工许可证"), "Building permit"),
        Column(
            "stage",
            ("阶段", "施工阶段"),
            "Stage",
            "enum",
            vocabulary=SITE_STAGE,
            empty_means="in_progress",
            example="in_progress",
        ),
        *(
            Column(name, headers, title, "percent", unit="%", minimum=0, maximum=100, example=example)
            for name, headers, title, example in _DUTIES
        ),
        Column("inspected_on", ("检查日期",), "Inspected on", "date", example="2021-06-20"),
        Column(
            "online_monitor",
            ("在线监测", "扬尘在线联网"),
            "Dust monitor online",
            "enum",
            vocabulary=YES_NO,
            example="yes",
        ),
        Column("video", ("视频监控", "视频联网"), "Video online", "enum", vocabulary=YES_NO, example="yes"),
        Column("onsite_mixing", ("现场搅拌",), "Mixing on site", "enum", vocabulary=YES_NO, example="no"),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#7D5A00", fill="#E0A100", fill_opacity=0.55, weight=1.4, symbol="verdict"),
    order=60,
)
