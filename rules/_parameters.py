"""Parameters of the rules: defaults of the contract, overridable in ``data/region.toml``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from geo.errors import Unavailable
from geo.region import Region
from layers._fuels import GROUPS
from layers._vocabulary import DUST_REMOVAL


class ParameterUnusable(Unavailable):
    """An override in the region file is unknown or has a value of another kind."""

    zh = "区域配置中的参数“{key}”不可用：{detail}，请改正 data/region.toml。"
    en = "The parameter “{key}” of the region file cannot be used: {detail}; correct data/region.toml."


@dataclass(frozen=True)
class Parameter:
    """One setting of the rules: default, unit and what it does (dictionary §3.4)."""

    key: str
    default: Any
    unit: str
    doc: str
    doc_en: str


SMOKE_LIMITS: dict[str, tuple[Decimal, Decimal, Decimal]] = {
    "I": (Decimal("3.00"), Decimal("2.00"), Decimal("1.61")),
    "II": (Decimal("2.00"), Decimal("1.00"), Decimal("0.80")),
    "III": (Decimal("0.80"), Decimal("0.80"), Decimal("0.50")),
}

PARAMETERS: dict[str, Parameter] = {
    p.key: p
    for p in (
        Parameter("plan_start", dt.date(2019, 1, 1), "", "计划起始日", "first day of the plan"),
        Parameter("plan_end", dt.date(2020, 12, 31), "", "计划截止日（当日仍为期内）",
                  "last day of the plan, itself in time"),
        Parameter("class1_quality_mode", "any", "", "Ⅰ类煤质超限口径：any 任一指标超限，all 全部超限",
                  "class I coal quality: any or all limits exceeded"),
        Parameter("hpf_outside_zone", ("COAL", "OIL"), "", "禁燃区外“高污染燃料”的范围",
                  "fuel groups that count as high-pollution outside zones"),
        Parameter("ultra_low_pm", Decimal(10), "mg/m3", "超低排放颗粒物限值", "ultra-low limit, particulates"),
        Parameter("ultra_low_so2", Decimal(35), "mg/m3", "超低排放二氧化硫限值", "ultra-low limit, SO2"),
        Parameter("ultra_low_nox", Decimal(50), "mg/m3", "超低排放氮氧化物限值", "ultra-low limit, NOx"),
        Parameter("ultra_low_bio_pm", Decimal(10), "mg/m3", "生物质锅炉超低排放颗粒物限值",
                  "biomass ultra-low limit, particulates"),
        Parameter("ultra_low_bio_so2", Decimal(35), "mg/m3", "生物质锅炉超低排放二氧化硫限值",
                  "biomass ultra-low limit, SO2"),
        Parameter("ultra_low_bio_nox", Decimal(50), "mg/m3", "生物质锅炉超低排放氮氧化物限值",
                  "biomass ultra-low limit, NOx"),
        Parameter("edge_tolerance_m", Decimal("0.20"), "m", "边界线容差", "tolerance at the edge of a zone"),
        Parameter("licence_tolerance_m2", Decimal(100), "m2", "采矿越界面积容差",
                  "tolerated area of a face beyond its licence"),
        Parameter("overlap_tolerance_m2", Decimal(100), "m2", "面状工地落区面积容差",
                  "overlap from which a site polygon is inside"),
        Parameter("high_eff_dust", ("bag", "electrostatic_bag"), "", "认定为高效除尘的方式",
                  "dust collectors that count as highly efficient"),
        Parameter("low_eff_dust", ("cyclone", "wet", "none"), "", "认定为非高效除尘的方式",
                  "dust collectors that do not"),
        Parameter("smoke_limits", SMOKE_LIMITS, "m-1", "光吸收系数限值（功率 <19 / 19–<37 / ≥37 kW）",
                  "smoke limits by class and power band"),
        Parameter("ringelmann_limit", Decimal(1), "", "林格曼黑度限值", "Ringelmann limit"),
        Parameter("hearth_limit_m", Decimal("3.0"), "m", "煤气发生炉炉膛直径界限",
                  "hearth diameter limit of gas producers"),
    )
}  # fmt: skip


_WORDS: dict[str, tuple[str, ...]] = {
    "hpf_outside_zone": tuple(name for name in GROUPS if name != "UNKNOWN"),
    "high_eff_dust": tuple(DUST_REMOVAL.words),
    "low_eff_dust": tuple(DUST_REMOVAL.words),
}


class Parameters:
    """The values in force: defaults, the plan dates of the region, then its overrides."""

    def __init__(self, region: Region) -> None:
        self._values: dict[str, Any] = {key: p.default for key, p in PARAMETERS.items()}
        self._values |= {"plan_start": region.plan_start, "plan_end": region.plan_end}
        for key, value in region.parameters.items():
            self._values[key] = _checked(key, value)
        both = set(self["high_eff_dust"]) & set(self["low_eff_dust"])
        if both:
            detail = f"{'、'.join(sorted(both))} is in high_eff_dust and in low_eff_dust / 同时列为高效和非高效"
            raise ParameterUnusable(key="low_eff_dust", detail=detail)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def texts(self, keys: tuple[str, ...] | None = None) -> dict[str, Any]:
        """The values as plain text and lists, for records and hashes."""
        return {key: as_text(self._values[key]) for key in sorted(keys or self._values)}


def as_text(value: Any) -> Any:
    """One parameter value as JSON can hold it, decimals and dates as text."""
    if isinstance(value, Mapping):
        return {str(key): as_text(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [as_text(item) for item in value]
    return str(value)


def _checked(key: str, value: Any) -> Any:
    if key not in PARAMETERS:
        raise ParameterUnusable(key=key, detail="unknown key / 未知参数")
    default = PARAMETERS[key].default
    try:
        checked = _converted(default, value)
    except (InvalidOperation, TypeError, ValueError, AttributeError) as fault:
        raise ParameterUnusable(key=key, detail=f"{value!r}") from fault
    if key == "class1_quality_mode" and checked not in ("any", "all"):
        raise ParameterUnusable(key=key, detail="any / all")
    if key in _WORDS and not set(checked) <= set(_WORDS[key]):
        raise ParameterUnusable(key=key, detail=" / ".join(_WORDS[key]))
    return checked


def _converted(default: Any, value: Any) -> Any:
    if isinstance(default, Decimal):
        return _positive(value)
    if isinstance(default, dt.date):
        return value if type(value) is dt.date else dt.date.fromisoformat(value)
    if isinstance(default, tuple):
        return tuple(str(item).strip() for item in (value.split(",") if isinstance(value, str) else value))
    if isinstance(default, Mapping):
        given = {**default, **{key: tuple(map(_positive, row)) for key, row in value.items()}}
        if set(given) != set(default) or any(len(row) != 3 for row in given.values()):
            raise ValueError(value)
        return given
    return str(value)


def _positive(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite() or number < 0:
        raise ValueError(value)
    return number
