"""What a map shows of very many facilities: those in view while they are few, else tiles, from far away cells with counts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import WrongUsage
from geo.tiles import MAX_ZOOM, PointMap, in_tile, point_tile
from layers._rows import rows_where
from services.assess import Assessment
from services.facilities import board
from services.findings import Filter, facility_keys, select
from services.mapdata import facility_feature

FEATURES, CELLS_BELOW, CELL_PIXELS = 1_500, 10, 64
KINDS = ("V", "T", "U", "near", "B", "X", "C", "N")
"""What a facility is drawn as, worst first."""
KEPT = 8
Box = tuple[float, float, float, float]


class Crowd:
    """The facilities somebody may see that a filter lets through, in cell order.

    Args:
        facilities: rows with ``lon``, ``lat``, ``verdict`` and ``near`` besides what ``feature`` makes GeoJSON of.
    """

    def __init__(self, facilities: pd.DataFrame, feature: Callable[[dict[str, Any]], dict[str, Any]] = facility_feature) -> None:
        self.facilities, self.feature = facilities, feature
        verdicts = np.where(facilities["near"].to_numpy(dtype=bool), "near", facilities["verdict"].to_numpy(dtype=object))
        kind = np.zeros(len(facilities), np.uint8)
        for number, name in enumerate(KINDS):
            kind[verdicts == name] = number
        self.points = PointMap.of(facilities[["lon", "lat"]].to_numpy(dtype=np.float64), kind)
        placed = np.isfinite(facilities["lon"].to_numpy(dtype=np.float64))
        self.counts = dict(zip(KINDS, np.bincount(kind[placed], minlength=len(KINDS)).tolist(), strict=True))

    def view(self, box: Box, zoom: int, tiles: str) -> dict[str, Any]:
        """What a window shows.

        Args:
            box: west, south, east, north in degrees. tiles: address of the tiles, with ``{z}``, ``{x}`` and ``{y}``.
        Returns:
            ``show``: ``features`` (at most 1,500, GeoJSON), ``cells`` (below zoom 10: place, count, count of each kind) or
            ``tiles``; ``counts`` of every kind on the whole map; ``in_view``.
        """
        found, lonlat = self.points.within(box)
        told: dict[str, Any] = {"in_view": len(found), "counts": self.counts}
        if len(found) <= FEATURES:
            rows = self.facilities.iloc[found].to_dict("records")
            return told | {"show": "features", "features": [self.feature(row) for row in rows]}
        if zoom < CELLS_BELOW:
            return told | {"show": "cells", "cells": squares(lonlat, self.points.kind[found], zoom, KINDS)}
        return told | {"show": "tiles", "tiles": tiles}

    def tile(self, zoom: int, x: int, y: int) -> bytes:
        """One vector tile (MVT), layer ``facilities``, tag ``kind``."""
        return point_tile(self.points, zoom, x, y, list(KINDS), "facilities")


def squares(lonlat: Any, kind: Any, zoom: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Squares of 64 pixels: how many of each kind lie in each, and where their middle is.

    Args:
        lonlat: places (n, 2) in degrees. kind: the number of each one's kind. kinds: their names.
    """
    pixels = in_tile(lonlat, zoom, 0, 0) // (16 * CELL_PIXELS)
    _, of_cell = np.unique(pixels, axis=0, return_inverse=True)
    count = np.bincount(of_cell)
    middle = np.column_stack([np.bincount(of_cell, lonlat[:, axis]) for axis in (0, 1)]) / count[:, None]
    by_kind = np.bincount(of_cell * len(kinds) + kind, minlength=len(count) * len(kinds)).reshape(len(count), len(kinds))
    return [
        {"at": [round(lon, 5), round(lat, 5)], "count": number, "kinds": {k: n for k, n in zip(kinds, each, strict=True) if n}}
        for (lon, lat), number, each in zip(middle.tolist(), count.tolist(), by_kind.tolist(), strict=True)
    ]


_kept: OrderedDict[tuple[str, str, Filter | None], Crowd] = OrderedDict()
_lock = threading.Lock()


def crowd(assessment: Assessment, wanted: Filter | None = None) -> Crowd:
    """The facilities of an assessment as seen by somebody, kept in cell order while they are asked for.

    Args:
        wanted: only facilities with a finding this filter lets through; None for all.
    """
    key = (assessment.run_hash, assessment.scope, wanted)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = Crowd(_facilities(assessment, wanted))
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _facilities(assessment: Assessment, wanted: Filter | None) -> pd.DataFrame:
    table = board(assessment).facilities
    if wanted is None:
        return table
    keys = facility_keys(select(assessment, wanted))
    return rows_where(table, (pair in keys for pair in zip(table["layer"], table["key"], strict=True))).reset_index(drop=True)


def zoom_of(text: str) -> int:
    """A zoom level from a request.

    Raises:
        WrongUsage: none, or one there is not.
    """
    if not text.isascii() or not text.isdigit() or int(text) > MAX_ZOOM:
        raise WrongUsage(value=f"zoom={text[:20]}", hint=f"zoom=0…{MAX_ZOOM}")
    return int(text)
