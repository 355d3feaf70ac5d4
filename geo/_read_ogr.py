"""Shapefile, GeoPackage and FlatGeobuf through pyogrio, with the drivers named by us."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo._decode import decode_value
from geo._shapes import ShapeUnusable, count_vertices
from geo._unzip import unpack
from geo.errors import FileUnreadable
from geo.raw import RawTable
from geo.read import ReadOptions

_WITHIN_ZIP = (".shp", ".gpkg", ".fgb", ".geojson", ".kml")
MOST_RECORDS = 5_000_000


class LayersAmbiguous(FileUnreadable):
    """Several layers in one file; the user must say which."""

    zh = "文件“{name}”内有多个图层：{layers}，请用 --sheet（join：--point-sheet、--zone-sheet）指定其中一个。"
    en = "The file “{name}” holds several layers: {layers}; name one with --sheet (join: --point-sheet, --zone-sheet)."


def read(path: Path, options: ReadOptions) -> RawTable:
    """One layer of a vector file or of the one data set in an archive."""
    if path.suffix.lower() != ".zip":
        return _read_one(path, options)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        files = unpack(path, Path(folder))
        found = [file for file in files if file.suffix.lower() in _WITHIN_ZIP]
        if not found:
            raise _refused(path, "压缩包内没有可读的图层文件", "the archive holds no layer file")
        return _read_one(_chosen(path, found, options), options)


def _chosen(path: Path, found: list[Path], options: ReadOptions) -> Path:
    wanted = options.layer or options.sheet
    labels = [f"{file.parent.name}/{file.stem}" if len({f.stem for f in found}) < len(found) else file.stem for file in found]
    if wanted in labels:
        return found[labels.index(wanted)]
    if len(found) > 1:
        raise LayersAmbiguous(name=path.name, layers="、".join(labels))
    return found[0]


def _read_one(path: Path, options: ReadOptions) -> RawTable:
    suffix = path.suffix.lower()
    if suffix in (".geojson", ".kml"):
        from geo.read import read_table

        return read_table(path, options)
    if suffix == ".shp":
        return _shapefile(path, options)
    if suffix == ".gpkg":
        return _geopackage(path, options)
    return _table(path, None, "FlatGeobuf")


def _geopackage(path: Path, options: ReadOptions) -> RawTable:
    """Only plain feature tables are read: a view may hold anything."""
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            raise _refused(path, "不是 GeoPackage", "it is no GeoPackage")
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            plain = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            listed = connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchall()
    except sqlite3.Error as fault:
        raise _refused(path, "GeoPackage 损坏", "the GeoPackage is damaged") from fault
    layers = [name for (name,) in listed if name in plain]
    wanted = options.layer or options.sheet
    if wanted in layers:
        layers = [wanted]
    if len(layers) > 1:
        raise LayersAmbiguous(name=path.name, layers="、".join(layers))
    if not layers:
        raise _refused(path, "没有要素图层", "it holds no feature layer")
    return _table(path, layers[0], "GPKG")


def _shapefile(path: Path, options: ReadOptions) -> RawTable:
    """A shapefile read from a private copy, its index restored, its text decoded by our own rule."""
    parts = {file.suffix.lower(): file for file in path.parent.glob(f"{_globbed(path.stem)}.*")}
    if ".dbf" not in parts:
        raise _refused(path, "缺少同名 .dbf 文件，属性无法读取", "its .dbf with the attributes is missing")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for suffix, file in parts.items():
            if suffix in (".shp", ".shx", ".dbf", ".prj"):
                shutil.copyfile(file, Path(folder) / f"{path.stem}{suffix}")
        os.environ["SHAPE_RESTORE_SHX"] = "YES"
        table = _table(Path(folder) / f"{path.stem}.shp", None, "ESRI Shapefile", encoding="ISO-8859-1")
    said = parts[".cpg"].read_text("ascii", "replace").strip() if ".cpg" in parts else None
    frame, encoding, notes = _decoded(table.frame, options.encoding, said, path)
    if ".shx" not in parts:
        notes.append("缺少 .shx，已重建索引 / the missing .shx was restored")
    expected = _records(parts[".dbf"])
    if expected != len(frame):
        notes.append(
            f"文件头写有 {expected} 条记录，实际读出 {len(frame)} 条，其余已损坏 / {expected - len(frame)} records are lost"
        )
    return RawTable(
        frame,
        table.rows,
        table.geometry,
        table.crs,
        table.crs_declared,
        encoding,
        table.driver,
        path.stem,
        [*table.notes, *notes],
    )


def _globbed(stem: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in stem)


def _records(dbf: Path) -> int:
    with dbf.open("rb") as file:
        return int.from_bytes(file.read(8)[4:8], "little")


def _decoded(frame: pd.DataFrame, wanted: str | None, said: str | None, path: Path) -> tuple[pd.DataFrame, str, list[str]]:
    """Bytes read as Latin-1 become text: the user's encoding, else strict UTF-8, else strict GB18030, per value."""
    seen: Counter[str] = Counter()

    def text(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        raw = value.encode("latin-1")
        if raw.isascii():
            return value
        if wanted:
            return raw.decode(wanted)
        decoded, encoding = decode_value(raw)
        seen[encoding] += 1
        return decoded

    try:
        headers = [text(name) for name in frame.columns]
        columns = [[text(value) for value in frame[name]] for name in frame.columns]
    except (UnicodeDecodeError, LookupError) as fault:
        raise _refused(
            path,
            "属性文字编码无法识别，请用 --encoding 指定",
            "the text encoding of its attributes is not known; name it with --encoding",
        ) from fault
    notes = []
    found = wanted or (seen.most_common(1)[0][0] if seen else "ascii")
    if said and not wanted and seen and _family(said) != _family(found):
        notes.append(f".cpg 写明 {said}，实际内容是 {found}，已按实际读取 / the .cpg says {said}, the bytes are {found}")
    return pd.DataFrame(dict(zip(headers, columns, strict=True)), dtype=object), found, notes


def _family(encoding: str) -> str:
    name = encoding.lower().replace("-", "").replace("_", "")
    return "gb" if name.startswith("gb") or name in ("936", "cp936") else name


def _table(path: Path, layer: str | None, driver: str, encoding: str | None = None) -> RawTable:
    try:
        meta, _, shapes, columns = pyogrio.raw.read(
            path, layer=layer, encoding=encoding, force_2d=True, max_features=MOST_RECORDS, datetime_as_string=True
        )
        geometry = np.asarray(shapely.from_wkb(shapes, on_invalid="ignore"), dtype=object) if shapes is not None else None
    except Exception as fault:  # GDAL raises many kinds; its text may hold paths and is not shown
        raise _refused(path, "文件损坏或不是所说的格式", "it is damaged or not what its name says") from fault
    records = len(columns[0]) if len(columns) else len(geometry if geometry is not None else [])
    headers = [str(name).strip() for name in meta["fields"]]
    frame = pd.DataFrame(
        {h: pd.Series([_cell(v) for v in c], dtype=object) for h, c in zip(headers, columns, strict=True)},
        index=range(records),
        dtype=object,
    )
    notes = []
    if geometry is None:
        notes.append("文件没有图形 / the file has no geometry")
    else:
        try:
            count_vertices(list(geometry))
        except ShapeUnusable as fault:
            raise _refused(path, str(fault), str(fault)) from fault
    crs = meta.get("crs")
    return RawTable(
        frame,
        list(range(1, records + 1)),
        geometry,
        _short(crs),
        bool(crs),
        meta.get("encoding") or "UTF-8",
        driver,
        layer,
        notes,
    )


def _short(crs: str | None) -> str | None:
    from geo.crs import normalise
    from geo.errors import CRSUnknown

    if not crs:
        return None
    try:
        return normalise(crs)
    except CRSUnknown:
        return crs


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[s]").item()
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str) else str(value)


def _refused(path: Path, reason: str, reason_en: str) -> FileUnreadable:
    return FileUnreadable(name=path.name, reason=reason, reason_en=reason_en)
