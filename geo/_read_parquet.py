"""GeoParquet through pyarrow: attributes as text, geometry as WKB, the system from its metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo._shapes import count_vertices
from geo.crs import normalise
from geo.errors import CRSUnknown, FileUnreadable
from geo.raw import RawTable
from geo.read import ReadOptions


def read(path: Path, options: ReadOptions) -> RawTable:
    """A Parquet table, with geometry where it follows GeoParquet."""
    try:
        table = pq.read_table(path)
        geo = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    except (pa.ArrowException, OSError, ValueError) as fault:
        raise FileUnreadable(name=path.name, reason="不是可读的 Parquet", reason_en="it is no readable Parquet file") from fault
    column = geo.get("primary_column")
    geometry, crs, declared = None, None, False
    if column in table.column_names:
        geometry = np.asarray(shapely.force_2d(shapely.from_wkb(table[column].to_pylist(), on_invalid="ignore")), dtype=object)
        count_vertices(list(geometry))
        crs, declared = _crs(geo["columns"][column])
    names = [name for name in table.column_names if name != column]
    frame = pd.DataFrame(
        {n: pd.Series([_cell(v) for v in table[n].to_pylist()], dtype=object) for n in names},
        index=range(table.num_rows),
        dtype=object,
    )
    return RawTable(frame, list(range(1, table.num_rows + 1)), geometry, crs, declared, "UTF-8", "Parquet")


def _crs(column: dict[str, Any]) -> tuple[str | None, bool]:
    """GeoParquet without a ``crs`` means longitude, latitude on WGS 84; null means unknown."""
    if "crs" not in column:
        return "EPSG:4326", True
    stated = column["crs"]
    if not stated:
        return None, False
    code = stated.get("id", {}) if isinstance(stated, dict) else {}
    text = f"{code['authority']}:{code['code']}" if code else json.dumps(stated)
    try:
        return normalise(text), True
    except CRSUnknown:
        return text[:200], True


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return ";".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return None if value != value else repr(value)
    return value if hasattr(value, "isoformat") else str(value)
