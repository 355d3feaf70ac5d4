"""Whether coordinates said to be CGCS2000 lie where GCJ-02 or BD-09 would put them: the residual is measured, not guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo import datum as datums

TRIED = ("cgcs2000", "gcj02", "bd09")
NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000"}
LEAST_SHIFT_M = 150.0
"""Residuals below this say nothing: the references themselves are not that good."""
_BETTER = 0.34
"""The residual must fall to a third."""

Degrees = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """``datum``: what the coordinates look like; residuals: median metres from the reference as said, and converted."""

    datum: str
    residual_m: float
    converted_m: float
    compared: int


def against_points(lon: Degrees, lat: Degrees, where: npt.NDArray[np.float64], judging_crs: str) -> Shift | None:
    """Compare points with where they are known to be.

    Args:
        lon, lat: float64 (n,) degrees as filed. where: float64 (n, 2) known places in judging metres.
    """

    def residuals(datum: str) -> npt.NDArray[np.float64]:
        return np.asarray(np.hypot(*(_metres(datum, lon, lat, judging_crs) - where).T), dtype=np.float64)

    return _decided(residuals, len(lon), 3)


def against_lines(lon: Degrees, lat: Degrees, lines: Any, judging_crs: str) -> Shift | None:
    """Compare vertices of boundaries with known lines (judging metres); vertices far from all of them do not count."""
    reach = shapely.buffer(shapely.box(*shapely.bounds(lines)), 3000.0)
    xy = _metres("cgcs2000", lon, lat, judging_crs)
    near = shapely.dwithin(lines, shapely.points(xy), 1500.0) & shapely.contains_xy(reach, xy[:, 0], xy[:, 1])
    if int(near.sum()) < 0.5 * len(lon):
        return None

    def residuals(datum: str) -> npt.NDArray[np.float64]:
        return np.asarray(
            shapely.distance(lines, shapely.points(_metres(datum, lon[near], lat[near], judging_crs))), dtype=np.float64
        )

    return _decided(residuals, int(near.sum()), 20, least=40.0)


def _metres(datum: str, lon: Degrees, lat: Degrees, judging_crs: str) -> npt.NDArray[np.float64]:
    return systems.transform_xy(*datums.to_cgcs2000(datum, lon, lat), "EPSG:4490", judging_crs)


def _decided(residuals: Any, count: int, fewest: int, least: float = LEAST_SHIFT_M) -> Shift | None:
    if count < fewest:
        return None
    medians = {datum: float(np.median(residuals(datum))) for datum in TRIED}
    said, best = medians["cgcs2000"], min(("gcj02", "bd09"), key=lambda name: medians[name])
    if said < least or medians[best] > said * _BETTER:
        return None
    return Shift(best, said, medians[best], count)
