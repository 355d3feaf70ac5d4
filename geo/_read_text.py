"""Delimited text: CSV, TSV, semicolons; every record keeps its line number."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd

from geo._decode import decode
from geo._formulas import restored
from geo._tables import as_table
from geo._wkt import with_wkt
from geo.errors import FileUnreadable
from geo.raw import RawTable
from geo.read import ReadOptions

DELIMITERS = ",\t;|"
LONGEST_CELL = 10_000_000
_QUOTED = re.compile(r'"[^"]*"')


def read(path: Path, options: ReadOptions) -> RawTable:
    """A delimited text as a table of texts.

    Raises:
        EncodingUnknown, FileUnreadable: no text, no header, or a record that is no record.
    """
    text, encoding = decode(path.read_bytes(), path.name, options.encoding)
    if "\x00" in text:
        raise FileUnreadable(
            name=path.name, reason="含有空字节，不是文本文件", reason_en="it holds NUL bytes and is no text file"
        )
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    lines: list[list[str]] = []
    numbers: list[int] = []
    try:
        for record in reader:
            lines.append(record)
            numbers.append(reader.line_num)
    except csv.Error as fault:
        raise FileUnreadable(
            name=path.name, reason=f"第 {reader.line_num} 行无法读取", reason_en=f"line {reader.line_num} cannot be read"
        ) from fault
    frame, rows, notes = as_table([[restored(cell) or None for cell in line] for line in lines], numbers, path.name)
    return with_wkt(RawTable(pd.DataFrame(frame), rows, encoding=encoding, driver="CSV", notes=notes))


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into most cells; one that cuts all of them alike goes before others."""
    head = _QUOTED.sub("", text[:20_000].lstrip("\ufeff")).splitlines()[:10]  # a quoted cell may run over lines
    whole = [line for line in head[: -1 if len(text) > 20_000 else None] if line.strip()]
    alike = [mark for mark in DELIMITERS if len({line.count(mark) for line in whole}) == 1 and mark in whole[0]] if whole else []
    return max(alike or DELIMITERS, key=lambda mark: sum(line.count(mark) for line in head)) if head else ","
