"""Where subjects lie against zones: in, near the edge, or nowhere (dictionary §3.2)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.distance import candidates, edge_distance
from geo.join import match
from geo.overlap import overlaps
from rules._logic import Cells, Mask
from rules._rule import Indices

COVER_TOLERANCE_M2 = 0.5
"""Part of the accuracy disc that may stick out of zones that together surely hold the point."""


DISC_ERROR_M2 = 0.02
"""Area the drawn accuracy disc may lack."""


@dataclass(frozen=True)
class Places:
    """Pairs of subject and zone that touch, and the subjects that have no position.

    Attributes:
        subject, zone: positions, sorted by subject, then zone. state: ``in`` or ``near`` of each pair.
        distance: metres to the zone's nearest edge; NaN for polygon subjects.
        nowhere: mask over subjects.
    """

    subject: Indices
    zone: Indices
    state: Cells
    distance: npt.NDArray[np.float64]
    nowhere: Mask


def in_force(zones: pd.DataFrame, zone: Indices, day: Cells) -> Mask:
    """Whether each pair's zone version is in force on the pair's day; both ends inclusive."""
    start = zones["valid_from"].to_numpy(dtype=object)[zone]
    end = zones["valid_to"].to_numpy(dtype=object)[zone]
    return np.fromiter(
        (_covers(s, d, e) for s, d, e in zip(start, day, end, strict=True)), dtype=bool, count=len(zone)
    )


def _covers(start: dt.date | None, day: dt.date, end: dt.date | None) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)


@dataclass(frozen=True)
class Ground:
    """Where subjects are, worked out once for every zone layer.

    Attributes:
        shapes: geometries in judging metres or None. xy: float64 (n, 2), NaN where there is no point.
        accuracy: metres, 0 where not stated. is_area: mask of polygon subjects. nowhere: mask of those without a place.
    """

    shapes: Cells
    xy: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]
    is_area: Mask
    nowhere: Mask

    @classmethod
    def of(cls, subjects: pd.DataFrame) -> Ground:
        """Of rows with ``geometry`` (points or polygons in judging metres, or None) and maybe ``accuracy_m``."""
        shapes = subjects["geometry"].to_numpy(dtype=object)
        xy, is_area = spots(shapes), np.isin(shapely.get_type_id(shapes), (3, 6))
        accuracy = np.zeros(len(subjects))
        if "accuracy_m" in subjects:
            accuracy = np.array([float(a or 0) for a in subjects["accuracy_m"]], dtype=np.float64)
        return cls(shapes, xy, accuracy, is_area, ~(np.isfinite(xy).all(axis=1) | is_area))


def locate(
    ground: Ground, zones: pd.DataFrame, day: Cells, tolerance: float, overlap_m2: float, only: Indices | None = None
) -> Places:
    """Every pair of subject and zone in force that matters.

    Args:
        ground: where the subjects are.
        zones: versions with ``geometry``, ``edge``, ``valid_from``, ``valid_to``.
        day: object array, one date a subject.
        tolerance: metres; a point at most this far from the edge lies on it, and ``edge`` decides:
            ``include`` (or empty) in, ``exclude`` out.
        overlap_m2: a polygon subject is in a zone when more than this overlaps.
        only: ascending positions of the subjects looked at; None for all.
    """
    looked = np.arange(len(ground.shapes)) if only is None else only
    point, zone, state, distance = _points(ground.xy[looked], ground.accuracy[looked], zones, tolerance)
    point = looked[point]
    area, area_zone = _areas(ground.shapes, looked[ground.is_area[looked]], zones, overlap_m2)
    subject = np.concatenate([point, area])
    zone = np.concatenate([zone, area_zone])
    state = np.concatenate([state, np.full(len(area), "in", dtype=object)])
    distance = np.concatenate([distance, np.full(len(area), np.nan)])
    order = np.lexsort((zone, subject))
    subject, zone, state, distance = subject[order], zone[order], state[order], distance[order]
    held = in_force(zones, zone, day[subject])
    return Places(subject[held], zone[held], state[held], distance[held], ground.nowhere)


def spots(shapes: Cells) -> npt.NDArray[np.float64]:
    """Coordinates (n, 2) of the points among some geometries; NaN for everything else."""
    xy = np.full((len(shapes), 2), np.nan)
    is_point = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes)
    xy[is_point] = shapely.get_coordinates(shapes[is_point])
    return xy


def _points(
    xy: npt.NDArray[np.float64], accuracy: npt.NDArray[np.float64], zones: pd.DataFrame, tolerance: float
) -> tuple[Indices, Indices, Cells, npt.NDArray[np.float64]]:
    shapes = zones["geometry"].to_numpy(dtype=object)
    reach = np.where(accuracy > tolerance, accuracy, tolerance)
    point, zone = candidates(xy, shapes, reach)
    distance = edge_distance(xy, shapes, point, zone)
    inside_point, inside_zone = match(xy, shapes)
    inside = np.isin(point * len(shapes) + zone, inside_point * len(shapes) + inside_zone)
    near = (accuracy[point] > tolerance) & (distance < accuracy[point])
    edge_in = np.array([value != "exclude" for value in zones["edge"]], dtype=bool)[zone]
    on_edge = distance <= tolerance
    held = ~near & ((on_edge & edge_in) | (~on_edge & inside))
    keep = near | held
    state = np.where(near, "near", "in").astype(object)
    return point[keep], zone[keep], state[keep], distance[keep]


def _areas(
    shapes: Cells, areas: Indices, zones: pd.DataFrame, overlap_m2: float
) -> tuple[Indices, Indices]:
    if not len(areas) or not len(zones):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    zone_shapes = zones["geometry"].to_numpy(dtype=object)
    found, zone, shared = overlaps(shapes[areas], zone_shapes)
    keep = shared > overlap_m2
    return areas[found[keep]], zone[keep]


def surely_within(point: shapely.Point, accuracy: float, zones: list[shapely.Geometry]) -> bool:
    """Whether every place the point may be lies in the union of some zones (dictionary §3.2, (c)).

    A coarse disc lies in the true one: what sticks out of it sticks out. Only when it says yes, a disc
    with chords so short that the area it lacks (r²·2π³/3n²) does not matter is asked as well.
    """
    fine = math.ceil(accuracy * math.sqrt(2 * math.pi**3 / 3 / DISC_ERROR_M2) / 4)
    return all(
        _outside(point.buffer(accuracy, quad_segs=segments), zones) <= COVER_TOLERANCE_M2
        for segments in (16, max(16, fine))
    )


def _outside(disc: shapely.Polygon, zones: list[shapely.Geometry]) -> float:
    """Area of a disc outside some zones together; part by part, as GEOS takes minutes where hundreds lie within one another."""
    for zone in zones:
        parts = shapely.get_parts(zone)
        for part in parts[shapely.intersects(parts, disc)]:
            disc = shapely.difference(disc, part)
    return float(shapely.area(disc))
