"""On which side of a line a place lies: floating point with an error bound, exact sums where that fails.

The bound is Shewchuk's (1997); the exact sign comes from the six products of the determinant, each
split into two numbers without error and summed without error.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo._numba import compiled

ERROR = 3.3306690738754716e-16
UNSURE = 2
"""The sign is known, but so small beside its terms that GEOS' arithmetic may round it: GEOS is asked."""
SURE = 2e-15
"""Above this share of its terms a sign is told by floating point here, and by GEOS too (whose bound is 1e-15): next to an end
of an edge, GEOS' exact arithmetic may round away what its filter was too careful to decide."""
FAINT = 2.0**-98
TINY = 1e-100
SMALL = 1e-280
"""Below these, products may lose digits to underflow."""


@compiled
def two_sum(a: float, b: float) -> tuple[float, float]:
    """a + b as rounded sum and exact rest."""
    s = a + b
    bb = s - a
    return s, (a - (s - bb)) + (b - bb)


@compiled
def two_product(a: float, b: float) -> tuple[float, float]:
    """a · b as rounded product and exact rest (Dekker)."""
    p = a * b
    c = 134217729.0 * a
    ah = c - (c - a)
    al = a - ah
    c = 134217729.0 * b
    bh = c - (c - b)
    bl = b - bh
    return p, al * bl - (((p - ah * bh) - al * bh) - ah * bl)


@compiled
def exact_sign(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> tuple[int, float]:
    """Sign and leading term of (b - a) × (p - a), without any rounding."""
    terms = np.zeros(12)
    left = (bx, -bx, -ax, -by, by, ay)
    right = (py, ay, py, px, ax, px)
    count = 0
    for i in range(6):
        high, low = two_product(left[i], right[i])
        for part in (low, high):
            rest = part
            for j in range(count):
                rest, terms[j] = two_sum(rest, terms[j])
            terms[count] = rest
            count += 1
    for j in range(count - 1, -1, -1):
        if terms[j] > 0.0:
            return 1, terms[j]
        if terms[j] < 0.0:
            return -1, -terms[j]
    return 0, 0.0


@compiled
def side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """1 left of a → b, -1 right, 0 on the line, ``UNSURE`` where GEOS has to say."""
    left = (bx - ax) * (py - ay)
    right = (by - ay) * (px - ax)
    size = abs(left) + abs(right)
    if size > SMALL:
        if left - right > SURE * size:
            return 1
        if right - left > SURE * size:
            return -1
    sign, leading = exact_sign(ax, ay, bx, by, px, py)
    size += abs((bx - ax) * (py - by)) + abs((by - ay) * (px - bx))  # GEOS measures from the other end
    if sign != 0:
        return UNSURE if leading < FAINT * size else sign
    for one, other in ((bx, ax), (by, ay), (px, ax), (py, ay), (px, bx), (py, by)):
        if two_sum(one, -other)[1] != 0.0:  # GEOS multiplies what takes two numbers, and may find no zero
            return UNSURE
    return 0


@compiled
def is_tiny(x: float, y: float) -> bool:
    """Whether products with a place may underflow, so that no sign of them can be trusted."""
    return (x != 0.0 and abs(x) < TINY) or (y != 0.0 and abs(y) < TINY)


@compiled
def corner_side(ax: float, ay: float, bx: float, by: float, qx: float, qy: float) -> int:
    """The side of a place moved west by next to nothing, and south by next to nothing of that: never 0."""
    left = (bx - ax) * (qy - ay)
    right = (by - ay) * (qx - ax)
    size = ERROR * (abs(left) + abs(right))
    if left - right > size:
        return 1
    if right - left > size:
        return -1
    sign, _ = exact_sign(ax, ay, bx, by, qx, qy)
    if sign != 0:
        return sign
    if by != ay:
        return 1 if by > ay else -1
    return -1 if bx > ax else 1


@compiled
def grown(array: Any, used: int, more: int) -> Any:
    """The array, or a copy at least twice as long where fewer than ``more`` rows are left."""
    if used + more <= len(array):
        return array
    bigger = np.empty((2 * len(array) + more, *array.shape[1:]), dtype=array.dtype)
    bigger[: len(array)] = array
    return bigger
