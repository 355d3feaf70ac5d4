"""Tiles of areas: what another program reads of them is what went in."""

from __future__ import annotations

import mapbox_vector_tile
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, box, shape

from geo.area_tiles import area_tile
from tests._often import often

RING = box(0, 0, 90, 60) - box(10, 10, 30, 30) - box(40, 10, 60, 50)
PAIR = MultiPolygon([box(-200, -50, -100, 50), RING])
SHAPES = st.sampled_from([RING, PAIR, box(0, 0, 1, 1), box(0, 0, 4000, 7).reverse(), Point(3, 0)])
TOLD = st.dictionaries(st.sampled_from(["key", "名称", "version"]), st.text(max_size=4) | st.integers(0, 2**33), max_size=3)
MOVES = st.tuples(st.integers(-256, 4096), st.integers(-256, 4096))


@often(40)
@given(st.lists(st.tuples(SHAPES, MOVES, TOLD), min_size=1, max_size=6))
def test_others_read_the_shapes_and_the_properties_that_were_written(rows: list) -> None:  # type: ignore[type-arg]  # of tuples
    shapes = np.array([shapely.transform(one, lambda xy, by=by: xy + by) for one, by, _ in rows], dtype=object)
    told = [properties for *_, properties in rows]
    layer = mapbox_vector_tile.decode(area_tile("L", shapes, told), default_options={"y_coord_down": True})["L"]
    assert [one["properties"] for one in layer["features"]] == told
    for one, wanted in zip(layer["features"], shapes, strict=True):
        assert shape(one["geometry"]).equals(wanted) and shape(one["geometry"]).is_valid


def test_outer_rings_turn_one_way_and_holes_the_other() -> None:
    tile = area_tile("L", np.array([box(0, 0, 2, 2).reverse()], dtype=object), [{}])
    assert tile.endswith(bytes((9, 4, 0, 26, 0, 4, 3, 0, 0, 3, 15, 0x28, 0x80, 0x20))), "down, left, up: positive with y down"


def test_no_shape_is_no_tile() -> None:
    assert area_tile("L", np.empty(0, dtype=object), []) == b""
