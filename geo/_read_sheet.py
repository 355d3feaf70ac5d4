"""Workbooks: XLSX, XLS, ODS through calamine; the first sheet with a table, or the one named."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import python_calamine

from geo._tables import as_table
from geo._unzip import check_sizes
from geo.errors import FileUnreadable
from geo.raw import RawTable
from geo.read import ReadOptions


def read(path: Path, options: ReadOptions) -> RawTable:
    """A sheet as a table of texts, numbers and dates."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive, path.name)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.CalamineError as fault:
        raise FileUnreadable(name=path.name, reason="不是可读的工作簿", reason_en="it is no readable workbook") from fault
    sheet = _choose(book, path.name, options.sheet)
    grid = [[_cell(cell) for cell in row] for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)]
    frame, rows, notes = as_table(grid, list(range(1, len(grid) + 1)), path.name)
    if len(book.sheet_names) > 1:
        notes.append(f"读取工作表“{sheet}”，文件共有：{'、'.join(book.sheet_names)} / sheet {sheet} of {len(book.sheet_names)}")
    return RawTable(frame, rows, driver="XLSX", source_layer=sheet, notes=notes)


def _choose(book: Any, name: str, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in book.sheet_names:
            names = "、".join(book.sheet_names)
            raise FileUnreadable(
                name=name,
                reason=f"没有工作表“{wanted}”，可用：{names}",
                reason_en=f"it has no sheet “{wanted}”; choose from {names}",
            )
        return wanted
    for sheet in book.sheet_names:
        if book.get_sheet_by_name(sheet).to_python(nrows=3):
            return str(sheet)
    raise FileUnreadable(name=name, reason="工作簿是空的", reason_en="the workbook is empty")


def _cell(cell: Any) -> Any:
    """Whole numbers as text without a fraction, so that codes typed as numbers stay codes; blanks as None."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, bool | int):
        return str(cell)
    if isinstance(cell, dt.date | dt.datetime):
        return cell
    return cell if isinstance(cell, str) and cell.strip() else None
