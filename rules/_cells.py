"""Which responsibility cells 责任网格 a point belongs to (dictionary §4.6): edges, tolerance, half-open cells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.distance import at_edge, candidates
from geo.join import match
from rules._logic import Cells

NUDGE = np.array([0.50, 0.25])
"""Metres east and north: a point on shared edges belongs to the cell that covers it moved by this (half-open)."""
RESPONSIBILITY = (None, "responsibility")
"""An empty grid system counts as responsibility."""


def responsibility_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells that answer for somebody and have a shape, by code.

    Args:
        cells: rows of ``grid_cells`` with ``geometry`` in judging metres.
    """
    kept = [system in RESPONSIBILITY for system in cells["grid_system"]]
    shaped = [shape is not None for shape in cells["geometry"]]
    chosen = cells[np.array(kept, dtype=bool) & np.array(shaped, dtype=bool)]
    return chosen.sort_values("cell_code", ignore_index=True)


def cells_of(xy: npt.NDArray[np.float64], shapes: Cells, tolerance: float) -> list[list[int]]:
    """The cells of each point: inner ones first; on edges, the one the nudged point falls in.

    Args:
        xy: float64 (n, 2), judging metres; a row that is not finite has none.
        shapes: object array (m,) of polygons, ordered by code. tolerance: metres from an edge that count as on it.
    """
    found: list[list[int]] = [[] for _ in xy]
    if not len(shapes):
        return found
    point, cell = candidates(xy, shapes, np.full(len(xy), tolerance))
    edge = at_edge(xy, shapes, point, cell, tolerance)
    rows, begins = np.unique(point, return_index=True)
    for row, begin, end in zip(rows, begins, [*begins[1:], len(point)], strict=False):
        near, mine = edge[begin:end], cell[begin:end]
        found[row] = mine[~near].tolist() or _half_open(xy[row], mine[near].tolist(), shapes)
    return found


def _half_open(spot: npt.NDArray[np.float64], edge: list[int], shapes: Cells) -> list[int]:
    """Of several cells that touch here, the first by code that covers the nudged point, else the first."""
    if len(edge) < 2:
        return edge
    _, covering = match((spot + NUDGE).reshape(1, 2), shapes[edge])
    return [edge[int(covering[0])] if len(covering) else edge[0]]
