"""Regular square cells in a metre plane: half-open by arithmetic, clipped to an outline, named by column and row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

_POLYGONS = (3, 6)


@dataclass(frozen=True)
class Squares:
    """Cells of one size, ordered by column, then row.

    Attributes:
        size: edge in metres. column, row: int64 (n,), the cell covers [column·size, (column+1)·size) eastwards and
            [row·size, (row+1)·size) northwards. shapes: object array (n,) of (multi)polygons.
    """

    size: int
    column: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.column)


def column_row(xy: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.int64]:
    """Column and row of the one cell each point belongs to, by arithmetic: west and south edges belong, others do not.

    Args:
        xy: float64 (n, 2), metres, finite. size: edge of the cells in metres.
    Returns:
        int64 (n, 2).
    """
    return np.floor(np.asarray(xy, dtype=np.float64).reshape(-1, 2) / size).astype(np.int64)


def how_many(outline: Any, size: int) -> int:
    """At most so many cells a grid over an outline has: those of its box."""
    if shapely.is_empty(outline):
        return 0
    low, high = column_row(np.asarray(shapely.bounds(outline)).reshape(2, 2), size)
    return int(np.prod(high - low + 1))


def squares(outline: Any, size: int) -> Squares:
    """Cells of a size that together are exactly an outline: no gap, no overlap, edges on round coordinates.

    Args:
        outline: valid (multi)polygon in metres. size: edge of the cells in metres.
    Returns:
        The cells that have an area inside; those on the rim clipped.
    """
    if shapely.is_empty(outline):
        return Squares(size, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, dtype=object))
    low, high = column_row(np.asarray(shapely.bounds(outline)).reshape(2, 2), size)
    ranges = (np.arange(first, last + 1) for first, last in zip(low, high, strict=True))
    column, row = (axis.ravel() for axis in np.meshgrid(*ranges, indexing="ij"))
    boxes = shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size)
    shapely.prepare(outline)
    touched = shapely.intersects(outline, boxes)
    column, row, boxes = column[touched], row[touched], boxes[touched]
    rim = ~shapely.contains(outline, boxes)
    shapes = np.asarray(boxes, dtype=object)
    shapes[rim] = _areas(shapely.intersection(boxes[rim], outline))
    kept = shapely.area(shapes) > 0
    return Squares(size, column[kept].astype(np.int64), row[kept].astype(np.int64), shapes[kept])


def _areas(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """The polygons of what an intersection gave: where it only touches, lines and points come along."""
    mixed = ~np.isin(shapely.get_type_id(shapes), _POLYGONS)
    made = shapes.copy()
    for place in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[place])
        areas = parts[np.isin(shapely.get_type_id(parts), _POLYGONS)]
        made[place] = shapely.multipolygons(shapely.get_parts(areas)) if len(areas) else shapely.Polygon()
    return made


def gaps(outline: Any, cells: npt.NDArray[np.object_], tolerance: float) -> list[Any]:
    """Ground of an outline that no cell covers, as polygons, largest first.

    Seams in which every place is at most ``tolerance`` from a cell are none: a point there belongs to that cell.

    Args:
        outline: valid (multi)polygon. cells: valid (multi)polygons in the same metres.
    """
    covered = shapely.union_all(cells)
    if shapely.is_empty(covered):
        return _largest_first(shapely.get_parts(outline))
    left = shapely.get_parts(_areas(np.array([shapely.difference(outline, covered)], dtype=object))[0])
    reach = shapely.buffer(covered, tolerance)
    return _largest_first(part for part in left if shapely.area(shapely.difference(part, reach)) > 0)


def overlaps(cells: npt.NDArray[np.object_], tolerance: float) -> list[tuple[int, int, Any]]:
    """Ground that two cells cover, as (position, position, polygon), largest first.

    Seams in which every place is at most ``tolerance`` from an edge are none.

    Args:
        cells: valid (multi)polygons in metres.
    """
    if not len(cells):
        return []
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    shared = _areas(shapely.intersection(cells[one], cells[other]))
    found = [
        (int(a), int(b), part)
        for a, b, shape in zip(one, other, shared, strict=True)
        for part in shapely.get_parts(shape)
        if not shapely.is_empty(shapely.buffer(part, -tolerance))
    ]
    return sorted(found, key=lambda pair: (-shapely.area(pair[2]), pair[0], pair[1]))


def _largest_first(parts: Any) -> list[Any]:
    return sorted(parts, key=lambda part: (-shapely.area(part), shapely.bounds(part).tolist()))
