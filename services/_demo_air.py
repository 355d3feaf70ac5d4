"""Rasters of the example city 示例: months of PM2.5 and people, made by arithmetic; nothing of it was measured."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo._raster_make import write_grid
from geo.raster import Asked
from geo.region import Region
from services._demo_places import CENTRE, TOWNS, county_of, metres, towns
from services._demo_tables import place
from services.rasters import Wanted, record_raster
from store.open import Store

Floats = npt.NDArray[np.float64]
Grid = npt.NDArray[np.float32]

CELL = 500.0
MONTHS = (dt.date(2020, 5, 1), dt.date(2020, 6, 1), dt.date(2021, 5, 1), dt.date(2021, 6, 1))
"""Months with a PM2.5 raster: the last one, the one before it, and both a year earlier."""
OUT_OF_ORDER = frozenset({(8, 6), (13, 6)})
"""(station, month) of the last year that broke down after two weeks."""
LEVELS = (31.0, 27.0, 29.5, 26.0)
PEOPLE = 574_000


def centres(region: Region) -> tuple[Floats, Floats, tuple[float, float]]:
    """Eastings and northings of the cells over the county, and their north-western corner."""
    west, south, east, north = county_of(region).bounds
    x0, y1 = math.floor(west / CELL) * CELL, math.ceil(north / CELL) * CELL
    columns, rows = math.ceil((east - x0) / CELL), math.ceil((y1 - south) / CELL)
    x, y = np.meshgrid(x0 + (np.arange(columns) + 0.5) * CELL, y1 - (np.arange(rows) + 0.5) * CELL)
    return x, y, (x0, y1)


def level(region: Region, x: Floats, y: Floats, month: dt.date) -> Floats:
    """Invented PM2.5 (µg/m³) of a month: more in town and in the valley, a plume that wanders from year to year."""
    number = MONTHS.index(month)
    centre = metres(*CENTRE, region)
    town = np.hypot(x - centre[0], y - centre[1]) / 1000
    plume = metres(119.36 + 0.02 * number, 29.13 + 0.01 * (number % 2), region)
    away = np.hypot(x - plume[0], y - plume[1]) / 1000
    base = LEVELS[number] - 0.12 * np.minimum(town, 30)
    return np.asarray(base + 11 * np.exp(-((town / 6) ** 2)) + (5 + 2 * number) * np.exp(-((away / 5) ** 2)))


def fill_rasters(store: Store, region: Region) -> int:
    """Add the rasters of the example city; returns how many."""
    x, y, corner = centres(region)
    shape = county_of(region).buffer(CELL)
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, x.ravel(), y.ravel()).reshape(x.shape)
    with tempfile.TemporaryDirectory(prefix="bluesky-demo-") as room:
        for month in MONTHS:
            made = _cut(level(region, x, y, month), inside)
            _put(store, region, Wanted("示例 PM2.5 月均", "pm25", day=month), made, corner, room)
        people = _people(region, x, y, inside)
        _put(store, region, Wanted("示例人口", "population", day=dt.date(2020, 11, 1)), people, corner, room)
    return len(MONTHS) + 1


def station_rows(region: Region, air: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Invented daily values of the stations over the months that have a raster; two stations were out of order for a while."""
    rows = []
    for number, post in enumerate(air):
        spot = metres(float(post["经度"]), float(post["纬度"]), region)
        for month in MONTHS:
            base = float(level(region, spot[:1], spot[1:], month)[0])
            for day in range(1, calendar.monthrange(month.year, month.month)[1] + 1):
                if (number, month.month) in OUT_OF_ORDER and month.year == MONTHS[-1].year and day > 14:
                    continue
                swing = 1 + 0.28 * math.sin(day * 0.9 + number) + 0.06 * math.cos(day * 2.3 + month.year)
                rows.append(_values(str(post["站点编号"]), month.replace(day=day), base * swing))
    return rows


def _values(station: str, day: dt.date, fine: float) -> dict[str, str]:
    numbers = {
        "PM2.5": fine, "PM10": fine * 1.62, "SO2": 4 + fine * 0.09, "NO2": 12 + fine * 0.4, "O3": 150 - fine * 0.8,
        "CO": 0.4 + fine * 0.011,
    }  # fmt: skip
    return {"站点编号": station, "监测时间": day.isoformat()} | {name: f"{value:.1f}" for name, value in numbers.items()}


def complaint_rows(region: Region) -> list[dict[str, str]]:
    """Invented complaints of the last month."""
    rows = []
    for number, (_, name, shape) in enumerate(towns(region)[:9], start=1):
        day = MONTHS[-1] + dt.timedelta(days=3 * number % 28)
        kind = ("废气异味", "扬尘", "露天焚烧")[number % 3]
        spot = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
        told = {"投诉编号": f"C{number:04d}", "受理时间": f"{day} 09:{10 + number}", "投诉类型": kind}
        rows.append(told | {"投诉内容": f"示例：{name}反映{kind}"} | place(spot, region, 1))
    return rows


def _put(store: Store, region: Region, wanted: Wanted, values: Grid, corner: tuple[float, float], room: str) -> None:
    made = Path(room) / "made.tif"
    facts = write_grid(values, region.judging_crs, corner, CELL, Asked(wanted.kind), made)
    source = hashlib.sha256(values.tobytes()).hexdigest()
    record_raster(store, wanted, ("示例（程序生成）", source), facts, made, "demo")


def _cut(values: Floats, inside: npt.NDArray[np.bool_]) -> Grid:
    return np.where(inside, np.round(values, 2), np.nan).astype(np.float32)


def _people(region: Region, x: Floats, y: Floats, inside: npt.NDArray[np.bool_]) -> Grid:
    """People in every cell: around the places of the towns, most in the middle of the city."""
    found = np.full(x.shape, 4.0)
    for code, _, lon, lat in TOWNS:
        spot = metres(lon, lat, region)
        weight = 900.0 if code in ("330781001", "330781002") else 260.0
        found += weight * np.exp(-((np.hypot(x - spot[0], y - spot[1]) / 1800) ** 2))
    found *= PEOPLE / found[inside].sum()
    return _cut(found, inside)
