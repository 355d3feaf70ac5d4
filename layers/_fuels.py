"""Fuels 燃料 in the groups of the catalogue of high-pollution fuels (高污染燃料目录, 2017)."""

from __future__ import annotations

from layers._layer import Vocabulary

_COAL = {
    "raw_coal": ("原煤", "煤", "煤炭", "燃煤", "烟煤", "无烟煤", "褐煤"),
    "loose_coal": ("散煤",),
    "coal_gangue": ("煤矸石",),
    "coal_slime": ("煤泥",),
    "pulverized_coal": ("煤粉",),
    "coal_water_slurry": ("水煤浆",),
    "briquette": ("型煤", "蜂窝煤"),
    "coke": ("焦炭",),
    "semi_coke": ("兰炭",),
    "other_coal": ("其他煤制品",),
}
_OIL = {
    "petcoke": ("石油焦",),
    "oil_shale": ("油页岩",),
    "crude_oil": ("原油",),
    "heavy_oil": ("重油",),
    "residual_oil": ("渣油",),
    "coal_tar": ("煤焦油",),
}
_BIO = {
    "biomass_pellet": ("生物质成型燃料", "生物质颗粒", "生物质"),
    "raw_biomass": ("直接燃用生物质", "木柴", "秸秆", "锯末", "稻壳", "蔗渣"),
}
_CLEAN = {
    "natural_gas": ("天然气", "管道天然气"),
    "shale_gas": ("页岩气",),
    "lng": ("液化天然气", "LNG"),
    "lpg": ("液化石油气", "LPG"),
    "electricity": ("电", "电力", "电能"),
    "purchased_heat": ("外购蒸汽", "外购热力"),
}
_OTHER = {
    "light_diesel": ("轻柴油", "柴油"),
    "kerosene": ("煤油",),
    "alcohol_fuel": ("醇基燃料",),
    "manufactured_gas": ("人工煤气", "煤气"),
    "charcoal": ("木炭",),
    "waste": ("废弃物",),
}
_UNKNOWN = {"unknown": ("未知", "不详", "其他")}

COAL = frozenset(_COAL)
OIL = frozenset(_OIL)
BIO = frozenset(_BIO)
CLEAN = frozenset(_CLEAN)
OTHER = frozenset(_OTHER)
UNKNOWN = frozenset(_UNKNOWN)

GROUPS: dict[str, frozenset[str]] = {
    "COAL": COAL,
    "OIL": OIL,
    "BIO": BIO,
    "CLEAN": CLEAN,
    "OTHER": OTHER,
    "UNKNOWN": UNKNOWN,
}

GROUP_TITLES = {
    "COAL": ("煤及煤制品", "Coal and coal products"),
    "OIL": ("高污染油类", "High-pollution oils"),
    "BIO": ("生物质", "Biomass"),
    "CLEAN": ("清洁能源", "Clean energy"),
    "OTHER": ("其他燃料", "Other fuels"),
    "UNKNOWN": ("未知", "Unknown"),
}

FUEL = Vocabulary(
    words={**_COAL, **_OIL, **_BIO, **_CLEAN, **_OTHER, **_UNKNOWN},
    english={
        "raw_coal": "raw coal",
        "loose_coal": "loose coal",
        "coal_gangue": "coal gangue",
        "coal_slime": "coal slime",
        "pulverized_coal": "pulverised coal",
        "coal_water_slurry": "coal-water slurry",
        "semi_coke": "semi-coke",
        "other_coal": "other coal product",
        "petcoke": "petroleum coke",
        "lng": "LNG",
        "lpg": "LPG",
        "biomass_pellet": "biomass pellets",
        "raw_biomass": "raw biomass",
        "purchased_heat": "purchased heat",
        "light_diesel": "light diesel",
    },
)


def group(fuel: str | None) -> str:
    """The group of a canonical fuel: COAL, OIL, BIO, CLEAN, OTHER or UNKNOWN (also for None and unlisted)."""
    for name, members in GROUPS.items():
        if fuel in members:
            return name
    return "UNKNOWN"
