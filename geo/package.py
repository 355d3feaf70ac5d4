"""A GeoPackage of several tables with aliases, value lists and QGIS styles, as the OGC standard and QGIS keep them.

GDAL writes the tables with their spatial index into a new file of its own; what GDAL has no words for is added by the
standard library afterwards. It is published under its name only when whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

from geo.write import NotWritten, publish

Kind = Literal["text", "number", "integer", "date"]
Shapes = Literal["point", "polygon", "none"]
Told = Callable[[int, int], None]
"""Hears after each table: how many are written, of how many."""

_VERSION = "1.3"
"""Of the standard: the QGIS of many offices warns of later ones."""
_SCHEMA = "http://www.geopackage.org/spec121/#extension_schema"
_STATEMENTS = (
    "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, "
    "description TEXT, mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
    "CONSTRAINT gdc_tn UNIQUE (table_name, name))",
    "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, "
    "min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, "
    "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))",
    "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
    "definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))",
    f"INSERT INTO gpkg_extensions VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', '{_SCHEMA}', 'read-write')",
    f"INSERT INTO gpkg_extensions VALUES ('gpkg_data_column_constraints', NULL, 'gpkg_schema', '{_SCHEMA}', 'read-write')",
    "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), "
    "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, "
    "styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
    "update_time DATETIME DEFAULT CURRENT_TIMESTAMP)",
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
    "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS', 0)",
)
"""QGIS looks for its styles among the tables of contents only; marks are in no contents, so that no list shows them."""


@dataclass(frozen=True)
class Field:
    """One column: its name, type, alias and what it means; ``choices``: value → word, where only some are meant.

    ``choices_name`` is the same for equal choices.
    """

    name: str
    kind: Kind
    title: str
    description: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    choices_name: str = ""


@dataclass(frozen=True)
class PackageTable:
    """One table.

    Attributes:
        title: unique within the file. columns: each field with its cells, in rows' order.
        kind: what its shapes are; a layer of both is two tables, since QGIS dresses a table once.
        shapes: (n,) points, or polygons and multipolygons, of one system for all tables; None for a table without geometry.
        style: QML of QGIS; empty for none. sld: the same as far as OGC's words go.
    """

    name: str
    title: str
    description: str
    columns: Sequence[tuple[Field, Sequence[Any]]]
    kind: Shapes = "none"
    shapes: npt.NDArray[np.object_] | None = None
    style: str = ""
    sld: str = ""


@dataclass(frozen=True)
class Extras:
    """What stands beside the tables: an instant for all of them (``…Z``), and a table of marks that no list shows."""

    at: str
    marks_name: str = ""
    marks: Sequence[dict[str, Any]] = field(default_factory=tuple)


def write_package(path: Path, tables: Sequence[PackageTable], crs: str, extras: Extras, told: Told = lambda *_: None) -> None:
    """Write a new GeoPackage, whole or not at all; feature ids are 1, 2, 3 … in the order of rows.

    Raises:
        NotWritten: whatever stood at ``path`` is untouched.
    """
    publish(path, lambda part: _fill(part, tables, crs, extras, told))


def _fill(part: Path, tables: Sequence[PackageTable], crs: str, extras: Extras, told: Told) -> None:
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        for number, table in enumerate(tables, start=1):
            _put(part, table, crs)
            told(number, len(tables))
        with closing(sqlite3.connect(part)) as connection, connection:
            _describe(connection, tables, extras)
    except (DataLayerError, DataSourceError, sqlite3.Error) as fault:
        raise NotWritten(name=part.name, detail=type(fault).__name__) from fault


def _put(part: Path, table: PackageTable, crs: str) -> None:
    import pyarrow as pa
    from pyogrio import write_arrow

    kinds = {"text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "date": pa.date32()}
    arrays = {one.name: pa.array(cells, type=kinds[one.kind]) for one, cells in table.columns}
    options: dict[str, Any] = {}
    shapes = table.shapes
    if shapes is not None:
        made, kind = (shapes, "Point") if table.kind == "point" else (_as_multipolygons(shapes), "MultiPolygon")
        arrays["geom"] = pa.array(shapely.to_wkb(made).tolist(), type=pa.binary())
        options = {"geometry_name": "geom", "geometry_type": kind, "crs": crs}
    told = {"IDENTIFIER": table.title, "DESCRIPTION": table.description, "FID": "fid"}
    told |= {"GEOMETRY_NAME": "geom"} if shapes is not None else {"ASPATIAL_VARIANT": "GPKG_ATTRIBUTES"}
    if not part.exists():
        options["dataset_options"] = {"VERSION": _VERSION}
    write_arrow(pa.table(arrays), part, layer=table.name, driver="GPKG", layer_options=told, **options)


def _as_multipolygons(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Polygons become multipolygons, so that a table has one kind."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON.value
    made = shapes.copy()
    made[single] = [shapely.MultiPolygon([one]) for one in shapes[single]]
    return made


def _describe(connection: sqlite3.Connection, tables: Sequence[PackageTable], extras: Extras) -> None:
    for statement in _STATEMENTS:
        connection.execute(statement)
    meant = "INSERT INTO gpkg_data_column_constraints VALUES (?, 'enum', ?, NULL, NULL, NULL, NULL, ?)"
    connection.executemany(meant, _choices(tables))
    rows = [
        (table.name, one.name, one.name, one.title, one.description or None, one.choices_name or None)
        for table in tables
        for one, _ in table.columns
    ]
    connection.executemany("INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)", rows)
    styles = [
        (one.name, "" if one.shapes is None else "geom", one.title[:30], one.style, one.sld, one.title, extras.at)
        for one in tables
        if one.style
    ]
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, "
        "styleSLD, useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, ?, 1, ?, '', ?)",
        styles,
    )
    connection.execute("UPDATE gpkg_contents SET last_change = ?", (extras.at,))
    if extras.marks:
        _mark(connection, extras)


def _choices(tables: Iterable[PackageTable]) -> list[tuple[str, str, str]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for table in tables:
        found |= {one.choices_name: one.choices for one, _ in table.columns if one.choices_name}
    return [(name, value, word) for name, choices in sorted(found.items()) for value, word in choices]


def _mark(connection: sqlite3.Connection, extras: Extras) -> None:
    first = extras.marks[0]
    kinds = ", ".join(f"{name} {'INTEGER' if isinstance(value, int) else 'TEXT'}" for name, value in first.items())
    connection.execute(f"CREATE TABLE {extras.marks_name} ({kinds})")
    blanks = ", ".join("?" * len(first))
    connection.executemany(f"INSERT INTO {extras.marks_name} VALUES ({blanks})", [tuple(one.values()) for one in extras.marks])
