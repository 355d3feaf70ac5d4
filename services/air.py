"""Air 空气: values of stations by month, as far as they are valid; months are named by their first day.

A day counts with its daily value, or with at least 20 hourly ones; a month with at least 27 such days (February 25).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.errors import WrongUsage
from layers._find import load_layers
from services.scope import Principal, visible_layers
from store import changes, features
from store.open import Store

LAYER = "station_values"
POLLUTANTS = ("pm25", "pm10", "so2", "no2", "o3", "co")
LEAST_HOURS, LEAST_DAYS, LEAST_DAYS_FEBRUARY = 20, 27, 25
KEPT = 2

_kept: OrderedDict[tuple[str, str], pd.DataFrame] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class Month:
    """One station in one month.

    Attributes:
        mean: of valid days, None for too few. days: valid ones, of ``whole`` in the month. enough: whether the month counts.
    """

    station: str
    mean: float | None
    days: int
    whole: int
    enough: bool

    @property
    def share(self) -> float:
        """Share of valid days."""
        return self.days / self.whole


def month_of(text: str, otherwise: dt.date) -> dt.date:
    """``2021-06`` as its first day; the month of another day for none.

    Raises:
        WrongUsage: no month.
    """
    if not text:
        return otherwise.replace(day=1)
    try:
        return dt.datetime.strptime(text[:7] + "-01", "%Y-%m-%d").date()
    except ValueError:
        raise WrongUsage(value=text[:20], hint="月份请写成 2021-06 / write a month like 2021-06") from None


def before(month: dt.date, months: int) -> dt.date:
    """The first day of so many months before."""
    place = month.year * 12 + month.month - 1 - months
    return dt.date(place // 12, place % 12 + 1, 1)


def least_days(month: dt.date) -> int:
    """Valid days a month needs."""
    return LEAST_DAYS_FEBRUARY if month.month == 2 else LEAST_DAYS


def daily(store: Store) -> pd.DataFrame:
    """Valid days: station, month, day and the daily mean of every pollutant (NaN for none); kept as long as nothing changes."""
    layer = load_layers()[LAYER]
    with store.read() as connection:
        state = changes.states(connection).get(LAYER)
        key = (store.place.identity, state.content if state else "")
        with _lock:
            if key in _kept:
                return _kept[key]
        frame = _daily(features.read_versions(connection, layer)) if state else _daily(features.no_versions(layer))
    with _lock:
        _kept[key] = frame
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return frame


def _daily(rows: pd.DataFrame) -> pd.DataFrame:
    usable = rows[rows["valid"].ne("no").to_numpy(dtype=bool)]
    moments = pd.to_datetime(pd.Series(usable["observed_at"].tolist(), dtype="datetime64[ns]"))
    table = pd.DataFrame({"station": usable["station_code"].astype(str).tolist(), "day": moments.dt.date.tolist()})
    for name in POLLUTANTS:
        table[name] = [np.nan if value is None else float(value) for value in usable[name]]
    hourly = set(table.groupby("station")["day"].apply(lambda days: days.duplicated().any()).pipe(lambda s: s[s].index))
    grouped = table.groupby(["station", "day"])[list(POLLUTANTS)]
    means, counts = grouped.mean(), grouped.count()
    few = counts.lt(LEAST_HOURS).to_numpy() & np.isin(means.index.get_level_values(0), list(hourly))[:, None]
    found = means.mask(few).reset_index()
    found["month"] = [day.replace(day=1) for day in found["day"]]
    return found


def months(store: Store) -> list[dt.date]:
    """Months with any value, the earliest first."""
    return sorted(set(daily(store)["month"]))


def monthly(store: Store, month: dt.date, pollutant: str = "pm25") -> dict[str, Month]:
    """Every station with a value in a month: its mean, and whether it counts."""
    table = daily(store)
    mine = table[table["month"] == month]
    whole = calendar.monthrange(month.year, month.month)[1]
    made = {}
    for station, rows in mine.groupby("station"):
        values = rows[pollutant].dropna()
        enough = len(values) >= least_days(month)
        made[str(station)] = Month(str(station), float(values.mean()) if enough else None, len(values), whole, enough)
    return made


@dataclass(frozen=True)
class Station:
    """A station: where it stands (judging metres, None for nowhere) and in which town."""

    code: str
    name: str
    town: str
    x: float | None
    y: float | None


def stations(frames: dict[str, pd.DataFrame]) -> list[Station]:
    """Every station; its town is the one it stands in, else the one it names."""
    frame, towns = frames["air_stations"], frames["towns"]
    shapes, names = towns["geometry"].to_numpy(dtype=object), towns["town_name"].astype(str).tolist()
    made = []
    for row in frame.to_dict("records"):
        point = row["geometry"]
        inside = [] if point is None else np.flatnonzero(shapely.intersects(shapes, point)).tolist()
        town = names[inside[0]] if inside else str(row["town_name"] or "")
        x, y = (None, None) if point is None else (float(point.x), float(point.y))
        made.append(Station(str(row["station_code"]), str(row["station_name"] or row["station_code"]), town, x, y))
    return made


def number(value: Any) -> float | None:
    """A float, None for what is no number."""
    return float(value) if value is not None and np.isfinite(value) else None


def series_rows(store: Store, principal: Principal) -> dict[str, tuple[int, int]]:
    """Layers of measurements somebody may see: how many rows each has, and its revision."""
    series = {name: layer for name, layer in visible_layers(principal).items() if layer.series}
    with store.read() as connection:
        return {n: (features.count(connection, layer), changes.revision(connection, n)) for n, layer in series.items()}
