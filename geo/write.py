"""Writes files for others: under a temporary name first, moved into place only when whole."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo import base_mark
from geo._formulas import guarded
from geo._kml import kml_document
from geo.base_mark import BaseMark, as_json, as_rows
from geo.errors import Refused, Unavailable, WrongUsage


class NotWritten(Unavailable):
    """The target cannot be written: full disk, no permission, no folder."""

    zh = "文件“{name}”没有写成（{detail}），原文件未改动；请检查磁盘空间、文件夹和权限。"
    en = "“{name}” was not written ({detail}); the old file is untouched. Check disk space, folder and permissions."


class ShapefileTooNarrow(Refused):
    """A text that a shapefile cannot hold whole: longer than 254 bytes, or with letters its encoding lacks."""

    zh = "“{value}”（{column} 列）放不进 Shapefile（{encoding}，每格 254 字节），未写出；请改用 UTF-8 或 GeoPackage。"
    en = "“{value}” (column {column}) does not fit a shapefile ({encoding}, 254 bytes); use UTF-8 or a GeoPackage."


def publish(path: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write a temporary file beside the target, then move it into place.

    Args:
        path: the target. fill: writes the whole content to the path it is given (same suffix).
    Raises:
        NotWritten: whatever stood at ``path`` is untouched.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".bluesky-") as folder:
            part = Path(folder) / f"part{path.suffix}"
            fill(part)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(path)
    except OSError as fault:
        raise NotWritten(name=path.name, detail=fault.strerror or type(fault).__name__) from fault


def replace_file(path: Path, content: bytes) -> None:
    """Write bytes as a whole file or not at all."""
    publish(path, lambda part: _all_bytes(part, content))


def _all_bytes(part: Path, content: bytes) -> None:
    part.write_bytes(content)


def csv_text(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV with a byte-order mark, so that Excel opens it as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guarded(header) for header in headers])
    writer.writerows([[guarded(cell) for cell in row] for row in rows])
    return "\ufeff" + text.getvalue()


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name, its headers, its rows; ``hidden``: not shown until somebody asks for it."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    hidden: bool = False


def xlsx_bytes(headers: Sequence[str], rows: Sequence[Sequence[object]], sheet: str = "data") -> bytes:
    """A workbook of one sheet; text is text whatever it begins with, numbers are numbers."""
    return workbook_bytes([Sheet(sheet, headers, rows)])


def workbook_bytes(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of several sheets; the same content gives the same bytes."""
    import xlsxwriter

    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})
        bold = book.add_format({"bold": True, "bg_color": "#EAF1F8"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name[:31])
            _write_sheet(page, sheet, bold)
            if sheet.hidden:
                page.hide()
    return target.getvalue()


def _write_sheet(page: Any, sheet: Sheet, bold: Any) -> None:
    for column, header in enumerate(sheet.headers):
        page.write_string(0, column, header, bold)
    for line, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            _write_cell(page, line, column, cell)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), max(len(sheet.headers) - 1, 0))
    page.autofit(400)


def _write_cell(page: Any, line: int, column: int, cell: object) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        page.write_number(line, column, cell)
    elif isinstance(cell, date | datetime):
        page.write_string(line, column, cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat())
    else:
        page.write_string(line, column, str(cell)[:32767])


_WRITTEN_AT = "2000-01-01T00:00:00.000Z"
"""The moment a GeoPackage says it was changed: the same rows give the same bytes."""

