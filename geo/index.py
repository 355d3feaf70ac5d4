"""What is kept between questions: points in cell order, and what is known of the zones of one version.

Nothing here changes an answer: with or without an index the pairs are those of ``geo.join.match``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo import _covered
from geo._changed import changed_box
from geo._order import Floats, Positions, cell_order


class PointIndex:
    """Points in the order of their cells: what lies around a zone, and whom a redrawn zone concerns.

    The cost of a question follows the points around the change, not the points there are.

    Args:
        xy: float64 (n, 2) in one planar system; rows that are not finite are in no answer.
    """

    def __init__(self, xy: Floats) -> None:
        self.xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        self._known = np.flatnonzero(np.isfinite(self.xy).all(axis=1))
        self._order = cell_order(self.xy, None if len(self._known) == len(self.xy) else self._known)

    def __len__(self) -> int:
        return len(self.xy)

    def near(self, box: Floats, tolerance: float = 0.0) -> Positions:
        """Positions of the points in a box (west, south, east, north) widened by a tolerance, ascending."""
        return np.sort(self._near(np.asarray(box, dtype=np.float64), tolerance))

    def inside(self, zone: shapely.Geometry | None) -> Positions:
        """Positions of the points in a valid (multi)polygon, edges included, ascending."""
        if zone is None or shapely.is_empty(zone) or not len(self._known):
            return np.empty(0, np.int64)
        shapely.prepare(zone)
        box = shapely.bounds(zone)
        if self._order is not None and _covered.are_worth(self._order, np.array([zone], dtype=object), box[None])[0]:
            return np.sort(_covered.hits(_covered.window(self._order, box), zone)[0])
        return np.sort(self._of(zone, self._near(box)))

    def concerned(self, old: shapely.Geometry | None, new: shapely.Geometry | None, tolerance: float = 0.0) -> Positions:
        """Every point whose place against a zone may differ between two outlines of it, ascending.

        Args:
            old, new: valid (multi)polygons, or None for no zone.
            tolerance: metres; points this far from a moved edge count as well (edge band, accuracy).
        Returns:
            A superset of the points that lie in one of the outlines and not in the other.
        """
        return self.near(changed_box(old, new), tolerance)

    def moved(self, old: shapely.Geometry | None, new: shapely.Geometry | None) -> tuple[Positions, Positions]:
        """The points that come into a zone and those that leave it when its outline changes, ascending."""
        near = self._near(changed_box(old, new))
        before, after = self._flags(old, near), self._flags(new, near)
        return np.sort(near[after & ~before]), np.sort(near[before & ~after])

    def _near(self, box: Floats, tolerance: float = 0.0) -> Positions:
        if not np.isfinite(box).all():
            return np.empty(0, np.int64)
        wide = box + np.array([-tolerance, -tolerance, tolerance, tolerance])
        if self._order is not None:
            return self._order.within(wide)[0]
        x, y = self.xy[self._known, 0], self.xy[self._known, 1]
        found: Positions = self._known[(x >= wide[0]) & (x <= wide[2]) & (y >= wide[1]) & (y <= wide[3])]
        return found

    def _of(self, zone: shapely.Geometry, near: Positions) -> Positions:
        found: Positions = near[self._flags(zone, near)]
        return found

    def _flags(self, zone: shapely.Geometry | None, near: Positions) -> npt.NDArray[np.bool_]:
        """Which of some points lie in a zone."""
        if zone is None or not len(near):
            return np.zeros(len(near), dtype=np.bool_)
        shapely.prepare(zone)
        return np.asarray(shapely.intersects_xy(zone, self.xy[near, 0], self.xy[near, 1]))
