"""Tiles of points: every point in the tiles it touches, at its pixel, readable by others."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tiles import BUFFER, EXTENT, PointMap, TileMissing, in_tile, point_tile, tile_box, varints
from tests._often import often

KINDS = ["V", "T", "C"]


def read(tile: bytes) -> dict[str, list[tuple[int, int]]]:
    """Kind → places of a tile, as another program reads it (its y upwards turned down again)."""
    if not tile:
        return {}
    layer: dict[str, Any] = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})["facilities"]
    assert layer["extent"] == EXTENT and layer["version"] == 2
    found = {}
    for feature in layer["features"]:
        at = feature["geometry"]["coordinates"]
        places = at if feature["geometry"]["type"] == "MultiPoint" else [at]
        found[feature["properties"]["kind"]] = [tuple(place) for place in places]
    return found


def points(*places: tuple[float, float], kinds: list[int] | None = None) -> PointMap:
    return PointMap.of(np.array(places, dtype=np.float64).reshape(-1, 2), np.array(kinds or [0] * len(places), np.uint8))


def around(crowd: PointMap, zoom: int) -> dict[str, list[tuple[int, int]]]:
    """The tile around 119.465 E, 29.215 N."""
    x, y = (in_tile(np.array([[119.465, 29.215]]), zoom, 0, 0)[0] // EXTENT).tolist()
    return read(point_tile(crowd, zoom, x, y, KINDS, "facilities"))


def test_the_middle_of_the_world_is_the_corner_of_four_tiles() -> None:
    crowd = points((0.0, 0.0))
    corners = {(x, y): read(point_tile(crowd, 1, x, y, KINDS, "facilities")) for x in (0, 1) for y in (0, 1)}
    assert corners == {(x, y): {"V": [(EXTENT * (1 - x), EXTENT * (1 - y))]} for x in (0, 1) for y in (0, 1)}


def test_each_kind_is_one_feature_with_all_its_places() -> None:
    crowd = points((119.46, 29.21), (119.47, 29.21), (119.46, 29.22), kinds=[0, 2, 0])
    found = around(crowd, 11)
    assert {kind: len(places) for kind, places in found.items()} == {"V": 2, "C": 1}
    assert found["V"][0][1] > found["V"][1][1], "south is below"


def test_far_away_one_point_of_a_kind_stands_for_its_neighbours_and_near_none_does() -> None:
    crowd = points(*[(119.46 + n * 1e-5, 29.21) for n in range(50)], (119.46, 29.21), kinds=[2] * 50 + [0])
    assert {kind: len(places) for kind, places in around(crowd, 8).items()} == {"V": 1, "C": 1}
    assert len(around(crowd, 12)["C"]) == 50


def test_a_crowded_tile_keeps_one_point_of_each_kind_where_a_symbol_covers_the_others() -> None:
    spots = np.random.default_rng(3).uniform((119.45, 29.20), (119.48, 29.23), (6_000, 2)).tolist()
    crowd = points(*[(lon, lat) for lon, lat in spots], (119.465, 29.215), kinds=[2] * 6_000 + [0])
    found = around(crowd, 12)
    assert len(found["V"]) == 1
    assert 500 < len(found["C"]) < 2_000, "some 90 pixels each way in cells of four"
    assert len({(x // 64, y // 64) for x, y in found["C"]}) == len(found["C"])


def test_points_without_a_place_are_in_no_tile() -> None:
    nowhere = points((np.nan, np.nan), (119.46, np.inf))
    assert point_tile(nowhere, 0, 0, 0, KINDS, "facilities") == b""
    assert nowhere.within((-180, -90, 180, 90))[0].tolist() == []


@pytest.mark.parametrize(("zoom", "x", "y"), [(-1, 0, 0), (0, 1, 0), (3, 8, 0), (3, 0, -1), (23, 0, 0)])
def test_an_address_outside_the_pyramid_is_refused(zoom: int, x: int, y: int) -> None:
    with pytest.raises(TileMissing):
        point_tile(points((0.0, 0.0)), zoom, x, y, KINDS, "facilities")


def test_varints_are_those_of_protocol_buffers() -> None:
    assert varints(np.array([0, 127, 128, 300, 2**32], np.uint64)) == b"\x00\x7f\x80\x01\xac\x02\x80\x80\x80\x80\x10"


@often(60)
@given(
    st.lists(st.tuples(st.floats(118, 121), st.floats(28, 30), st.integers(0, 2)), min_size=1, max_size=30), st.integers(11, 16)
)
def test_every_point_is_once_in_the_tile_it_lies_in(drawn: list[tuple[float, float, int]], zoom: int) -> None:
    lonlat, kinds = np.array([one[:2] for one in drawn]), [one[2] for one in drawn]
    crowd = points(*lonlat.tolist(), kinds=kinds)
    home = np.floor(in_tile(lonlat, zoom, 0, 0) / EXTENT).astype(int)
    for x, y in {tuple(at) for at in home.tolist()}:
        found = read(point_tile(crowd, zoom, x, y, KINDS, "facilities"))
        for number, kind in enumerate(KINDS):
            mine = [tuple(at) for at, k, h in zip(in_tile(lonlat, zoom, x, y).tolist(), kinds, home.tolist(), strict=True)
                    if k == number and tuple(h) == (x, y)]  # fmt: skip
            inside = [at for at in found.get(kind, []) if 0 <= at[0] < EXTENT and 0 <= at[1] < EXTENT]
            assert sorted(inside) == sorted(mine)
            assert all(-BUFFER <= c <= EXTENT + BUFFER for at in found.get(kind, []) for c in at)


def test_boxes_of_tiles_meet() -> None:
    assert tile_box(3, 2, 4)[2] == tile_box(3, 3, 4)[0]
    assert tile_box(3, 2, 4)[1] == tile_box(3, 2, 5)[3]
