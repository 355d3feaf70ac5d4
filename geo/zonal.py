"""Zonal statistics 分区统计: what a raster holds under polygons, every cell weighted by the exact part of it that is covered.

A polygon smaller than a cell gets that cell's value. In degrees cells differ in area, and are weighted by it, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo._order import Floats
from geo._raster_open import opened

MOST_CELLS = 20_000_000
"""Cells of one reading: polygons near each other are read together up to this many."""
MOST_AT_ONCE = 3_000_000
"""Cells whose values are in hand at a time, roughly."""
NINETY = 0.9
_E2 = 0.006694380022903416
"""First eccentricity of the ellipsoid CGCS2000, squared."""


@dataclass(frozen=True)
class Zonal:
    """What lies under each polygon, float64 (m,); NaN where no cell under it has a value.

    Attributes:
        mean: weighted by covered area. highest: of cells touched by the inside. p90: the value that 90 % of the covered area
            do not exceed. total: value × covered share, summed. over: share of the area with data above the threshold (NaN
            without one). nodata: share of the polygon without data, what lies outside the raster included.
        cells: covered cells with data, in cells. weight: the same as the mean weighs them.
    """

    mean: Floats
    highest: Floats
    p90: Floats
    total: Floats
    over: Floats
    nodata: Floats
    cells: Floats
    weight: Floats


def zonal(raster: Path, shapes: npt.NDArray[np.object_], crs: str, threshold: float | None = None, band: int = 1) -> Zonal:
    """Statistics of a raster of ours under polygons.

    Args:
        raster: a GeoTIFF made by ``geo.raster``. shapes: polygons (m,), None for none, in ``crs`` (any pair of systems).
        threshold: for the share above it.
    Raises:
        RasterLost: the file is gone or broken.
    """
    out = np.full((8, len(shapes)), math.nan)
    out[5], out[6:] = 1.0, 0.0
    with opened(raster) as data:
        own = f"EPSG:{data.crs.to_epsg()}"
        placed = systems.transform(shapes, crs, own)
        usable = np.flatnonzero(~(shapely.is_missing(placed) | shapely.is_empty(placed)))
        inside = _near(placed, usable, data.bounds)
        for group in _groups(placed, inside, data):
            _measure(out, data, band, placed, group, threshold, systems.is_degrees(own))
        whole = shapely.area(placed) / (data.res[0] * data.res[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        out[5] = np.where(whole > 0, np.clip(1 - out[6] / whole, 0.0, 1.0), 1.0)
    out[5][out[5] < 1e-9] = 0.0
    return Zonal(*out)


def _near(placed: npt.NDArray[np.object_], usable: npt.NDArray[np.int64], bounds: Any) -> npt.NDArray[np.int64]:
    box = shapely.bounds(placed[usable])
    touching = (box[:, 0] < bounds.right) & (box[:, 2] > bounds.left) & (box[:, 1] < bounds.top) & (box[:, 3] > bounds.bottom)
    found: npt.NDArray[np.int64] = usable[touching & np.isfinite(box).all(axis=1)]
    return found


def _groups(placed: npt.NDArray[np.object_], inside: npt.NDArray[np.int64], data: Any) -> Iterator[npt.NDArray[np.int64]]:
    """Positions of polygons that are read together, from north to south."""
    if not len(inside):
        return
    box = shapely.bounds(placed[inside])
    order = np.argsort(-box[:, 3], kind="stable")
    cell = data.res[0] * data.res[1]
    start, reach = 0, box[order[0]].copy()
    for position, number in enumerate(order):
        wider = np.concatenate([np.minimum(reach[:2], box[number, :2]), np.maximum(reach[2:], box[number, 2:])])
        if position > start and (wider[2] - wider[0]) * (wider[3] - wider[1]) / cell > MOST_CELLS:
            yield inside[order[start:position]]
            start, wider = position, box[number].copy()
        reach = wider
    yield inside[order[start:]]


def _measure(
    out: Floats, data: Any, band: int, placed: npt.NDArray[np.object_], group: npt.NDArray[np.int64],
    threshold: float | None, degrees: bool,
) -> None:  # fmt: skip
    import geopandas as gpd
    from exactextract import exact_extract

    source = _read(data, band, shapely.total_bounds(placed[group]))
    if source is None:
        return
    asked = ["values", "coverage", *(["center_y"] if degrees else [])]
    for part in _parts(placed, group, data.res[0] * data.res[1]):
        frame = gpd.GeoDataFrame({"n": part}, geometry=placed[part], crs=data.crs)
        found = exact_extract(source, frame, asked, output="pandas")
        heights = found["center_y"] if degrees else [None] * len(part)
        for number, values, share, height in zip(part, found["values"], found["coverage"], heights, strict=True):
            if len(values):
                out[:, number] = _one(np.asarray(values), np.asarray(share), height, threshold)


def _parts(placed: npt.NDArray[np.object_], group: npt.NDArray[np.int64], cell: float) -> Iterator[npt.NDArray[np.int64]]:
    """A group in portions whose cells can be held at once."""
    load = np.cumsum(shapely.area(placed[group]) / cell + 50) // MOST_AT_ONCE
    for portion in np.split(group, np.flatnonzero(np.diff(load)) + 1):
        if len(portion):
            yield portion


def _read(data: Any, band: int, box: Floats) -> Any:
    """The part of a raster under a box as a source of values, None where there is none."""
    from exactextract.raster import NumPyRasterSource
    from rasterio.windows import Window

    wide, high = data.res
    left, top = data.bounds.left, data.bounds.top
    first = max(0, math.floor((box[0] - left) / wide)), max(0, math.floor((top - box[3]) / high))
    last = min(data.width, math.ceil((box[2] - left) / wide)), min(data.height, math.ceil((top - box[1]) / high))
    if last[0] <= first[0] or last[1] <= first[1]:
        return None
    values = data.read(band, window=Window(first[0], first[1], last[0] - first[0], last[1] - first[1]))
    west, east = left + first[0] * wide, left + last[0] * wide
    south, north = top - last[1] * high, top - first[1] * high
    return NumPyRasterSource(values, west, south, east, north, nodata=data.nodata, srs_wkt=data.crs.to_wkt())


def _one(values: Floats, share: Floats, height: Any, threshold: float | None) -> tuple[float, ...]:
    """Mean, highest, p90, total, share above, (no data: later), cells and weight of one polygon."""
    cells = float(share.sum())
    weight = share if height is None else share * _cell_area(np.asarray(height))
    whole = float(weight.sum())
    over = math.nan if threshold is None else float(weight[values > threshold].sum()) / whole
    mean = float((values * weight).sum()) / whole
    return mean, float(values.max()), _ninety(values, weight, whole), float((values * share).sum()), over, 0.0, cells, whole


def _ninety(values: Floats, weight: Floats, whole: float) -> float:
    """The value that 90 % of the weight do not exceed: only the upper part needs to be sorted."""
    cut = int(len(values) * 0.85)
    upper = values >= np.partition(values, cut)[cut]
    while True:
        high, heavy = values[upper], weight[upper]
        below = whole - float(heavy.sum())
        if below <= NINETY * whole or upper.all():
            break
        upper = np.ones(len(values), dtype=np.bool_)  # unequal weights: the quantile lies further down
    order = np.argsort(high, kind="stable")
    place = np.searchsorted(below + np.cumsum(heavy[order]), NINETY * whole - 1e-9 * whole)
    return float(high[order[min(int(place), len(order) - 1)]])


def _cell_area(latitude: Floats) -> Floats:
    """Area of a cell in degrees by its latitude, as a factor."""
    sine = np.sin(np.radians(latitude))
    found: Floats = (1 - _E2) / (1 - _E2 * sine**2) ** 2 * np.cos(np.radians(latitude))
    return found
