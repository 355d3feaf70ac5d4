"""Which points lie in which polygons: the one exact join everything stands on.

A pair is what GEOS' ``intersects`` says on the whole polygon: points on edges and vertices
belong. Nothing is subdivided, so no point on an edge is ever lost. There are several ways to the
same pairs; :func:`match` picks one by size (``docs/engine.md``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo import _numba
from geo._covered import are_worth, hits, window
from geo._effort import Effort, effort
from geo._kept import ZoneIndex, Zones, index_of
from geo._order import CellOrder, Floats, Near, argsort, cell_order
from geo._order import Positions as Positions

if TYPE_CHECKING:
    from geo._table import Table

Pairs = tuple[Positions, Positions]

_geos = threading.Lock()
"""Prepared geometries build their inner index on first use, which two threads must not do at once."""

TABLE_FROM = 100_000
"""Points from which building a table for one question is faster than asking GEOS."""
AT_ONCE = 256
"""Small zones whose candidates are looked up together."""
CELLS_FROM = 20_000
"""Points from which sorting them by cell is faster than sorting them by x."""


def boxed(xy: Floats, zones: Zones, margin: float = 0.0) -> Iterator[tuple[int, Positions]]:
    """The points in the bounding box of each zone, box edges included.

    Args:
        xy: float64 (n, 2), one planar system; rows that are not finite are in no box.
        zones: object array (m,) of polygons or None in the same system.
        margin: the boxes are widened by this much on every side.
    Yields:
        (zone position, ascending point positions) for zones with at least one such point.
    """
    boxes = shapely.bounds(zones) + np.array([-margin, -margin, margin, margin])
    for zone, (points, _, _) in candidates(xy, boxes):
        yield zone, np.sort(points)


def candidates(xy: Floats, boxes: Floats) -> Iterator[tuple[int, Near]]:
    """The points in each of some boxes (m, 4), edges included, for boxes with at least one."""
    near = in_frame(xy, boxes)
    if not len(near):
        return
    order = _order(xy, near)
    for zone, found in _by_x(xy, near, boxes) if order is None else _by_cell(order, boxes):
        if len(found[0]):
            yield zone, found


def in_frame(xy: Floats, boxes: Floats) -> Positions:
    """Positions of the points in the box around some boxes; what is not finite is in none."""
    with np.errstate(invalid="ignore"):
        known = boxes[np.isfinite(boxes).all(axis=1)]
        if not len(known) or not len(xy):
            return np.empty(0, np.int64)
        west, south = known[:, :2].min(axis=0).tolist()
        east, north = known[:, 2:].max(axis=0).tolist()
        x, y = xy[:, 0], xy[:, 1]
        return np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))


def _order(xy: Floats, near: Positions) -> CellOrder | None:
    """Many points in the order of their cells; None for few, which are faster by x."""
    if len(near) < CELLS_FROM:
        return None
    return cell_order(xy, None if len(near) == len(xy) else near)


def _by_x(xy: Floats, near: Positions, boxes: Floats) -> Iterator[tuple[int, Near]]:
    order = near[np.argsort(xy[near, 0], kind="stable")]
    xs, ys = xy[order, 0], xy[order, 1]
    first = np.searchsorted(xs, boxes[:, 0], side="left")
    last = np.searchsorted(xs, boxes[:, 2], side="right")
    for zone in np.flatnonzero((last > first) & np.isfinite(boxes).all(axis=1)).tolist():
        part = slice(first[zone], last[zone])
        y = ys[part]
        inside = (y >= boxes[zone, 1]) & (y <= boxes[zone, 3])
        yield zone, (order[part][inside], xs[part][inside], y[inside])


def _by_cell(order: CellOrder, boxes: Floats) -> Iterator[tuple[int, Near]]:
    for zone in np.flatnonzero(np.isfinite(boxes).all(axis=1)).tolist():
        yield zone, order.within(boxes[zone])


def match(xy: Floats, zones: Zones) -> Pairs:
    """Every (point, polygon) pair that touches.

    Args:
        xy: float64 array (n, 2), one planar coordinate system (degrees included); rows with NaN or
            infinity match nothing.
        zones: array (m,) of valid (multi)polygons in the same system; None and empty match nothing.
    Returns:
        Two int64 arrays of one length, point positions and zone positions, sorted by point, then zone.
        Points on an edge or a vertex belong, on the edges of holes too.
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    zones = np.asarray(zones, dtype=object)
    with effort("match", len(xy), len(zones)) as told:
        index, told.kept = index_of(zones)
        pairs = _answered(xy, index, told)
        told.pairs = len(pairs[0])
    return pairs


def way_for(points: int, index: ZoneIndex) -> str:
    """How to answer: regular grids by arithmetic, many points (or a table that is there) by table, else GEOS.

    A table is built for a join only where its compiled code lies ready; where it does not, it is
    compiled aside, for the next time.
    """
    if index.grid is not None:
        return "grid"
    if index.table is not None:
        return "table"
    if points >= TABLE_FROM and _numba.ready() and index.with_table(points):
        return "table"
    if points >= TABLE_FROM:
        _numba.compile_aside()
    return "prepared"


