"""Squares of 64 pixels in which points are counted from far away, over a whole map, made once for each zoom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.tiles import EXTENT, PIXELS, PointMap, in_tile

SIDE = 64 * EXTENT // PIXELS
Whole = npt.NDArray[np.int64]


class MapSquares:
    """What each square of 64 pixels holds.

    Args:
        points: of the whole map. kinds: names of their kinds, by number.
    """

    def __init__(self, points: PointMap, kinds: Sequence[str]) -> None:
        self._points, self._kinds = points, kinds
        self._made: dict[int, tuple[Whole, list[dict[str, Any]]]] = {}

    def within(self, box: tuple[float, float, float, float], zoom: int) -> list[dict[str, Any]]:
        """The squares a box meets (west, south, east, north in degrees), whole: ``at`` the middle of the points, ``count``,
        and ``kinds`` with the count of each that is there.
        """
        if zoom not in self._made:
            self._made[zoom] = self._of(zoom)
        squares, told = self._made[zoom]
        west, south, east, north = box
        first, last = in_tile(np.array([[west, north], [east, south]]), zoom, 0, 0) // SIDE
        met = ((squares >= first) & (squares <= last)).all(axis=1)
        return [told[number] for number in np.flatnonzero(met).tolist()]

    def _of(self, zoom: int) -> tuple[Whole, list[dict[str, Any]]]:
        lonlat, kind = self._points.every()
        if not len(lonlat):
            return np.empty((0, 2), np.int64), []
        at = in_tile(lonlat, zoom, 0, 0) // SIDE
        corner = at.min(axis=0)
        down = int(at[:, 1].max() - corner[1]) + 1
        key = (at[:, 0] - corner[0]) * down + at[:, 1] - corner[1]
        filled = np.flatnonzero(np.bincount(key))
        of = np.searchsorted(filled, key) if len(filled) > 1 else np.zeros(len(key), np.int64)
        count, many = np.bincount(of), len(self._kinds)
        middle = np.column_stack([np.bincount(of, lonlat[:, axis]) for axis in (0, 1)]) / count[:, None]
        by_kind = np.bincount(of * many + kind, minlength=len(count) * many).reshape(len(count), many)
        kinds = [{k: n for k, n in zip(self._kinds, each, strict=True) if n} for each in by_kind.tolist()]
        told = [
            {"at": [round(lon, 5), round(lat, 5)], "count": n, "kinds": each}
            for (lon, lat), n, each in zip(middle.tolist(), count.tolist(), kinds, strict=True)
        ]
        return np.column_stack([filled // down, filled % down]) + corner, told
