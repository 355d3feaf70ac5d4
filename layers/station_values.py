"""Measured values of air stations 站点监测值: one row a station and moment; no place of their own."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._vocabulary import YES_NO


def _measure(name: str, symbol: str, word: str, title_en: str, unit: str = "µg/m³", most: float = 2000) -> Column:
    """A pollutant, by its symbol or its word, with or without the unit behind it."""
    plain = unit.replace("µ", "u").replace("³", "3")
    written = [text for text in dict.fromkeys((unit, plain)) if text != "mg/m3"]  # ³ and 3 count as the same
    units = [f"{head}({text})" for head in (symbol, word, f"{symbol}浓度") for text in written]
    named = () if symbol.casefold() == name else (symbol,)
    headers = (*named, word, f"{symbol}浓度", *units)
    return Column(name, headers, title_en, "number", unit=unit, minimum=0, maximum=most, strict=True, example="10")


LAYER = Layer(
    title="站点监测值",
    title_en="Station values",
    group="monitoring",
    geometry="none",
    key="value_code",
    label="station_code",
    clause="（四十四）",
    columns=(
        Column("value_code", ("监测值编号", "记录编号"), "Value code", required=True, example="A01@2021-06-01T00:00"),
        Column("station_code", ("站点编号", "站号"), "Station code", required=True, links_to="air_stations", example="A01"),
        Column(
            "observed_at",
            ("监测时间", "时间", "日期"),
            "Observed at",
            "datetime",
            required=True,
            strict=True,
            example="2021-06-01 00:00",
        ),
        _measure("pm25", "PM2.5", "细颗粒物", "PM2.5"),
        _measure("pm10", "PM10", "可吸入颗粒物", "PM10"),
        _measure("so2", "SO2", "二氧化硫", "SO2"),
        _measure("no2", "NO2", "二氧化氮", "NO2"),
        _measure("o3", "O3", "臭氧", "O3"),
        _measure("co", "CO", "一氧化碳", "CO", "mg/m³", 200),
        Column("valid", ("是否有效", "有效"), "Valid", "enum", vocabulary=YES_NO, empty_means="yes", example="yes"),
    ),
    style=Style(line="#1F5F5B"),
    on_by_default=False,
    order=84,
    composed=("station_code", "observed_at"),
    series=True,
)