def _answered(xy: Floats, index: ZoneIndex, told: Effort) -> Pairs:
    if not len(xy) or not len(index.zones):
        told.way = "nothing to do"
        return np.empty(0, np.int64), np.empty(0, np.int64)
    told.way = way_for(len(xy), index)
    if told.way == "grid" and index.grid is not None:
        point, zone, told.tested = index.grid.match(xy)
        return point, zone
    if told.way == "table" and index.table is not None:
        return _by_table(xy, index, index.table, told)
    return _prepared(xy, index.zones, index.boxes, told)


def _by_table(xy: Floats, index: ZoneIndex, table: Table, told: Effort) -> Pairs:
    """Pairs from the table; zones it does not know (yet) by GEOS."""
    point, zone, threads = table.match(xy)
    told.way = f"table, {threads} thread{'s' if threads > 1 else ''}"
    if index.numbers is not None:
        sure = np.where(zone >= 0, zone, -1 - zone)
        now = index.numbers[sure]
        zone = np.where(zone >= 0, now, -1 - now)[now >= 0]
        point = point[now >= 0]
    unsure = np.flatnonzero(zone < 0)
    if len(unsure):
        zone[unsure] = -1 - zone[unsure]
        told.tested += len(unsure)
        x, y = xy[point[unsure], 0], xy[point[unsure], 1]
        out = unsure[~shapely.intersects_xy(index.zones[zone[unsure]], x, y)]
        point, zone = np.delete(point, out), np.delete(zone, out)
    if index.numbers is None and not len(index.fresh):
        return point, zone
    new_point, new_zone = _prepared(xy, index.zones[index.fresh], index.boxes[index.fresh], told)
    told.way = f"table, {len(index.fresh)} zones by GEOS"
    return sorted_pairs(np.concatenate([point, new_point]), np.concatenate([zone, index.fresh[new_zone]]))


def _prepared(xy: Floats, zones: Zones, boxes: Floats, told: Effort) -> Pairs:
    """Candidates by box, then GEOS on prepared zones and plain coordinates."""
    near = in_frame(xy, boxes)
    order = _order(xy, near)
    told.way = "prepared, by x" if order is None else "prepared, by cell"
    found: list[tuple[int, Positions]] = []
    with _geos:
        for zone, hits, tested in _hits_by_x(xy, near, zones, boxes) if order is None else _hits_by_cell(order, zones, boxes):
            told.tested += tested
            found.append((zone, hits))
    found.sort(key=lambda one: one[0])
    owners = np.repeat(np.array([zone for zone, _ in found], np.int64), [len(hits) for _, hits in found])
    return sorted_pairs(np.concatenate([near[:0], *(hits for _, hits in found)]), owners)


def _hits_by_x(xy: Floats, near: Positions, zones: Zones, boxes: Floats) -> Iterator[tuple[int, Positions, int]]:
    for zone, found in _by_x(xy, near, boxes):
        yield zone, _tested(zones[zone], found), len(found[0])


def _hits_by_cell(order: CellOrder, zones: Zones, boxes: Floats) -> Iterator[tuple[int, Positions, int]]:
    """Large zones by whole cells, one by one; the candidates of small ones are found for many at once."""
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    large = are_worth(order, zones[known], boxes[known])
    for zone in known[large].tolist():
        shapely.prepare(zones[zone])
        yield zone, *hits(window(order, boxes[zone]), zones[zone])
    small = known[~large].tolist()
    for begin in range(0, len(small), AT_ONCE):
        part = small[begin : begin + AT_ONCE]
        first, (near, x, y) = order.within_each(boxes[part])
        for zone, one, end in zip(part, first[:-1].tolist(), first[1:].tolist(), strict=True):
            yield zone, _tested(zones[zone], (near[one:end], x[one:end], y[one:end])), end - one


def _tested(zone: shapely.Geometry, near: Near) -> Positions:
    """The points GEOS finds in a zone."""
    if not len(near[0]):
        return near[0]
    shapely.prepare(zone)
    found: Positions = near[0][shapely.intersects_xy(zone, near[1], near[2])]
    return found


def ordered(points: list[Positions], zones: list[Positions]) -> Pairs:
    """Pairs collected zone by zone → one pair of int64 arrays sorted by point, then zone."""
    if not points:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return sorted_pairs(np.concatenate(points).astype(np.int64, copy=False), np.concatenate(zones))


def sorted_pairs(point: Positions, zone: Positions) -> Pairs:
    """The same pairs sorted by point, then zone."""
    if not len(point):
        return point, zone
    if (zone[1:] < zone[:-1]).any():
        by_zone = argsort(zone, int(zone.max()) + 1)
        point, zone = point[by_zone], zone[by_zone]
    order = argsort(point, int(point.max()) + 1)
    return point[order], zone[order]
