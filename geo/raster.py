"""Rasters 栅格 of unknown origin: checked and made into a tiled GeoTIFF of ours by the locked child process.

What a file starts with decides its format, never its name; what else GDAL could open from there (VRT, ``/vsi``
paths, web services) is refused before GDAL sees it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geo.child import LARGEST_FILE, ReaderStopped, limits_for, raise_answer, raster_environment, run_locked
from geo.errors import FileMissing, FileUnreadable, Refused

MOST_PIXELS = 100_000_000
"""Cells of a raster; more are refused from the header, before anything is read."""
FORMATS = {
    "GTiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "netCDF": (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n"),
    "AAIGrid": (b"ncols", b"NCOLS", b"Ncols"),
}
"""GDAL driver → how a file of it begins."""
INNER = "input.raster"
"""What a file is called where it is read: the user's name never becomes a path of ours."""
SUFFIXES = (".tif", ".tiff", ".nc", ".asc")
HDF5 = b"\x89HDF\r\n\x1a\n"
"""How a NetCDF-4 file begins."""
_LINKS = ("<vrt", "<gdal_wms", "<wmt_ms", "<wms", "<gdal_wmts", "<?xml", "http", "/vsi")


@dataclass(frozen=True)
class Kind:
    """What a raster may show.

    Attributes:
        title, title_en: shown names. units: canonical unit → how files write it, lower case and without spaces; the first
            is meant where a file says nothing. low, high: values outside are no such measure.
        breaks: fixed classes of the legend (inner limits), empty for classes from the data.
        summed: whether the sum over an area means something.
    """

    title: str
    title_en: str
    units: dict[str, tuple[str, ...]]
    low: float = -1e30
    high: float = 1e30
    breaks: tuple[float, ...] = ()
    summed: bool = False


_MICRO = ("ug/m3", "ugm-3", "ug/m^3", "ug/m**3", "microgram/m3", "microgramm-3", "ug.m-3", "微克/立方米")
_PEOPLE = ("people", "persons", "person", "count", "inhabitants", "1")
_PER_KM2 = ("people/km2", "persons/km2", "person/km2", "km-2", "1/km2", "inhabitants/km2", "人/平方公里")
KINDS: dict[str, Kind] = {
    "pm25": Kind("PM2.5 浓度", "PM2.5", {"µg/m³": _MICRO}, 0, 2000, (15, 25, 35, 45, 55, 75)),
    "population": Kind(
        "人口", "Population", {"人": _PEOPLE, "人/km²": _PER_KM2}, 0, 1e7, (), True
    ),
    "dustfall": Kind(
        "降尘", "Dustfall", {"t/(km²·30d)": ("t/km2", "t/km2.30d", "t/(km2.30d)", "t/km2/30d", "t/(km2·30d)", "t/km2/month")},
        0, 500, (3, 5, 7, 9),
    ),
    "elevation": Kind("高程", "Elevation", {"m": ("metre", "metres", "meter", "meters", "米")}, -500, 9000),
    "imagery": Kind("影像", "Imagery", {"": ()}),
    "other": Kind("其他", "Other", {}),
}  # fmt: skip
"""Every kind of raster, by its name."""


class RasterFormat(FileUnreadable):
    """Neither GeoTIFF, nor NetCDF, nor ASCII grid."""

    zh = "“{name}”不是可以读取的栅格：请提供 GeoTIFF（.tif）、NetCDF（.nc）或 ASCII 网格（.asc）文件。"
    en = "“{name}” is no raster that is read here: give a GeoTIFF (.tif), a NetCDF (.nc) or an ASCII grid (.asc)."


class RasterLinked(FileUnreadable):
    """A file that only points to others (VRT, WMS) or an address."""

    zh = "“{name}”只是指向其他文件或网络地址的链接（VRT、WMS、/vsi），不能读取；请提供栅格文件本身。"
    en = "“{name}” only points to other files or addresses (VRT, WMS, /vsi) and is not opened; give the raster itself."


