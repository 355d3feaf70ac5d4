"""Interpolation between stations 反距离加权: inverse distance, never beyond a stated distance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo._order import Floats

LIMIT_M, FEWEST, MOST, POWER = 15_000.0, 1, 8, 2.0
AT_M = 1.0
"""Nearer than this a place is the station itself."""


def interpolated(
    places: Floats, stations: Floats, values: Floats, limit: float = LIMIT_M, fewest: int = FEWEST
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Values at places from those of stations, weighted by 1 / distance².

    Args:
        places: float64 (n, 2), metres. stations: float64 (m, 2). values: float64 (m,), NaN for none.
        limit: metres; a station farther away counts for nothing. fewest: stations within the limit that are needed.
    Returns:
        Values float64 (n,), NaN where too few stations are near; how many stations each rests on (at most ``MOST``).
    """
    fine = np.isfinite(values) & np.isfinite(stations).all(axis=1)
    spots, known = stations[fine], values[fine]
    out, used = np.full(len(places), np.nan), np.zeros(len(places), np.int64)
    if not len(spots):
        return out, used
    away = np.hypot(places[:, None, 0] - spots[None, :, 0], places[:, None, 1] - spots[None, :, 1])
    order = np.argsort(away, axis=1, kind="stable")[:, :MOST]
    near = np.take_along_axis(away, order, axis=1)
    counts = near <= limit
    weight = np.where(counts, 1 / np.maximum(near, AT_M) ** POWER, 0.0)
    used[:] = counts.sum(axis=1)
    enough = (used >= fewest) & (used > 0)
    mixed = (weight * known[order]).sum(axis=1)
    out[enough] = mixed[enough] / weight[enough].sum(axis=1)
    exact = near[:, 0] < AT_M
    out[exact & enough] = known[order[:, 0]][exact & enough]
    return out, used
