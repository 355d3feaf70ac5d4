"""Compiles the kernels of the table and keeps them: ``python -m geo._warm``; without numba it does nothing."""

from __future__ import annotations

import os

import numpy as np
import shapely

from geo import _numba


def warm() -> bool:
    """Compile every kernel by using it once.

    Returns:
        Whether compiled code lies ready now.
    """
    folder = _numba.own_folder() if _numba.installed() else None
    if folder is None:
        return False
    from geo import _table

    zones = np.array([shapely.box(0, 0, 3, 3), shapely.Polygon([(1, 1), (5, 2), (2, 6)])], dtype=object)
    table = _table.build(zones, 1)
    if table is None:
        return False
    xy = np.array([[1.0, 1.0], [2.5, 2.5], [9.0, 9.0]])
    table.match(xy)
    xy.flags.writeable = False  # compiled apart: columns of a table are often read-only
    table.match(xy)
    (folder / "complete").write_text("", "ascii")
    return True


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)
    warm()
