"""The rows of a layer as the OGC API serves them: in the order of their ids, kept per state of the layer and view."""

from __future__ import annotations

import datetime as dt
import json
import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo import crs as systems
from geo.region import Region
from layers._cells import LIST_MARK, to_text
from layers._layer import Column, Layer
from layers._rows import rows_where
from services._ogc_asked import Box, Wish
from services.assess import current, recorded_layer
from services.scope import Principal, restrict
from services.seen import seen_by
from store import changes, features
from store._content import NOTHING
from store.open import Store

MOST_ROWS, MOST_KEPT = 300_000, 64
"""Bounds of what one process keeps: rows of all layers and views together, and their number."""
OWN = ("valid_from", "valid_to", "version")
"""Properties that every version has besides its layer's columns."""
NEVER, EVER = 0, dt.date.max.toordinal()
DIGITS_DEGREES, DIGITS_METRES = 9, 4
"""A tenth of a millimetre; boxes are compared with the numbers that are served."""

_encoded = json.JSONEncoder(ensure_ascii=False).encode

Flags = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Placed:
    """Geometries in one system, x before y: shapely objects (n,) and their boxes (n, 4), NaN for none."""

    shapes: npt.NDArray[np.object_]
    bounds: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coded:
    """A column of n rows: ``codes`` (n,) into ``written``, its different values as JSON; canonical text → their codes."""

    codes: npt.NDArray[np.int32]
    texts: dict[str, list[int]]
    written: npt.NDArray[np.object_]


class Rows:
    """What somebody sees of one state of a layer.

    Args:
        frame: columns of ``store.features.recorded``, nothing in it that may not be seen. region: of the geometry's system.
    """

    def __init__(self, layer: Layer, frame: pd.DataFrame, region: Region, state: str) -> None:
        ids = feature_ids(layer, frame)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        self.layer, self.state = layer, state
        needed = [*(column.name for column in layer.columns), "geometry_map", *OWN]
        self.frame = frame[needed].iloc[order].reset_index(drop=True)
        self.ids = [ids[at] for at in order]
        self.first, self.last = _days(layer, self.frame)
        self._map_crs = region.map_crs
        self._placed: dict[str, Placed] = {}
        self._offset = region.utc_offset
        self._coded: dict[str, Coded] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, name: str, today: dt.date) -> int | None:
        """The row of an id; of a zone's code alone the version in force today."""
        for wanted in (name, name.replace("%2F", "/").replace("%2f", "/")):  # servers leave an encoded slash as it is
            at = bisect_left(self.ids, wanted)
            if at < len(self.ids) and self.ids[at] == wanted:
                return at
            if self.layer.zone:
                now = (self.first <= today.toordinal()) & (self.last >= today.toordinal())
                mine = np.flatnonzero(now & (self.frame[self.layer.key].to_numpy(dtype=object) == wanted))
                if len(mine):
                    return int(mine[-1])
        return None

    def chosen(self, wish: Wish) -> Positions:
        """The rows a wish selects, pages left aside, in the order of their ids."""
        keep = np.ones(len(self), dtype=np.bool_)
        first, last = wish.window
        if first is not None:
            keep &= self.last >= first.toordinal()
        if last is not None:
            keep &= self.first <= last.toordinal()
        for name, text in wish.filters:
            keep &= self._holding(name, text)
        if wish.box is not None:
            keep = self._touching(wish.box, keep)
        return np.flatnonzero(keep)

    def behind(self, chosen: Positions, after: str | None) -> int:
        """How many of some rows come before a page that begins behind an id; the id need not exist any more."""
        return 0 if after is None else int(np.searchsorted(chosen, bisect_right(self.ids, after)))

    def placed(self, crs: str) -> Placed:
        """Every geometry in a system."""
        with self._lock:
            found = self._placed.get(crs)
            if found is None:
                digits = DIGITS_DEGREES if systems.is_degrees(crs) else DIGITS_METRES
                moved = systems.transform(self.frame["geometry_map"].to_numpy(dtype=object), self._map_crs, crs)
                shapes = np.asarray(shapely.transform(moved, lambda xy: np.round(xy, digits)), dtype=object)
                found = self._placed[crs] = Placed(shapes, shapely.bounds(shapes).reshape(-1, 4))
            return found

    def _touching(self, box: Box, keep: Flags) -> Flags:
        """Which rows share a point with a box, edges included: exactly, in the box's own system."""
        placed = self.placed(box.system.crs)
        west, south, east, north = placed.bounds.T
        found = np.zeros(len(self), dtype=np.bool_)
        for left, low, right, high in box.parts:
            near = keep & (east >= left) & (west <= right) & (north >= low) & (south <= high)
            whole = near & (west >= left) & (east <= right) & (south >= low) & (north <= high)
            doubtful = np.flatnonzero(near & ~whole)
            found |= whole
            if len(doubtful):
                found[doubtful] |= shapely.intersects(_ground((left, low, right, high)), placed.shapes[doubtful])
        return found

    def _holding(self, name: str, text: str) -> Flags:
        """Which rows hold a canonical text in a column; of a list one of its words is enough."""
        coded = self.coded(name)
        if text and self.layer.column(name).kind in ("enum_list", "text_list"):
            wanted = [code for words, codes in coded.texts.items() if text in words.split(LIST_MARK) for code in codes]
        else:
            wanted = coded.texts.get(text, [])
        return np.asarray(coded.codes == wanted[0] if len(wanted) == 1 else np.isin(coded.codes, wanted), dtype=np.bool_)

    def coded(self, name: str) -> Coded:
        """A column as numbers of its different values: what is asked of and written for each value is found once."""
        with self._lock:
            found = self._coded.get(name)
            if found is None:
                column = self.layer.column(name) if self.layer.has(name) else None
                found = self._coded[name] = _coded(column, self.frame[name].tolist(), self._offset)
            return found


