"""Open doors: snapshots asked for on the page and by programs, findings as files for reporting tools with a key."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient

import app as product
from geo.region import Region
from services import finding_files
from services.accounts import make_token
from store.open import open_store
from tests._pages import Ear, enter
from tests.conftest import serve
from tests.test_views_gate import CELLS, PEOPLE, Visitor, body

DAY = "as_of=2021-07-01"
Keyed = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def made(_demo_folder: Any, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Flask:
    from tests.conftest import _copy

    return product.create_app(open_store(_copy(_demo_folder, tmp_path_factory.mktemp("doors"))), region)


@pytest.fixture(scope="module")
def keyed(made: Flask) -> Keyed:
    store = made.extensions["bluesky_store"]

    def client(role: str) -> FlaskClient:
        found = made.test_client()
        found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(store, PEOPLE[role], 'test', (), 1, 'test')}"
        return found

    return client


def _table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_every_format_has_the_findings_of_the_list(keyed: Keyed) -> None:
    client, query = keyed("planner"), f"verdict=V,T&rule=R11-NBZ&{DAY}"
    total = client.get(f"/api/findings?{query}").get_json()["total"]
    answer = client.get(f"/api/findings.csv?{query}")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = _table(answer)
    assert len(rows) == total > 10 and {row["verdict"] for row in rows} <= {"V", "T"}
    sheet = python_calamine.load_workbook(io.BytesIO(client.get(f"/api/findings.xlsx?{query}").get_data())).get_sheet_by_index(0)
    cells = sheet.to_python()
    assert cells[0] == list(finding_files.COLUMNS) == list(rows[0]) and len(cells) == total + 1
    features = json.loads(client.get(f"/api/findings.geojson?{query}").get_data())["features"]
    assert [one["properties"]["key"] for one in features] == [row["key"] for row in rows]
    frame = pd.read_parquet(io.BytesIO(client.get(f"/api/findings.parquet?{query}").get_data()))
    assert frame["key"].tolist() == [row["key"] for row in rows] and str(frame["capacity"].dtype) == "float64"
    at = rows[0]["lon"], rows[0]["lat"]
    assert features[0]["geometry"]["coordinates"] == [float(part) for part in at] == [frame["lon"][0], frame["lat"][0]]


def test_headers_in_words(keyed: Keyed) -> None:
    client = keyed("planner")
    row = _table(client.get(f"/api/findings.csv?headers=zh&verdict=V&{DAY}"))[0]
    assert (row["判定"], row["判定结果"]) == ("V", "违规") and row["设施名称"] and len(row) == len(finding_files.COLUMNS)
    assert _table(client.get(f"/api/findings.csv?headers=en&verdict=V&{DAY}"))[0]["Verdict in words"] == "Violation"
    for wrong in ("headers=fr", "verdict=Z", "page=2", "sorted=1"):
        answer = client.get(f"/api/findings.csv?{wrong}")
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), wrong
    assert client.get("/api/findings.exe").status_code == 404


def test_who_has_this_run_gets_304(keyed: Keyed) -> None:
    client, path = keyed("planner"), f"/api/findings.csv?{DAY}"
    tag = client.get(path).headers["ETag"]
    assert (answer := client.get(path, headers={"If-None-Match": tag})).status_code == 304 and answer.get_data() == b""
    assert client.get(f"{path}&verdict=V", headers={"If-None-Match": tag}).status_code == 200
    assert keyed("grid_head").get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_stream_is_compressed_piece_by_piece(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_files, "_PIECE", 50)
    client = keyed("planner")
    plain = client.get(f"/api/findings.csv?{DAY}")
    packed = client.get(f"/api/findings.csv?{DAY}", headers={"Accept-Encoding": "gzip"})
    assert plain.is_streamed and packed.is_streamed and packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()


def test_a_key_opens_what_its_owner_may_see(made: Flask, keyed: Keyed) -> None:
    assert made.test_client().get("/api/findings.csv").status_code == 401
    rows = _table(keyed("grid_head").get(f"/api/findings.csv?{DAY}"))
    assert rows and {row["cell"] for row in rows} <= CELLS
    narrow = made.test_client()
    token = make_token(made.extensions["bluesky_store"], PEOPLE["planner"], "narrow", ("view",), 1, "test")
    narrow.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert narrow.get("/api/findings?" + DAY).status_code == 200 and narrow.get("/api/findings.csv").status_code == 404


def test_no_formula_runs_and_a_workbook_has_its_limit(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    from services import worklist

    real = worklist.worklist
    evil = "=HYPERLINK(\"http://x\",\"y\")"
    monkeypatch.setattr("views.api_findings.worklist", lambda *given: real(*given).assign(name=evil))
    client = keyed("planner")
    assert _table(client.get(f"/api/findings.csv?verdict=V&{DAY}"))[0]["name"] == "'" + evil
    book = client.get(f"/api/findings.xlsx?verdict=V&{DAY}").get_data()
    cells = python_calamine.load_workbook(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert cells[1][cells[0].index("name")] == evil, "a text, not a formula"
    monkeypatch.setattr(finding_files, "MOST_XLSX", 3)
    assert "改用 CSV" in client.get(f"/api/findings.xlsx?{DAY}").get_json()["detail"]


def test_a_snapshot_on_the_page_and_for_programs(made: Flask, keyed: Keyed) -> None:
    visitor = Visitor(made, "demo-head")
    assert visitor.post("/snapshots", "/snapshots", day="1.7.2021").status_code == 400
    assert visitor.post("/snapshots", "/snapshots", day="2021-07-01").headers["Location"] == "/snapshots"
    assert re.search(r"data-snapshot=|\.gpkg", body(visitor.client.get("/snapshots")))
    client = keyed("grid_head")
    told = client.post("/api/snapshots", data={"day": "2021-07-01"})
    assert told.status_code == 202, "the same one"
    end = time.monotonic() + 60
    while (now := client.get(told.get_json()["url"]).get_json())["state"] == "making":
        assert now["file"] is None and time.monotonic() < end
        time.sleep(0.05)
    answer = client.get(now["file"])
    assert answer.get_data()[:15] == b"SQLite format 3" and answer.mimetype == "application/geopackage+sqlite3"
    assert "bluesky-2021-07-01.gpkg" in answer.headers["Content-Disposition"] and len(answer.get_data()) == now["size"]
    answer.close()
    assert "下载 GPKG" in body(visitor.client.get("/snapshots"))
    for role in ("viewer", "admin"):
        assert keyed(role).get(now["file"]).status_code == keyed(role).get(now["url"]).status_code == 404


@pytest.mark.browser
def test_the_page_shows_the_file_once_it_is_there(made: Flask, region: Region, page: Any) -> None:
    ear = Ear(page)
    sites = serve(made.extensions["bluesky_store"], region)
    address = next(sites).address
    try:
        enter(page, address, "demo-viewer")
        page.goto(f"{address}/snapshots?{DAY}")
        page.click("main form button.primary")
        page.wait_for_selector("a[href$='.gpkg']", timeout=60_000)
        assert page.input_value("input[name='day']") == "2021-07-01" and ear.said == []
    finally:
        next(sites, None)
