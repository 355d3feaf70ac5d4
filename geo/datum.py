"""The Chinese map datums GCJ-02 (高德, 腾讯; 火星坐标) and BD-09 (百度), to CGCS2000 and back.

CGCS2000 and WGS 84 are the same numbers here. Arrays in, arrays out: float64 degrees.
The inverse directions iterate to the rounding of float64, so that a round trip returns
where it came from. Outside mainland China (Hong Kong, Macau and Taiwan are outside: the real
maps are not shifted there) coordinates come back untouched. NaN stays NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Degrees = npt.NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

_MAJOR_AXIS = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
_UNSHIFTED = (
    # Hong Kong: south of the Shenzhen river and Mirs Bay
    ((113.82, 22.10), (113.82, 22.41), (113.96, 22.48), (114.03, 22.507), (114.10, 22.532),
     (114.16, 22.555), (114.23, 22.545), (114.35, 22.57), (114.52, 22.43), (114.52, 22.10)),
    # Macau, Taipa and Coloane
    ((113.527, 22.10), (113.535, 22.2135), (113.549, 22.2175), (113.61, 22.21), (113.61, 22.10)),
    # Taiwan with Penghu
    ((119.1, 21.6), (119.1, 23.9), (120.2, 24.9), (121.0, 25.5), (122.3, 25.8), (122.3, 21.6)),
)  # fmt: skip
_OUTSIDE = shapely.multipolygons([shapely.polygons(ring) for ring in _UNSHIFTED])
_BD_ANGLE = np.pi * 3000.0 / 180.0
_ROUNDS = 20


def shifted_here(lon: Degrees, lat: Degrees) -> npt.NDArray[np.bool_]:
    """Where the shift applies: the box of China without Hong Kong, Macau and Taiwan."""
    box = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    inside = np.zeros(lon.shape, dtype=np.bool_)
    inside[box] = ~shapely.contains_xy(_OUTSIDE, lon[box], lat[box])
    return inside


def cgcs2000_to_gcj02(lon: Any, lat: Any) -> Pair:
    """CGCS2000 degrees → GCJ-02 degrees."""
    return _where_shifted(_to_gcj, lon, lat)


def gcj02_to_cgcs2000(lon: Any, lat: Any) -> Pair:
    """GCJ-02 degrees → CGCS2000 degrees, exact to float rounding against the forward direction."""
    return _where_shifted(lambda x, y: _inverted(_to_gcj, x, y), lon, lat)


def gcj02_to_bd09(lon: Any, lat: Any) -> Pair:
    """GCJ-02 degrees → BD-09 degrees."""
    return _where_shifted(_to_bd, lon, lat)


def bd09_to_gcj02(lon: Any, lat: Any) -> Pair:
    """BD-09 degrees → GCJ-02 degrees."""
    return _where_shifted(lambda x, y: _inverted(_to_bd, x, y), lon, lat)


def cgcs2000_to_bd09(lon: Any, lat: Any) -> Pair:
    """CGCS2000 degrees → BD-09 degrees."""
    return _where_shifted(lambda x, y: _to_bd(*_to_gcj(x, y)), lon, lat)


def bd09_to_cgcs2000(lon: Any, lat: Any) -> Pair:
    """BD-09 degrees → CGCS2000 degrees."""
    return _where_shifted(lambda x, y: _inverted(_to_gcj, *_inverted(_to_bd, x, y)), lon, lat)


def to_cgcs2000(datum: str | None, lon: Any, lat: Any) -> Pair:
    """Degrees in a named datum → CGCS2000 degrees.

    Args:
        datum: ``gcj02`` or ``bd09``; ``cgcs2000``, ``wgs84``, ``assumed`` and None are the same numbers.
        lon, lat: float64 arrays of one shape.
    Returns:
        New arrays.
    """
    if datum == "gcj02":
        return gcj02_to_cgcs2000(lon, lat)
    if datum == "bd09":
        return bd09_to_cgcs2000(lon, lat)
    return np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)


def _where_shifted(move: Callable[[Degrees, Degrees], Pair], lon: Any, lat: Any) -> Pair:
    x = np.array(lon, dtype=np.float64)
    y = np.array(lat, dtype=np.float64)
    here = shifted_here(x, y)
    x[here], y[here] = move(x[here], y[here])
    return x, y


def _inverted(forward: Callable[[Degrees, Degrees], Pair], lon: Degrees, lat: Degrees) -> Pair:
    """The point that ``forward`` takes to (lon, lat): corrected by the remaining miss until it is nil."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        found_x, found_y = forward(x, y)
        miss_x, miss_y = lon - found_x, lat - found_y
        if not np.any(miss_x) and not np.any(miss_y):
            break
        x += miss_x
        y += miss_y
    return x, y


def _to_gcj(lon: Degrees, lat: Degrees) -> Pair:
    east, north = _offsets(lon - 105.0, lat - 35.0)
    radians = np.radians(lat)
    magic = 1 - _ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    meridian = _MAJOR_AXIS * (1 - _ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    parallel = _MAJOR_AXIS / np.sqrt(magic) * np.cos(radians)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _offsets(x: Degrees, y: Degrees) -> Pair:
    """The shift in metres (east, north) at x, y degrees from 105° E 35° N."""
    root = np.sqrt(np.abs(x))
    shared = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared
    east += _wave(x, ((20.0, 1.0), (40.0, 1.0 / 3.0), (150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0)))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared
    north += _wave(y, ((20.0, 1.0), (40.0, 1.0 / 3.0), (160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0)))
    return east, north


def _wave(t: Degrees, terms: tuple[tuple[float, float], ...]) -> Degrees:
    total = np.zeros_like(t)
    for height, frequency in terms:
        total += height * np.sin(t * np.pi * frequency) * 2.0 / 3.0
    return total


def _to_bd(lon: Degrees, lat: Degrees) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
