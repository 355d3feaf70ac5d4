"""Opens rasters this product made: what is gone or broken is said in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geo.errors import Refused


class RasterLost(Refused):
    """The file of a raster is gone, or can no longer be read."""

    zh = "栅格文件 {name} 已丢失或损坏：请从备份恢复，或删除该栅格后重新添加（raster remove、raster add）。"
    en = "The raster file {name} is lost or broken: restore it from a backup, or remove the raster and add it again (raster remove, raster add)."  # noqa: E501  one sentence


def opened(path: Path) -> Any:
    """A GeoTIFF made by ``geo.raster``, open for reading.

    Raises:
        RasterLost: it is not there, or is none.
    """
    import rasterio
    from rasterio.errors import RasterioIOError

    try:
        return rasterio.open(path, driver="GTiff")
    except RasterioIOError as fault:
        raise RasterLost(name=path.name) from fault
