"""Looks at one drawn area: what is wrong with its shape, and how it fits its neighbours.

Everything here is pure geometry in one metre system. Repairs are named, never applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely

from geo.distance import edge_distance

SMALL_PART_M2 = 100.0
SMALL_HOLE_M2 = 100.0
SLIVER_M = 1.0
"""Parts and holes narrower than this on average are slivers."""
SPIKE_DEGREES, SPIKE_M = 2.0, 2.0
"""A corner sharper than this with sides longer than that is a spike."""
OVERLAP_M2 = 1.0
GAP_M, TOUCH_M = 20.0, 0.05
"""A neighbour nearer than this was probably meant to touch; nearer than that it does."""
DUPLICATE_M = 0.01

Severity = Literal["error", "warning"]
XY = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Flaw:
    """One thing to look at.

    Attributes:
        code: what it is. severity: an error forbids publishing, a warning can be set aside with a reason.
        place: x, y in the system of the geometry. size, unit: how big (m, m2 or a count). repair: operation that
            would mend it, empty for none. neighbour: code of the area it concerns.
    """

    code: str
    severity: Severity
    place: tuple[float, float]
    size: float
    unit: str
    repair: str = ""
    neighbour: str = ""


def flaws_of_shape(shape: shapely.Geometry) -> list[Flaw]:
    """Small parts, slivers, holes, spikes and duplicate vertices of a valid (multi)polygon in metres."""
    parts = shapely.get_parts(shape)
    return _parts(parts) + _holes(parts) + _spikes(shape)


def outline(shape: shapely.Geometry) -> tuple[XY, npt.NDArray[np.int64]]:
    """Every vertex of an area, closing ones included, and the number of the ring it belongs to."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    return np.asarray(xy, dtype=np.float64), np.asarray(ring, dtype=np.int64)


def doubled(shape: shapely.Geometry, metres_per_unit: float) -> npt.NDArray[np.bool_]:
    """Which vertices of a filed geometry lie on top of the next one."""
    xy, ring = outline(shape)
    same = (ring[1:] == ring[:-1]) & (np.hypot(*np.diff(xy, axis=0).T) * metres_per_unit < DUPLICATE_M)
    return np.append(same, False)


def duplicate_vertices(shape: shapely.Geometry, metres_per_unit: float) -> list[tuple[XY, int]]:
    """Places in a filed geometry where vertices lie on top of each other, each with how many are too many."""
    at = np.flatnonzero(doubled(shape, metres_per_unit))
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(at) else []
    xy, _ = outline(shape)
    return [(xy[run[0]], len(run)) for run in runs]


def overlap_with(shape: shapely.Geometry, neighbour: shapely.Geometry, code: str, severity: Severity) -> list[Flaw]:
    """Where two areas lie on top of each other."""
    if not _may_meet(shape, neighbour, 0.0):
        return []
    shared = shapely.intersection(shape, neighbour)
    area = float(shapely.area(shared))
    if area <= OVERLAP_M2:
        return []
    width = 2 * area / max(float(shapely.length(shared)), 1e-9)
    kind = "overlap_sliver" if width < SLIVER_M else "overlap"
    return [Flaw(kind, severity, _middle(_largest(shared)), area, "m2", "clip_neighbours", code)]


def gap_to(shape: shapely.Geometry, neighbour: shapely.Geometry, code: str) -> list[Flaw]:
    """A narrow gap between an area and its neighbour: vertices of either near the other without touching it."""
    if not _may_meet(shape, neighbour, GAP_M):
        return []
    loose = [_loose_vertices(shape, neighbour), _loose_vertices(neighbour, shape)]
    spots = np.concatenate([xy for xy, _ in loose])
    widths = np.concatenate([width for _, width in loose])
    if not len(spots):
        return []
    worst = int(np.argmax(widths))
    return [Flaw("gap", "warning", (float(spots[worst, 0]), float(spots[worst, 1])), float(widths[worst]), "m", "snap", code)]


def outside_of(shape: shapely.Geometry, ground: shapely.Geometry, tolerance: float) -> list[Flaw]:
    """What of an area lies outside the ground it belongs to; within the tolerance of the border only a warning."""
    shapely.prepare(ground)
    if shapely.covers(ground, shape):
        return []
    beyond = shapely.difference(shape, ground)
    area = float(shapely.area(beyond))
    if area <= OVERLAP_M2:
        return []
    spots = shapely.points(shapely.get_coordinates(beyond))
    away = shapely.distance(ground, spots)
    worst = int(np.argmax(away))
    severity: Severity = "error" if away[worst] > tolerance else "warning"
    place = (float(spots[worst].x), float(spots[worst].y))
    return [Flaw("outside_county", severity, place, area, "m2", "clip_county")]


