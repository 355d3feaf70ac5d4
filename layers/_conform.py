"""Turns any raw table into rows of a layer, and names every fault by row.

The order: headers → values → whole rows → positions → duplicates → frame. Nothing is dropped
in silence: every row of the file is taken, quarantined or refused.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo import crs as systems
from geo.errors import Refused
from geo.helmert import ParametersNeedless
from geo.raw import RawTable
from geo.region import Region
from layers._conform_checks import check_duplicates, check_rows
from layers._conform_degrees import exchange, read_degrees
from layers._conform_faults import Fault, Sheet
from layers._conform_headers import Matched, likely_key, match
from layers._conform_places import ConformOptions, Places, spread, swapped
from layers._conform_points import place_points
from layers._conform_polygons import place_polygons
from layers._conform_values import is_missing, read_column
from layers._layer import Layer, Remark
from layers._unverified import PARAMETERS, UNVERIFIED_M

__all__ = ["ConformOptions", "Conformed", "Fault", "KeyColumnMissing", "conform"]

_POLYGONS = (3, 6, 7)


class KeyColumnMissing(Refused):
    """No header of the file names the key of the layer: probably a file of something else."""

    zh = "文件中没有“{title}”列（可用表头：{headers}），不能导入到“{layer}”；请检查表头或图层名，或用 --map 指明对应列。"
    en = (
        "The file has no column “{name}” (accepted headers: {headers}), so it cannot be imported into "
        "“{layer_en}”; check the headers or the layer, or say with --map which column it is."
    )


@dataclass(frozen=True)
class Conformed:
    """What became of a file.

    Attributes:
        frame: rows taken: every canonical column, ``row``, ``extra``, ``geometry_filed``, ``crs_filed``,
            ``geometry_map`` (EPSG:4490) and ``geometry`` (judging metres), object columns.
        faults: in the order of rows; faults of the whole file first.
        held: rows held back: ``row``, ``severity``, ``values`` (header → text as in the file),
            ``geometry`` as filed, ``on_map`` in degrees.
        rows_in: records in the file = taken + quarantined + refused.
        matched: which header became which column. raw: the file's own rows.
        kept: what was worked out from ``frame`` and is needed again.
        gone: code and first day of rows that leave the layer with it; an import has none.
    """

    frame: pd.DataFrame
    faults: list[Fault]
    held: pd.DataFrame
    rows_in: int
    matched: Matched = field(default_factory=Matched)
    raw: RawTable | None = None
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    gone: frozenset[tuple[str, dt.date | None]] = frozenset()

    @property
    def quarantined(self) -> int:
        """Rows kept outside the layer, repairable."""
        return int((self.held["severity"] == "quarantined").sum())

    @property
    def refused(self) -> int:
        """Rows without a key."""
        return int((self.held["severity"] == "refused").sum())

    def originals(self, rows: set[int | None]) -> pd.DataFrame:
        """Some rows as they were filed, as ``held`` has them, with the severity ``doubtful``."""
        if self.raw is None or not rows:
            return self.held.iloc[:0]
        at = [position for position, row in enumerate(self.raw.rows) if row in rows]
        return _as_filed(self.raw, at, ["doubtful"] * len(at))


def conform(raw: RawTable, layer: Layer, region: Region, options: ConformOptions | None = None) -> Conformed:
    """Rows of a layer from a raw table.

    Args:
        raw: as read; it is not changed. options: what the user declared for the whole file.
    Raises:
        PolygonsMissing: a file of something else. A file without a key column has every row refused.
        CRSMissing, CRSUnknown: geometries in a system nobody names or knows.
    """
    options = options or ConformOptions()
    headers = [str(header) for header in raw.frame.columns]
    matched = match(headers, layer, cut="shape" in raw.driver.lower(), mapping=options.mapping)
    sheet = Sheet(layer, list(raw.rows), _cells(raw, matched))
    if options.swap:
        exchange(sheet)
    if not names_key(layer, matched):
        _report_no_key(sheet, headers)
    _report_headers(sheet, matched)
    whole = _read_values(sheet, options, region)
    _compose_key(sheet)
    check_rows(sheet)
    places = _place(sheet, swapped(raw) if options.swap else raw, options, region, whole)
    check_duplicates(sheet)
    sheet.faults.sort(key=lambda fault: (fault.row is not None, fault.row or 0))
    extra = _extra(raw, matched, layer, options, places)
    held = _held(sheet, raw).assign(on_map=_objects(places.on_map[sorted(sheet.held)]))
    return Conformed(_frame(sheet, places, extra), sheet.faults, held, len(sheet.rows), matched, raw)


def names_key(layer: Layer, matched: Matched) -> bool:
    """Whether the headers of a file name the key of a layer, or every column it is made of."""
    columns = matched.columns
    return layer.key in columns or (bool(layer.composed) and all(name in columns for name in layer.composed))


def _compose_key(sheet: Sheet) -> None:
    """The key of rows that state none, from the columns it is made of; a moment to the minute."""
    if not sheet.layer.composed:
        return
    keys = list(sheet.column_of(sheet.layer.key))
    parts = zip(*(sheet.column_of(name) for name in sheet.layer.composed), strict=True)
    for position, values in enumerate(parts):
        if keys[position] is None and None not in values:
            keys[position] = "@".join(v.strftime("%Y-%m-%dT%H:%M") if hasattr(v, "hour") else str(v) for v in values)
    sheet.values[sheet.layer.key] = keys


def no_key_column(layer: Layer) -> KeyColumnMissing:
    """The sentence about a file of which no header names the key."""
    column = layer.column(layer.key)
    headers = "、".join((*column.headers, column.name))
    return KeyColumnMissing(
        title=column.title, name=column.name, headers=headers, layer=layer.title, layer_en=layer.title_en
    )


def _report_no_key(sheet: Sheet, headers: list[str]) -> None:
    said = no_key_column(sheet.layer)
    likely = likely_key(headers)
    hint = f"请指明哪一列是编号，例如 --map {likely or '表头'}={sheet.layer.key}"
    repair = {f"map:{likely}": sheet.layer.key} if likely else None
    remark = Remark(said.sentence("zh"), said.sentence("en"), hint, "missing_key_column", repair)
    sheet.report(None, sheet.layer.key, None, remark)


def _cells(raw: RawTable, matched: Matched) -> dict[str, list[Any]]:
    places = {str(header): place for place, header in reversed(list(enumerate(raw.frame.columns)))}
    return {
        name: raw.frame.iloc[:, places[header]].astype(object).tolist()
        for name, header in matched.columns.items()
    }


def _report_headers(sheet: Sheet, matched: Matched) -> None:
    for header, meant in matched.unknown.items():
        hint = f"是否为“{meant}”？" if meant else None
        remark = Remark("未知的列，作为附加属性保留", "an unknown column, kept as an extra attribute", hint, "unknown_column")
        sheet.report(None, header, None, remark)
    for header, names in matched.ambiguous.items():
        remark = Remark(
            "该列与其他列含义重复或无法区分，作为附加属性保留",
            "a column whose meaning is taken or ambiguous, kept as an extra attribute",
            "可能是：" + "、".join(names),
            "ambiguous_column",
        )
        sheet.report(None, header, None, remark)


def _read_values(sheet: Sheet, options: ConformOptions, region: Region) -> npt.NDArray[np.bool_]:
    """Read every column; returns the rows whose position was written in whole seconds."""
    positioned = sheet.layer.positioned
    for column in sheet.layer.columns:
        if not (positioned and column.name in ("lon", "lat")):
            read_column(sheet, column)
    return read_degrees(sheet, options, region) if positioned else np.zeros(len(sheet.rows), dtype=np.bool_)


def _place(
    sheet: Sheet, raw: RawTable, options: ConformOptions, region: Region, whole: npt.NDArray[np.bool_]
) -> Places:
    if sheet.layer.geometry == "none":
        return Places.empty(len(sheet.rows))
    if sheet.layer.geometry == "polygon":
        places = place_polygons(sheet, raw, options, region)
    else:
        places = place_points(sheet, raw, options, region, whole)
        if sheet.layer.geometry == "point_or_polygon" and _has_polygons(raw):
            _overlay(places, place_polygons(sheet, raw, options, region))
    _doubt_crs(sheet, places, options)
    datum = np.array(sheet.column_of("datum"), dtype=object)
    if options.datum:
        datum[:] = options.datum
        _state_datum(sheet, places, options.datum)
    spread(sheet, places, datum, region, options.helmert)
    return places


def _has_polygons(raw: RawTable) -> bool:
    return raw.geometry is not None and bool(np.isin(shapely.get_type_id(raw.geometry), _POLYGONS).any())


def _overlay(points: Places, polygons: Places) -> None:
    """A polygon says more than the point of the same row."""
    for position, geometry in enumerate(polygons.filed):
        if geometry is not None:
            points.filed[position] = geometry
            points.crs_filed[position] = polygons.crs_filed[position]


def _doubt_crs(sheet: Sheet, places: Places, options: ConformOptions) -> None:
    """Beijing 54 and Xi'an 80 have no public parameters to CGCS2000: without seven of them a row is 100 m off at best.

    Raises:
        ParametersNeedless: seven parameters for a file without such rows.
    """
    used = sorted({crs for crs in places.crs_filed if crs is not None})
    loose = [crs for crs in used if not systems.well_tied(crs)]
    if options.helmert is not None and used and not loose:
        raise ParametersNeedless(crs="、".join(used))
    for crs in loose:
        if options.helmert is not None:
            zh, en = f"{crs} 已按七参数换算为 CGCS2000", f"{crs} was converted to CGCS2000 with seven parameters"
            sheet.report(None, "crs", crs, Remark(f"{zh}（{options.helmert}）", f"{en} ({options.helmert})", None, "converted"))
            continue
        remark = Remark(
            f"{crs} 与 CGCS2000 之间没有公开的精确转换参数，按精度 100 m 收下，位置可能偏差数十米",
            f"there are no exact public parameters from {crs} to CGCS2000; taken with an accuracy of 100 m",
            "请向测绘部门索取七参数（--helmert）或转换后的成果",
            "datum_unverified",
        )
        sheet.report(None, "crs", crs, remark)
        _lower_accuracy(sheet, places.crs_filed == crs)


def _lower_accuracy(sheet: Sheet, where: npt.NDArray[np.bool_]) -> None:
    if not sheet.layer.has("accuracy_m"):
        return
    column = list(sheet.column_of("accuracy_m"))
    for position in np.flatnonzero(where).tolist():
        column[position] = max(column[position] or UNVERIFIED_M, UNVERIFIED_M)
    sheet.values["accuracy_m"] = column


def _state_datum(sheet: Sheet, places: Places, datum: str) -> None:
    """Write the declared datum into the column of rows that have a position in degrees."""
    if not sheet.layer.has("datum"):
        return
    column = list(sheet.column_of("datum"))
    for position, crs in enumerate(places.crs_filed):
        if crs is not None and systems.is_degrees(crs):
            column[position] = datum
    sheet.values["datum"] = column


def _extra(raw: RawTable, matched: Matched, layer: Layer, options: ConformOptions, places: Places) -> list[dict[str, str]]:
    """Unknown columns of each row as text; of a polygon file the declared datum, too, and an unverified one."""
    headers = [*matched.unknown, *matched.ambiguous]
    rows: list[dict[str, str]] = [{} for _ in raw.rows]
    names = [str(header) for header in raw.frame.columns]
    for header in headers:
        cells = raw.frame.iloc[:, names.index(header)].astype(object).tolist()
        for row, cell in zip(rows, cells, strict=True):
            if not is_missing(cell):
                row[header] = str(cell)
    for row, crs in zip(rows, places.crs_filed, strict=True):
        if crs is not None and not systems.well_tied(crs):
            if options.helmert is not None:
                row[PARAMETERS] = str(options.helmert)
            elif not layer.has("accuracy_m"):
                row["accuracy_m"] = str(UNVERIFIED_M)
    if options.datum in ("gcj02", "bd09") and not layer.has("datum"):
        for row in rows:
            row["datum"] = options.datum
    return rows


def _objects(values: Any) -> pd.Series:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return pd.Series(column, dtype=object)


def _frame(sheet: Sheet, places: Places, extra: list[dict[str, str]]) -> pd.DataFrame:
    at = list(sheet.still_taken())
    columns: dict[str, Any] = {}
    for column in sheet.layer.columns:
        values = sheet.column_of(column.name)
        columns[column.name] = _objects([values[position] for position in at])
    columns["row"] = pd.Series([sheet.rows[position] for position in at], dtype="int64")
    columns["extra"] = _objects([extra[position] for position in at])
    geometries = {
        "geometry_filed": places.filed,
        "crs_filed": places.crs_filed,
        "geometry_map": places.on_map,
        "geometry": places.judging,
    }
    columns.update((name, _objects(array[at])) for name, array in geometries.items())
    return pd.DataFrame(columns)


def _held(sheet: Sheet, raw: RawTable) -> pd.DataFrame:
    at = sorted(sheet.held)
    return _as_filed(raw, at, [sheet.held[position] for position in at])


def _as_filed(raw: RawTable, at: list[int], severities: list[str]) -> pd.DataFrame:
    """Rows of a raw table: ``row``, ``severity``, ``values`` (header → text), ``geometry``."""
    names = [str(header) for header in raw.frame.columns]
    cells = raw.frame.iloc[at].astype(object).to_numpy()
    values = [
        {name: "" if is_missing(cell) and not isinstance(cell, str) else str(cell) for name, cell in zip(names, row, strict=True)}
        for row in cells
    ]
    shapes = [None] * len(at) if raw.geometry is None else [raw.geometry[position] for position in at]
    return pd.DataFrame(
        {
            "row": pd.Series([raw.rows[position] for position in at], dtype="int64"),
            "severity": _objects(severities),
            "values": _objects(values),
            "geometry": _objects(shapes),
        }
    )
