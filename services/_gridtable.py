"""The assignment table 网格责任表 as a file: who heads which cell; written, and read again in the locked child."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.child import read_untrusted
from geo.errors import Refused, WrongUsage
from layers._cells import from_text, to_text
from layers._conform_faults import Sheet
from layers._conform_headers import match
from layers._conform_values import half_width, read_column
from layers._find import load_layers
from layers._layer import Column, Layer, Remark

CELL_COLUMNS = ("cell_name", "head_name", "member_names", "phone")
"""Columns of the cell that the table changes."""
POST_COLUMNS = ("account", "valid_from", "valid_to")
"""Columns of the head's duty."""
SUFFIXES = (".csv", ".xlsx")
LONGEST_TEXT = 120
MOST_ROWS = 20_000
_DAYS = ("valid_from", "valid_to")


def _layer() -> Layer:
    """The table's columns: some of the cell's, and those of the duty."""
    cells = load_layers()["grid_cells"]
    return Layer(
        title="网格责任表", title_en="Grid assignments", group="base", geometry="polygon", key="cell_code", label="cell_name",
        clause=cells.clause, style=cells.style,
        columns=(
            *(cells.column(name) for name in ("cell_code", *CELL_COLUMNS)),
            Column("account", ("网格长账号", "账号"), "Account of the head"),
            Column("valid_from", ("起", "起始日期", "到岗日期", "from"), "From", "date"),
            Column("valid_to", ("止", "截止日期", "离岗日期", "until"), "Until", "date"),
        ),
    )  # fmt: skip


class KeyMissing(Refused):
    """A file that is no assignment table."""

    zh = "文件里没有“网格编号”列，不是网格责任表；请先下载责任表，按其表头填写。"
    en = "The file has no column “cell_code”: it is no assignment table; download the table first and keep its headers."


@dataclass(frozen=True)
class Held:
    """A row that is not taken, and why."""

    row: int
    cell: str
    reason: str
    reason_en: str


@dataclass(frozen=True)
class Line:
    """A row of the table: its number, its cell, and the columns it says something of (None: emptied)."""

    row: int
    cell: str
    values: Mapping[str, Any] = field(default_factory=dict)


_DATE = Remark("日期无法识别", "the date cannot be read", "2026-01-31")
_TOO_LONG = Remark("文字过长", "the text is too long")
_NO_KEY = Remark("没有网格编号", "no cell code")
_TWICE = Remark("同一网格在文件中出现多次", "the cell is in the file more than once")


def read_table(path: Path) -> tuple[list[Line], list[Held]]:
    """Read a file of unknown origin.

    Returns:
        Rows, and rows held back, in the order of the file.
    Raises:
        WrongUsage: another kind of file. KeyMissing, FileUnreadable, …: one sentence each.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise WrongUsage(value=path.name[:60], hint=" ".join(SUFFIXES))
    raw, layer = read_untrusted(path), _layer()
    matched = match([str(header) for header in raw.frame.columns], layer, cut=False)
    if layer.key not in matched.columns:
        raise KeyMissing()
    if len(raw.rows) > MOST_ROWS:
        raise WrongUsage(value=str(len(raw.rows)), hint=f"≤ {MOST_ROWS}")
    headers = [str(header) for header in raw.frame.columns]
    cells = {n: raw.frame.iloc[:, headers.index(h)].astype(object).tolist() for n, h in matched.columns.items()}
    return _lines(Sheet(layer, list(raw.rows), cells))


def typed(cell: str, texts: Mapping[str, str], row: int = 1) -> tuple[list[Line], list[Held]]:
    """One row as typed into a form: column → text."""
    layer = _layer()
    known = {name: [text] for name, text in texts.items() if layer.has(name)}
    return _lines(Sheet(layer, [row], {layer.key: [cell], **known}))


def _lines(sheet: Sheet) -> tuple[list[Line], list[Held]]:
    for column in sheet.layer.columns:
        read_column(sheet, column)
    bad = {fault.row: Remark(fault.reason, fault.reason_en) for fault in sheet.faults if fault.column in _DAYS}
    said = [name for name in (*CELL_COLUMNS, *POST_COLUMNS) if name in sheet.cells]
    lines: list[Line] = []
    held: list[Held] = []
    seen: set[str] = set()
    for place, row in enumerate(sheet.rows):
        cell = sheet.column_of(sheet.layer.key)[place] or ""
        values = {name: sheet.column_of(name)[place] for name in said}
        if values.get("account"):
            values["account"] = half_width(values["account"]).casefold()
        why = bad.get(row) or _why_not(cell, values, seen)
        if why is not None:
            held.append(Held(row, cell[:60], why.zh, why.en))
            continue
        seen.add(cell)
        lines.append(Line(row, cell, values))
    return lines, held


def _why_not(cell: str, values: Mapping[str, Any], seen: set[str]) -> Remark | None:
    if not cell:
        return _NO_KEY
    if cell in seen:
        return _TWICE
    texts = [text for value in values.values() for text in (value if isinstance(value, tuple) else (value,))]
    return _TOO_LONG if any(isinstance(text, str) and len(text) > LONGEST_TEXT for text in texts) else None


def headers() -> list[str]:
    """Headers of the table as it is written: Chinese, and taken again on import."""
    return [column.title for column in _layer().columns]


def as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Canonical texts of a row's columns, empty for nothing."""
    layer = _layer()
    return {name: to_text(layer.column(name), value) for name, value in values.items()}


def packed(lines: Sequence[Line]) -> str:
    """Rows as text that a form carries from the preview to the confirmation."""
    return json.dumps([[line.row, line.cell, as_texts(line.values)] for line in lines], ensure_ascii=False)


def unpacked(text: str) -> list[Line]:
    """What :func:`packed` was given; checked again, whoever sends it.

    Raises:
        WrongUsage: it is something else.
    """
    layer = _layer()
    try:
        rows = json.loads(text)
        lines = []
        for row, cell, texts in rows:
            if set(texts) - {*CELL_COLUMNS, *POST_COLUMNS} or not isinstance(cell, str) or not cell:
                raise ValueError(cell)
            lines.append(Line(int(row), cell, {name: from_text(layer.column(name), value) for name, value in texts.items()}))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise WrongUsage(value=text[:40], hint="请重新上传责任表 / upload the table again") from None
    if len(lines) > MOST_ROWS or any(_why_not(line.cell, line.values, set()) for line in lines):
        raise WrongUsage(value=text[:40], hint="请重新上传责任表 / upload the table again")
    return lines
