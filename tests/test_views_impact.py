"""The planner's API as a client sees it: contract, refusals as problem+json, permission, no token with a bearer."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from _impact_cases import as_geojson
from flask import Flask
from flask.testing import FlaskClient
from test_views_gate import Visitor

import app as product
from geo.region import Region
from services.accounts import make_token
from store.open import Store
from tests.conftest import admin_token

BOX = as_geojson(shapely.box(119.44, 29.18, 119.48, 29.22))
BOW = {"type": "Polygon", "coordinates": [[[119.44, 29.18], [119.48, 29.22], [119.48, 29.18], [119.44, 29.22], [119.44, 29.18]]]}
ASKED = {"layer": "no_burn_zones", "code": "NEW", "geometry": BOX, "props": {"zone_class": "III"}, "as_of": "2021-07-01"}
PATHS = ("/api/impact", "/api/doctor", "/api/draft-geometry")


@pytest.fixture(scope="module")
def made(demo_store: Store, region: Region) -> Flask:
    return product.create_app(demo_store, region)


@pytest.fixture
def client(made: Flask) -> FlaskClient:
    found = made.test_client()
    found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_token(made.extensions['bluesky_store'])}"
    return found


def post(client: FlaskClient, path: str, body: Any) -> Any:
    return client.post(path, data=json.dumps(body), content_type="application/json")


def test_the_answer_has_the_form_of_the_contract(client: FlaskClient) -> None:
    wide = as_geojson(shapely.box(119.42, 29.16, 119.52, 29.26))
    answer = post(client, "/api/impact", ASKED | {"geometry": wide})
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    found = answer.get_json()
    assert {"entering", "leaving", "changed", "totals", "area_km2", "issues", "ms"} <= set(found)
    assert isinstance(found["area_km2"], float) and found["ms"] > 0 and found["as_of"] == "2021-07-01"
    assert {"by_rule", "facilities", "units", "t_h"} <= set(found["totals"])
    for issue in found["issues"]:
        assert {"code", "severity", "lonlat", "text", "state", "repair"} <= set(issue)
    entry = found["entering"][0]
    assert entry["verdict_before"] == "N" and entry["zone_before"] == "" and entry["zone_after"] == "NEW"


def test_texts_of_issues_follow_the_language(client: FlaskClient) -> None:
    zh = post(client, "/api/impact", ASKED).get_json()["issues"]
    en = post(client, "/api/impact?lang=en", ASKED).get_json()["issues"]
    assert zh and all(a["text"] != b["text"] == a["text_en"] for a, b in zip(zh, en, strict=True))


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"geometry": BOW}, 422, "图形无效"), ({"geometry": None}, 422, "没有可用的面图形"),
        ({"props": {"zone_class": "9"}}, 422, "无法识别"),
        ({"geometry": as_geojson(shapely.box(121, 30, 121.1, 30.1))}, 422, "超出兰溪市范围"),
        ({"props": {"zone_class": "I", "effective_from": "2020-01-01", "existing_deadline": "2019-01-01"}}, 422, "早于施行日期"),
        ({"layer": "nothing"}, 404, "没有图层"), ({"layer": "enterprises"}, 422, "不是可以划定"), ({"code": ""}, 400, "code"),
        ({"as_of": "tomorrow"}, 400, "日期"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_a_problem_with_a_sentence(change: Any, status: int, said: str, client: FlaskClient) -> None:
    answer = post(client, "/api/impact", ASKED | change)
    assert answer.status_code == status and answer.mimetype == "application/problem+json"
    found = answer.get_json()
    assert said in found["detail"] and found["status"] == status
    told = client.post("/api/impact", data=json.dumps(ASKED | change), content_type="application/json", headers={"X-Told": "1"})
    expected = (200, "application/json") if status in (400, 422) else (status, "application/problem+json")
    assert (told.status_code, told.mimetype) == expected, "a page of ours that reckons with it is told without an error"
    assert told.get_json() == found


def test_a_crossing_carries_its_place_for_the_map(client: FlaskClient) -> None:
    problem = post(client, "/api/impact", ASKED | {"geometry": BOW}).get_json()
    assert problem["issues"][0]["lonlat"] == pytest.approx([119.46, 29.20])
    checked = post(client, "/api/doctor", ASKED | {"geometry": BOW})
    assert checked.status_code == 200 and checked.get_json()["publishable"] is False
    assert checked.get_json()["issues"] == problem["issues"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", json.dumps(ASKED | {"geometry": {"type": []}}).encode()])
@pytest.mark.parametrize("path", PATHS)
def test_no_body_breaks_it(path: str, body: bytes, client: FlaskClient) -> None:
    assert client.post(path, data=body).status_code in (400, 422)


@pytest.mark.parametrize("path", PATHS)
def test_who_may_not_redraw_finds_nothing_and_nobody_is_asked_to_log_in(path: str, made: Flask) -> None:
    store = made.extensions["bluesky_store"]
    bare = made.test_client()
    assert post(bare, path, ASKED).status_code == 401
    for name, status in (("demo-viewer", 404), ("demo-head", 404), ("demo-planner", 200)):
        token = make_token(store, name, "test", (), 1, "test")
        answer = bare.post(path, json=ASKED | {"op": "clip_county"}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, (name, answer.get_data(as_text=True))


@pytest.mark.parametrize(
    ("given", "change", "parts"),
    [
        ({"op": "union", "other": as_geojson(shapely.box(119.48, 29.18, 119.50, 29.22))}, 8.64, 0),
        ({"op": "difference", "other": as_geojson(shapely.box(119.46, 29.17, 119.50, 29.23))}, -8.64, 0),
        ({"op": "split", "line": {"type": "LineString", "coordinates": [[119.45, 29.1], [119.45, 29.3]]}}, 0, 2),
        ({"op": "merge", "geometries": [as_geojson(shapely.box(119.48, 29.18, 119.50, 29.22))]}, 8.64, 0),
        ({"op": "simplify", "tolerance_m": 5}, 0, 0), ({"op": "clip_county"}, 0, 0),
        ({"op": "buffer", "distance_m": 100}, 1.7, 0),
        ({"op": "make_valid", "geometry": BOW}, None, 0), ({"op": "drop_small_parts"}, 0, 0), ({"op": "drop_slivers"}, 0, 0),
        ({"op": "fill_holes"}, 0, 0), ({"op": "fill_small_holes"}, 0, 0), ({"op": "drop_spikes"}, 0, 0),
        ({"op": "drop_duplicates"}, 0, 0), ({"op": "snap", "tolerance_m": 5}, 0, 0),
    ],
)  # fmt: skip
def test_operations_give_a_geometry_and_its_change_of_area(
    given: Any, change: float | None, parts: int, client: FlaskClient
) -> None:
    answer = post(client, "/api/draft-geometry", {**ASKED, **given})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = answer.get_json()
    assert shapely.from_geojson(json.dumps(found["geometry"])).is_valid and len(found["parts"]) == parts
    assert change is None or found["area_km2"] == pytest.approx(change, abs=0.15)


def test_whole_towns_make_a_zone_and_its_border_is_theirs(client: FlaskClient) -> None:
    towns = client.get("/api/layers/towns?full=1&as_of=2021-07-01").get_json()["features"]
    codes = [town["properties"]["key"] for town in towns[:2]]
    asked = {"op": "units", "layer": "no_burn_zones", "code": "NEW", "units": {"layer": "towns", "codes": codes}}
    found = post(client, "/api/draft-geometry", asked).get_json()
    assert found["units"]["codes"] == codes and found["area_km2"] > 1
    own = shapely.get_coordinates([shapely.from_geojson(json.dumps(town["geometry"])) for town in towns[:2]])
    made = shapely.get_coordinates(shapely.from_geojson(json.dumps(found["geometry"])))
    assert {tuple(xy) for xy in made.round(9).tolist()} <= {tuple(xy) for xy in own.round(9).tolist()}
    rest = post(client, "/api/draft-geometry", asked | {"op": "clip_neighbours", "geometry": found["geometry"]})
    assert rest.status_code in (200, 422)


@pytest.mark.parametrize(
    "given",
    [
        {"op": "nothing"}, {"op": "union"}, {"op": "union", "other": BOW}, {"op": "split", "line": BOX},
        {"op": "split", "line": {"type": "LineString", "coordinates": [[119.3, 29.1], [119.3, 29.3]]}},
        {"op": "difference", "other": BOX}, {"op": "simplify"}, {"op": "simplify", "tolerance_m": "5"},
        {"op": "buffer", "distance_m": 1e9}, {"op": "buffer", "distance_m": -9000}, {"op": "units", "units": {"layer": "towns"}},
        {"op": "units", "units": {"layer": "towns", "codes": ["0"]}},
        {"op": "units", "units": {"layer": "enterprises", "codes": ["E0001"]}},
        {"op": "merge", "geometries": [BOW]}, {"op": "snap", "codes": ["NOBODY"]}, {"op": "fill_holes", "geometry": BOW},
        {"op": "clip_county", "geometry": as_geojson(shapely.box(121, 30, 121.1, 30.1))},
    ],
)  # fmt: skip
def test_operations_that_cannot_be_done_say_why(given: Any, client: FlaskClient) -> None:
    answer = post(client, "/api/draft-geometry", {**ASKED, **given})
    assert answer.status_code in (400, 422) and answer.get_json()["detail"]


def test_a_repair_on_offer_can_be_asked_for_as_it_is(client: FlaskClient) -> None:
    holed = shapely.box(119.44, 29.18, 119.48, 29.22).difference(shapely.box(119.45, 29.19, 119.45001, 29.19001))
    asked = ASKED | {"geometry": as_geojson(holed)}
    issues = {issue["code"]: issue for issue in post(client, "/api/doctor", asked).get_json()["issues"]}
    repaired = post(client, "/api/draft-geometry", asked | issues["small_hole"]["repair"]).get_json()
    after = post(client, "/api/doctor", asked | {"geometry": repaired["geometry"]}).get_json()
    assert "small_hole" not in {issue["code"] for issue in after["issues"]}


def test_a_page_sends_its_token_and_a_bearer_needs_none(made: Flask) -> None:
    visitor = Visitor(made, "demo-planner")
    assert visitor.client.post("/api/impact", json=ASKED).status_code == 422, "no token, no key"
    token = visitor.token("/account")
    assert visitor.client.post("/api/impact", json=ASKED, headers={"X-CSRFToken": token}).status_code == 200