def _coded(column: Column | None, values: list[Any], offset: dt.timedelta) -> Coded:
    known: dict[Any, int] = {}
    codes = np.fromiter((known.setdefault(value, len(known)) for value in values), np.int32, len(values))
    texts: dict[str, list[int]] = {}
    written = np.empty(len(known), dtype=object)
    for value, code in known.items():
        text = "" if value is None else to_text(column, value) if column else str(value)
        texts.setdefault(text, []).append(code)
        written[code] = _written(column, value, text, offset)
    return Coded(codes, texts, written)


def _written(column: Column | None, value: Any, text: str, offset: dt.timedelta) -> str:
    """A cell as JSON: numbers as numbers, everything else as its canonical text, instants with their zone."""
    if value is None:
        return "null"
    if column is not None and column.kind == "number":
        return text
    if column is not None and column.kind == "datetime":
        return _encoded(value.replace(tzinfo=dt.timezone(offset)).isoformat())
    return _encoded(text)


def feature_ids(layer: Layer, frame: pd.DataFrame) -> list[str]:
    """The id of each row: its key; of a zone key and first day in force, which a correction leaves as they are."""
    keys = [str(key) for key in frame[layer.key].tolist()]
    if not layer.zone:
        return keys
    return [f"{key}@{start or 'always'}" for key, start in zip(keys, frame["valid_from"].tolist(), strict=True)]


def observed(layer: Layer) -> str | None:
    """The column that says when a row of a series was observed."""
    return next((column.name for column in layer.columns if layer.series and column.kind == "datetime"), None)


def _days(layer: Layer, frame: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last day each row speaks of: validity of a zone, day of a measurement, all time for everything else."""
    when = observed(layer)
    if when is not None:
        days = frame[when].tolist()
        return _ordinals(days, NEVER), _ordinals(days, EVER)
    if layer.zone:
        return _ordinals(frame["valid_from"].tolist(), NEVER), _ordinals(frame["valid_to"].tolist(), EVER)
    return np.full(len(frame), NEVER, np.int64), np.full(len(frame), EVER, np.int64)


def _ordinals(days: Iterable[Any], otherwise: int) -> npt.NDArray[np.int64]:
    return np.array([otherwise if day is None else day.toordinal() for day in days], dtype=np.int64)


def _ground(box: tuple[float, float, float, float]) -> shapely.Geometry:
    """A box as a geometry: one without a width is a line or a point."""
    west, south, east, north = box
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


_kept: OrderedDict[tuple[str, str, str, str], Rows] = OrderedDict()
_lock = threading.Lock()


def rows_of(store: Store, region: Region, layer: Layer, principal: Principal, today: dt.date) -> Rows:
    """What somebody sees of a layer as it stands now, every version of it.

    Args:
        today: the day whose responsibilities decide which rows are seen.
    """
    seen = None if principal.area.whole else seen_by(current(store, region, today), principal)
    state, frame = _recorded(store, layer) if layer.series else recorded_layer(store, layer.name)
    told = f"{state.revision} {state.content} {seen.run_hash if seen else ''}"
    key = (store.place.identity, layer.name, told, principal.view_key)
    with _lock:
        if key not in _kept:
            if frame is None:
                state, frame = _read(store, layer)
            if seen is not None:
                mine = set(seen.frames[layer.name][layer.key].astype(str))
                frame = rows_where(frame, (str(one) in mine for one in frame[layer.key]))
            _drop_older(key)
            _kept[key] = Rows(layer, restrict(frame, layer, principal), region, f"{told} {principal.view_key}")
        _kept.move_to_end(key)
        found = _kept[key]
        while len(_kept) > 1 and (len(_kept) > MOST_KEPT or sum(map(len, _kept.values())) > MOST_ROWS):
            _kept.popitem(last=False)
    return found


def _drop_older(key: tuple[str, str, str, str]) -> None:
    """What the same people saw of the layer before it changed is of no use any more."""
    for old in [one for one in _kept if one[0] == key[0] and one[1] == key[1] and one[3] == key[3]]:
        del _kept[old]


def _recorded(store: Store, layer: Layer) -> tuple[changes.State, pd.DataFrame | None]:
    """The state of a series; its rows are read only when they are not kept."""
    with store.read() as connection:
        return changes.states(connection).get(layer.name, changes.State(0, NOTHING)), None


def _read(store: Store, layer: Layer) -> tuple[changes.State, pd.DataFrame]:
    with store.read() as connection:
        state = changes.states(connection).get(layer.name, changes.State(0, NOTHING))
        return state, features.read_versions(connection, layer)