class RasterNetCDF4(FileUnreadable):
    """A NetCDF-4 file (HDF5) that takes values from other files."""

    zh = "“{name}”（NetCDF-4）要从其他文件取值，因此不读取；请在 QGIS 中另存为 GeoTIFF（或 gdal_translate 原文件 新文件.tif）。"
    en = "“{name}” (NetCDF-4) takes values from other files and is not read; save it as GeoTIFF in QGIS (or with gdal_translate OLD NEW.tif)."  # noqa: E501  one sentence


class RasterTooLarge(FileUnreadable):
    """More cells than are read, by the header alone."""

    zh = "“{name}”有 {width} × {height} 个像元，超过 {most:,} 个；请裁剪到本市范围或降低分辨率。"
    en = "“{name}” has {width} × {height} cells, more than {most:,}; clip it to the city or make its cells larger."


class RasterNoCRS(Refused):
    """A raster that does not say where it lies."""

    zh = "“{name}”没有坐标系，请在“坐标系”中写明，例如 EPSG:4549（命令行用 --crs）。"
    en = "“{name}” has no coordinate system; state it, for example EPSG:4549 (--crs at the command line)."


class RasterRotated(Refused):
    """A raster whose rows do not run along an axis."""

    zh = "“{name}”是旋转或没有地理定位的栅格，请先用 GIS 软件校正为正北向上再导入。"
    en = "“{name}” is rotated or has no position; rectify it to north-up in GIS software first."


class RasterBands(Refused):
    """More than one band, where one is meant."""

    zh = "“{name}”含有 {bands} 个波段或变量，请只导出一个（一个日期一个文件）；影像须为 1、3 或 4 个 8 位波段。"
    en = "“{name}” has {bands} bands or variables; export one of them (one date, one file). Imagery: 1, 3 or 4 bands of 8 bits."


class RasterEmpty(Refused):
    """Not one cell with a value."""

    zh = "“{name}”全部是无数据值，没有可用的像元。"
    en = "“{name}” holds no data at all: every cell is empty."


class RasterUnit(Refused):
    """A unit that is none of the kind."""

    zh = "“{name}”的单位“{unit}”不能用于{title}，应为 {wanted}；请换算后重新导入。"
    en = "“{name}”: the unit “{unit}” is not one of {title_en}, which needs {wanted}; convert it and try again."


class RasterValues(Refused):
    """Values that cannot be of the kind."""

    zh = "“{name}”的值为 {low:g} 至 {high:g}，不可能是{title}（{unit}）；请核对单位和种类。"
    en = "“{name}” has values from {low:g} to {high:g}, which cannot be {title_en} ({unit}); check its unit and kind."


class KindUnknown(Refused):
    """A kind there is not."""

    zh = "没有栅格种类“{kind}”，可用：{known}。"
    en = "There is no kind of raster “{kind}”; use one of {known}."


@dataclass(frozen=True)
class Asked:
    """What the user says about a raster; empty for what the file says."""

    kind: str
    unit: str = ""
    crs: str = ""
    name: str = ""


@dataclass(frozen=True)
class RasterFacts:
    """What a raster turned out to be.

    Attributes:
        crs: ``EPSG:…``. pixel: cell size (x, y) in units of the system. bounds: west, south, east, north in degrees.
        nodata_share: of all cells. low, high, mean: of the values. quantiles: at 2, 20, 40, 60, 80, 98 %.
    """

    kind: str
    unit: str
    crs: str
    width: int
    height: int
    bands: int
    pixel: tuple[float, float]
    bounds: tuple[float, float, float, float]
    nodata_share: float
    low: float
    high: float
    mean: float
    quantiles: tuple[float, ...] = field(default=())


def kind_of(name: str) -> Kind:
    """The kind of a name.

    Raises:
        KindUnknown: there is none.
    """
    if name not in KINDS:
        raise KindUnknown(kind=name[:40], known=" ".join(KINDS))
    return KINDS[name]


