"""One layer of a vector file as a table: pyogrio at once, fiona record by record where that fails or loses something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from geo._shapes import ShapeUnusable, count_vertices
from geo.errors import CRSUnknown, FileUnreadable
from geo.raw import RawTable, RowRemark

MOST_RECORDS = 5_000_000
MARGIN = 1000
"""Records more than twice those a file speaks of for which there is room at once."""
MOST_FAILURES = 200
"""Records in a row that cannot be read, after which the rest is given up."""

_UNDEFINED = '["Undefined '
"""How a GeoPackage says that nobody knows its system (srs_id 0 and -1)."""
_LOST = ("geometry_unreadable", "图形损坏，读不出", "the geometry is damaged and cannot be read")
_NO_GEOMETRY = "文件没有图形 / the file has no geometry"
_CURVED = ("geometry_curved", "曲线图形已化为折线", "curves were turned into straight segments")


def read_layer(path: Path, name: str, layer: str | None, driver: str, encoding: str | None = None) -> RawTable:
    """Every record of a layer.

    Args:
        path: of our own making. name: the user's file, for sentences. driver: the only one allowed.
    Raises:
        FileUnreadable: neither reader gets a single record out of it.
    """
    try:
        return _held_against(_at_once(path, layer, driver, encoding), path, driver, encoding)
    except ShapeUnusable as fault:
        raise refused(name, *_both(fault)) from fault
    except Exception as fault:  # GDAL raises many kinds; its text may hold paths and is not shown
        saved = _salvaged(path, layer, driver, encoding)
        if saved is None:
            raise refused(name, "文件损坏或不是所说的格式", "it is damaged or not what its name says") from fault
        return saved


def refused(name: str, reason: str, reason_en: str) -> FileUnreadable:
    """A file that cannot be read, and why."""
    return FileUnreadable(name=name, reason=reason, reason_en=reason_en)


def _both(fault: Exception) -> tuple[str, str]:
    zh, _, en = str(fault).partition(" / ")
    return zh, en or zh


def _held_against(table: RawTable, path: Path, driver: str, encoding: str | None) -> RawTable:
    """The table; where the file says it has more records, or geometries were lost, what the other reader gets if that is more."""
    stated = int(pyogrio.read_info(path, layer=table.source_layer, encoding=encoding)["features"])
    missing = max(stated - len(table.rows), 0)
    lost = sum(remark.lost for remark in table.remarks)
    if not missing and not lost:
        return table
    saved = _salvaged(path, table.source_layer, driver, encoding)
    better = saved is not None and (len(saved.rows), _drawn(saved)) > (len(table.rows), _drawn(table))
    kept = saved if better and saved is not None else table
    missing = max(stated - len(kept.rows), 0)
    if missing and driver != "ESRI Shapefile":  # of a shapefile that is told from its attributes
        kept.notes.append(
            f"文件写明 {stated} 条记录，实际读出 {len(kept.rows)} 条，{missing} 条无法读出 / "
            f"the file says {stated} records, {len(kept.rows)} could be read, {missing} are lost"
        )
    return kept


def _drawn(table: RawTable) -> int:
    return 0 if table.geometry is None else int((~shapely.is_missing(table.geometry)).sum())


def _at_once(path: Path, layer: str | None, driver: str, encoding: str | None) -> RawTable:
    meta, shapes, columns = _raw(path, layer, encoding)
    geometry, remarks, notes = (None, [], [_NO_GEOMETRY]) if shapes is None else decoded(list(shapes))
    records = len(columns[0]) if len(columns) else len(geometry if geometry is not None else [])
    frame = table_of([str(name) for name in meta["fields"]], [[cell(v) for v in column] for column in columns], records)
    crs = meta.get("crs")
    named = short(crs)
    return RawTable(
        frame, list(range(1, records + 1)), geometry, named, bool(named), meta.get("encoding") or "UTF-8", driver, layer,
        notes, remarks,
    )  # fmt: skip


def _raw(path: Path, layer: str | None, encoding: str | None) -> tuple[dict[str, Any], Any, list[Any]]:
    """What pyogrio reads. It makes room for as many records as it may read before it begins: not for millions where the
    file speaks of hundreds, and more only where there turn out to be more.
    """
    stated = int(pyogrio.read_info(path, layer=layer, encoding=encoding)["features"])
    most = min(MOST_RECORDS, 2 * stated + MARGIN) if stated >= 0 else MOST_RECORDS
    while True:
        meta, _, shapes, columns = pyogrio.raw.read(
            path, layer=layer, encoding=encoding, force_2d=False, max_features=most, datetime_as_string=True
        )
        found = len(columns[0]) if len(columns) else len(shapes if shapes is not None else ())
        if found < most or most == MOST_RECORDS:
            return meta, shapes, columns
        most = MOST_RECORDS


def decoded(blobs: list[bytes | None]) -> tuple[npt.NDArray[np.object_], list[RowRemark], list[str]]:
    """Geometries of WKB, one by one where one of them is broken.

    Returns:
        Flat geometries, remarks on those that are lost, and notes: heights that were dropped, vertices that stand twice.
    Raises:
        ShapeUnusable: too many vertices.
    """
    remarks: list[RowRemark] = []
    try:
        geometry = np.asarray(shapely.from_wkb(blobs, on_invalid="ignore"), dtype=object)
    except Exception:  # curves raise NotImplementedError, other kinds what they like: then one by one
        geometry = np.full(len(blobs), None, dtype=object)
        for position, blob in enumerate(blobs):
            try:
                geometry[position] = None if blob is None else shapely.from_wkb(blob, on_invalid="ignore")
            except Exception:  # this one alone is lost
                remarks.append(RowRemark(position, *_LOST, lost=True))
    noted = {remark.position for remark in remarks}
    lost = [i for i, blob in enumerate(blobs) if blob is not None and geometry[i] is None and i not in noted]
    remarks += [RowRemark(position, *_LOST, lost=True) for position in lost]
    count_vertices(list(geometry))
    flat = np.asarray(shapely.force_2d(geometry), dtype=object)
    return flat, remarks, _oddities(geometry, flat)


def _oddities(geometry: npt.NDArray[np.object_], flat: npt.NDArray[np.object_]) -> list[str]:
    """What is said once for a file: thousands of rows may have it."""
    notes = []
    high = int(shapely.has_z(geometry).sum())
    if high:
        notes.append(f"{high} 个图形带高程，已去掉 / the heights of {high} geometries were dropped")
    drawn = flat[shapely.get_dimensions(flat) > 0]
    if len(drawn):
        once = shapely.get_num_coordinates(shapely.remove_repeated_points(drawn, 0.0))
        twice = int((once < shapely.get_num_coordinates(drawn)).sum())
        if twice:
            notes.append(f"{twice} 个图形有连续重复的顶点 / {twice} geometries have vertices that follow each other twice")
    return notes


def table_of(headers: list[str], columns: list[list[Any]], records: int) -> pd.DataFrame:
    """Columns of cells under distinct, stripped headers."""
    seen: dict[str, int] = {}
    named: dict[str, pd.Series] = {}
    for header, column in zip(headers, columns, strict=True):
        plain = header.strip() or "列"
        seen[plain] = seen.get(plain, 0) + 1
        named[plain if seen[plain] == 1 else f"{plain}_{seen[plain]}"] = pd.Series(column, dtype=object)
    return pd.DataFrame(named, index=range(records), dtype=object)


def _salvaged(path: Path, layer: str | None, driver: str, encoding: str | None) -> RawTable | None:
    """What fiona gets out of a file record by record; None for nothing at all."""
    import fiona

    try:
        with fiona.open(path, layer=layer, enabled_drivers=[driver], encoding=encoding) as source:
            headers, crs, expected = list(source.schema["properties"]), source.crs_wkt, len(source)
            kept = list(_records(iter(source)))
    except Exception:  # the salvage reader raises as many kinds as the other
        return None
    records = [record for record in kept if record is not None]
    if not records:
        return None
    columns = [[cell(record.properties.get(header)) for record in records] for header in headers]
    geometry, remarks = _shaped(records)
    lost = max(expected - len(records), len(kept) - len(records))
    notes = ["整体读取失败，已逐条抢救 / the file could not be read as a whole; its records were saved one by one"]
    if lost:
        notes.append(f"{lost} 条记录已损坏，无法读出 / {lost} records are damaged and lost")
    frame = table_of(headers, columns, len(records))
    rows = [place + 1 for place, record in enumerate(kept) if record is not None]
    return RawTable(frame, rows, geometry, short(crs), bool(short(crs)), encoding or "UTF-8", driver, layer, notes, remarks)


def _records(source: Iterator[Any]) -> Iterator[Any]:
    """Records, None for one that cannot be read."""
    failures = 0
    while failures < MOST_FAILURES:
        try:
            record = next(source)
        except StopIteration:
            return
        except Exception:  # a damaged record
            failures += 1
            yield None
            continue
        failures = 0
        yield record


def _shaped(records: list[Any]) -> tuple[npt.NDArray[np.object_], list[RowRemark]]:
    from geo._shapes import from_geojson

    geometry = np.full(len(records), None, dtype=object)
    remarks = []
    for position, record in enumerate(records):
        try:
            shape = record.geometry.__geo_interface__ if record.geometry is not None else None
            geometry[position] = from_geojson(_listed(shape))
        except ShapeUnusable as fault:
            remarks.append(RowRemark(position, "geometry_unusable", *_both(fault), lost=True))
    return geometry, remarks


def _listed(shape: Any) -> Any:
    """Tuples of a geometry as lists."""
    if isinstance(shape, dict):
        return {key: _listed(value) for key, value in shape.items()}
    return [_listed(part) for part in shape] if isinstance(shape, list | tuple) else shape


def short(crs: str | None) -> str | None:
    """The EPSG name of a WKT where it has one."""
    from geo.crs import normalise

    if not crs or _UNDEFINED in crs[:60]:
        return None
    try:
        return normalise(crs)
    except CRSUnknown:
        return crs


def cell(value: Any) -> Any:
    """A cell of a vector file as text, a moment or None."""
    read = _CELLS.get(type(value))
    return read(value) if read else _other(value)


def _number(value: Any) -> str | None:
    number = float(value)
    if number != number:
        return None
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _other(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[s]").item()
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return _number(value)
    if isinstance(value, bytes):
        return value.hex()[:200]
    if isinstance(value, list | tuple | np.ndarray):
        return ";".join(str(part) for part in value)
    return str(value)


_CELLS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda value: None,
    str: lambda value: value,
    float: _number,
    int: str,
}
