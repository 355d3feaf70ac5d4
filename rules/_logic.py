"""Three-valued logic on columns: true, false, unknown.

Columns are object arrays of canonical values with None where nothing is known. Every test gives
a pandas nullable boolean array, so ``&``, ``|`` and ``~`` follow Kleene: false wins in *and*, true
wins in *or*, unknown stays unknown. Numbers are compared as decimals, never as binary floats.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Cells = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]
Truth = Any
"""A pandas BooleanArray (pandas carries no types)."""

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


def truth(mask: Mask, unknown: Mask | None = None) -> Truth:
    """A three-valued array from a mask and the mask of what is unknown."""
    unsure = np.zeros(len(mask), dtype=bool) if unknown is None else unknown
    return pd.arrays.BooleanArray(np.asarray(mask, dtype=bool).copy(), unsure.copy())


def empty(cells: Cells) -> Mask:
    """Where a column holds nothing."""
    return np.fromiter((cell is None for cell in cells), dtype=bool, count=len(cells))


def is_one_of(cells: Cells, allowed: Collection[str], unknown: Collection[str] = ()) -> Truth:
    """Whether each cell is one of some words; None and the words of ``unknown`` are unknown."""
    unsure = np.fromiter((c is None or c in unknown for c in cells), dtype=bool, count=len(cells))
    return truth(np.fromiter((c in allowed for c in cells), dtype=bool, count=len(cells)), unsure)


def compares(cells: Cells, sign: str, limit: Any) -> Truth:
    """``cell sign limit`` for decimals or dates; None is unknown."""
    test = COMPARE[sign]
    unsure = empty(cells)
    held = np.fromiter((c is not None and test(c, limit) for c in cells), dtype=bool, count=len(cells))
    return truth(held, unsure)


def sure(value: Truth) -> Mask:
    """Where a three-valued array is certainly true."""
    return np.asarray(value.to_numpy(dtype=bool, na_value=False))


def refuted(value: Truth) -> Mask:
    """Where a three-valued array is certainly false."""
    return ~np.asarray(value.to_numpy(dtype=bool, na_value=True))


def unsure(value: Truth) -> Mask:
    """Where a three-valued array is unknown."""
    return np.asarray(value.isna())
