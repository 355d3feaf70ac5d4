"""Rasters of unknown origin: what is taken, what is refused with which sentence, and what the child makes of it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio import Affine

from geo._raster_hdf5 import check_links
from geo.child import ALLOWED_RASTER_DRIVERS, FileRefused, raster_environment
from geo.errors import BlueSkyError, CRSUnknown
from geo.raster import (
    Asked,
    KindUnknown,
    RasterEmpty,
    RasterFacts,
    RasterFormat,
    RasterLinked,
    RasterNoCRS,
    RasterRotated,
    RasterUnit,
    RasterValues,
    format_of,
    take_raster,
    unit_of,
)

GRID = np.arange(12, dtype=np.float32).reshape(3, 4)
AT = Affine(1000, 0, 450_000, 0, -1000, 3_236_000)


def written(folder: Path, values: np.ndarray = GRID, **facts: Any) -> Path:
    told = {"crs": "EPSG:4549", "transform": AT, "driver": "GTiff", "nodata": None} | facts
    units, path = told.pop("units", None), folder / "in.tif"
    stack = values if values.ndim == 3 else values[None]
    told |= dict(zip(("count", "height", "width"), stack.shape, strict=True)) | {"dtype": stack.dtype}
    with rasterio.open(path, "w", **told) as data:
        data.write(stack)
        if units:
            data.units = [units]
    return path


def taken(path: Path, folder: Path, kind: str = "pm25", **said: str) -> RasterFacts:
    return take_raster(path, Asked(kind, **said), folder / "out.tif")


def test_a_geotiff_becomes_a_tiled_one_with_overviews(tmp_path: Path) -> None:
    large = np.tile(GRID, (200, 200))
    facts = taken(written(tmp_path, large, units="ug m-3"), tmp_path)
    assert (facts.unit, facts.crs, facts.width, facts.height) == ("µg/m³", "EPSG:4549", 800, 600)
    assert (facts.low, facts.high, facts.mean, facts.nodata_share) == (0, 11, pytest.approx(5.5), 0)
    with rasterio.open(tmp_path / "out.tif") as data:
        assert data.profile["tiled"]
        assert data.overviews(1) == [2, 4]
        assert np.array_equal(data.read(1), large)


def test_south_up_rasters_are_turned_exactly(tmp_path: Path) -> None:
    path = written(tmp_path, GRID[::-1], transform=Affine(1000, 0, 450_000, 0, 1000, 3_233_000))
    taken(path, tmp_path)
    with rasterio.open(tmp_path / "out.tif") as data:
        assert np.array_equal(data.read(1), GRID)
        assert data.transform == AT


def test_no_data_scale_and_offset_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, GRID.astype(np.int16), nodata=11)
    with rasterio.open(path, "r+") as data:
        data.scales, data.offsets = (0.5,), (10.0,)
    facts = taken(path, tmp_path)
    assert (facts.low, facts.high, facts.nodata_share) == (10, 15, pytest.approx(1 / 12))


def test_netcdf_and_ascii_grids_are_read(tmp_path: Path) -> None:
    rasterio.shutil.copy(written(tmp_path), tmp_path / "in.nc", driver="netCDF", FORMAT="NC")
    assert taken(tmp_path / "in.nc", tmp_path).mean == pytest.approx(5.5)
    rasterio.shutil.copy(written(tmp_path), tmp_path / "in4.nc", driver="netCDF", FORMAT="NC4")
    assert taken(tmp_path / "in4.nc", tmp_path).mean == pytest.approx(5.5)
    ascii_grid = tmp_path / "in.asc"
    ascii_grid.write_text("ncols 2\nnrows 1\nxllcorner 450000\nyllcorner 3233000\ncellsize 500\nNODATA_value -9999\n7 -9999\n")
    with pytest.raises(FileRefused, match="坐标系"):
        taken(ascii_grid, tmp_path)
    facts = taken(ascii_grid, tmp_path, crs="EPSG:4549")
    assert (facts.mean, facts.nodata_share, facts.pixel) == (7, 0.5, (500, 500))
    ascii_grid.with_suffix(".prj").write_text(str(rasterio.crs.CRS.from_epsg(4549).to_wkt()))
    assert taken(ascii_grid, tmp_path).crs == "EPSG:4549"


def test_imagery_keeps_its_bands(tmp_path: Path) -> None:
    colours = np.zeros((3, 4, 4), dtype=np.uint8)
    assert taken(written(tmp_path, colours), tmp_path, "imagery").bands == 3
    with pytest.raises(FileRefused, match="3 个波段"):
        taken(written(tmp_path, colours), tmp_path, "pm25")
    with pytest.raises(FileRefused, match="8 位"):
        taken(written(tmp_path), tmp_path, "imagery")


def header(width: int, height: int) -> bytes:
    """A TIFF that promises many cells and holds none."""
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
            (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 16)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)


BAD: list[tuple[str, dict[str, Any], dict[str, str], type[BlueSkyError], str]] = [
    ("no crs", {"crs": None}, {}, RasterNoCRS, "坐标系"),
    ("rotated", {"transform": Affine(1000, 20, 450_000, 20, -1000, 3_236_000)}, {}, RasterRotated, "旋转"),
    ("all nodata", {"values": np.full((3, 4), np.nan, np.float32)}, {}, RasterEmpty, "无数据"),
    ("kelvin told", {"units": "K"}, {}, RasterUnit, "µg/m³"),
    ("kelvin untold", {"values": GRID + 280}, {}, RasterValues, "280"),
    ("micrograms a kilogram", {"units": "ug/kg"}, {}, RasterUnit, "ug/kg"),
    ("said against the file", {"units": "K"}, {"unit": "µg/m³"}, RasterUnit, "K"),
    ("a unit of something else", {}, {"unit": "mg/m3"}, RasterUnit, "mg/m3"),
    ("kilograms untold", {"values": GRID * 1e-9}, {}, RasterValues, "1.1e-08"),
    ("negative", {"values": GRID - 5}, {}, RasterValues, "-5"),
    ("a system there is not", {}, {"crs": "EPSG:999999"}, CRSUnknown, "999999"),
]


@pytest.mark.parametrize(("facts", "said", "error", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_rasters_are_refused_in_a_sentence(
    tmp_path: Path, facts: dict[str, Any], said: dict[str, str], error: type[BlueSkyError], words: str
) -> None:
    from geo._raster_make import remake

    path = written(tmp_path, facts.get("values", GRID), **{k: v for k, v in facts.items() if k != "values"})
    with pytest.raises(error) as told:
        remake(path, "GTiff", said.get("crs", ""), Asked("pm25", said.get("unit", ""), name="甲.tif"), tmp_path / "out.tif")
    assert words in str(told.value)


def test_a_refusal_comes_whole_across_the_wall(tmp_path: Path) -> None:
    with pytest.raises(BlueSkyError) as told:
        taken(written(tmp_path, crs=None), tmp_path, name="甲.tif")
    assert "甲.tif" in str(told.value)
    assert "坐标系" in str(told.value)
    assert not (tmp_path / "out.tif").exists()


def test_a_huge_header_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    path.write_bytes(header(200_000, 200_000) + bytes(64))
    with pytest.raises(BlueSkyError) as told:
        taken(path, tmp_path)
    assert "200000 × 200000" in str(told.value)


@pytest.mark.parametrize("way", ["external link", "external storage", "virtual", "within a group", "broken", "cycle"])
def test_netcdf4_that_takes_values_from_elsewhere_is_refused(tmp_path: Path, way: str) -> None:
    path = tmp_path / "in.nc"
    rasterio.shutil.copy(written(tmp_path), path, driver="netCDF", FORMAT="NC4")
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.arange(12, dtype=np.float32).tobytes())
    with h5py.File(path, "a") as file:
        if way == "external link":
            file["elsewhere"] = h5py.ExternalLink(str(secret), "/")
        elif way == "external storage":
            file.create_dataset("elsewhere", (3, 4), "f4", external=[(str(secret), 0, 48)])
        elif way == "virtual":
            layout = h5py.VirtualLayout((3, 4), "f4")
            layout[:] = h5py.VirtualSource(str(secret), "Band1", (3, 4))
            file.create_virtual_dataset("elsewhere", layout)
        elif way == "within a group":
            file.create_group("a/b")["elsewhere"] = h5py.ExternalLink(str(secret), "/")
        elif way == "cycle":
            file["again"], file["soft"] = file["/"], h5py.SoftLink("/nowhere")
    if way == "broken":
        path.write_bytes(path.read_bytes()[:600])
    if way == "cycle":
        check_links(path, "in.nc")
        return
    with pytest.raises(FileRefused, match="损坏" if way == "broken" else "从其他文件取值"):
        taken(path, tmp_path)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<VRTDataset rasterXSize='1'>", RasterLinked), (b"\n <GDAL_WMS>", RasterLinked),
        (b"<?xml version='1.0'?>", RasterLinked),
        (b"http://127.0.0.1/x.tif", RasterLinked), (b"/vsicurl/x", RasterLinked),
        (b"\x89PNG\r\n\x1a\n", RasterFormat), (b"", RasterFormat), (b"PK\x03\x04", RasterFormat),
    ],
)  # fmt: skip
def test_what_only_points_elsewhere_is_never_opened(tmp_path: Path, content: bytes, error: type[BlueSkyError]) -> None:
    path = tmp_path / "disguised.tif"
    path.write_bytes(content)
    with pytest.raises(error):
        format_of(path, "disguised.tif")
    with pytest.raises(RasterLinked):
        taken(Path("/vsicurl/127.0.0.1/a.tif"), tmp_path)


def test_the_child_has_no_other_driver() -> None:
    skipped = set(raster_environment()["GDAL_SKIP"].split(","))
    assert {"VRT", "WMS", "WCS", "HTTP", "GTI", "STACIT", "HDF5", "MBTiles"} <= skipped
    assert not skipped & ALLOWED_RASTER_DRIVERS


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, np.tile(GRID, (100, 100)))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(BlueSkyError):
        taken(path, tmp_path)


@pytest.mark.parametrize("text", ["µg/m³", "ug/m3", "μg m-3", "UG/M^3", "微克/立方米", "µg m⁻³", ""])
def test_one_unit_is_written_in_many_ways(text: str) -> None:
    assert unit_of(Asked("pm25"), text) == "µg/m³"


def test_there_are_only_known_kinds(tmp_path: Path) -> None:
    with pytest.raises(KindUnknown):
        taken(written(tmp_path), tmp_path, "temperature")
    assert unit_of(Asked("other"), "K") == "K"
