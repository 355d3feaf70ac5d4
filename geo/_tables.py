"""From a grid of cells to headers and records: titles above the header, ragged and blank rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from geo.errors import FileUnreadable

HEADER_WITHIN = 20


def as_table(grid: Sequence[Sequence[Any]], numbers: Sequence[int], name: str) -> tuple[pd.DataFrame, list[int], list[str]]:
    """Headers and records of a grid.

    Args:
        grid: rows of cells, None for empty. numbers: each row's number in the file.
    Returns:
        Frame (object columns named by header), row numbers, notes. Blank rows are left out; a title
        above the header is noted.
    Raises:
        FileUnreadable: there is no header.
    """
    header_at = _header_row(grid)
    if header_at is None:
        raise FileUnreadable(name=name, reason="没有表头行", reason_en="it has no header row")
    notes = []
    if header_at and any(_filled(row) for row in grid[:header_at]):
        notes.append(f"表头取自第 {numbers[header_at]} 行，其上各行作为标题略过 / the header is row {numbers[header_at]}")
    headers = _unique([str(cell).strip().lstrip("\ufeff") if cell is not None else "" for cell in grid[header_at]])
    body = [(row, number) for row, number in zip(grid[header_at + 1 :], numbers[header_at + 1 :], strict=True) if _filled(row)]
    width = max([len(headers), *(len(row) for row, _ in body)])
    headers += [f"列{position + 1}" for position in range(len(headers), width)]
    keep = [i for i, header in enumerate(headers) if header]
    records = [[row[i] if i < len(row) else None for i in keep] for row, _ in body]
    frame = pd.DataFrame(records, columns=[headers[i] for i in keep], dtype=object)
    return frame.astype(object).where(frame.notna(), None), [number for _, number in body], notes


def _filled(row: Sequence[Any]) -> list[Any]:
    return [cell for cell in row if cell is not None and str(cell).strip()]


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


def _unique(headers: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    named = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        named.append(header if seen[header] == 1 or not header else f"{header}_{seen[header]}")
    return named
