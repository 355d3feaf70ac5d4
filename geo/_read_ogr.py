"""GeoPackage, FlatGeobuf, file geodatabase and DXF, alone or in an archive, with the drivers named by us."""

from __future__ import annotations

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pyogrio

from geo._ogr_table import read_layer, refused
from geo._unzip import unpack
from geo.base_mark import NAME, BaseMark, marks_in, of_geopackage
from geo.errors import FileUnreadable
from geo.raw import RawTable
from geo.read import SUFFIXES, ReadOptions, read_table

WITHIN_ZIP = (
    ".shp", ".gpkg", ".fgb", ".geojson", ".json", ".kml", ".kmz", ".dxf", ".parquet",
    ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods",
)  # fmt: skip
_WITH_SHEETS = (".gpkg", ".gdb", ".xlsx", ".xls", ".ods")
MARK_FILE, LARGEST_MARK = f"{NAME}.txt", 200_000
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")


class LayersAmbiguous(FileUnreadable):
    """Several layers in one file; the user must say which."""

    zh = "文件“{name}”内有多个图层：{layers}，请用 --sheet（join：--point-sheet、--zone-sheet）指定其中一个。"
    en = "The file “{name}” holds several layers: {layers}; name one with --sheet (join: --point-sheet, --zone-sheet)."


def read(path: Path, options: ReadOptions) -> RawTable:
    """One layer of a vector file or of the one data set in an archive."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _archive(path, options)
    if suffix == ".gdb":
        return _geodatabase(path, path, options)
    if suffix == ".gpkg":
        return _geopackage(path, options)
    if suffix == ".dxf":
        return read_layer(path, path.name, None, "DXF")
    return read_layer(path, path.name, None, "FlatGeobuf")


def _archive(path: Path, options: ReadOptions) -> RawTable:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        files = unpack(path, Path(folder))
        bases = sorted({file.parent for file in files if file.parent.suffix.lower() == ".gdb"})
        data = [file for file in files if file.name != MARK_FILE]
        found = [*bases, *(f for f in data if f.suffix.lower() in WITHIN_ZIP and f.parent not in bases)]
        vector = [file for file in found if file.suffix.lower() not in _TABLES]
        found = vector or [file for file in found if file.suffix.lower() != ".txt"] or found
        if not found:
            raise refused(path.name, _nothing(files), "the archive holds no layer file")
        one, inner = _chosen(path, found, options)
        if one.suffix.lower() == ".gdb" and one.is_dir():
            return _geodatabase(path, one, inner)
        if one.suffix.lower() not in SUFFIXES or one.suffix.lower() in (".zip", ".gdb"):
            raise refused(path.name, "压缩包内没有可读的图层文件", "the archive holds no layer file")
        if one.stat().st_size == 0:
            raise refused(path.name, f"压缩包内的 {one.name} 是空的", f"{one.name} in it is empty")
        table = read_table(one, inner)
        return table if table.marks else replace(table, marks=_marks(files))


def _marks(files: list[Path]) -> list[BaseMark]:
    """What a text beside the layer says it was made from."""
    sides = [file for file in files if file.name == MARK_FILE and file.stat().st_size < LARGEST_MARK]
    return marks_in(sides[0].read_text("utf-8", "replace")) if sides else []


def _nothing(files: list[Path]) -> str:
    if any(file.suffix.lower() in (".dbf", ".shx", ".prj") for file in files):
        return "压缩包内缺少 .shp 文件"
    return "压缩包内没有可读的图层文件"


def _chosen(path: Path, found: list[Path], options: ReadOptions) -> tuple[Path, ReadOptions]:
    """The data set meant, and what is left to choose inside it."""
    wanted = options.layer or options.sheet
    twice = len({file.stem for file in found}) < len(found)
    labels = [f"{file.parent.name}/{file.stem}" if twice else file.stem for file in found]
    if wanted in labels and len(found) > 1:
        return found[labels.index(wanted)], ReadOptions(options.encoding)
    if len(found) > 1:
        raise LayersAmbiguous(name=path.name, layers="、".join(labels), choices=labels)
    if wanted in (found[0].stem, found[0].name, *labels):
        return found[0], ReadOptions(options.encoding)
    if wanted and found[0].suffix.lower() not in _WITH_SHEETS:
        raise refused(path.name, f"没有图层“{wanted}”，可用：{labels[0]}", f"it has no layer “{wanted}”; choose from {labels[0]}")
    return found[0], options


def _geodatabase(path: Path, folder: Path, options: ReadOptions) -> RawTable:
    try:
        listed = [str(name) for name, kind in pyogrio.list_layers(folder) if kind is not None]
    except Exception as fault:  # GDAL raises many kinds; its text may hold paths and is not shown
        raise refused(path.name, "FileGDB 损坏或版本不支持", "the file geodatabase is damaged or too old") from fault
    return replace(read_layer(folder, path.name, one_of(path, listed, options), "OpenFileGDB"))


def _geopackage(path: Path, options: ReadOptions) -> RawTable:
    """Only plain tables are read (a view may hold anything): those of features, and those without that a mark names."""
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            raise refused(path.name, "不是 GeoPackage", "it is no GeoPackage")
    try:
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            plain = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            query = "SELECT table_name, data_type FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
            listed = [(name, kind) for name, kind in connection.execute(query) if name in plain]
            marks = of_geopackage(connection, plain)
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        raise refused(path.name, "GeoPackage 损坏", "the GeoPackage is damaged") from fault
    marked = {mark.layer for mark in marks}
    layer = one_of(path, [name for name, kind in listed if kind == "features" or name in marked], options)
    return replace(read_layer(path, path.name, layer, "GPKG"), marks=marks)


def one_of(path: Path, layers: list[str], options: ReadOptions) -> str:
    """The one layer of a container, or the one the user names.

    Raises:
        LayersAmbiguous, FileUnreadable: several, or none.
    """
    wanted = options.layer or options.sheet
    if wanted in layers:
        return str(wanted)
    if wanted:
        raise refused(
            path.name,
            f"没有图层“{wanted}”，可用：{'、'.join(layers)}",
            f"it has no layer “{wanted}”; choose from {', '.join(layers)}",
        )
    if len(layers) > 1:
        raise LayersAmbiguous(name=path.name, layers="、".join(layers), choices=layers)
    if not layers:
        raise refused(path.name, "没有要素图层", "it holds no feature layer")
    return layers[0]