def unit_of(asked: Asked, told: str) -> str:
    """The canonical unit of a raster.

    Args:
        asked: with the unit the user states. told: the one the file states, empty for none.
    Raises:
        RasterUnit: either is none of the kind.
    """
    kind = kind_of(asked.kind)
    if not kind.units:
        return (asked.unit or told).strip()[:30]
    if asked.kind == "imagery":
        return ""
    found = [_canonical(kind, text, asked.name) for text in (told, asked.unit) if text.strip()]
    return found[-1] if found else next(iter(kind.units))


def _canonical(kind: Kind, text: str, name: str) -> str:
    flat = "".join(text.lower().split())
    for mark, plain in (("µ", "u"), ("μ", "u"), ("³", "3"), ("²", "2"), ("⁻", "-"), ("¹", "1")):
        flat = flat.replace(mark, plain)
    for unit, spellings in kind.units.items():
        own = unit.lower().replace("µ", "u").replace("³", "3").replace("²", "2")
        if flat in (own, *spellings):
            return unit
    raise RasterUnit(name=name, unit=text.strip()[:40], title=kind.title, title_en=kind.title_en, wanted=" / ".join(kind.units))


def format_of(path: Path, name: str) -> str:
    """The GDAL driver that reads a file, by its first bytes.

    Raises:
        RasterLinked, RasterFormat: none.
    """
    with path.open("rb") as file:
        start = file.read(64)
    for driver, marks in FORMATS.items():
        if start.startswith(marks):
            return driver
    text = start.decode("utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    raise RasterLinked(name=name) if text.startswith(_LINKS) else RasterFormat(name=name)


def take_raster(path: Path, asked: Asked, target: Path) -> RasterFacts:
    """Make a raster of unknown origin one of ours: a tiled GeoTIFF with overviews, in its own coordinate system.

    Args:
        path: the file. target: where the GeoTIFF is put. asked: what the user says about it.
    Raises:
        RasterFormat, RasterLinked, RasterNoCRS, …: one sentence each; nothing was written.
    """
    kind_of(asked.kind)
    shown = asked.name or path.name
    if str(path).replace("\\", "/").lower().startswith(("/vsi", "http:", "https:")):
        raise RasterLinked(name=shown)
    if not path.is_file():
        raise FileMissing(path=shown)
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise FileUnreadable(name=shown, reason="文件超过 2 GB", reason_en="it is larger than 2 GB")
    driver = format_of(path, shown)
    with tempfile.TemporaryDirectory(prefix="bluesky-raster-") as name:
        folder = Path(name)
        shutil.copyfile(path, folder / INNER)
        job = {"driver": driver, "crs": asked.crs or _beside(path, driver), "asked": asdict(asked) | {"name": shown}}
        (folder / "job.json").write_text(json.dumps(job | {"limits": limits_for(size)}), "utf-8")
        answer = run_locked("geo._raster_process", folder, shown, size, raster_environment())
        if not answer.get("ok"):
            raise_answer(answer, shown, INNER)
        return _taken(folder / "output.tif", target, answer, shown)


def _beside(path: Path, driver: str) -> str:
    """The system that lies beside an ASCII grid, which cannot say it itself."""
    side = path.with_suffix(".prj")
    if driver != "AAIGrid" or not side.is_file() or side.stat().st_size > 20_000:
        return ""
    return side.read_text("utf-8", "replace").strip()


def _taken(made: Path, target: Path, answer: dict[str, Any], name: str) -> RasterFacts:
    try:
        told = dict(answer["facts"])
        facts = RasterFacts(**told | {part: tuple(told[part]) for part in ("pixel", "bounds", "quantiles")})
        shutil.copyfile(made, target)
    except (OSError, KeyError, TypeError) as fault:
        raise ReaderStopped(name=name, reason="返回的内容不完整", reason_en="gave an incomplete answer") from fault
    return facts
