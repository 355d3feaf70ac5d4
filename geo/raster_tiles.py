"""Map tiles and single values of rasters of ours, read through rasterio's ``WarpedVRT`` into the web map's squares."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from geo import crs as systems
from geo._raster_open import opened
from geo.errors import NotFound

TILE = 256
DEEPEST = 22
_WORLD = 20037508.342789244
_KEPT = 6
_open = threading.local()


class TileUnknown(NotFound):
    """A tile outside the world."""

    zh = "没有这张瓦片：{what}。"
    en = "There is no tile {what}."


def _dataset(path: Path) -> Any:
    """An open raster of this thread; GDAL's handles are not shared between threads."""
    kept: OrderedDict[str, Any] = getattr(_open, "kept", None) or OrderedDict()
    _open.kept = kept
    key = str(path)
    if key not in kept:
        kept[key] = opened(path)
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)[1].close()
    return kept[key]


def read_tile(path: Path, z: int, x: int, y: int) -> np.ndarray[Any, Any] | None:
    """The cells of a raster in one square of the web map.

    Returns:
        float32 (256, 256), NaN for no data; of imagery uint8 (256, 256, 4); None where the raster does not reach.
    Raises:
        TileUnknown: no square of the world.
    """
    from rasterio import Affine
    from rasterio.vrt import WarpedVRT

    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise TileUnknown(what=f"{z}/{x}/{y}")
    data = _dataset(path)
    size = 2 * _WORLD / 2**z
    west, north = -_WORLD + x * size, _WORLD - y * size
    if not _reaches(data, (west, north - size, west + size, north)):
        return None
    cell = size / TILE
    square = Affine(cell, 0, west, 0, -cell, north)
    told: dict[str, Any] = {"crs": "EPSG:3857", "transform": square, "width": TILE, "height": TILE}
    if data.dtypes[0] == "uint8":
        with WarpedVRT(data, add_alpha=data.count != 4, **told) as seen:
            return _coloured(seen.read())
    with WarpedVRT(data, nodata=math.nan, **told) as seen:
        return np.asarray(seen.read(1), dtype=np.float32)


def _reaches(data: Any, box: tuple[float, float, float, float]) -> bool:
    """Whether a square of the web map and a raster may meet (by boxes, with a cell to spare)."""
    share = np.linspace(0, 1, 9)
    x, y = np.meshgrid(box[0] + (box[2] - box[0]) * share, box[1] + (box[3] - box[1]) * share)
    xy = systems.transform_xy(x.ravel(), y.ravel(), "EPSG:3857", f"EPSG:{data.crs.to_epsg()}")
    (west, south), (east, north) = np.nanmin(xy, axis=0), np.nanmax(xy, axis=0)
    spare = max(data.res)
    limits = data.bounds
    return bool(
        west <= limits.right + spare and east >= limits.left - spare
        and south <= limits.top + spare and north >= limits.bottom - spare
    )  # fmt: skip


def _coloured(bands: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if len(bands) == 2:
        bands = bands[[0, 0, 0, 1]]
    return np.ascontiguousarray(np.moveaxis(bands, 0, -1))


def value_at(path: Path, lon: float, lat: float) -> float | None:
    """The value of the cell a place lies in (EPSG:4490); None for no data or outside."""
    from rasterio.windows import Window

    data = _dataset(path)
    x, y = systems.transform_xy(np.array([lon]), np.array([lat]), "EPSG:4490", f"EPSG:{data.crs.to_epsg()}")[0].tolist()
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    column, row = (math.floor(part) for part in ~data.transform @ (x, y))
    if not (0 <= column < data.width and 0 <= row < data.height) or data.dtypes[0] == "uint8":
        return None
    found = float(data.read(1, window=Window(column, row, 1, 1))[0, 0])
    return found if math.isfinite(found) else None
