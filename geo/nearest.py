"""Nearest 最近 and within a distance 距离内, between points: which station, which neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo._effort import effort
from geo._order import Floats, Positions, ranges

PART = 200_000
"""Points asked about at a time, so that the geometries made for it stay few."""


def nearest(xy: Floats, targets: Floats) -> tuple[Positions, Floats]:
    """The nearest target of each point; of several equally near, the first.

    Args:
        xy: float64 (n, 2). targets: float64 (k, 2), in the same plane; rows that are not finite are left out.
    Returns:
        int64 (n,) target positions, -1 where the point is not finite or there is no target; float64 (n,) distances,
        NaN there.
    """
    found, distance = np.full(len(xy), -1, np.int64), np.full(len(xy), np.nan)
    known = np.flatnonzero(np.isfinite(targets).all(axis=1))
    asked = np.flatnonzero(np.isfinite(xy).all(axis=1))
    with effort("nearest", len(xy), len(targets)) as told:
        told.way, told.pairs = "tree", len(asked) if len(known) else 0
        if len(known):
            tree = shapely.STRtree(shapely.points(targets[known]))
            for begin in range(0, len(asked), PART):
                _fill(tree, xy, known, asked[begin : begin + PART], (found, distance))
    return found, distance


def _fill(tree: shapely.STRtree, xy: Floats, known: Positions, part: Positions, into: tuple[Positions, Floats]) -> None:
    (row, target), apart = tree.query_nearest(shapely.points(xy[part]), return_distance=True, all_matches=True)
    order = np.lexsort((target, row))
    row, target, apart = row[order], target[order], apart[order]
    first = np.flatnonzero(np.diff(row, prepend=-1))
    into[0][part[row[first]]] = known[target[first]]
    into[1][part[row[first]]] = apart[first]


def within(xy: Floats, targets: Floats, distance: float) -> tuple[Positions, Positions]:
    """Every pair of point and target at most a distance apart; a distance equal to it counts.

    Targets are laid into squares as wide as the distance; only those in the nine squares around a
    point are measured. Squares at the rim of what can be told apart are looked at as well.

    Args:
        xy: float64 (n, 2). targets: float64 (k, 2), in the same plane. distance: ≥ 0, in its units.
    Returns:
        Point and target positions (int64), sorted by point, then target.
    """
    with effort("within", len(xy), len(targets)) as told:
        known, asked = (np.flatnonzero(np.isfinite(side).all(axis=1)) for side in (targets, xy))
        if not len(known) or not len(asked) or not distance >= 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        told.way = "squares"
        point, target = _around(xy[asked], targets[known], distance)
        told.tested = len(point)
        point, target = asked[point], known[target]
        close = _near(xy[point] - targets[target], distance)
        order = np.lexsort((target[close], point[close]))
        told.pairs = len(order)
    return point[close][order], target[close][order]


def _near(apart: Floats, distance: float) -> npt.NDArray[np.bool_]:
    with np.errstate(over="ignore"):
        return np.asarray(np.hypot(apart[:, 0], apart[:, 1]) <= distance)


def _around(xy: Floats, targets: Floats, distance: float) -> tuple[Positions, Positions]:
    """Pairs of a point and the targets in the squares around it, row by row of squares."""
    start, end = targets.min(axis=0), targets.max(axis=0)
    span = float((end - start).max())
    size = max(distance * (1 + 1e-9), span / 2048, 1e-300)
    columns, rows = (np.floor((end - start) / size)).astype(np.int64) + 1
    cell = np.floor((targets - start) / size).astype(np.int64)
    key = cell[:, 1] * columns + cell[:, 0]
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], np.arange(columns * rows + 1))
    with np.errstate(over="ignore"):
        place = np.floor((xy - start) / size).clip(-3, max(columns, rows) + 3).astype(np.int64)
    points, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for north in (-1, 0, 1):
        row, left = place[:, 1] + north, (place[:, 0] - 1).clip(0, None)
        right = (place[:, 0] + 1).clip(None, columns - 1)
        there = np.flatnonzero((row >= 0) & (row < rows) & (left <= right))
        begin, stop = first[row[there] * columns + left[there]], first[row[there] * columns + right[there] + 1]
        points.append(np.repeat(there, stop - begin))
        found.append(order[ranges(begin, stop)])
    return np.concatenate(points), np.concatenate(found)
