"""Pages and API as a client sees them: status, form, cache, filters, clear refusals."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import app as product
from geo.region import Region
from store.open import Store
from tests.conftest import admin_token

DAY = "as_of=2021-07-01"
APIS = ("/api/layers", "/api/layers/no_burn_zones", "/api/facilities", "/api/findings", "/api/rules", "/api/summary", "/api/base",
        "/api/search?q=示例")  # fmt: skip


def keyed(app: Flask) -> FlaskClient:
    """A client whose every request carries a key that may see everything."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_token(app.extensions['bluesky_store'])}"
    return client


@pytest.fixture(scope="module")
def shared_app(demo_store: Store, region: Region) -> Flask:
    return product.create_app(demo_store, region)


@pytest.fixture
def client(shared_app: Flask) -> FlaskClient:
    return keyed(shared_app)


@pytest.fixture
def own_client(demo_copy: Store, region: Region) -> FlaskClient:
    return keyed(product.create_app(demo_copy, region))


def ask(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:300]
    return answer.get_json()


@pytest.mark.parametrize("path", APIS)
def test_an_answer_known_already_is_not_sent_again(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    assert first.status_code == 200 and first.headers["ETag"]
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    english = client.get(path + ("&" if "?" in path else "?") + "lang=en", headers={"If-None-Match": first.headers["ETag"]})
    assert english.status_code == 200


def test_a_change_of_the_store_changes_the_tag(own_client: FlaskClient, demo_copy: Store) -> None:
    from services.retire import retire

    before = own_client.get(f"/api/facilities?{DAY}")
    key = before.get_json()["features"][0]["properties"]["key"]
    retire(demo_copy, "enterprises", key, "test")
    after = own_client.get(f"/api/facilities?{DAY}", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert key not in {feature["properties"]["key"] for feature in after.get_json()["features"]}


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/nothing", 404, "没有找到"),
        ("/api/layers/nothing", 404, "nothing"),
        ("/api/layers/towns?bbox=1,2,3", 400, "bbox"),
        ("/api/layers/towns?bbox=a,b,c,d", 400, "bbox"),
        ("/api/layers/towns?full=2", 400, "full"),
        ("/api/findings?as_of=2021-02-30", 400, "2021-02-30"),
        ("/api/findings?verdict=Q", 400, "Q"),
        ("/api/findings?rule=R99", 400, "R99"),
        ("/api/findings?page=0", 400, "0"),
        ("/api/findings?cap_from=much", 400, "much"),
        ("/api/findings?colour=red", 400, "colour"),
        ("/api/findings?lang=fr", 400, "fr"),
        ("/api/search?q=" + "x" * 201, 400, "x"),
    ],
)
def test_a_wrong_question_gets_a_sentence(client: FlaskClient, path: str, status: int, word: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    problem = json.loads(answer.data)
    assert problem["status"] == status and problem["title"] and word in problem["detail"]


@pytest.mark.parametrize("path", ["/nothing", "/facilities/enterprises/none", "/zones/no_burn_zones/none", "/zones/towns/none",
                                  "/findings.exe", "/export/towns.exe", "/export/none.csv", "/shell/none.js"])  # fmt: skip
def test_what_is_not_there_is_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html" and "Content-Security-Policy" in answer.headers


def test_a_method_that_is_none(client: FlaskClient) -> None:
    answer = client.post("/api/findings")
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]
    assert answer.mimetype == "application/problem+json"


def test_a_fault_of_ours_is_a_number_not_a_trace(demo_store: Store, region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret /place")

    monkeypatch.setattr("views.overview.overview", broken)
    answer = keyed(product.create_app(demo_store, region)).get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True) and "错误" in answer.get_data(as_text=True)


