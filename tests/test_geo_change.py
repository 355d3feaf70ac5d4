"""Changed edges and whom they can concern: nobody is left out, whoever is far is left alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.change import Bystanders, Change, changed_edges
from geo.index import PointIndex

SQUARE = shapely.box(0, 0, 100, 100)
WIDER = shapely.Polygon([(0, 0), (120, 0), (100, 100), (0, 100)])


def concerned(spots: list[tuple[float, float]], old: object, new: object, reach: float = 0.2, whole: bool = False) -> list[int]:
    xy = np.array(spots, dtype=np.float64)
    seen = Bystanders(xy, np.full(len(xy), reach), np.empty(0, dtype=object), np.empty(0, np.int64))
    return [int(at) for at in seen.concerned([Change(old, new, whole)])]


def test_only_edges_of_one_drawing_are_changed_whatever_the_order_of_vertices() -> None:
    assert len(changed_edges(SQUARE, SQUARE)) == 0
    assert len(changed_edges(SQUARE, SQUARE.reverse())) == 0
    turned = shapely.Polygon([(100, 100), (0, 100), (0, 0), (100, 0)])
    assert len(changed_edges(SQUARE, turned)) == 0
    assert len(changed_edges(SQUARE, WIDER)) == 4
    assert len(changed_edges(None, SQUARE)) == len(changed_edges(SQUARE, None)) == 4
    assert len(changed_edges(SQUARE, SQUARE.difference(shapely.box(40, 40, 60, 60)))) == 4


def test_an_edge_with_the_area_on_its_other_side_is_changed() -> None:
    assert len(changed_edges(SQUARE, shapely.box(100, 0, 200, 100))) == 8
    assert concerned([(100, 50)], SQUARE, shapely.box(100, 0, 200, 100)) == [0]


@pytest.mark.parametrize("parts", [[SQUARE, shapely.box(300, 0, 400, 100)], [shapely.box(300, 0, 400, 100), SQUARE]])
def test_parts_in_another_order_change_nothing(parts: list[shapely.Polygon]) -> None:
    assert len(changed_edges(shapely.MultiPolygon(parts), shapely.MultiPolygon(parts[::-1]))) == 0


def test_inside_one_only_or_nearer_than_its_reach_to_a_changed_edge() -> None:
    spots = [(105, 20), (50, 50), (0, 50), (50, -0.1), (50, -0.3), (100, 50), (99.9, 50), (99.7, 50), (np.nan, 1), (50, 0)]
    assert concerned(spots, SQUARE, WIDER) == [0, 3, 5, 6, 9]
    assert concerned(spots, SQUARE, WIDER, 0.4) == [0, 3, 4, 5, 6, 7, 9]
    assert concerned(spots, SQUARE, SQUARE) == []


def test_another_text_concerns_all_of_both_drawings() -> None:
    spots = [(105, 20), (50, 50), (0, 50), (-0.1, 50), (-0.3, 50), (300, 300)]
    assert concerned(spots, SQUARE, WIDER, whole=True) == [0, 1, 2, 3]


def test_a_rough_point_is_found_from_afar_and_an_area_by_its_box() -> None:
    xy = np.array([[50.0, -300.0], [50.0, -300.0], [np.nan, np.nan], [np.nan, np.nan]])
    areas, at = np.array([shapely.box(90, 10, 95, 15), shapely.box(500, 0, 510, 10)], dtype=object), np.array([2, 3])
    seen = Bystanders(xy, np.array([301.0, 299.0, 0.2, 0.2]), areas, at)
    assert seen.concerned([Change(SQUARE, WIDER)]).tolist() == [0, 2]


def test_nobody_is_concerned_without_points_or_changes() -> None:
    nobody = Bystanders(np.empty((0, 2)), np.empty(0), np.empty(0, dtype=object), np.empty(0, np.int64))
    assert nobody.concerned([Change(SQUARE, WIDER)]).tolist() == [] and nobody.concerned([]).tolist() == []


def test_the_points_in_a_box_with_its_edges() -> None:
    xy = np.array([[5.0, 5.0], [0.0, 0.0], [10.0, 10.0], [10.1, 5.0], [np.inf, 5.0], [3.0, -0.1]])
    assert PointIndex(xy).near(np.array([0.0, 0.0, 10.0, 10.0])).tolist() == [0, 1, 2]


def test_an_area_is_touched_by_a_change_that_reaches_it_or_swallows_it() -> None:
    change = Change(SQUARE, shapely.box(0, 0, 300, 100))
    assert change.touches(shapely.box(150, 40, 160, 60)), "swallowed whole"
    assert change.touches(shapely.box(290, 90, 400, 200)) and not change.touches(shapely.box(301, 0, 400, 100))
    assert change.touches(shapely.box(301, 0, 400, 100), 5) and not change.touches(shapely.box(40, 40, 60, 60))
    apart = shapely.MultiPolygon([shapely.box(40, 40, 60, 60), shapely.box(150, 40, 160, 60)])
    assert change.touches(apart) and not Change(SQUARE, SQUARE).touches(apart)