_VECTOR = {".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".dxf": "DXF"}
TABLES = (".csv", ".xlsx")
SUFFIXES = (*TABLES, ".geojson", ".gpkg", ".fgb", ".zip", ".kml", ".parquet")


def write_table(
    headers: Sequence[str], rows: Sequence[Sequence[object]], path: Path, marks: Sequence[BaseMark] = ()
) -> None:
    """A plain table as CSV or XLSX, by suffix; a CSV has no room for marks, a workbook keeps them in a hidden sheet."""
    if path.suffix.lower() == ".xlsx":
        said = as_rows(marks)
        side = [Sheet(base_mark.NAME, [base_mark.NAME, *(mark.layer for mark in marks)], said, hidden=True)] if marks else []
        replace_file(path, workbook_bytes([Sheet("data", headers, rows), *side]))
    elif path.suffix.lower() == ".csv":
        replace_file(path, csv_text(headers, rows).encode("utf-8"))
    else:
        raise unknown_suffix(path, TABLES)


def unknown_suffix(path: Path, suffixes: Sequence[str] = SUFFIXES) -> WrongUsage:
    """The error for a suffix nothing is written as, naming those that are."""
    return WrongUsage(value=path.name, hint=f"文件后缀须为 {' '.join(suffixes)} 之一 / use one of these suffixes")


def write_vector(
    frame: gpd.GeoDataFrame, path: Path, name: str, encoding: str = "UTF-8", marks: Sequence[BaseMark] = ()
) -> None:
    """Features as a vector file, by suffix: geojson, gpkg, fgb, kml, parquet, zip (shapefile), dxf (a ``Layer`` column alone).

    Args:
        frame: text columns and a geometry column with a CRS; rows without geometry are kept where the
            format can hold them. name: layer name inside the file.
        encoding: text of a shapefile's attributes: ``UTF-8`` or ``GBK``.
        marks: what it was made from; FlatGeobuf and DXF have no room for them.
    Raises:
        WrongUsage: an unknown suffix. ShapefileTooNarrow, NotWritten: nothing was changed.
    """
    suffix = path.suffix.lower()
    if suffix == ".kml":
        said = {base_mark.NAME: as_json(marks)} if marks else {}
        replace_file(path, kml_document(frame, name, said).encode("utf-8"))
    elif suffix == ".geojson":
        replace_file(path, _geojson(frame, marks))
    elif suffix == ".parquet":
        publish(path, lambda part: _parquet(frame, part, marks))
    elif suffix in (".zip", ".shp"):
        _shapefile(frame, path, name, encoding, marks)
    elif suffix in _VECTOR:
        publish(path, lambda part: _to_file(frame, part, name, _VECTOR[suffix], marks))
    else:
        raise unknown_suffix(path)


def _parquet(frame: gpd.GeoDataFrame, part: Path, marks: Sequence[BaseMark]) -> None:
    frame.to_parquet(part, index=False)
    if marks:
        import pyarrow.parquet as pq

        table = pq.read_table(part)
        told = {**(table.schema.metadata or {}), base_mark.NAME.encode(): as_json(marks).encode()}
        pq.write_table(table.replace_schema_metadata(told), part)


def _to_file(frame: gpd.GeoDataFrame, part: Path, name: str, driver: str, marks: Sequence[BaseMark] = ()) -> None:
    unplaced = bool(frame.geometry.isna().any())
    options = {"SPATIAL_INDEX": "NO"} if driver == "FlatGeobuf" and unplaced else {}
    kind = _geometry_type(frame)
    with _gdal(name):
        layer = name if driver == "GPKG" else None
        frame.to_file(part, driver=driver, layer=layer, engine="pyogrio", geometry_type=kind, **options)
    if driver == "GPKG" and marks:
        base_mark.put_into_geopackage(part, marks)


@contextmanager
def _gdal(name: str) -> Iterator[None]:
    """What GDAL cannot write, as a sentence; the clock stands still meanwhile."""
    from pyogrio import set_gdal_config_options
    from pyogrio.errors import DataLayerError, DataSourceError

    set_gdal_config_options({"OGR_CURRENT_DATE": _WRITTEN_AT})
    try:
        yield
    except (DataLayerError, DataSourceError) as fault:
        raise NotWritten(name=name, detail=type(fault).__name__) from fault


def _geojson(frame: gpd.GeoDataFrame, marks: Sequence[BaseMark] = ()) -> bytes:
    """Features with every digit of their coordinates, which GDAL would shorten."""
    text = str(frame.to_json(ensure_ascii=False, drop_id=True))
    if marks:
        text = f'{{"{base_mark.NAME}": {as_json(marks)}, {text[1:]}'
    return text.encode("utf-8")


def _geometry_type(frame: gpd.GeoDataFrame) -> str | None:
    kinds = set(frame.geometry.geom_type.dropna())
    if kinds <= {"Polygon", "MultiPolygon"} and len(kinds) == 2:
        return "Unknown"
    return "Point" if not kinds else None


def _shapefile(frame: gpd.GeoDataFrame, path: Path, name: str, encoding: str, marks: Sequence[BaseMark]) -> None:
    """A zipped shapefile; points and polygons, which it cannot mix, become files of their own."""
    target = path.with_suffix(".zip") if path.suffix.lower() == ".shp" else path
    _refuse_cut_text(frame, encoding)
    kinds = frame.geometry.geom_type.str.replace("Multi", "")
    with tempfile.TemporaryDirectory(prefix="bluesky-shp-") as folder:
        for kind in sorted(set(kinds.dropna())) or ["Point"]:
            part = frame[(kinds == kind) | (kinds.isna() & (kind == min(kinds.dropna(), default=kind)))]
            stem = name if len(set(kinds.dropna())) < 2 else f"{name}_{kind.lower()}"
            with _gdal(path.name):
                part.to_file(Path(folder) / f"{stem}.shp", driver="ESRI Shapefile", engine="pyogrio", encoding=encoding)
        if marks:
            (Path(folder) / f"{base_mark.NAME}.txt").write_text(as_json(marks), "utf-8")
        publish(target, lambda made: _zip(Path(folder), made))


def _refuse_cut_text(frame: gpd.GeoDataFrame, encoding: str) -> None:
    for column in frame.columns.drop(frame.geometry.name):
        for cell in frame[column]:
            try:
                fits = len(str(cell or "").encode(encoding)) <= 254
            except UnicodeEncodeError:
                fits = False
            if not fits:
                raise ShapefileTooNarrow(value=str(cell)[:20], column=column, encoding=encoding)


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            info = zipfile.ZipInfo(file.name, (2000, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.read_bytes())


def geo_frame(columns: dict[str, list[Any]], shapes: Sequence[Any], crs: str) -> gpd.GeoDataFrame:
    """A GeoDataFrame of object columns from plain lists."""
    data = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(list(shapes), crs=crs), crs=crs)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file into place, whole or not at all."""
    publish(target, lambda part: _copied(source, part))


def _copied(source: Path, part: Path) -> None:
    shutil.copyfile(source, part)
