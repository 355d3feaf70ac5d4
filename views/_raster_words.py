"""Words of rasters and numbers from them, in the language of the request."""

from __future__ import annotations

from services.rasters import KINDS
from views._request import language


def kinds() -> list[tuple[str, str]]:
    """Every kind and its word."""
    return [(name, kind_word(name)) for name in KINDS]


def kind_word(name: str) -> str:
    """The word of a kind of raster."""
    return KINDS[name].title if language() == "zh" else KINDS[name].title_en


def unit(text: str) -> str:
    """A unit; those that are words in the language of the request."""
    return text if language() == "zh" else text.replace("人", "people")


def number(value: float | None, digits: int = 1) -> str:
    """A number with its digits, a dash for none."""
    return "—" if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share as percent, a dash for none."""
    return "—" if value is None else f"{100 * value:.{digits}f}%"


def weighting() -> str:
    """How cells count in every table."""
    from services.zonal_tables import WEIGHTING

    return WEIGHTING[0 if language() == "zh" else 1]
