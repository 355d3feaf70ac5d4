"""Files as people edit them elsewhere: a cell of a workbook, a vertex of a GeoPackage, a row deleted or copied."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import python_calamine

from geo import base_mark
from geo.base_mark import BaseMark
from geo.write import Sheet, workbook_bytes, write_vector

Rows = list[list[Any]]


def edit_workbook(path: Path, change: Callable[[list[str], Rows], None]) -> None:
    """Change the cells of a workbook's first sheet as a spreadsheet program does, which keeps the other sheets."""
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    headers, *rows = sheets[book.sheet_names[0]]
    change(list(map(str, headers)), rows)
    sheets[book.sheet_names[0]] = [headers, *rows]
    path.write_bytes(workbook_bytes([Sheet(name, list(map(str, grid[0])), grid[1:]) for name, grid in sheets.items()]))


def edit_vector(path: Path, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    """Change the features of a GeoPackage of one layer; its marks stay as they are."""
    with sqlite3.connect(path) as connection:
        marks = base_mark.of_geopackage(connection, [base_mark.NAME])
    frame = gpd.read_file(path)
    write_vector(change(frame), path, marks[0].layer, marks=marks)


def marks_of(path: Path) -> list[BaseMark]:
    """The marks of a GeoPackage."""
    with sqlite3.connect(path) as connection:
        return base_mark.of_geopackage(connection, [base_mark.NAME])
