"""热点网格（三十八）: regular cells with their PM2.5, what became of it, what burns there, and the three monthly lists.

Values come from a raster of the month, weighted by exact coverage, or from stations by inverse distance, never beyond
the stated limit. Cells are half-open squares of the metre plane, clipped to the county.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo._order import Floats
from geo.county import county
from geo.errors import WrongUsage
from geo.grid import Squares, column_row, squares
from geo.idw import LIMIT_M, interpolated
from geo.region import Region
from geo.zonal import zonal
from services._hot_counts import Counts, counts_of, heads_of, metres_of
from services.air import before, monthly, months, stations
from services.assess import Assessment, current
from services.gridmaker import code_of
from services.rasters import every_raster
from services.scope import Principal, local_principal
from services.seen import ground_of, seen_by
from store import rasters
from store.open import Store
from store.rasters import Raster

SIZES = (3000, 1000, 500)
SOURCES = ("raster", "stations")
LISTS = ("high", "yoy", "mom")
"""Highest, worst against a year ago, worst against the month before."""
LISTED = {3000: 10, 1000: 20, 500: 30}
"""How many cells each list has, by size."""
KEPT = 24


@dataclass(frozen=True)
class Values:
    """PM2.5 of cells in a month: float64 (n,), share without data, and how many stations each rests on (0: raster)."""

    pm25: Floats
    nodata: Floats
    stations: npt.NDArray[np.int64]


_kept: OrderedDict[tuple[Any, ...], Values] = OrderedDict()
_grids: dict[tuple[str, str, str, int], Squares] = {}
_lock = Lock()


@dataclass(frozen=True)
class Wish:
    """What is asked for. ``month``: its first day. ``limit_km``: how far a station counts."""

    month: dt.date
    size: int = 3000
    source: str = "raster"
    limit_km: float = LIMIT_M / 1000

    def __post_init__(self) -> None:
        """Raises WrongUsage: a size, a source or a limit there is not."""
        if self.size not in SIZES:
            raise WrongUsage(value=str(self.size)[:20], hint="3000, 1000, 500")
        if self.source not in SOURCES:
            raise WrongUsage(value=self.source[:20], hint=" ".join(SOURCES))
        if not 1 <= self.limit_km <= 50:
            raise WrongUsage(value=f"{self.limit_km:g}", hint="1–50 km")


@dataclass(frozen=True)
class HotCell:
    """One cell. ``yoy``, ``mom``: µg/m³ against a year ago and the month before. ``lists``: those it is on.

    ``heads``: (code, name, head) of the responsibility cells it touches. ``shape``: judging metres, clipped.
    """

    code: str
    km2: float
    pm25: float | None
    yoy: float | None
    mom: float | None
    nodata: float
    stations: int
    units: int
    findings: int
    complaints: int
    shape: shapely.Geometry
    lists: tuple[str, ...] = ()
    heads: tuple[tuple[str, str, str], ...] = ()

    def value(self, name: str) -> float | None:
        """One of the numbers by its name."""
        found = getattr(self, name)
        return None if found is None else float(found)


@dataclass(frozen=True)
class HotGrid:
    """Cells of a month.

    Attributes:
        cells: those somebody sees. lists: list → cells, worst first. basis: the raster of each of the three months, by name.
        months: with any value from this source.
    """

    wish: Wish
    cells: list[HotCell]
    lists: dict[str, list[HotCell]]
    basis: dict[str, str]
    months: list[dt.date] = field(default_factory=list)


def months_with(store: Store, source: str) -> list[dt.date]:
    """Months with PM2.5 from a source, the earliest first."""
    if source == "stations":
        return months(store)
    return sorted({day.replace(day=1) for one in every_raster(store, local_principal(), "pm25") if (day := one.on_day)})


def hot_grid(store: Store, region: Region, principal: Principal, day: dt.date, wish: Wish) -> HotGrid:
    """Cells with everything about them.

    Args:
        day: on which findings are judged. principal: sees cells of their area, and counts what they see.
    """
    found = seen_by(current(store, region, day), principal)
    cells = _squares(region, wish.size)
    now = _values(store, region, cells, wish, wish.month)
    yoy, mom = (_change(store, region, cells, wish, back) for back in (12, 1))
    on = listed(cells, {"high": now.pm25, "yoy": yoy, "mom": mom})
    counts = counts_of(found, region, cells, wish.month)
    made = [_cell(cells, place, (now, yoy, mom), counts, on) for place in range(len(cells))]
    seen = _seen(made, principal, found, region)
    marked = [cell for cell in seen if cell.lists]
    heads = heads_of(found, [cell.shape for cell in marked])
    named = {cell.code: HotCell(**cell.__dict__ | {"heads": mine}) for cell, mine in zip(marked, heads, strict=True)}
    seen = [named.get(cell.code, cell) for cell in seen]
    lists = {name: _ordered(seen, name) for name in LISTS}
    basis = {name: _basis(store, wish, before(wish.month, back)) for name, back in (("now", 0), ("yoy", 12), ("mom", 1))}
    return HotGrid(wish, seen, lists, basis, months_with(store, wish.source))


def _squares(region: Region, size: int) -> Squares:
    key = (str(region.boundary), region.code, region.judging_crs, size)
    if key not in _grids:
        _grids[key] = squares(county(region).area, size)
    return _grids[key]


def _cell(
    cells: Squares, place: int, numbers: tuple[Values, Floats, Floats], counts: Counts, on: dict[str, list[int]]
) -> HotCell:
    now, yoy, mom = numbers
    code = code_of("hot", cells.size, int(cells.column[place]), int(cells.row[place]))
    shape = cells.shapes[place]
    return HotCell(
        code, float(shapely.area(shape)) / 1e6, _plain(now.pm25[place]), _plain(yoy[place]), _plain(mom[place]),
        float(now.nodata[place]), int(now.stations[place]), int(counts.units[place]), int(counts.findings[place]),
        int(counts.complaints[place]), shape, tuple(name for name in LISTS if place in on[name]),
    )  # fmt: skip


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def listed(cells: Squares, measures: dict[str, Floats]) -> dict[str, list[int]]:
    """The positions on each list, worst first: the highest values, and the largest rises (never a fall)."""
    made = {}
    for name, values in measures.items():
        usable = np.flatnonzero(np.isfinite(values) & ((values > 0) if name != "high" else True))
        order = usable[np.lexsort((cells.row[usable], cells.column[usable], -np.round(values[usable], 6)))]
        made[name] = order[: LISTED[cells.size]].tolist()
    return made


def _ordered(cells: list[HotCell], name: str) -> list[HotCell]:
    part = {"high": "pm25", "yoy": "yoy", "mom": "mom"}[name]
    return sorted((cell for cell in cells if name in cell.lists), key=lambda cell: (-(cell.value(part) or 0.0), cell.code))


def _seen(cells: list[HotCell], principal: Principal, found: Assessment, region: Region) -> list[HotCell]:
    """The cells that touch somebody's area."""
    if principal.area.whole:
        return cells
    ground = ground_of(principal.area, found.frames)
    if ground.is_empty:
        return []
    metres = systems.to_judging(np.array([ground], dtype=object), region.map_crs, region.judging_crs)[0]
    shapely.prepare(metres)
    return [cell for cell in cells if shapely.area(shapely.intersection(cell.shape, metres)) > 0]


