"""Whether somebody stands in one of some responsibility cells, and if not, how far from the nearest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from rules._cells import responsibility_cells


@dataclass(frozen=True)
class Standing:
    """The nearest cell, and how many metres outside of it; 0 within it and on its edge."""

    cell: str
    outside_m: float


def standing_in(xy: Any, cells: pd.DataFrame, own: Collection[str], tolerance: float) -> Standing | None:
    """In which of somebody's cells a point lies; None where none of them has a place on the map.

    Args:
        xy: float64 (2,), judging metres. own: codes. tolerance: metres from an edge that count as on it.
    """
    duty = responsibility_cells(cells)
    mine = duty[duty["cell_code"].isin(list(own))].sort_values("cell_code")
    if not len(mine):
        return None
    metres = shapely.distance(mine["geometry"].to_numpy(dtype=object), shapely.points(xy))
    metres = np.where(metres <= tolerance, 0.0, metres)
    nearest = int(np.argmin(metres))
    return Standing(str(mine["cell_code"].iloc[nearest]), float(metres[nearest]))
