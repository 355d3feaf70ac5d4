"""Rows whose place rests on a datum that nothing ties to CGCS2000: Beijing 54 or Xi'an 80 without seven parameters."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo import crs as systems

UNVERIFIED_M = Decimal(100)
"""Accuracy of such a position, at best."""
PARAMETERS = "helmert"
"""Under which name a row keeps the seven parameters it was converted with, beside its other extra attributes."""


def unverified(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows are such.

    Args:
        frame: rows with ``crs_filed`` and ``extra``, as conformed or as recorded.
    """
    loose = {crs for crs in set(frame["crs_filed"]) if crs is not None and not systems.well_tied(str(crs))}
    if not loose:
        return np.zeros(len(frame), dtype=np.bool_)
    pairs = zip(frame["crs_filed"], frame["extra"], strict=True)
    return np.array([crs in loose and PARAMETERS not in (extra or {}) for crs, extra in pairs], dtype=np.bool_)