def enclosed_gaps(shape: shapely.Geometry, neighbours: Iterable[shapely.Geometry]) -> list[Flaw]:
    """Ground that an area and those around it enclose and none of them covers."""
    others = np.array(list(neighbours), dtype=object)
    if not len(others):
        return []
    tree = shapely.STRtree(others)
    near = others[tree.query(shape, predicate="dwithin", distance=TOUCH_M)]
    around = others[np.unique(tree.query(shapely.union_all(shapely.envelope([shape, *near]))))]
    whole = shapely.union_all([shape, *around])
    own = {ring.wkb for ring in _inner(shape)} | {ring.wkb for one in around for ring in _inner(one)}
    holes = [shapely.Polygon(ring) for ring in _inner(whole) if ring.wkb not in own]
    mine = [hole for hole in holes if shapely.dwithin(shape, hole, TOUCH_M) and hole.area > OVERLAP_M2]
    return [Flaw("gap_enclosed", "warning", _middle(hole), float(hole.area), "m2", "") for hole in mine]


def _parts(parts: npt.NDArray[np.object_]) -> list[Flaw]:
    found = []
    areas, wide = shapely.area(parts), widths(parts)
    for part, area, width in zip(parts, areas.tolist(), wide.tolist(), strict=True):
        if area < SMALL_PART_M2:
            found.append(Flaw("small_part", "warning", _middle(part), area, "m2", "drop_small_parts"))
        elif width < SLIVER_M:
            found.append(Flaw("sliver", "warning", _middle(part), width, "m", "drop_slivers"))
    return found


def _holes(parts: npt.NDArray[np.object_]) -> list[Flaw]:
    found = []
    for ring in (ring for part in parts for ring in _inner(part)):
        hole = shapely.Polygon(ring)
        width = float(widths(np.array([hole], dtype=object))[0])
        tiny = hole.area < SMALL_HOLE_M2 or width < SLIVER_M
        kind, repair = ("small_hole", "fill_small_holes") if tiny else ("hole", "fill_holes")
        found.append(Flaw(kind, "warning", _middle(hole), float(hole.area), "m2", repair))
    return found


def spikes(shape: shapely.Geometry) -> XY:
    """For each vertex how far the outline runs out to it and back on itself, in metres; 0 where it does not."""
    xy, ring = outline(shape)
    lengths = np.zeros(len(xy))
    for one in np.unique(ring):
        at = np.flatnonzero(ring == one)[:-1]
        line = xy[at]
        into, out = line - np.roll(line, 1, axis=0), np.roll(line, -1, axis=0) - line
        long_in, long_out = np.hypot(*into.T), np.hypot(*out.T)
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = -(into * out).sum(axis=1) / (long_in * long_out)
        short = np.minimum(long_in, long_out)
        lengths[at] = np.where((cosine > np.cos(np.radians(SPIKE_DEGREES))) & (short > SPIKE_M), short, 0.0)
    return lengths


def _spikes(shape: shapely.Geometry) -> list[Flaw]:
    """Corners so sharp that the outline runs out and back on itself."""
    xy, lengths = outline(shape)[0], spikes(shape)
    sharp = np.flatnonzero(lengths).tolist()
    return [Flaw("spike", "warning", (float(xy[n, 0]), float(xy[n, 1])), float(lengths[n]), "m", "drop_spikes") for n in sharp]


def _loose_vertices(shape: shapely.Geometry, other: shapely.Geometry) -> tuple[XY, XY]:
    """Vertices of one area that are near another and neither in it nor touching it, with their distances."""
    xy = shapely.get_coordinates(shape)
    box = shapely.bounds(other)
    xy = xy[(xy >= box[:2] - GAP_M).all(axis=1) & (xy <= box[2:] + GAP_M).all(axis=1)]
    shapely.prepare(other)
    spots = shapely.points(xy)
    near = np.flatnonzero(shapely.dwithin(other, spots, GAP_M) & ~shapely.dwithin(other, spots, TOUCH_M))
    zone = np.array([other], dtype=object)
    return xy[near], edge_distance(xy, zone, near, np.zeros(len(near), dtype=np.int64))


def _may_meet(one: shapely.Geometry, other: shapely.Geometry, margin: float) -> bool:
    a, b = shapely.bounds(one), shapely.bounds(other)
    boxes = bool((a[:2] <= b[2:] + margin).all() and (b[:2] <= a[2:] + margin).all())
    if not boxes:
        return False
    shapely.prepare(other)  # the neighbour stays while the drawing moves
    return bool(shapely.dwithin(other, one, margin) if margin else shapely.intersects(other, one))


def widths(shapes: npt.NDArray[np.object_]) -> XY:
    """Mean width of polygons: of a long strip of width w it is w."""
    around = np.maximum(shapely.length(shapes), 1e-9)
    return np.asarray(2 * shapely.area(shapes) / around, dtype=np.float64)


def _inner(shape: shapely.Geometry) -> list[shapely.Geometry]:
    return [ring for part in shapely.get_parts(shape) if part.geom_type == "Polygon" for ring in part.interiors]


def _largest(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]


def _middle(shape: shapely.Geometry) -> tuple[float, float]:
    spot = shapely.point_on_surface(shape)
    return float(spot.x), float(spot.y)
