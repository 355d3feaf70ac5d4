"""From a grid of cells to headers and records: titles above the header, two-row headers, totals, remarks below, blank rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from geo.errors import FileUnreadable

HEADER_WITHIN = 20
_TOTALS = frozenset({"合计", "总计", "小计", "共计", "累计", "总数", "合计：", "合计:", "total", "subtotal", "sum"})
_REMARK = re.compile(r"^(?:注|备注|说明|填表|填报|制表|审核|审批|单位负责人|联系人|负责人|报送)[^,，]{0,12}[:：]")

Range = tuple[tuple[int, int], tuple[int, int]]


def as_table(
    grid: Sequence[Sequence[Any]], numbers: Sequence[int], name: str, merged: Sequence[Range] = ()
) -> tuple[pd.DataFrame, list[int], list[str]]:
    """Headers and records of a grid.

    Args:
        grid: rows of cells, None for empty. numbers: each row's number in the file.
        merged: merged cells, (first row, first column), (last row, last column), from 0.
    Returns:
        Frame (object columns named by header), row numbers, notes. Left out and noted: blank rows, titles above
        the header, rows of totals, remarks below the table. Cells merged down a column count for each of their rows.
    Raises:
        FileUnreadable: there is no header.
    """
    header_at = _header_row(grid)
    if header_at is None:
        raise FileUnreadable(name=name, reason="没有表头行", reason_en="it has no header row")
    notes = []
    if header_at and any(_filled(row) for row in grid[:header_at]):
        notes.append(f"表头取自第 {numbers[header_at]} 行，其上各行作为标题略过 / the header is row {numbers[header_at]}")
    cells = [list(row) for row in grid]
    below = _second_header(cells, header_at, merged)
    _fill_merged(cells, below + 1, merged, notes)
    headers = _headers(cells, header_at, below)
    body = [(row, number) for row, number in zip(cells[below + 1 :], numbers[below + 1 :], strict=True) if _filled(row)]
    body = _without_totals(body, notes)
    width = max([len(headers), *(len(row) for row, _ in body)])
    headers += [""] * (width - len(headers))
    used = [bool(header) or any(i < len(row) and _said(row[i]) for row, _ in body) for i, header in enumerate(headers)]
    named = _unique([header or f"列{i + 1}" for i, header in enumerate(headers)])
    keep = [i for i in range(width) if used[i]]
    records = [[row[i] if i < len(row) else None for i in keep] for row, _ in body]
    frame = pd.DataFrame(records, columns=[named[i] for i in keep], dtype=object)
    return frame.astype(object).where(frame.notna(), None), [number for _, number in body], notes


def _said(cell: Any) -> bool:
    return cell is not None and bool(str(cell).strip())


def _filled(row: Sequence[Any]) -> list[Any]:
    return [cell for cell in row if _said(cell)]


def _header_row(grid: Sequence[Sequence[Any]]) -> int | None:
    """The first row that names columns: as many texts as the table is wide, or nearly; never a lone title."""
    head = [(i, _filled(row)) for i, row in enumerate(grid[:HEADER_WITHIN])]
    head = [(i, cells) for i, cells in head if cells]
    if not head:
        return None
    widest = max(len(cells) for _, cells in head)
    for i, cells in head:
        distinct = {str(cell).strip() for cell in cells}
        texts = [cell for cell in cells if isinstance(cell, str)]
        if len(cells) >= max(1, widest * 0.6) and len(distinct) == len(cells) and len(texts) == len(cells):
            return i
    return head[0][0]


def _second_header(cells: list[list[Any]], header_at: int, merged: Sequence[Range]) -> int:
    """The last row of the header: one further down where a cell of the header is merged sideways over names below."""
    for (top, left), (bottom, right) in merged:
        if top == header_at and bottom == top and right > left and top + 1 < len(cells):
            under = [cells[top + 1][i] for i in range(left, right + 1) if i < len(cells[top + 1])]
            if len(_filled(under)) == right - left + 1 and all(isinstance(cell, str) for cell in under):
                return header_at + 1
    return header_at


def _headers(cells: list[list[Any]], header_at: int, below: int) -> list[str]:
    upper = [_name(cell) for cell in cells[header_at]]
    if below == header_at:
        return upper
    lower = [_name(cell) for cell in cells[below]]
    width = max(len(upper), len(lower))
    pad = [row + [""] * (width - len(row)) for row in (upper, lower)]
    return [under or over for over, under in zip(*pad, strict=True)]


def _name(cell: Any) -> str:
    return "" if cell is None else " ".join(str(cell).strip().lstrip("\ufeff").split())


def _fill_merged(cells: list[list[Any]], first: int, merged: Sequence[Range], notes: list[str]) -> None:
    filled = 0
    for (top, left), (bottom, right) in merged:
        if top < first or top >= len(cells) or left >= len(cells[top]) or bottom - top > 100_000 or right - left > 3:
            continue
        for row in range(top, min(bottom + 1, len(cells))):
            if row != top and left < len(cells[row]) and not _said(cells[row][left]):
                cells[row][left] = cells[top][left]
                filled += 1
    if filled:
        notes.append(f"合并单元格的值已填入其下 {filled} 行 / values of merged cells were filled into {filled} rows below")


def _without_totals(body: list[tuple[list[Any], int]], notes: list[str]) -> list[tuple[list[Any], int]]:
    """Rows that are no records: totals, and remarks in one cell at the end."""
    kept = list(body)
    while kept and len(_filled(kept[-1][0])) == 1 and _REMARK.match(str(_filled(kept[-1][0])[0]).strip()):
        notes.append(f"第 {kept[-1][1]} 行是表尾说明，未作为记录 / row {kept[-1][1]} is a remark below the table")
        kept.pop()
    totals = [number for row, number in kept if _is_total(row)]
    if totals:
        shown = "、".join(map(str, totals[:20]))
        notes.append(f"第 {shown} 行是合计行，未作为记录 / rows {shown} are totals and no records")
    return [(row, number) for row, number in kept if not _is_total(row)]


def _is_total(row: Sequence[Any]) -> bool:
    first = next(iter(_filled(row)), None)
    return isinstance(first, str) and "".join(first.split()).casefold() in _TOTALS


def _unique(headers: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    named = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        named.append(header if seen[header] == 1 or not header else f"{header}_{seen[header]}")
    return named
