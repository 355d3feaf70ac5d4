"""The doctor on the example city: what is new, what was there already, what a drawing solves."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import shapely
from _impact_cases import as_geojson

from geo.region import Region
from services._baseline import baseline_of
from services._coverage import covered, shares
from services._drawing import judging_of, shape_of
from services.assess import current
from services.doctor import WORDS, checkup
from services.impact import impact
from services.scope import local_principal
from store.open import Store

DAY = dt.date(2021, 7, 1)


def zone(store: Store, region: Region, code: str) -> Any:
    """The drawing of a no-burn zone in force on the day."""
    frame = current(store, region, DAY).frames["no_burn_zones"]
    rows = frame[(frame["zone_code"] == code) & frame["valid_to"].isna()]
    return rows.iloc[-1]["geometry_map"]


def check(store: Store, region: Region, code: str, shape: Any, **props: str) -> Any:
    body = {"layer": "no_burn_zones", "code": code, "geometry": as_geojson(shape), "props": props or None}
    return checkup(store, region, local_principal(), json.dumps(body).encode(), DAY)


def states(found: Any) -> set[tuple[str, str]]:
    return {(issue["code"], issue["state"]) for issue in (*found["issues"], *found["solved"])}


def test_a_hole_is_new_then_already_there_then_solved(demo_store: Store, region: Region) -> None:
    shape = zone(demo_store, region, "NBZ-02")
    assert states(check(demo_store, region, "NBZ-02", shape)) == {("hole", "already")}
    plain = shapely.Polygon(shapely.get_parts(shape)[0].exterior)
    assert ("hole", "solved") in states(check(demo_store, region, "NBZ-02", plain))
    spot = shapely.get_parts(shape)[0].exterior.interpolate(0.5, normalized=True)
    bitten = shape.difference(shapely.Point(shapely.get_parts(shape)[0].representative_point()).buffer(1e-3, quad_segs=3))
    assert spot is not None and ("hole", "new") in states(check(demo_store, region, "NBZ-02", bitten))


def test_an_overlap_that_grows_is_new_and_names_its_neighbour(demo_store: Store, region: Region) -> None:
    shape = zone(demo_store, region, "NBZ-04")
    overlapped = check(demo_store, region, "NEW", shape, zone_class="II")
    issue = next(issue for issue in overlapped["issues"] if issue["neighbour"] == "NBZ-04")
    assert (issue["code"], issue["state"]) == ("overlap", "new")
    assert issue["repair"] == {"op": "clip_neighbours", "codes": ["NBZ-04"]}
    assert overlapped["publishable"], "a warning can be set aside"
    west, south, east, north = region.bounds.west, region.bounds.south, region.bounds.east, region.bounds.north
    lon, lat = issue["lonlat"]
    assert west < lon < east and south < lat < north and "NBZ-04" in issue["text"]


def test_outside_the_county_is_an_error_that_forbids_publishing(demo_store: Store, region: Region) -> None:
    found = check(demo_store, region, "NEW", shapely.box(119.80, 29.30, 120.00, 29.40), zone_class="II")
    assert ("outside_county", "new") in states(found) and not found["publishable"]


def test_a_drag_finds_what_a_fresh_look_finds(demo_store: Store, region: Region) -> None:
    """Neighbours out of reach are not looked at again; the answer must not show it."""
    shape = zone(demo_store, region, "NBZ-04")
    xy = shapely.get_coordinates(shape)[:-1]
    for step in range(8):
        moved = xy.copy()
        moved[step % len(xy)] += [0.002 * (step - 4), 0.0015 * step]
        drawn = shapely.Polygon(moved)
        if not drawn.is_valid:
            continue
        body = {"layer": "no_burn_zones", "code": "NBZ-04", "geometry": as_geojson(drawn)}
        live = impact(demo_store, region, local_principal(), json.dumps(body).encode(), DAY)
        fresh = check(demo_store, region, "NBZ-04", drawn)
        assert live["issues"] == fresh["issues"] and live["solved"] == fresh["solved"]
        base = baseline_of(current(demo_store, region, DAY), region)
        judging = judging_of(shape_of(body["geometry"]), region)
        before = covered(base, base.table("no_burn_zones").records("NBZ-04")[-1]["geometry"], None, [])
        assert live["shares"] == shares(base, before, covered(base, judging, None, []))


@pytest.mark.parametrize("code", WORDS)
def test_every_flaw_has_words_in_both_languages(code: str) -> None:
    zh, en = WORDS[code]
    assert zh != en and {"{size}" in zh, "{size}" in en} == {True}
