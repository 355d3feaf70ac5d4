"""What is kept gives what is computed anew: points around zones, redrawn outlines, zones of a version."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from _engine import Floats, Zones, planted, polygons, star, worlds, zones_of
from hypothesis import given
from hypothesis import strategies as st

from geo._changed import changed_box
from geo.index import PointIndex
from geo.join import match
from tests._often import often

SQUARE = shapely.box(0, 0, 10, 10)


def of(points: PointIndex, zone: shapely.Geometry | None) -> list[int]:
    return match(points.xy, zones_of([zone]))[0].tolist()


@often(25)
@given(worlds())
def test_points_inside_are_those_of_the_join(world: tuple[Floats, Zones]) -> None:
    points = PointIndex(world[0])
    for zone in world[1]:
        assert points.inside(zone).tolist() == of(points, zone)


@often(60)
@given(polygons(), polygons(), st.data())
def test_a_redrawn_outline_moves_exactly_the_points_that_differ(
    old: shapely.Geometry, new: shapely.Geometry, data: st.DataObject
) -> None:
    if data.draw(st.booleans()):
        ring = shapely.get_coordinates(old)
        vertex = ring[data.draw(st.integers(0, len(ring) - 1))]
        shift = np.array(data.draw(st.tuples(st.integers(-3, 3), st.integers(-3, 3))))
        new = shapely.transform(old, lambda c: c + np.where((c == vertex).all(axis=1)[:, None], shift, 0))
    if not (new.is_valid and old.is_valid):
        return
    points = PointIndex(planted(zones_of([old, new])))
    before, after = set(of(points, old)), set(of(points, new))
    came, left = points.moved(old, new)
    assert (set(came.tolist()), set(left.tolist())) == (after - before, before - after)
    assert (before ^ after) <= set(points.concerned(old, new).tolist())


@pytest.mark.parametrize(
    ("new", "box"),
    [
        (SQUARE, None),
        (shapely.Polygon([(0, 0), (10, 0), (12, 11), (0, 10)]), (0, 0, 12, 11)),
        (shapely.Polygon([(10, 0), (10, 10), (5, 10), (5, 12), (0, 10), (0, 0)]), (0, 10, 10, 12)),
        (None, (0, 0, 10, 10)),
    ],
)
def test_the_box_of_a_change(new: shapely.Geometry | None, box: tuple[float, ...] | None) -> None:
    found = changed_box(SQUARE, new)
    assert np.isnan(found).all() if box is None else found.tolist() == list(box)


def test_one_vertex_of_many_changes_a_small_box_only() -> None:
    ring = star(5_000, 0, 0, 1, 1000, 0.99)
    moved = np.array(ring.exterior.coords)
    moved[700] *= 1.01
    west, south, east, north = changed_box(ring, shapely.Polygon(moved))
    assert max(east - west, north - south) < 40


def test_a_tolerance_widens_the_box_and_empty_answers_are_empty() -> None:
    points = PointIndex(np.array([[10.1, 5.0], [10.3, 5.0], [np.nan, 5.0]]))
    wider = shapely.box(0, 0, 10, 12)
    assert points.concerned(SQUARE, wider).tolist() == []
    assert points.concerned(SQUARE, wider, 0.2).tolist() == [0]
    assert points.concerned(SQUARE, SQUARE, 9.0).tolist() == []
    assert PointIndex(np.empty((0, 2))).inside(SQUARE).tolist() == []
    assert points.inside(None).tolist() == []
