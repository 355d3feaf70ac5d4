"""Each flaw of a drawn area with its place and size; a clean one has none."""

from __future__ import annotations

import pytest
import shapely

from geo.topology import Flaw, duplicate_vertices, enclosed_gaps, flaws_of_shape, gap_to, outside_of, overlap_with

SQUARE = shapely.box(0, 0, 1000, 1000)


def told(flaws: list[Flaw]) -> list[tuple[str, float]]:
    return [(flaw.code, round(flaw.size, 1)) for flaw in flaws]


def test_a_clean_square_has_no_flaw() -> None:
    east = shapely.box(1000, 0, 2000, 1000)
    assert flaws_of_shape(SQUARE) == overlap_with(SQUARE, east, "E", "warning") == gap_to(SQUARE, east, "E") == []
    assert outside_of(SQUARE, shapely.box(0, 0, 5000, 5000), 0) == enclosed_gaps(SQUARE, [east]) == []
    assert duplicate_vertices(SQUARE, 1.0) == []


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        (shapely.MultiPolygon([SQUARE, shapely.box(2000, 0, 2005, 5)]), [("small_part", 25.0)]),
        (shapely.MultiPolygon([SQUARE, shapely.box(2000, 0, 2000.5, 900)]), [("sliver", 0.5)]),
        (SQUARE.difference(shapely.box(400, 400, 500, 500)), [("hole", 10000.0)]),
        (SQUARE.difference(shapely.box(400, 400, 405, 405)), [("small_hole", 25.0)]),
        (shapely.Polygon([(0, 0), (500, 0), (505, -400), (510, 0), (1000, 0), (1000, 1000)]), [("spike", 400.0)]),
    ],
)
def test_flaws_of_the_shape_itself(shape: shapely.Geometry, wanted: list[tuple[str, float]]) -> None:
    assert told(flaws_of_shape(shape)) == wanted


def test_a_spike_and_duplicates_are_placed_at_their_vertex() -> None:
    spiked = shapely.Polygon([(0, 0), (500, 0), (505, -400), (510, 0), (1000, 0), (1000, 1000)])
    assert flaws_of_shape(spiked)[0].place == (505.0, -400.0)
    doubled = shapely.Polygon([(0, 0), (1, 0), (1, 0), (1, 1e-9), (1, 1)])
    assert [(spot.tolist(), count) for spot, count in duplicate_vertices(doubled, 111_000.0)] == [([1.0, 0.0], 2)]


def test_overlaps_and_gaps_with_a_neighbour() -> None:
    assert told(overlap_with(SQUARE, shapely.box(990, 0, 2000, 1000), "E", "error")) == [("overlap", 10000.0)]
    assert told(overlap_with(SQUARE, shapely.box(999.6, 0, 2000, 1000), "E", "error")) == [("overlap_sliver", 400.0)]
    assert told(gap_to(SQUARE, shapely.box(1003, 200, 2000, 800), "E")) == [("gap", 3.0)]
    assert gap_to(SQUARE, shapely.box(1000.01, 0, 2000, 1000), "E") == [], "they touch within what can be drawn"
    assert gap_to(SQUARE, shapely.box(1100, 0, 2000, 1000), "E") == [], "far enough to be meant"


def test_outside_is_an_error_only_beyond_the_tolerance() -> None:
    ground = shapely.box(0, 0, 950, 2000)
    near, far = outside_of(SQUARE, ground, 60)[0], outside_of(SQUARE, ground, 40)[0]
    assert (near.severity, far.severity) == ("warning", "error")
    assert near.size == pytest.approx(50_000) and near.place[0] == 1000


def test_ground_that_cells_enclose() -> None:
    ring = [shapely.box(1000, 0, 2000, 400), shapely.box(1000, 600, 2000, 1000), shapely.box(1900, 300, 2100, 700)]
    found = enclosed_gaps(SQUARE, ring)
    assert told(found) == [("gap_enclosed", 180_000.0)]
    assert 1000 < found[0].place[0] < 1900 and 400 < found[0].place[1] < 600
