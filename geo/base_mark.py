"""What an exported file says it was made from 基准标记, so that it can be brought back and compared with just that.

The words are the file's own and prove nothing: whoever believes them asks the store whether it ever held such content.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

NAME = "bluesky_base"
"""Of the table, sheet, member or key that holds the mark."""
MOST, LONGEST = 200, 200
_LARGEST = 2_000_000
_REVISION = 10**9


@dataclass(frozen=True)
class BaseMark:
    """One layer of a file.

    Attributes:
        layer: its name. revision: of the layer when it was read. sha256: of what all its rows held then.
        store: which store it was. as_of: the day of the rows (ISO), empty for every version.
        taken_at: when it was read (ISO, UTC). scope: which part was seen, empty for everything.
    """

    layer: str
    revision: int
    sha256: str
    store: str
    as_of: str
    taken_at: str
    scope: str


_NAMES = tuple(field.name for field in fields(BaseMark))


def mark_of(found: Any) -> BaseMark | None:
    """A mark out of what a file holds under our name; None for anything that is none."""
    if not isinstance(found, Mapping):
        return None
    texts = {name: str(found.get(name) if found.get(name) is not None else "").strip()[:LONGEST] for name in _NAMES}
    number = texts.pop("revision")
    if not texts["layer"] or not number.isascii() or not number.isdigit() or int(number) > _REVISION:
        return None
    return BaseMark(revision=int(number), **texts)


def is_day(text: str) -> bool:
    """Whether a mark's day is one, or says every version."""
    try:
        return not text or len(dt.date.fromisoformat(text).isoformat()) == len(text)
    except ValueError:
        return False


def marks_of(found: Any) -> list[BaseMark]:
    """Every mark of a list, or of one mark alone."""
    several = found if isinstance(found, list) else [found]
    return [mark for one in several[:MOST] if (mark := mark_of(one)) is not None]


def marks_in(text: str) -> list[BaseMark]:
    """The marks of a JSON text; none where it is no JSON."""
    if len(text) > _LARGEST:
        return []
    try:
        return marks_of(json.loads(text))
    except (ValueError, RecursionError):
        return []


def as_json(marks: Iterable[BaseMark]) -> str:
    """Marks as a JSON text."""
    return json.dumps([asdict(mark) for mark in marks], ensure_ascii=False)


def as_rows(marks: Sequence[BaseMark]) -> list[list[str]]:
    """Marks as rows of a sheet: a name and one value for each mark."""
    return [[name, *(str(getattr(mark, name)) for mark in marks)] for name in _NAMES]


def of_rows(rows: Sequence[Sequence[Any]]) -> list[BaseMark]:
    """The marks of a sheet as :func:`as_rows` fills it, whatever a spreadsheet made of its numbers."""
    columns: dict[str, list[str]] = {}
    for row in rows[:40]:
        if row and str(row[0]).strip() in _NAMES:
            columns[str(row[0]).strip()] = [_plain(cell) for cell in row[1 : MOST + 1]]
    count = len(columns.get("layer", []))
    one_by_one = [{name: cells[at] for name, cells in columns.items() if at < len(cells)} for at in range(count)]
    return marks_of(list(one_by_one))


def _plain(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


_UNLISTED = (
    "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
    "definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))",
    "INSERT INTO gpkg_extensions VALUES (NULL, NULL, 'gdal_aspatial', 'http://gdal.org/geopackage_aspatial.html', 'read-write')",
)
"""Without it GDAL and QGIS list every table that is in no contents as a layer of its own, the marks included."""


def put_into_geopackage(path: Path, marks: Iterable[BaseMark]) -> None:
    """Add the table of marks to a GeoPackage of our own making."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            kinds = ", ".join(f"{name} {'INTEGER' if name == 'revision' else 'TEXT'}" for name in _NAMES)
            for statement in (*_UNLISTED, f"CREATE TABLE {NAME} ({kinds})"):
                connection.execute(statement)
            rows = [tuple(asdict(mark).values()) for mark in marks]
            connection.executemany(f"INSERT INTO {NAME} VALUES ({', '.join('?' * len(_NAMES))})", rows)
    finally:
        connection.close()


def of_geopackage(connection: sqlite3.Connection, tables: Iterable[str]) -> list[BaseMark]:
    """The marks of a GeoPackage; only in the locked reader. A view under our name is not asked."""
    if NAME not in tables:
        return []
    try:
        found = connection.execute(f"SELECT * FROM {NAME} LIMIT {MOST}")
        names = [column[0] for column in found.description]
        return marks_of([dict(zip(names, row, strict=True)) for row in found])
    except (sqlite3.Error, UnicodeDecodeError, OverflowError):
        return []