def test_layers_come_as_geojson_in_lon_lat(client: FlaskClient) -> None:
    whole = ask(client, f"/api/layers/no_burn_zones?{DAY}")
    assert whole["type"] == "FeatureCollection" and len(whole["features"]) == 5
    lon, lat = _first(whole["features"][0]["geometry"]["coordinates"])
    assert 119 < lon < 120 and 29 < lat < 30
    assert ask(client, f"/api/layers/no_burn_zones?{DAY}&bbox=0,0,1,1")["features"] == []
    early = ask(client, "/api/layers/no_burn_zones?as_of=2010-01-01")
    assert early["features"] == []


def _first(coordinates: Any) -> Any:
    return coordinates if isinstance(coordinates[0], float) else _first(coordinates[0])


def test_the_list_its_downloads_and_its_map_are_the_same(client: FlaskClient) -> None:
    asked = f"{DAY}&verdict=V&rule=R11-NBZ"
    listed = ask(client, f"/api/findings?{asked}")
    rows = list(csv.DictReader(io.StringIO(client.get(f"/findings.csv?{asked}").data.decode("utf-8-sig"))))
    places = json.loads(client.get(f"/findings.geojson?{asked}").data)["features"]
    assert listed["total"] == len(rows) == len(places) > 10
    assert {row["rule"] for row in rows} == {"R11-NBZ"} and {row["verdict"] for row in rows} == {"V"}
    first = [(row["rule"], row["subject_code"]) for row in listed["findings"]]
    assert first == [(row["rule"], row["subject_code"]) for row in rows][: len(first)]
    shown = ask(client, f"/api/facilities?{asked}")["features"]
    assert {one["properties"]["key"] for one in shown} <= {row["enterprise_code"] or row["subject_code"] for row in rows}


def test_pages_of_the_list_hold_every_row_once(client: FlaskClient) -> None:
    seen: list[tuple[str, str]] = []
    for number in range(1, ask(client, f"/api/findings?{DAY}")["pages"] + 1):
        page = ask(client, f"/api/findings?{DAY}&page={number}")
        seen += [(row["rule"], row["subject_layer"] + row["subject_code"]) for row in page["findings"]]
    assert len(seen) == len(set(seen)) == page["total"]
    beyond = ask(client, f"/api/findings?{DAY}&page=9999")
    assert beyond["page"] == beyond["pages"]


def test_the_counters_are_those_of_the_list(client: FlaskClient) -> None:
    counted = ask(client, f"/api/summary?{DAY}")
    for row in counted["rules"]:
        for verdict, number in row["counts"].items():
            if number and verdict != "N":
                assert ask(client, f"/api/findings?{DAY}&rule={row['rule']}&verdict={verdict}")["total"] == number
    worst = ask(client, f"/api/findings?{DAY}&worst=V")["findings"]
    assert worst and counted["facilities"]["V"] > 0


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "gpkg", "zip", "kml", "parquet"])
def test_every_format_is_handed_out(client: FlaskClient, kind: str) -> None:
    answer = client.get(f"/export/no_burn_zones.{kind}?{DAY}")
    assert answer.status_code == 200 and len(answer.data) > 300
    assert answer.headers["Content-Disposition"] == f"attachment; filename=no_burn_zones-2021-07-01.{kind}"


@pytest.mark.parametrize("path", ["/map.pdf", "/zones/no_burn_zones/NBZ-01/map.pdf", "/facilities/enterprises/E0001/map.pdf"])
def test_map_sheets_are_one_vector_page(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{path}?{DAY}")
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF-")
    assert answer.data.count(b"/Type /Page\n") + answer.data.count(b"/Type /Page ") == 1


def test_the_language_is_asked_then_kept(client: FlaskClient) -> None:
    assert "<title>总览" in client.get("/").get_data(as_text=True)
    assert "<title>Overview" in client.get("/?lang=en").get_data(as_text=True)
    assert "<title>Overview" in client.get("/").get_data(as_text=True), "kept in a cookie"
    assert "<title>总览" in client.get("/?lang=zh").get_data(as_text=True)


def test_every_answer_carries_the_policy(client: FlaskClient) -> None:
    for path in ("/", "/nothing", "/api/findings", "/findings.csv", "/static/css/app.css", "/healthz"):
        with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';") and "unsafe" not in policy
