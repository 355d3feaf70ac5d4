"""Workbooks: XLSX, XLS, ODS through calamine; the one sheet with a table, or the one named."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path
from typing import Any

import python_calamine

from geo._sheet_errors import error_notes
from geo._tables import as_table
from geo._unzip import check_sizes
from geo._wkt import with_wkt
from geo.base_mark import NAME, of_rows
from geo.errors import FileUnreadable
from geo.raw import RawTable
from geo.read import ReadOptions

MOST_ROWS, MOST_COLUMNS = 1_048_576, 1_000
_DATUM_SAID = re.compile(r"百度|BD-?09|高德|火星|GCJ-?02|腾讯", re.IGNORECASE)


class SheetsAmbiguous(FileUnreadable):
    """Several sheets hold tables; the user must say which."""

    zh = "工作簿“{name}”有多个工作表：{sheets}，请用 --sheet 指定其中一个。"
    en = "The workbook “{name}” has several sheets with tables: {sheets}; name one with --sheet."


def read(path: Path, options: ReadOptions) -> RawTable:
    """A sheet as a table of texts, numbers and dates."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive, path.name)
    elif path.suffix.lower() == ".xls" and not _is_compound(path):
        return _as_text(path, options)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet = _choose(book, path.name, options.sheet or options.layer)
        table = book.get_sheet_by_name(sheet)
        _check_size(path, table)
        grid = [[_cell(cell) for cell in row] for row in table.to_python(skip_empty_area=False)]
        notes = error_notes(path, sheet) + _said_elsewhere(book, sheet)
        marks = of_rows(book.get_sheet_by_name(NAME).to_python(nrows=40)) if NAME in book.sheet_names else []
    except FileUnreadable:
        raise
    except Exception as fault:  # calamine has an error of its own for each kind of workbook, and panics are others
        raise FileUnreadable(name=path.name, reason="不是可读的工作簿", reason_en="it is no readable workbook") from fault
    frame, rows, found = as_table(grid, list(range(1, len(grid) + 1)), path.name, _merged(table))
    names = _sheets(book)
    if len(names) > 1:
        notes.append(f"读取工作表“{sheet}”，文件共有：{'、'.join(names)} / sheet {sheet} of {len(names)}")
    return with_wkt(RawTable(frame, rows, driver="XLSX", source_layer=sheet, notes=found + notes, marks=marks))


def _is_compound(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _as_text(path: Path, options: ReadOptions) -> RawTable:
    """Many systems write a text table or a web page under the name of a workbook."""
    from geo._read_text import read as read_text

    with path.open("rb") as file:
        head = file.read(4096).lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<", b"mime-version")):
        reason = "其实是网页或 XML，不是工作簿，请用 Excel 打开后另存为 xlsx"
        raise FileUnreadable(
            name=path.name, reason=reason, reason_en="it is a web page or XML; save it as xlsx with a spreadsheet program"
        )
    try:
        table = read_text(path, options)
    except FileUnreadable as fault:
        raise FileUnreadable(name=path.name, reason="不是可读的工作簿", reason_en="it is no readable workbook") from fault
    table.notes.append("文件名是工作簿，内容是文本表格 / named a workbook, it is a text table")
    return table


def _check_size(path: Path, table: Any) -> None:
    """A cell far out makes a grid of billions."""
    if table.total_height * max(1, table.total_width) > 60_000_000 or table.total_width > MOST_COLUMNS * 17:
        raise FileUnreadable(
            name=path.name,
            reason="工作表范围过大，请删除表格以外的内容",
            reason_en="the sheet is too large; delete what lies outside the table",
        )


def _merged(table: Any) -> list[Any]:
    try:
        return list(table.merged_cell_ranges or [])
    except Exception:  # not every kind of workbook tells them
        return []


def _sheets(book: Any) -> list[str]:
    """The sheets that are the user's own."""
    return [name for name in book.sheet_names if name != NAME]


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
    heads = {sheet: book.get_sheet_by_name(sheet).to_python(nrows=12) for sheet in _sheets(book)}
    tables = [sheet for sheet, rows in heads.items() if _is_table(rows)]
    if len(tables) > 1:
        raise SheetsAmbiguous(name=name, sheets="、".join(tables), choices=tables)
    written = [sheet for sheet, rows in heads.items() if rows]
    if not written:
        raise FileUnreadable(name=name, reason="工作簿是空的", reason_en="the workbook is empty")
    return str((tables or written)[0])


def _is_table(rows: list[list[Any]]) -> bool:
    """Two rows of at least two cells each."""
    return sum(sum(cell not in ("", None) for cell in row) > 1 for row in rows) > 1


def _said_elsewhere(book: Any, chosen: str) -> list[str]:
    """What other sheets say about the datum: nothing is concluded from it, but it must be seen."""
    for sheet in _sheets(book):
        if sheet == chosen:
            continue
        for row in book.get_sheet_by_name(sheet).to_python(nrows=30):
            for cell in row:
                if isinstance(cell, str) and _DATUM_SAID.search(cell):
                    said = cell.strip()[:80]
                    return [
                        f"工作表“{sheet}”写有“{said}”，请确认坐标基准（--datum） / sheet {sheet} says “{said}”: state the datum"
                    ]
    return []


def _cell(cell: Any) -> Any:
    """Whole numbers as text without a fraction, so that codes typed as numbers stay codes; blanks as None."""
    if isinstance(cell, str):
        return cell if cell.strip() else None
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, bool | int):
        return str(cell)
    return cell if isinstance(cell, dt.date | dt.datetime) else None
