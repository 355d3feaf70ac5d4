"""Words of hot cells and of the ranking, in the language of the request."""

from __future__ import annotations

from flask_babel import gettext

from services.hot_papers import LIST_WORDS
from views._request import language

UNITS = {"co": "mg/m³"}


def measure(name: str) -> str:
    """What is shown of a cell."""
    return {
        "pm25": "PM2.5", "yoy": gettext("同比变化"), "mom": gettext("环比变化"), "units": gettext("设备数"),
        "findings": gettext("违规和限期整改"), "complaints": gettext("投诉"),
    }[name]  # fmt: skip


def scheme(name: str) -> str:
    """How classes are made."""
    return {"fixed": gettext("固定分级"), "quantile": gettext("等数分级"), "jenks": gettext("自然断点")}[name]


def source(name: str) -> str:
    """Where values come from."""
    return {"raster": gettext("栅格"), "stations": gettext("站点插值")}[name]


def lists(names: tuple[str, ...]) -> str:
    """The lists a cell is on."""
    return "、".join(LIST_WORDS[name][0 if language() == "zh" else 1] for name in names)


def size(metres: int) -> str:
    """The edge of a cell."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} m"


def pollutant(name: str) -> str:
    """A pollutant as it is written."""
    return {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO₂", "no2": "NO₂", "o3": "O₃", "co": "CO"}[name]


def unit(name: str) -> str:
    """The unit of a pollutant."""
    return UNITS.get(name, "µg/m³")


def change(value: float | None) -> str:
    """A change with its sign and an arrow: colour is not the only sign of it."""
    if value is None:
        return "—"
    arrow = "↑" if value > 0.05 else "↓" if value < -0.05 else "→"
    return f"{arrow} {value:+.1f}"
