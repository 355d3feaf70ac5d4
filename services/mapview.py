"""What a map shows of very many facilities: those in view while they are few, else tiles, from far away cells with counts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import WrongUsage
from geo.tiles import MAX_ZOOM, PointMap, point_tile
from layers._rows import rows_where
from services._mapsquares import MapSquares
from services.assess import Assessment
from services.facilities import board
from services.findings import Filter, facility_keys, select
from services.mapdata import facility_feature

FEATURES, CELLS_BELOW = 1_500, 10
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
        self.squares = MapSquares(self.points, KINDS)
        placed = np.isfinite(facilities["lon"].to_numpy(dtype=np.float64))
        self.counts = dict(zip(KINDS, np.bincount(kind[placed], minlength=len(KINDS)).tolist(), strict=True))

    def view(self, box: Box, zoom: int, tiles: str) -> dict[str, Any]:
        """What a window shows.

        Args:
            box: west, south, east, north in degrees. tiles: address of the tiles, with ``{z}``, ``{x}`` and ``{y}``.
        Returns:
            ``show``: ``features`` (at most 1,500, GeoJSON), ``cells`` (below zoom 10: those of :class:`MapSquares`) or
            ``tiles``; ``counts`` of every kind on the whole map; ``in_view``.
        """
        count = self.points.count(box)
        told: dict[str, Any] = {"in_view": count, "counts": self.counts}
        if count <= FEATURES:
            rows = self.facilities.iloc[self.points.within(box)[0]].to_dict("records")
            return told | {"show": "features", "features": [self.feature(row) for row in rows]}
        if zoom < CELLS_BELOW:
            return told | {"show": "cells", "cells": self.squares.within(box, zoom)}
        return told | {"show": "tiles", "tiles": tiles}

    def tile(self, zoom: int, x: int, y: int) -> bytes:
        """One vector tile (MVT), layer ``facilities``, tag ``kind``."""
        return point_tile(self.points, zoom, x, y, list(KINDS), "facilities")


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
