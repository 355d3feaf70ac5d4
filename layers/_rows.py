"""Picking rows of a frame by flags."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd


def rows_where(frame: pd.DataFrame, flags: Iterable[bool]) -> pd.DataFrame:
    """The rows whose flag is true; a frame without rows keeps its columns, which an empty list of flags would lose.

    Args:
        frame: any frame. flags: one for each row, in its order.
    """
    return frame.loc[np.fromiter(flags, dtype=np.bool_, count=len(frame))]
