"""The words columns may hold: canonical value → Chinese synonyms accepted, first one shown (dictionary §2.1)."""

from __future__ import annotations

from layers import _fuels
from layers._layer import Vocabulary

FUEL = _fuels.FUEL

YES_NO = Vocabulary(
    {"yes": ("是", "有", "已", "y", "true", "1"), "no": ("否", "无", "未", "n", "false", "0")},
    {"yes": "yes", "no": "no"},
)

UNIT_TYPE = Vocabulary(
    {
        "boiler": ("锅炉", "蒸汽锅炉", "热水锅炉", "有机热载体锅炉", "发电锅炉"),
        "industrial_kiln": ("工业炉窑", "炉窑", "窑炉"),
        "heating_furnace": ("加热炉",),
        "drying_kiln": ("烘干炉窑", "烘干炉", "烘干窑"),
        "gas_producer": ("煤气发生炉",),
        "hot_air_furnace": ("热风炉",),
        "grain_dryer": ("储粮烘干设备", "粮食烘干机", "储粮烘干"),
        "tea_boiler": ("茶水炉",),
        "commercial_stove": ("经营性炉灶",),
        "civil_stove": ("民用燃煤设备", "民用"),
        "unknown": ("未知", "不详", "其他"),
    },
    {"hot_air_furnace": "hot-air furnace", "civil_stove": "household coal stove"},
)

UNIT_STATUS = Vocabulary(
    {"in_use": ("在用",), "standby": ("备用",), "idle": ("停用",), "removed": ("已拆除", "拆除")},
)

DUST_REMOVAL = Vocabulary(
    {
        "bag": ("袋式", "布袋", "袋式除尘"),
        "electrostatic_bag": ("电袋", "电袋复合"),
        "electrostatic": ("静电", "电除尘"),
        "cyclone": ("旋风", "多管旋风"),
        "wet": ("水膜", "湿式"),
        "none": ("无",),
    },
    {"bag": "bag filter", "electrostatic_bag": "electrostatic-bag filter", "wet": "wet scrubber"},
)

EXEMPT_CATEGORY = Vocabulary(
    {
        "central_heating": ("集中供热",),
        "chp": ("热电联产",),
        "sludge_incineration": ("污泥焚烧", "污泥干化焚烧"),
    },
    {"chp": "combined heat and power"},
)

ZONE_CLASS = Vocabulary(
    {
        "I": ("Ⅰ类", "Ⅰ", "I类", "1", "一类", "一般"),
        "II": ("Ⅱ类", "Ⅱ", "II类", "2", "二类", "较严"),
        "III": ("Ⅲ类", "Ⅲ", "III类", "3", "三类", "严格"),
    },
    {"I": "class I", "II": "class II", "III": "class III"},
)

EDGE = Vocabulary(
    {"include": ("含边界", "含", "含边界线", "含边界道路"), "exclude": ("不含边界", "不含")},
    {"include": "edge included", "exclude": "edge excluded"},
)

GRID_SYSTEM = Vocabulary(
    {"responsibility": ("责任网格",), "hot": ("热点网格",), "patrol": ("巡查网格",)},
    {"responsibility": "responsibility grid", "hot": "hot-spot grid", "patrol": "patrol grid"},
)

GRID_LEVEL = Vocabulary(
    {
        "city": ("市级",),
        "town": ("镇级", "乡镇级"),
        "village": ("村级",),
        "park": ("园区级",),
        "enterprise": ("企业级",),
    },
)

MINE_STATUS = Vocabulary(
    {
        "producing": ("生产", "在产"),
        "suspended": ("停产整治",),
        "closed": ("关闭", "已关闭"),
        "owner_lost": ("责任主体灭失",),
        "restored": ("已修复", "修复"),
    },
    {"owner_lost": "ownerless"},
)

CRUSHING = Vocabulary(
    {
        "closed": ("密闭", "封闭"),
        "wet": ("湿式", "湿法"),
        "open_dry": ("露天干式", "敞开干式"),
        "none": ("无破碎", "无"),
    },
    {"closed": "enclosed", "open_dry": "open-air dry"},
)

SITE_STAGE = Vocabulary(
    {
        "in_progress": ("在建", "施工中"),
        "suspended": ("停工",),
        "completed": ("已竣工", "竣工"),
        "not_started": ("未开工",),
    },
)

YARD_TYPE = Vocabulary(
    {
        "sand_stone_yard": ("砂石场", "沙石场", "碎石场"),
        "mixing_plant": ("搅拌站", "混凝土搅拌站", "砂浆搅拌站"),
        "coal_yard": ("煤堆场", "煤场"),
        "freight_yard": ("货运堆场", "露天堆场"),
    },
    {"sand_stone_yard": "sand and stone yard"},
)

MACHINE_FUEL = Vocabulary(
    {
        "diesel": ("柴油",),
        "gasoline": ("汽油",),
        "gas": ("燃气", "天然气"),
        "electric": ("电动", "电"),
        "hybrid": ("混合动力",),
    },
)

EMISSION_STAGE = Vocabulary(
    {
        "0": ("国零",),
        "1": ("国一",),
        "2": ("国二",),
        "3": ("国三",),
        "4": ("国四",),
        "X": ("不明",),
        "D": ("电动",),
    },
    {
        "0": "stage 0",
        "1": "stage I",
        "2": "stage II",
        "3": "stage III",
        "4": "stage IV",
        "X": "not known",
        "D": "electric",
    },
)

DATUM = Vocabulary(
    {
        "cgcs2000": ("CGCS2000", "国家2000", "2000"),
        "wgs84": ("WGS84", "GPS"),
        "gcj02": ("GCJ-02", "火星", "高德"),
        "bd09": ("BD-09", "百度"),
        "assumed": ("未注明",),
    },
    {"cgcs2000": "CGCS2000", "wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09", "assumed": "not stated"},
)

GAS_USE = Vocabulary(
    {"fuel": ("燃料类", "燃料"), "feedstock": ("原料类", "原料")},
)

ENTERPRISE_STATUS = Vocabulary(
    {"operating": ("在产", "正常生产"), "suspended": ("停产",), "closed": ("关闭", "注销")},
)

CATALOGUE_VERSION = Vocabulary(
    {"2017": ("2017年", "2017版"), "2001": ("2001年", "2001版")},
    {"2017": "2017", "2001": "2001"},
)

PERMIT_CATEGORY = Vocabulary(
    {
        "重点": ("重点管理", "重点"),
        "简化": ("简化管理", "简化"),
        "登记": ("登记管理", "登记"),
    },
    {"重点": "key management", "简化": "simplified management", "登记": "registration only"},
)

PERFORMANCE_GRADE = Vocabulary(
    {"A": ("A级",), "B": ("B级",), "C": ("C级",), "D": ("D级",)},
    {"A": "grade A", "B": "grade B", "C": "grade C", "D": "grade D"},
)

STATION_TYPE = Vocabulary(
    {"standard": ("标准站",), "simple": ("简易站",), "composite": ("综合站",)},
)
