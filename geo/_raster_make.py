"""Makes a tiled GeoTIFF with overviews of any raster, and measures it; runs in the locked child, and on arrays of our own."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo import crs as systems
from geo._raster_hdf5 import check_links
from geo.errors import CRSUnknown, FileUnreadable
from geo.raster import (
    KINDS,
    MOST_PIXELS,
    Asked,
    RasterBands,
    RasterEmpty,
    RasterFacts,
    RasterNoCRS,
    RasterRotated,
    RasterTooLarge,
    RasterValues,
    unit_of,
)

BLOCK = 256
LEAST_KELVIN_LIKE = 200.0
"""A PM2.5 raster whose smallest value is above this holds temperatures or the like."""
LEAST_HIGH = 1.0
"""A PM2.5 raster whose highest value is below this is in mg/m³, kg/m³ or kg/kg: no county is as clean as that."""
_QUANTILES = (2, 20, 40, 60, 80, 98)
_SAMPLE = 1_000_000


@dataclass
class _Measure:
    """Running facts over the values of a raster, with a sample for quantiles."""

    count: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    sample: list[npt.NDArray[np.float32]] | None = None

    def add(self, values: npt.NDArray[np.float32], every: int) -> None:
        """Take in some values, of which every n-th goes into the sample."""
        if not values.size:
            return
        self.count += values.size
        self.total += float(values.sum(dtype=np.float64))
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.sample = [*(self.sample or []), values[::every]]


def remake(source: Path, driver: str, crs: str, asked: Asked, target: Path) -> RasterFacts:
    """Read a raster and write it as a tiled GeoTIFF, north up, with overviews, in its own coordinate system.

    Args:
        driver: the one that may open it. crs: that the user states, empty for the file's own.
    Raises:
        RasterTooLarge, RasterBands, RasterNoCRS, RasterRotated, RasterUnit, RasterEmpty, RasterValues, RasterNetCDF4,
        FileUnreadable.
    """
    import rasterio
    from rasterio.errors import RasterioError

    check_links(source, asked.name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with rasterio.open(source, driver=driver) as data:
                _check_header(data, asked)
                return _copied(data, _crs_of(data, crs, asked.name), asked, target)
    except (RasterioError, ValueError, OSError) as fault:
        raise FileUnreadable(name=asked.name, reason="内容损坏或不完整", reason_en="it is damaged or incomplete") from fault


def _check_header(data: Any, asked: Asked) -> None:
    if data.width * data.height > MOST_PIXELS:
        raise RasterTooLarge(name=asked.name, width=data.width, height=data.height, most=MOST_PIXELS)
    bytes_only = all(kind == "uint8" for kind in data.dtypes)
    fit = data.count in (1, 3, 4) and bytes_only if asked.kind == "imagery" else data.count == 1
    if not fit:
        raise RasterBands(name=asked.name, bands=data.count or len(data.subdatasets))
    if any(kind.startswith("complex") for kind in data.dtypes):
        raise FileUnreadable(name=asked.name, reason="像元是复数", reason_en="its cells are complex numbers")
    at = data.transform
    if at.b or at.d or not at.a > 0 or not at.e or at.is_identity or not all(map(math.isfinite, at)):
        raise RasterRotated(name=asked.name)


def _crs_of(data: Any, stated: str, name: str) -> str:
    if stated:
        return systems.normalise(stated)
    if not data.crs:
        raise RasterNoCRS(name=name)
    number = data.crs.to_epsg()
    try:
        return systems.normalise(f"EPSG:{number}" if number else data.crs.to_wkt())
    except CRSUnknown:
        raise RasterNoCRS(name=name) from None


def _copied(data: Any, crs: str, asked: Asked, target: Path) -> RasterFacts:
    import rasterio

    unit = unit_of(asked, _unit_told(data))
    north = _north_up(data)
    measure, every = _Measure(), max(1, data.width * data.height // _SAMPLE)
    with rasterio.open(target, "w", **_profile(data.count, data.width, data.height, asked.kind, crs, north)) as made:
        for window, block in _blocks(data, asked.kind):
            made.write(block, window=window)
            if asked.kind != "imagery":
                measure.add(block[0][np.isfinite(block[0])], every)
        _overviews(made)
    return _facts((data.width, data.height, data.count), asked, unit, crs, north, measure)


def _north_up(data: Any) -> Any:
    from rasterio import Affine

    at = data.transform
    return at if at.e < 0 else Affine(at.a, 0, at.c, 0, -at.e, at.f + at.e * data.height)


def _unit_told(data: Any) -> str:
    told = next((text for text in data.units if text), None)
    tags = data.tags() | data.tags(1)
    return str(told or next((text for name, text in tags.items() if name.lower() in ("units", "unit", "单位")), ""))


def _profile(bands: int, width: int, height: int, kind: str, crs: str, at: Any) -> dict[str, Any]:
    image = kind == "imagery"
    told: dict[str, Any] = {"dtype": "uint8", "predictor": 2}
    if not image:
        told = {"dtype": "float32", "predictor": 3, "nodata": math.nan}
    elif bands == 3:
        told["photometric"] = "RGB"
    return told | {
        "driver": "GTiff", "width": width, "height": height, "count": bands, "crs": crs, "transform": at, "tiled": True,
        "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "deflate", "zlevel": 4,
    }  # fmt: skip


def _blocks(data: Any, kind: str) -> Iterator[tuple[Any, Any]]:
    """Rows of blocks from the north, as they are written; values as float32 with scale and offset, NaN for no data."""
    from rasterio.windows import Window

    down = data.transform.e < 0
    for row in range(0, data.height, BLOCK):
        rows = min(BLOCK, data.height - row)
        from_top = row if down else data.height - row - rows
        found = data.read(window=Window(0, from_top, data.width, rows), masked=kind != "imagery")
        block = found if kind == "imagery" else _values(found, data)
        yield Window(0, row, data.width, rows), block if down else block[:, ::-1, :]


def _values(found: Any, data: Any) -> npt.NDArray[np.float32]:
    with np.errstate(all="ignore"):
        values = found.astype(np.float64) * data.scales[0] + data.offsets[0]
        made = np.asarray(values.filled(math.nan), dtype=np.float32)
    made[~np.isfinite(made)] = math.nan
    return made


def _overviews(made: Any) -> None:
    from rasterio.enums import Resampling

    factors: list[int] = []
    size = max(made.width, made.height)
    while size > BLOCK:
        factors.append(2 ** (len(factors) + 1))
        size //= 2
    if factors:
        made.build_overviews(factors, Resampling.average)


def _facts(size: tuple[int, int, int], asked: Asked, unit: str, crs: str, at: Any, measure: _Measure) -> RasterFacts:
    width, height, bands = size
    kind = KINDS[asked.kind]
    if asked.kind == "imagery":
        measure = _Measure(width * height, 0.0, 0.0, 255.0)
    if not measure.count:
        raise RasterEmpty(name=asked.name)
    doubtful = asked.kind == "pm25" and (measure.low > LEAST_KELVIN_LIKE or measure.high < LEAST_HIGH)
    if measure.low < kind.low or measure.high > kind.high or doubtful:
        raise RasterValues(
            name=asked.name, low=measure.low, high=measure.high, title=kind.title, title_en=kind.title_en, unit=unit
        )
    marks = np.percentile(np.concatenate(measure.sample), _QUANTILES).tolist() if measure.sample else []
    return RasterFacts(
        asked.kind, unit, crs, width, height, bands, (at.a, -at.e), _bounds(crs, at, width, height),
        1 - measure.count / (width * height), measure.low, measure.high, measure.total / measure.count, tuple(marks),
    )  # fmt: skip


def _bounds(crs: str, at: Any, width: int, height: int) -> tuple[float, float, float, float]:
    """The box in degrees, by points along the four edges."""
    share = np.linspace(0, 1, 21)
    across, down = at.c + at.a * width * share, at.f + at.e * height * share
    x = np.concatenate([across, across, np.full(21, across[0]), np.full(21, across[-1])])
    y = np.concatenate([np.full(21, down[0]), np.full(21, down[-1]), down, down])
    xy = systems.transform_xy(x, y, crs, "EPSG:4490")
    west, south = np.nanmin(xy, axis=0).tolist()
    east, north = np.nanmax(xy, axis=0).tolist()
    if not all(map(math.isfinite, (west, south, east, north))):
        raise ValueError("bounds")
    return west, south, east, north


def write_grid(
    values: npt.NDArray[np.float32], crs: str, corner: tuple[float, float], pixel: float, asked: Asked, target: Path
) -> RasterFacts:
    """Write an array of our own as a raster of ours.

    Args:
        values: float32 (rows, columns), north first, NaN for no data. corner: north-west, in the system. pixel: cell size.
    """
    import rasterio
    from rasterio import Affine

    height, width = values.shape
    at = Affine(pixel, 0, corner[0], 0, -pixel, corner[1])
    with rasterio.open(target, "w", **_profile(1, width, height, asked.kind, crs, at)) as made:
        made.write(values, 1)
        _overviews(made)
    measure = _Measure()
    measure.add(values[np.isfinite(values)], 1)
    return _facts((width, height, 1), asked, unit_of(asked, ""), crs, at, measure)
