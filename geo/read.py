"""Reads a file of any format we take into a raw table. Runs in the locked child process only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from geo.errors import FileUnreadable
from geo.raw import RawTable


class FormatUnknown(FileUnreadable):
    """A suffix we do not take."""

    zh = "不支持文件“{name}”的格式，可用：csv、txt、xlsx、xls、ods、geojson、gpkg、shp、kml、kmz、fgb、parquet、dxf、zip。"
    en = (
        "The format of “{name}” is not supported; use csv, txt, xlsx, xls, ods, geojson, gpkg, shp (or zip), "
        "kml, kmz, fgb, parquet, dxf or a zip of one (gdb, too)."
    )


@dataclass(frozen=True)
class ReadOptions:
    """What the user says about a file: text encoding, sheet of a workbook, layer of a container."""

    encoding: str | None = None
    sheet: str | None = None
    layer: str | None = None


Reader = Callable[[Path, ReadOptions], RawTable]

SUFFIXES: dict[str, str] = {
    ".csv": "geo._read_text", ".tsv": "geo._read_text", ".txt": "geo._read_text",
    ".xlsx": "geo._read_sheet", ".xls": "geo._read_sheet", ".ods": "geo._read_sheet", ".xlsm": "geo._read_sheet",
    ".geojson": "geo._read_geojson", ".json": "geo._read_geojson",
    ".kml": "geo._read_kml", ".kmz": "geo._read_kml",
    ".geojsonl": "geo._read_geojson", ".geojsons": "geo._read_geojson", ".ndjson": "geo._read_geojson",
    ".shp": "geo._read_shapefile", ".zip": "geo._read_ogr", ".dxf": "geo._read_ogr",
    ".gpkg": "geo._read_ogr", ".fgb": "geo._read_ogr",
    ".parquet": "geo._read_parquet", ".geoparquet": "geo._read_parquet",
}  # fmt: skip
"""Suffix → module with ``read(path, options)``; imported when needed, so that a CSV loads no GDAL."""


def read_table(path: Path, options: ReadOptions) -> RawTable:
    """Every record of a file, unconverted.

    Args:
        path: a file in a private folder (a copy); its suffix decides the format.
        options: what the user says about it.
    Raises:
        FormatUnknown, FileUnreadable, EncodingUnknown: one sentence.
    """
    import importlib

    module = SUFFIXES.get(path.suffix.lower())
    if module is None:
        raise FormatUnknown(name=path.name)
    if path.stat().st_size == 0:
        raise FileUnreadable(name=path.name, reason="文件是空的", reason_en="the file is empty")
    reader: Reader = importlib.import_module(module).read
    return reader(path, options)
