"""What earlier imports taught: mappings by the headers of a file, and rows that come back corrected."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geo.errors import Refused
from geo.raw import RawTable
from layers._conform_headers import plain
from layers._layer import Layer
from store import held
from store._content import canonical
from store.held import shape_of
from store.open import Store

NUMBER = "隔离编号"
"""Header of the column by which a corrected list finds its rows again."""
ADDED = (NUMBER, "原行号", "处理状态", "问题", "建议")
"""Columns a quarantine list has beside those of the file."""


class RowsElsewhere(Refused):
    """A corrected list whose rows are not of this layer, or were decided about already."""

    zh = "隔离清单中的编号 {numbers} 不属于该图层或已处理，请重新下载清单。"
    en = "The numbers {numbers} of this list belong to another layer or are settled; download the list again."


@dataclass(frozen=True)
class Answers:
    """Rows that come back corrected: row number in the file → number in the quarantine."""

    numbers: dict[int, int] = field(default_factory=dict)


def fingerprint(raw: RawTable) -> str:
    """The layout of a source: its headers, whatever their order, width and case."""
    return hashlib.sha256(canonical(sorted(plain(str(header)) for header in raw.frame.columns)).encode()).hexdigest()


def remembered(store: Store, layer: Layer, raw: RawTable) -> dict[str, str]:
    """The mapping last used for files with these headers, as far as its headers are spelled as here."""
    with store.read() as connection:
        found = held.remembered_mapping(connection, layer.name, fingerprint(raw))
    headers = {plain(str(header)): str(header) for header in raw.frame.columns}
    known = {column.name for column in layer.columns}
    return {headers[plain(h)]: name for h, name in found.items() if plain(h) in headers and (not name or name in known)}


def resubmitted(store: Store | None, layer: Layer, raw: RawTable) -> tuple[RawTable, Answers, dict[str, Any]]:
    """A corrected quarantine list as the rows it stands for, with their geometry and the way their file was read.

    Returns:
        The table without the columns that were added, which row answers which, and the context of their import.
        Any other table comes back as it is.
    Raises:
        RowsElsewhere: rows of another layer, or settled ones.
    """
    if store is None or NUMBER not in raw.frame.columns:
        return raw, Answers(), {}
    cells = raw.frame[NUMBER].tolist()
    numbers = {row: int(cell) for row, cell in zip(raw.rows, cells, strict=True) if str(cell or "").strip().isdigit()}
    with store.read() as connection:
        found = {row.id: row for row in held.of_numbers(connection, sorted(set(numbers.values())))}
        wrong = sorted(
            {n for n in numbers.values() if n not in found or found[n].layer != layer.name or found[n].state != held.OPEN}
        )
        if wrong:
            raise RowsElsewhere(numbers="、".join(map(str, wrong[:10])))
        first = next(iter(found.values()), None)
        context = held.context_of(connection, first.changeset_id) if first else {}
    kept = raw.frame.drop(columns=[name for name in ADDED if name in raw.frame.columns])
    shapes = np.array([*(shape_of(found[numbers[row]]) if row in numbers else None for row in raw.rows), None], dtype=object)[:-1]
    drawn = any(shape is not None for shape in shapes)
    table = replace(
        raw, frame=kept, geometry=shapes if drawn else raw.geometry, crs=context.get("file_crs") if drawn else raw.crs,
        crs_declared=bool(context.get("crs_declared")) if drawn else raw.crs_declared,
        driver=str(context.get("driver") or raw.driver),
    )  # fmt: skip
    return table, Answers(numbers), context
