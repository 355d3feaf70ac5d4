"""Looks at whole rows: keys, required columns, duplicates, and the checks a layer names itself."""

from __future__ import annotations

from typing import Any

from layers._codes import damaged_by_spreadsheet
from layers._conform_faults import MISSING, Sheet
from layers._layer import Remark

_NO_KEY = Remark("没有编号，无法入库", "no key, the row cannot be stored", "请填写编号", "missing_key")
_NOT_A_KEY = Remark(
    "编号被 Excel 当作数字，末尾数字已丢失",
    "the key was taken for a number by the spreadsheet; its last digits are lost",
    "请在原表中把该列设为文本格式后重新填写",
    "excel_damaged",
)


def check_rows(sheet: Sheet) -> None:
    """Keys, required columns and the layer's own checks."""
    _check_key(sheet)
    for column in sheet.layer.columns:
        if column.required and column.name != sheet.layer.key:
            _check_required(sheet, column.name)
    for check in sheet.layer.checks:
        columns = [sheet.column_of(name) for name in check.columns]
        for position, values in enumerate(zip(*columns, strict=True)):
            if None in values:
                continue
            remark = check.judge(*values)
            if remark is not None:
                shown = ", ".join(str(value) for value in values)
                sheet.report(position, check.columns[0], shown, remark, check.severity)


def check_duplicates(sheet: Sheet) -> None:
    """Of rows with the same key (zones: code and first day) that can be taken, the first one is."""
    seen: dict[tuple[Any, ...], int] = {}
    for position in list(sheet.still_taken()):
        key = key_of(sheet, position)
        first = seen.setdefault(key, position)
        if first != position:
            row = sheet.rows[first]
            zh, en = f"编号与第 {row} 行重复，只收第一条", f"the same key as row {row}; the first row counts"
            sheet.report(position, sheet.layer.key, key[0], Remark(zh, en, "请合并或改正编号", "duplicate"), "quarantined")


def key_of(sheet: Sheet, position: int) -> tuple[Any, ...]:
    """The key of a row: its code; for a zone the code and the first day in force."""
    code = sheet.column_of(sheet.layer.key)[position]
    return (code, sheet.column_of("effective_from")[position]) if sheet.layer.zone else (code,)


def _check_key(sheet: Sheet) -> None:
    for position, code in enumerate(sheet.column_of(sheet.layer.key)):
        if code is None:
            sheet.report(position, sheet.layer.key, None, _NO_KEY, "refused")
        elif damaged_by_spreadsheet(code) is not None:
            sheet.report(position, sheet.layer.key, code, _NOT_A_KEY, "quarantined")


def _check_required(sheet: Sheet, name: str) -> None:
    cells = sheet.cells.get(name)
    title = sheet.layer.column(name)
    for position, value in enumerate(sheet.column_of(name)):
        if value is None:
            remark = Remark(
                f"“{title.title}”{MISSING.zh}或读不出",
                f"“{title.title_en}”: {MISSING.en} or unreadable",
                MISSING.suggestion,
                MISSING.code,
            )
            sheet.report(position, name, None if cells is None else cells[position], remark, "quarantined")
