"""One point in the datums of the phone's maps."""

from __future__ import annotations

import numpy as np

from geo.datum import cgcs2000_to_bd09, cgcs2000_to_gcj02


def gcj02_of(lon: float, lat: float) -> tuple[float, float]:
    """A point in GCJ-02 (AMap, Tencent); degrees in and out."""
    x, y = cgcs2000_to_gcj02(np.array([lon]), np.array([lat]))
    return float(x[0]), float(y[0])


def bd09_of(lon: float, lat: float) -> tuple[float, float]:
    """A point in BD-09 (Baidu); degrees in and out."""
    x, y = cgcs2000_to_bd09(np.array([lon]), np.array([lat]))
    return float(x[0]), float(y[0])
