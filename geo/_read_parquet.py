"""GeoParquet through pyarrow: attributes as text, geometry as WKB or native points, the system from its metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from geo._ogr_table import MOST_RECORDS, decoded
from geo._shapes import ShapeUnusable
from geo.base_mark import NAME, BaseMark, marks_in
from geo.crs import normalise
from geo.errors import CRSUnknown, FileUnreadable
from geo.raw import RawTable, RowRemark
from geo.read import ReadOptions

MOST_BYTES = 2 << 30
_NAMES = ("geometry", "geom", "wkb_geometry", "the_geom")


def read(path: Path, options: ReadOptions) -> RawTable:
    """A Parquet table, with geometry where it follows GeoParquet.

    Raises:
        FileUnreadable: no Parquet, too large, or a geometry column in a form we do not know.
    """
    try:
        table, geo, marks = _table(path)
    except (pa.ArrowException, OSError, ValueError, KeyError, AttributeError) as fault:
        raise _refused(path, "不是可读的 Parquet", "it is no readable Parquet file") from fault
    column = geo.get("primary_column") or next((n for n in _NAMES if n in table.column_names and _binary(table[n])), None)
    geometry, crs, declared = None, None, False
    remarks: list[RowRemark] = []
    notes: list[str] = []
    if column in table.column_names:
        facts = geo.get("columns", {}).get(column, {})
        geometry, remarks, notes = _shapes(path, table[column])
        crs, declared = _crs(facts) if geo else (None, False)
    names = [name for name in table.column_names if name != column]
    frame = pd.DataFrame({n: pd.Series(_cells(table[n]), dtype=object) for n in names}, index=range(table.num_rows), dtype=object)
    rows = list(range(1, table.num_rows + 1))
    return RawTable(frame, rows, geometry, crs, declared, "UTF-8", "Parquet", None, notes, remarks, marks)


def _table(path: Path) -> tuple[Any, dict[str, Any], list[BaseMark]]:
    with pq.ParquetFile(path) as file:
        sizes = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if file.metadata.num_rows > MOST_RECORDS or sizes > MOST_BYTES:
            raise _refused(path, "数据量过大", "it holds too much")
        table = file.read()
    told = table.schema.metadata or {}
    geo = json.loads(told.get(b"geo", b"{}"))
    return table, geo if isinstance(geo, dict) else {}, marks_in(told.get(NAME.encode(), b"").decode("utf-8", "replace"))


def _binary(column: Any) -> bool:
    return bool(pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type))


def _shapes(path: Path, column: Any) -> tuple[npt.NDArray[np.object_], list[RowRemark], list[str]]:
    try:
        if _binary(column):
            return decoded(column.to_pylist())
        if pa.types.is_struct(column.type) and {"x", "y"} <= {field.name for field in column.type}:
            return _points(column.to_pylist()), [], []
    except ShapeUnusable as fault:
        raise _refused(path, str(fault), str(fault)) from fault
    raise _refused(path, "图形列不是 WKB 编码", "its geometry column is not WKB")


def _points(values: list[Any]) -> npt.NDArray[np.object_]:
    shapes = np.full(len(values), None, dtype=object)
    for position, value in enumerate(values):
        if value is not None and value["x"] is not None and value["y"] is not None:
            shapes[position] = shapely.Point(float(value["x"]), float(value["y"]))
    return shapes


def _crs(column: dict[str, Any]) -> tuple[str | None, bool]:
    """GeoParquet without a ``crs`` means longitude, latitude on WGS 84; null means unknown."""
    if "crs" not in column:
        return "EPSG:4326", True
    stated = column["crs"]
    if not stated:
        return None, False
    code = stated.get("id", {}) if isinstance(stated, dict) else {}
    text = f"{code.get('authority')}:{code.get('code')}" if code else stated if isinstance(stated, str) else json.dumps(stated)
    try:
        return normalise(text), True
    except CRSUnknown:
        return text[:200], True


def _cells(column: Any) -> list[Any]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return list(column.to_pylist())
    if pa.types.is_integer(column.type):
        return list(pc.cast(column, pa.string()).to_pylist())
    return [_cell(value) for value in column.to_pylist()]


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()[:200]
    if isinstance(value, list):
        return ";".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return None if value != value else str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value if hasattr(value, "isoformat") and not hasattr(value, "nanosecond") else str(value)


def _refused(path: Path, reason: str, reason_en: str) -> FileUnreadable:
    return FileUnreadable(name=path.name, reason=reason, reason_en=reason_en)
