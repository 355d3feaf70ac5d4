"""The region the product runs for, read from one file."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.errors import Unavailable

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_REGION_FILE = ROOT / "data" / "region.toml"


class RegionUnreadable(Unavailable):
    """The region file is missing or incomplete."""

    zh = "区域配置“{path}”不可用（{detail}），请恢复该文件。"
    en = "The region file “{path}” cannot be used ({detail}); restore it."


@dataclass(frozen=True)
class Bounds:
    """A box in degrees (EPSG:4490), edges included."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Retention:
    """How many days personal data is kept after it has served its purpose; 0 keeps it.

    Attributes:
        sessions_days: where from and with which browser somebody was logged in, after the session's end.
        tokens_days: keys of the API, after they expired or were taken back.
        phones_days: the telephone number of an account, after it was disabled.
    """

    sessions_days: int = 30
    tokens_days: int = 365
    phones_days: int = 90

    def __post_init__(self) -> None:
        """Refuse anything but whole numbers of days.

        Raises:
            TypeError: a value is none.
        """
        for name, days in vars(self).items():
            if type(days) is not int or not 0 <= days <= 36_500:
                raise TypeError(f"retention.{name} = {days!r}")


@dataclass(frozen=True)
class Region:
    """Name, coordinate systems, bounds and plan dates of one city.

    ``judging_crs`` is the metre system of every distance, area and verdict;
    ``map_crs`` the degree system of the map. ``parameters`` overrides rule parameters.
    """

    code: str
    name: str
    name_en: str
    product: str
    product_en: str
    authority: str
    boundary: Path
    boundary_code_field: str
    map_crs: str
    judging_crs: str
    plane_crs: tuple[str, ...]
    bounds: Bounds
    plan_name: str
    plan_start: dt.date
    plan_end: dt.date
    utc_offset: dt.timedelta
    parameters: dict[str, Any] = field(default_factory=dict)
    retention: Retention = Retention()

    def today(self) -> dt.date:
        """The calendar day in the region's local time (UTC+8 in China)."""
        return (dt.datetime.now(dt.UTC) + self.utc_offset).date()


def load_region(path: Path = DEFAULT_REGION_FILE) -> Region:
    """Read a region file.

    Args:
        path: a TOML file like ``data/region.toml``; relative paths in it start at the checkout.
    Raises:
        RegionUnreadable: the file is missing, no TOML, or lacks a field.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        return Region(
            code=raw["code"],
            name=raw["name"],
            name_en=raw["name_en"],
            product=raw["product"],
            product_en=raw["product_en"],
            authority=raw["authority"],
            boundary=ROOT / raw["boundary"],
            boundary_code_field=raw["boundary_code_field"],
            map_crs=raw["crs"]["map"],
            judging_crs=raw["crs"]["judging"],
            plane_crs=tuple(raw["crs"]["plane"]),
            bounds=Bounds(**raw["bounds"]),
            plan_name=raw["plan"]["name"],
            plan_start=raw["plan"]["start"],
            plan_end=raw["plan"]["end"],
            utc_offset=dt.timedelta(hours=raw["timezone_offset_hours"]),
            parameters=dict(raw.get("parameters", {})),
            retention=Retention(**raw.get("retention", {})),
        )
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as fault:
        raise RegionUnreadable(path=path.name, detail=fault) from fault
