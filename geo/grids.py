"""Regular grids 网格: cells of one size in rows and columns, answered by arithmetic and never by a join."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo._order import Floats, Positions

FEWEST = 64
"""Zones from which it is worth looking whether they are a grid."""
PART = 250_000
"""Points answered at once: what is worked out for them stays near the processor, and parts are shared among threads."""
NEAR = 1e-5
"""Share of a cell's size around its edges where arithmetic only proposes and the cell's own numbers decide."""

ALONG_X, ALONG_Y = np.array([[0, 1], [1, 0]], np.uint8).view(np.uint16).ravel().tolist()
"""Two bytes as one number: whether x stays, whether y stays, from a vertex to the next."""


@dataclass(frozen=True)
class RegularGrid:
    """Squares of one size; not every place of the lattice need have one.

    Attributes:
        x0, y0: south-west corner. size: of a cell. owner: int64 (rows, columns), position of each cell's zone or -1.
        boxes: float64 (m, 4), the edges as the zones state them.
    """

    x0: float
    y0: float
    size: float
    owner: Positions
    boxes: Floats

    def match(self, xy: Floats) -> tuple[Positions, Positions, int]:
        """Pairs as ``geo.join.match`` gives them (a point on a shared edge is in every cell that touches it).

        Returns:
            Point and zone positions sorted by point, then zone, and how many points lay near an edge.
        """
        if len(xy) < 2 * PART:
            return self._matched(xy)
        starts = range(0, len(xy), PART)
        with ThreadPoolExecutor(min(os.cpu_count() or 1, len(starts))) as pool:
            parts = list(pool.map(lambda start: self._matched(xy[start : start + PART]), starts))
        point = np.concatenate([part[0] + start for part, start in zip(parts, starts, strict=True)])
        return point, np.concatenate([part[1] for part in parts]), sum(part[2] for part in parts)

    def _matched(self, xy: Floats) -> tuple[Positions, Positions, int]:
        column, row, inner, near = self._places(xy)
        zone = self._owners(column, row, inner)
        held = zone >= 0
        point, zone = (inner, zone) if held.all() else (inner[held], zone[held])
        if not len(near):
            return point, zone, 0
        edge_point, edge_zone = self._at_edges(xy, column[near], row[near], near)
        place = np.searchsorted(point, edge_point)
        return np.insert(point, place, edge_point), np.insert(zone, place, edge_zone), len(near)

    def cell_of(self, xy: Floats) -> Positions:
        """The one cell of each point, -1 for none: western and southern edges belong to a cell, the others do not.

        A point on the outer eastern or northern edge has no cell to its east or north and so none at all.
        """
        column, row, inner, near = self._places(xy)
        found = np.full(len(xy), -1, np.int64)
        found[inner] = self._owners(column, row, inner)
        point, zone = self._at_edges(xy, column[near], row[near], near)
        within = (xy[point, 0] < self.boxes[zone, 2]) & (xy[point, 1] < self.boxes[zone, 3])
        found[point[within]] = zone[within]
        return found

    def _owners(self, column: Positions, row: Positions, inner: Positions) -> Positions:
        places = row * self.owner.shape[1] + column  # one number a place: taken in a third of the time of two
        found: Positions = self.owner.ravel().take(places[inner])
        return found

    def _places(self, xy: Floats) -> tuple[Positions, Positions, Positions, Positions]:
        """Column and row of each point, and the points well inside a place of the lattice and those near an edge."""
        rows, columns = self.owner.shape
        with np.errstate(invalid="ignore", over="ignore"):
            across, up = (xy[:, 0] - self.x0) / self.size, (xy[:, 1] - self.y0) / self.size
            around = (across >= -NEAR) & (across <= columns + NEAR) & (up >= -NEAR) & (up <= rows + NEAR)
        if not around.all():
            across, up = np.where(around, across, 0.0), np.where(around, up, 0.0)
        column, row = across.astype(np.int64), up.astype(np.int64)  # those a little below 0 become 0, and lie near an edge
        across -= column
        up -= row
        clear = (across > NEAR) & (across < 1 - NEAR) & (up > NEAR) & (up < 1 - NEAR)
        clear &= around
        return column, row, np.flatnonzero(clear), np.flatnonzero(around > clear)

    def _at_edges(self, xy: Floats, column: Positions, row: Positions, near: Positions) -> tuple[Positions, Positions]:
        """Pairs of points near edges, by the stated edges of the cells around, sorted by point, then zone."""
        rows, columns = self.owner.shape
        points, zones = [near[:0]], [near[:0]]
        for east in (-1, 0, 1):
            for north in (-1, 0, 1):
                c, r = column + east, row + north
                there = (c >= 0) & (c < columns) & (r >= 0) & (r < rows)
                point, zone = near[there], self.owner[r[there], c[there]]
                box = self.boxes[zone]
                x, y = xy[point, 0], xy[point, 1]
                inside = (zone >= 0) & (x >= box[:, 0]) & (y >= box[:, 1]) & (x <= box[:, 2]) & (y <= box[:, 3])
                points.append(point[inside])
                zones.append(zone[inside])
        point, zone = np.concatenate(points), np.concatenate(zones)
        order = np.lexsort((zone, point))
        return point[order], zone[order]


def regular_grid(zones: npt.NDArray[np.object_]) -> RegularGrid | None:
    """The grid some zones are, or None where they are none.

    Args:
        zones: object array (m,) of valid polygons.
    """
    if len(zones) < FEWEST or _rectangles(zones[:FEWEST]) is None:
        return None
    boxes = _rectangles(zones)
    if boxes is None or not np.isfinite(boxes).all():
        return None
    x0, y0 = boxes[:, 0].min(), boxes[:, 1].min()
    size = float(np.median(boxes[:, 2] - boxes[:, 0]))
    column, row = np.rint((boxes[:, 0] - x0) / size), np.rint((boxes[:, 1] - y0) / size)
    lattice = np.column_stack([x0 + column * size, y0 + row * size, x0 + (column + 1) * size, y0 + (row + 1) * size])
    columns, rows = int(column.max()) + 1, int(row.max()) + 1
    fits = np.abs(boxes - lattice).max() < NEAR / 4 * size
    if not fits or columns * rows > 4 * len(zones) + 1024:
        return None
    owner = np.full((rows, columns), -1, np.int64)
    owner[row.astype(np.int64), column.astype(np.int64)] = np.arange(len(zones))
    return RegularGrid(float(x0), float(y0), size, owner, boxes) if np.count_nonzero(owner >= 0) == len(zones) else None


def _rectangles(zones: npt.NDArray[np.object_]) -> Floats | None:
    """The bounds (m, 4) of zones that are one rectangle along the axes each; None where any is not.

    Coordinates are looked at in fives: each must close and turn at every step. With five a zone on average and none of
    fewer than four, that leaves no room for anything else.
    """
    if not (shapely.get_type_id(zones) == 3).all():
        return None
    ends = shapely.get_coordinates(zones)
    if len(ends) != 5 * len(zones):
        return None
    corner = ends.view(np.complex128).ravel()  # x and y as one number, so that rows of two cost no loop each
    first, opposite = corner[0::5].copy(), corner[2::5].copy()
    if not (first == corner[4::5]).all():
        return None
    same = np.zeros(ends.size, dtype=np.bool_)
    np.equal(ends.ravel()[2:], ends.ravel()[:-2], out=same[:-2])
    along = same.view(np.uint16)  # of two steps of a vertex to the next
    turns = (along == ALONG_X) | (along == ALONG_Y)
    turns[4::5] = True
    if not turns.all():
        return None
    one, other = first.view(np.float64).reshape(-1, 2), opposite.view(np.float64).reshape(-1, 2)
    return np.column_stack([np.minimum(one, other), np.maximum(one, other)])
