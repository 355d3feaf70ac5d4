"""Applies the repairs a check proposed to the rows somebody accepted them for, before the file is checked again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geo.raw import RawTable
from geo.repair import repair
from layers._conform import Conformed


def with_repairs(raw: RawTable, conformed: Conformed, rows: set[int] | None) -> tuple[RawTable, list[int]]:
    """The table with proposed repairs in place.

    Args:
        conformed: what became of it without. rows: row numbers accepted; None for every row with a repair.
    Returns:
        A new table, and the rows that were changed.
    """
    wanted: dict[int, dict[str, str]] = {}
    for fault in conformed.faults:
        if fault.row is not None and fault.repair and (rows is None or fault.row in rows):
            wanted.setdefault(fault.row, {}).update(fault.repair)
    place = {row: position for position, row in enumerate(raw.rows)}
    frame = raw.frame.copy()
    geometry = None if raw.geometry is None else raw.geometry.copy()
    columns = {str(header): at for at, header in enumerate(frame.columns)}
    changed = []
    for row, fixes in wanted.items():
        position = place[row]
        for column, text in fixes.items():
            if column == "geometry" and geometry is not None:
                geometry[position] = repair(np.array([geometry[position]], dtype=object))[0][0]
            elif conformed.matched.columns.get(column) in columns:
                frame.iat[position, columns[conformed.matched.columns[column]]] = text
        changed.append(row)
    return replace(raw, frame=frame, geometry=geometry), changed
