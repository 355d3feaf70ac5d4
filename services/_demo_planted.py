"""Planted rows of the example city: over the two story dates they show every verdict of every rule.

Each pair is (where, cells): the name of a zone shape, "~name" for 5 m beside its edge with an accuracy of
15 m, or "nowhere". The rules that read the rows and the verdicts they bring are named beside them.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

_AT_WORK: Row = {"燃料类型": "柴油", "功率(kW)": "74", "检测k值": "0.44", "定位时间": "2021-06-18 09:30"}
_EARLIER: Row = _AT_WORK | {"定位时间": "2020-06-18 09:30"}

MACHINES: tuple[tuple[str, Row], ...] = (
    ("nrmm", _AT_WORK | {"检测k值": "0.62"}),  # V: smoke over class III
    ("nrmm", _AT_WORK | {"林格曼": "2"}),  # V: black smoke
    ("nrmm", _AT_WORK | {"检测k值": "0.50"}),  # C: exactly on the limit
    ("nrmm", _AT_WORK | {"检测k值": None}),  # U: to be measured on the spot
    ("nrmm", _AT_WORK | {"功率(kW)": None, "检测k值": "0.62"}),  # U: over the limit of some powers only
    ("nrmm", _AT_WORK | {"燃料类型": None}),  # U: fuel
    ("nrmm", _AT_WORK | {"定位时间": None}),  # U: when was it there
    ("~nrmm", _AT_WORK | {"检测k值": "0.85"}),  # U: inside or outside
    ("nowhere", _AT_WORK | {"检测k值": "1.20"}),  # U: no position
    ("nrmm", _AT_WORK | {"燃料类型": "电动", "检测k值": None}),  # N: electric
    ("nrmm", _AT_WORK | {"应急抢险": "是", "检测k值": "0.85"}),  # N: emergency
    ("nrmm", _AT_WORK | {"检测k值": "0.85", "定位时间": "2021-05-20 10:00"}),  # N: zone not yet in force
    ("nrmm_youbu", _EARLIER | {"检测k值": "0.85"}),  # V on the first day too: class II zone of 2020
    ("nrmm_youbu", _EARLIER | {"检测k值": "0.80"}),  # C on the first day too
    ("nrmm_youbu", _EARLIER | {"检测k值": None}),  # U on the first day too
)
"""R18-NRMM."""

_FULL: Row = dict.fromkeys(("围挡", "物料覆盖", "土方湿法", "路面硬化", "车辆清洗", "渣土密闭"), "100") | {
    "暂不开发绿化": "不涉及",
    "施工阶段": "在建",
    "在线监测": "是",
    "视频监控": "是",
    "现场搅拌": "否",
}

SITES: tuple[tuple[str, Row], ...] = (
    ("mixing", _FULL),  # C three times
    ("mixing", _FULL | {"物料覆盖": "95", "渣土密闭": None}),  # SITE7 V, whatever is missing
    ("mixing", _FULL | {"车辆清洗": None}),  # SITE7 U
    ("mixing", _FULL | {"在线监测": "否", "视频监控": None}),  # ONLINE V
    ("mixing", _FULL | {"视频监控": None}),  # ONLINE U
    ("mixing", _FULL | {"现场搅拌": "是"}),  # MIX V
    ("mixing", _FULL | {"现场搅拌": None}),  # MIX U
    ("~mixing", _FULL | {"现场搅拌": "是"}),  # MIX U: inside or outside
    ("nowhere", _FULL | {"现场搅拌": "是"}),  # MIX U: no position
    ("core", _FULL | {"施工阶段": "停工", "围挡": "60"}),  # judged as in progress: SITE7 V
    ("core", _FULL | {"施工阶段": "已竣工", "围挡": "60"}),  # N three times
)
"""R21-SITE7, R21-ONLINE, R21-MIX."""

SITES_AS_AREAS: tuple[tuple[str, Row], ...] = (
    ("~mixing", _FULL | {"现场搅拌": "是"}),  # MIX V: partly inside the ban area
    ("mixing", _FULL | {"现场搅拌": "否"}),  # MIX C
)
"""R21-MIX on polygons."""

MINES: tuple[tuple[Row, float | None], ...] = (
    ({"状态": "生产", "现场有作业": "是", "破碎方式": "密闭"}, 0.0),  # MINE C, CRUSH C
    ({"状态": "生产", "现场有作业": "是", "破碎方式": "露天干式"}, 60.0),  # MINE C: within 100 m2; CRUSH until D
    ({"状态": "生产", "现场有作业": "是", "破碎方式": "湿法"}, 4200.0),  # MINE V: beyond the licence
    ({"状态": "生产", "现场有作业": "是", "破碎方式": None}, None),  # MINE U: no face; CRUSH U
    ({"状态": "停产整治", "现场有作业": "是", "破碎方式": "无破碎"}, 0.0),  # MINE V: works while stopped
    ({"状态": "停产整治", "现场有作业": "否", "破碎方式": "湿法"}, 0.0),  # MINE C
    ({"状态": "停产整治", "现场有作业": "是", "验收日期": "2020-11-20", "破碎方式": "密闭"}, 0.0),  # V, accepted: C
    ({"状态": "关闭", "现场有作业": "是"}, None),  # MINE V: closed and active
    ({"状态": "关闭", "现场有作业": None}, None),  # MINE U
    ({"状态": "关闭", "现场有作业": "否"}, None),  # MINE C
    ({"状态": "责任主体灭失", "修复率": "60"}, None),  # MINE T for ever
    ({"状态": "责任主体灭失", "修复率": "100"}, None),  # MINE C
    ({"状态": "责任主体灭失"}, None),  # MINE U
    ({"状态": "已修复", "修复率": "100"}, None),  # MINE C
)
"""R24-MINE, R24-CRUSH: (cells, m2 of the working face beyond the licence; None: no face surveyed)."""

FACES: tuple[tuple[str, str | None], ...] = (
    ("F-90", None),  # V: far from every licence
    ("F-91", "M99"),  # U: inside the first licence, of a mine nobody knows
)
"""R24-MINE on faces without a mine: (face, mine named)."""

YARDS: tuple[Row, ...] = (
    {"类型": "砂石场", "破碎方式": "露天干式"},  # CRUSH until D
    {"类型": "砂石场", "破碎方式": "湿法"},  # CRUSH C
    {"类型": "砂石场", "破碎方式": None},  # CRUSH U
    {"类型": "砂石场", "破碎方式": "露天干式", "状态": "备用"},  # judged as in use
    {"类型": "砂石场", "破碎方式": "露天干式", "状态": "已拆除"},  # N
    {"类型": "搅拌站", "搅拌车间全封闭": "否"},  # MIXPLANT until D
    {"类型": "搅拌站", "搅拌车间全封闭": "是"},  # MIXPLANT C
    {"类型": "搅拌站", "搅拌车间全封闭": None},  # MIXPLANT U
    {"类型": "搅拌站", "搅拌车间全封闭": "否", "状态": "已拆除"},  # N
)
"""R24-CRUSH, R24-MIXPLANT."""

GRID_FIRMS: tuple[tuple[str, Row], ...] = (
    ("clear", {}),  # C
    ("gap", {}),  # (a) no cell
    ("doubled", {}),  # (b) two cells
    ("headless", {}),  # (c) a cell without head
    ("clear", {"企业责任人": None}),  # (d) no person
    ("~park", {"企业责任人": None}),  # U: inside or outside the development zone
    ("gap", {"企业状态": "关闭"}),  # N: closed
)
"""R14-GRID: (where in the development zone, cells of the enterprise)."""