def _raster_of(store: Store, wish: Wish, month: dt.date) -> Raster | None:
    """The PM2.5 raster of a month: of the one asked for the one added last, of others one of the same series."""
    found = every_raster(store, local_principal(), "pm25")
    of_month = [[one for one in found if one.on_day and one.on_day.replace(day=1) == day] for day in (wish.month, month)]
    now = max(of_month[0], key=lambda one: one.id, default=None)
    alike = [one for one in of_month[1] if now is not None and one.name == now.name]
    return max(alike, key=lambda one: one.id, default=None)


def _basis(store: Store, wish: Wish, month: dt.date) -> str:
    if wish.source == "raster":
        one = _raster_of(store, wish, month)
        return f"{one.name} {month:%Y-%m} #{one.id}" if one else ""
    count = sum(one.enough for one in monthly(store, month).values())
    return f"IDW {month:%Y-%m}: {count} 站 / stations, ≤ {wish.limit_km:g} km" if count else ""


def _values(store: Store, region: Region, cells: Squares, wish: Wish, month: dt.date) -> Values:
    if wish.source == "stations":
        return _from_stations(store, region, cells, wish, month)
    one, count = _raster_of(store, wish, month), len(cells)
    if one is None:
        return Values(np.full(count, np.nan), np.ones(count), np.zeros(count, np.int64))
    key = (one.sha256, region.code, cells.size)
    with _lock:
        if key in _kept:
            return _kept[key]
    found = zonal(rasters.path_of(store, one), cells.shapes, region.judging_crs)
    made = Values(found.mean, found.nodata, np.zeros(count, np.int64))
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _change(store: Store, region: Region, cells: Squares, wish: Wish, back: int) -> Floats:
    """What a month has more than one before; of stations only by those that count in both, or a gap would look like a change."""
    then = before(wish.month, back)
    if wish.source == "raster":
        return _values(store, region, cells, wish, wish.month).pm25 - _values(store, region, cells, wish, then).pm25
    both = [{code for code, one in monthly(store, month).items() if one.enough} for month in (wish.month, then)]
    now, past = (_from_stations(store, region, cells, wish, month, both[0] & both[1]) for month in (wish.month, then))
    return now.pm25 - past.pm25


