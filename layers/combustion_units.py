"""Combustion units 燃烧设备: boilers, kilns, furnaces, stoves; an enterprise may have several."""

from __future__ import annotations

from decimal import Decimal

from layers._layer import Check, Column, Layer, Remark, Style, Vocabulary
from layers._sets import POSITION_COLUMNS
from layers._vocabulary import (
    DUST_REMOVAL,
    EXEMPT_CATEGORY,
    FUEL,
    GAS_USE,
    UNIT_STATUS,
    UNIT_TYPE,
    YES_NO,
)

MW_PER_TPH = Decimal("0.7")
"""Thermal output of a boiler of one tonne of steam per hour (dictionary §1.3)."""


def _capacities_agree(tph: Decimal, mw: Decimal) -> Remark | None:
    """Both capacities given and more than 5 % apart: t/h is used, the user is told."""
    if abs(mw / MW_PER_TPH - tph) <= tph * Decimal("0.05"):
        return None
    return Remark(
        f"额定出力 {tph} t/h 与额定热功率 {mw} MW 相差超过 5%，按 {tph} t/h 判定",
        f"the capacities {tph} t/h and {mw} MW differ by more than 5 %; {tph} t/h is used",
        "请核对铭牌参数",
    )


def _flag(name: str, header: tuple[str, ...], title: str, empty: str | None = None) -> Column:
    return Column(name, header, title, "enum", vocabulary=YES_NO, empty_means=empty)


def _fuels(name: str, headers: tuple[str, ...], title: str, empty: str | None, example: str) -> Column:
    return Column(name, headers, title, "enum_list", vocabulary=FUEL, empty_means=empty, example=example)


def _share(name: str, headers: tuple[str, ...], title: str, unit: str, example: str = "") -> Column:
    return Column(name, headers, title, "number", unit=unit, minimum=0, maximum=100, example=example)


def _amount(name: str, header: str, title: str, unit: str) -> Column:
    return Column(name, (header, f"{header}({unit})"), title, "number", unit=unit, minimum=0)


def _choice(
    name: str,
    headers: tuple[str, ...],
    title: str,
    words: Vocabulary,
    empty: str | None = None,
    example: str = "",
) -> Column:
    return Column(name, headers, title, "enum", vocabulary=words, empty_means=empty, example=example)


LAYER = Layer(
    title="燃烧设备",
    title_en="Combustion units",
    group="facilities",
    geometry="point",
    key="unit_code",
    label="unit_name",
    clause="（十）",
    columns=(
        Column("unit_code", ("设备编号", "编号"), "Unit code", required=True, example="U00001"),
        Column(
            "enterprise_code",
            ("企业编号",),
            "Enterprise code",
            required=True,
            links_to="enterprises",
            example="E0001",
        ),
        Column("unit_name", ("设备名称", "名称"), "Unit", example="1号锅炉"),
        _choice("unit_type", ("设备类型", "类型"), "Type", UNIT_TYPE, "unknown", "boiler"),
        _fuels("fuel", ("燃料", "主燃料"), "Fuel", "unknown", "raw_coal"),
        _fuels("fuel_standby", ("备用燃料",), "Standby fuel", None, ""),
        Column(
            "capacity_tph",
            ("额定出力", "额定出力(t/h)", "蒸吨"),
            "Rated output",
            "number",
            unit="t/h",
            above=0,
            example="19.9",
        ),
        Column(
            "capacity_mw",
            ("额定热功率", "额定热功率(MW)"),
            "Rated heat output",
            "number",
            unit="MW",
            above=0,
        ),
        _share("sulfur_pct", ("含硫量", "硫分(%)"), "Sulphur, dry", "%", "0.5"),
        _share("ash_pct", ("灰分", "灰分(%)"), "Ash, dry", "%", "10.0"),
        _share("volatile_pct", ("挥发分", "挥发分(%)"), "Volatiles, dry ash-free", "%"),
        _flag("bio_dedicated", ("生物质专用", "专用锅炉"), "Dedicated to biomass"),
        _choice("dust_removal", ("除尘方式", "除尘"), "Dust removal", DUST_REMOVAL, example="bag"),
        Column("built_on", ("建成日期",), "Built on", "date", example="2012-05-01"),
        Column("expanded_on", ("扩建日期",), "Expanded on", "date"),
        Column("approved_on", ("批复日期", "审批日期"), "Approved on", "date"),
        _choice("status", ("状态", "使用状态"), "Status", UNIT_STATUS, "in_use", "in_use"),
        _flag("cut_off", ("物理切断",), "Physically cut off"),
        Column(
            "exempt_category",
            ("豁免类别",),
            "Exempt category",
            "enum_list",
            vocabulary=EXEMPT_CATEGORY,
        ),
        _flag("is_heat_source", ("供热热源",), "Heat source of a network", "no"),
        _flag("on_retention_list", ("保留名单",), "On the retention list", "no"),
        _flag("ultra_low_retrofit", ("超低改造", "超低排放改造"), "Ultra-low emission retrofit"),
        _amount("pm_mg_m3", "颗粒物", "Particulates", "mg/m3"),
        _amount("so2_mg_m3", "二氧化硫", "Sulphur dioxide", "mg/m3"),
        _amount("nox_mg_m3", "氮氧化物", "Nitrogen oxides", "mg/m3"),
        _flag("low_nox", ("低氮改造",), "Low-NOx retrofit"),
        Column(
            "hearth_diameter_m",
            ("炉膛直径", "炉膛直径(m)"),
            "Hearth diameter",
            "number",
            unit="m",
            above=0,
        ),
        _choice("gas_use", ("煤气用途", "用途"), "Use of the gas", GAS_USE),
        _amount("stack_height_m", "排气筒高度", "Stack height", "m"),
        Column("outlet_no", ("排放口编号",), "Outlet number", example="DA001"),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#1B6FAE", fill="#1B6FAE", fill_opacity=0.9, weight=1.4, symbol="verdict"),
    order=74,
    checks=(Check(("capacity_tph", "capacity_mw"), _capacities_agree),),
)
