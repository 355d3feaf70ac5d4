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


class FormatNamed(FormatUnknown):
    """A format we know and do not take, and what to do instead."""

    zh = "文件“{name}”是{kind}，不能直接导入：{hint}。"
    en = "“{name}” is {kind_en}, which is not imported as it is: {hint_en}."


_QGIS = ("请用 QGIS 打开后另存为 GeoPackage 或 GeoJSON", "open it in QGIS and save it as GeoPackage or GeoJSON")
_SHAPEFILE = ("请连同同名的 .shp、.shx、.dbf、.prj 压缩成一个 zip", "zip it with the .shp, .shx, .dbf and .prj of its name")
_UNPACK = ("请解压后改用 zip 或直接导入其中的文件", "unpack it, and use a zip or the file inside")
_TABLE = ("请另存为 xlsx 或 csv", "save its table as xlsx or csv")
_NAMED: dict[str, tuple[str, str, tuple[str, str]]] = {
    ".dbf .shx .prj .cpg .sbn .sbx .qix": ("Shapefile 的一部分", "a part of a shapefile", _SHAPEFILE),
    ".osm .pbf .gml .gpx .topojson .tab .mif .mid .sqlite .gdbtable .e00 .wkt .wkb .geojsonseq .svg .sld .qgz .qgs":
        ("另一种地图数据", "another kind of map data", _QGIS),
    ".dwg": ("AutoCAD 图纸", "an AutoCAD drawing", ("请另存为 DXF", "save it as DXF")),
    ".rar .7z .tar .gz .tgz .bz2 .xz": ("其他压缩包", "another kind of archive", _UNPACK),
    ".mdb .accdb .doc .docx .wps .et .pdf .xlsb .numbers .html .htm": ("其他文档", "another kind of document", _TABLE),
    ".png .jpg .jpeg .tif .tiff .gif .bmp .img":
        ("图片或栅格", "a picture or a raster", ("请导入矢量数据或表格", "import vectors or a table")),
    ".xml .qml": ("XML 文件", "an XML file", ("请导入它所描述的数据文件", "import the data it describes")),
}  # fmt: skip


def unknown_format(name: str) -> FormatUnknown:
    """The sentence about a file whose suffix we do not take."""
    suffix = Path(name).suffix.lower()
    for suffixes, (kind, kind_en, hint) in _NAMED.items():
        if suffix in suffixes.split():
            return FormatNamed(name=name, kind=kind, kind_en=kind_en, hint=hint[0], hint_en=hint[1])
    return FormatUnknown(name=name)


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
    ".gpkg": "geo._read_ogr", ".fgb": "geo._read_ogr", ".gdb": "geo._read_ogr",
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
        raise unknown_format(path.name)
    if path.is_file() and path.stat().st_size == 0:
        raise FileUnreadable(name=path.name, reason="文件是空的", reason_en="the file is empty")
    reader: Reader = importlib.import_module(module).read
    return reader(path, options)