def _from_stations(
    store: Store, region: Region, cells: Squares, wish: Wish, month: dt.date, only: set[str] | None = None
) -> Values:
    """Inverse distance from the stations whose month counts to the middle of each cell's part inside the county."""
    found = {code: one for code, one in monthly(store, month).items() if only is None or code in only}
    frames = current(store, region, month).frames
    placed = [post for post in stations(frames) if post.x is not None and post.code in found]
    spots = np.array([(post.x, post.y) for post in placed], dtype=np.float64).reshape(-1, 2)
    values = np.array([np.nan if (mean := found[post.code].mean) is None else mean for post in placed], dtype=np.float64)
    middles = shapely.get_coordinates(shapely.centroid(cells.shapes))
    mixed, used = interpolated(middles, spots, values, wish.limit_km * 1000)
    return Values(mixed, np.isnan(mixed).astype(np.float64), used)


@dataclass(frozen=True)
class Marks:
    """The hot cells of the last month with data: of 3 km, by column and row. ``month``: None for no data at all."""

    month: dt.date | None
    lists: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)

    def of(self, xy: Floats) -> list[tuple[str, ...]]:
        """The lists of the cell each place (metres, (n, 2)) lies in; empty for a cell that is not hot."""
        fine = np.asarray(np.isfinite(xy).all(axis=1), dtype=np.bool_)
        places = column_row(np.where(fine[:, None], xy, 0.0), SIZES[0]).tolist()
        return [self.lists.get((c, r), ()) if good else () for (c, r), good in zip(places, fine.tolist(), strict=True)]


def hot_places(
    store: Store, region: Region, day: dt.date
) -> Callable[[list[tuple[float | None, float | None]]], list[tuple[str, ...]]]:
    """What tells of places in degrees (None for nowhere) the lists of the hot cell they lie in."""
    known = marks(store, region, day)

    def lists(places: list[tuple[float | None, float | None]]) -> list[tuple[str, ...]]:
        if not known.lists:
            return [()] * len(places)
        lonlat = np.array([[np.nan if part is None else part for part in place] for place in places], dtype=np.float64)
        return known.of(metres_of(lonlat.reshape(-1, 2), region))

    return lists


def hot_ground(store: Store, region: Region, day: dt.date, grounds: list[shapely.Geometry]) -> list[tuple[str, tuple[str, ...]]]:
    """The hot cells (code, lists) that share ground with some areas in judging metres."""
    known, size = marks(store, region, day), SIZES[0]
    whole = shapely.union_all([shape for shape in grounds if shape is not None])
    found = []
    for (column, row), names in sorted(known.lists.items()):
        box = shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size)
        if shapely.area(shapely.intersection(whole, box)) > 1.0:
            found.append((code_of("hot", size, column, row), names))
    return found


def marks(store: Store, region: Region, day: dt.date) -> Marks:
    """Where worklists begin: the hot cells known on a day."""
    for source in SOURCES:
        known = [month for month in months_with(store, source) if month <= day]
        if known:
            return _marks(store, region, Wish(known[-1], SIZES[0], source))
    return Marks(None)


def _marks(store: Store, region: Region, wish: Wish) -> Marks:
    cells = _squares(region, wish.size)
    yoy, mom = (_change(store, region, cells, wish, back) for back in (12, 1))
    on = listed(cells, {"high": _values(store, region, cells, wish, wish.month).pm25, "yoy": yoy, "mom": mom})
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for name in LISTS:
        for place in on[name]:
            key = int(cells.column[place]), int(cells.row[place])
            found[key] = (*found.get(key, ()), name)
    return Marks(wish.month, found)
