"""The order of places along a curve through the map: neighbours on it are neighbours on the ground."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt

LEVEL = 16
AT_ONCE = 1_000_000


def along_curve(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Positions of places in the order of a Hilbert curve; those without a place come last, in their order.

    Args:
        xy: float64 (n, 2), any system; NaN for no place.
    """
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))
    lost = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if not len(known):
        return lost
    bounds = (*xy[known].min(axis=0).tolist(), *xy[known].max(axis=0).tolist())
    distance = np.concatenate([
        gpd.GeoSeries.from_xy(*xy[known[start : start + AT_ONCE]].T).hilbert_distance(bounds, LEVEL).to_numpy(np.int64)
        for start in range(0, len(known), AT_ONCE)
    ])  # fmt: skip
    return np.concatenate([known[np.argsort(distance, kind="stable")], lost])
