"""NetCDF-4 is HDF5, which can take values from other files: such a file is refused before GDAL opens it.

Runs in the locked child only. Where values may come from elsewhere: external links, external storage of a dataset,
virtual datasets (HDF5 User's Guide, Groups and Datasets). Everything a hard link reaches is looked at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geo.errors import FileUnreadable
from geo.raster import HDF5, RasterNetCDF4

MOST_OBJECTS = 10_000


def check_links(path: Path, name: str) -> None:
    """Refuse a file that takes values from elsewhere; one that is no HDF5 passes.

    Args:
        path: the file. name: how the user calls it.
    Raises:
        RasterNetCDF4: it does. FileUnreadable: it is damaged, or holds too much to look at.
    """
    with path.open("rb") as start:
        if start.read(len(HDF5)) != HDF5:
            return
    import h5py

    try:
        with h5py.File(path, "r") as file:
            _walk(h5py, file, name)
    except (OSError, KeyError, RuntimeError, ValueError) as fault:
        raise FileUnreadable(name=name, reason="内容损坏或不完整", reason_en="it is damaged or incomplete") from fault


def _walk(h5py: Any, file: Any, name: str) -> None:
    waiting, seen = [file], set()
    while waiting:
        group = waiting.pop()
        for key in group:
            found = _hard(h5py, group, key, name)
            if found is None:
                continue
            address = h5py.h5o.get_info(found.id).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MOST_OBJECTS:
                raise FileUnreadable(name=name, reason="变量过多", reason_en="it holds too many variables")
            if isinstance(found, h5py.Group):
                waiting.append(found)
            elif isinstance(found, h5py.Dataset) and (found.external or found.is_virtual):
                raise RasterNetCDF4(name=name)


def _hard(h5py: Any, group: Any, key: str, name: str) -> Any:
    """What a hard link leads to; None for a soft one, which leads to what hard links reach, or nowhere."""
    try:
        link = group.get(key, getlink=True)
    except TypeError:  # a kind of link of somebody's own
        raise RasterNetCDF4(name=name) from None
    if isinstance(link, h5py.SoftLink):
        return None
    if not isinstance(link, h5py.HardLink):
        raise RasterNetCDF4(name=name)
    return group[key]
