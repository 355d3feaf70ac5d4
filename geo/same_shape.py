"""Whether two geometries are the same to a tolerance: formats turn rings round, start them elsewhere, and round their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

TOLERANCE_M = 0.001


def same_shapes(
    ones: npt.NDArray[np.object_], others: npt.NDArray[np.object_], tolerance: float = TOLERANCE_M
) -> npt.NDArray[np.bool_]:
    """Which pairs are the same.

    Vertex by vertex where both have as many in the same order; otherwise (a vertex on a straight edge more, rings in
    another order) by the greatest distance between their edges, in both directions, and what only one of them covers.

    Args:
        ones, others: geometries in one metric system, None for none. tolerance: metres.
    Returns:
        One flag a pair; two missing or empty ones are the same.
    """
    one, other = _plain(ones), _plain(others)
    none, none_other = shapely.is_missing(one), shapely.is_missing(other)
    same = none & none_other
    both = np.flatnonzero(~none & ~none_other)
    with np.errstate(invalid="ignore"):
        close = shapely.equals_exact(one[both], other[both], tolerance)
    same[both[close]] = True
    for at in both[~close].tolist():
        same[at] = _alike(one[at], other[at], tolerance)
    return np.asarray(same, dtype=np.bool_)


def _plain(shapes: Any) -> npt.NDArray[np.object_]:
    """Flat, in one order of rings and vertices, a part alone no collection, nothing for what is empty."""
    form = np.empty(len(shapes), dtype=object)
    form[:] = list(shapes)
    form[shapely.is_empty(form)] = None
    form = np.asarray(shapely.normalize(shapely.force_2d(form)), dtype=object)
    single = (shapely.get_type_id(form) >= 4) & (shapely.get_num_geometries(form) == 1)
    form[single] = shapely.get_geometry(form[single], 0)
    return form


def _alike(one: Any, other: Any, tolerance: float) -> bool:
    if shapely.get_dimensions(one) != shapely.get_dimensions(other):
        return False
    if not np.isfinite(shapely.get_coordinates([one, other])).all():
        return False
    if shapely.get_dimensions(one) < 2:
        return bool(shapely.hausdorff_distance(one, other) <= tolerance)
    edges = shapely.boundary(one), shapely.boundary(other)
    if shapely.hausdorff_distance(*edges) > tolerance:
        return False
    if not (shapely.is_valid(one) and shapely.is_valid(other)):
        return False
    apart = shapely.area(shapely.symmetric_difference(one, other))
    return bool(apart <= 2 * tolerance * max(shapely.length(edge) for edge in edges))
