"""Pages and API of rasters, exposure, hot cells, ranking and base maps: contract, refusals, scope; one look in the browser."""

from __future__ import annotations

import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from rasterio import Affine
from test_geo_tile_file import PICTURE, mbtiles

import app as product
from geo.region import Region
from services import basemaps
from store.open import Store
from tests._pages import Ear, enter, until
from tests.conftest import Site, admin_token


@pytest.fixture(scope="module")
def made(demo_store: Store, region: Region) -> Flask:
    return product.create_app(demo_store, region)


def entered(app: Flask) -> FlaskClient:
    found = app.test_client()
    found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_token(app.extensions['bluesky_store'])}"
    return found


@pytest.fixture
def client(made: Flask) -> FlaskClient:
    return entered(made)


def upload(values: np.ndarray, **facts: Any) -> io.BytesIO:
    told = {"driver": "GTiff", "crs": "EPSG:4549", "transform": Affine(1000, 0, 440_000, 0, -1000, 3_240_000)} | facts
    shape = {"height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": "float32"}
    with rasterio.MemoryFile() as memory:
        with memory.open(**told | shape) as data:
            data.write(values.astype(np.float32), 1)
        return io.BytesIO(memory.read())


def test_measured_values_have_their_own_revision(client: FlaskClient) -> None:
    listed = {one["name"]: one for one in client.get("/api/layers?as_of=2021-07-01").get_json()["layers"]}["station_values"]
    assert listed["rows"] > 1000 and listed["revision"] == 1
    row = client.get("/data?as_of=2021-07-01").get_data(as_text=True).split(">station_values<")[1].partition("</tr>")[0]
    assert f'data-title="版次">{listed["revision"]}<' in row and f'data-title="记录">{listed["rows"]}<' in row


def test_the_series_of_the_example_city(client: FlaskClient) -> None:
    series = client.get("/api/rasters").get_json()["series"]
    assert [(one["kind"], len(one["items"])) for one in series] == [("pm25", 4), ("population", 1)]
    air = series[0]
    assert air["name"].startswith("示例")
    assert [one["high"] for one in air["schemes"]["fixed"]] == [15, 25, 35, 45, 55, 75, None]
    number = air["items"][-1]["id"]
    told = client.get(f"/api/rasters/{number}").get_json()
    assert (told["day"], told["facts"]["unit"], len(told["sha256"])) == ("2021-06-01", "µg/m³", 64)
    tile = client.get(f"/api/rasters/{number}/tiles/11/1704/850.png")
    assert tile.mimetype == "image/png"
    assert Image.open(io.BytesIO(tile.data)).size == (256, 256)
    again = client.get(f"/api/rasters/{number}/tiles/11/1704/850.png", headers={"If-None-Match": tile.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    here = client.get(f"/api/rasters/{number}/value?lon=119.468&lat=29.211").get_json()
    assert 30 < here["value"] < 45
    rows = client.get(f"/api/rasters/{number}/zones?layer=towns&as_of=2021-07-01").get_json()
    assert len(rows["rows"]) == 16
    assert "面积加权" in rows["basis"]["weighting"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/rasters/999", 404), ("/api/rasters/1/tiles/2/9/0.png", 404), ("/api/rasters/1/tiles/3/1/1.png?scheme=x", 400),
        ("/api/rasters/1/value?lon=x&lat=1", 400), ("/api/rasters/1/zones?layer=nothing", 404),
        ("/api/rasters/1/zones?layer=enterprises", 400), ("/api/rasters/1/zones?over=x", 400), ("/api/rasters?bad=1", 400),
        ("/api/rasters/1/zones?over=nan", 400),
        ("/api/hot?size=7", 400), ("/api/hot?month=2021-99", 400), ("/api/hot?source=sky", 400), ("/api/hot?scheme=wild", 400),
        ("/api/hot?limit=x", 400), ("/api/ranking?pollutant=x", 400), ("/api/basemaps/none/1/1/1", 404),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_says_why(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["detail"]


def test_a_raster_comes_and_goes_by_the_api(demo_copy: Store, region: Region) -> None:
    client = entered(product.create_app(demo_copy, region))
    form = {"name": "上传", "kind": "pm25", "date": "2021-07-01", "file": (upload(np.full((8, 8), 31.0)), "七月.tif")}
    answer = client.post("/api/rasters", data=form, content_type="multipart/form-data")
    assert answer.status_code == 201
    number = answer.get_json()["id"]
    assert client.get(f"/api/rasters/{number}").get_json()["source_name"] == "七月.tif"
    cells = client.get("/hot?month=2021-07&as_of=2021-07-15").text.split(">R3000-146-1078<")[1].partition("</tr>")[0]
    assert "31.0" in cells and "无数据 67%" in cells, "a cell that the raster covers in part says so"
    gone = client.post(f"/rasters/{number}/remove", headers={"Accept": "application/json"})
    assert gone.get_json() == {"removed": number}
    assert client.get(f"/api/rasters/{number}").status_code == 404


def test_a_refusal_stands_above_the_form_and_nothing_is_stored(demo_copy: Store, region: Region) -> None:
    client = entered(product.create_app(demo_copy, region))
    before = client.get("/api/rasters").get_json()
    form = {"name": "无坐标系", "kind": "pm25", "file": (upload(np.full((8, 8), 31.0), crs=None), "x.tif")}
    answer = client.post("/rasters", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "没有坐标系" in answer.text and "x.tif" in answer.text
    assert 'value="无坐标系"' in answer.text
    assert client.get("/api/rasters").get_json() == before


def test_workbooks_and_pages_open(client: FlaskClient) -> None:
    for path in ("/exposure.xlsx", "/hot.xlsx?as_of=2021-07-01", "/ranking.xlsx", "/rasters/4/zones.xlsx?layer=no_burn_zones"):
        answer = client.get(path)
        assert answer.data[:2] == b"PK", path
    page = client.get("/ranking?as_of=2021-07-01").text
    assert "有效日 14 天，少于 27 天" in page and "16 / 16" in page
    hot = client.get("/hot?as_of=2021-07-01").text
    assert hot.count("data-list=") == 3 and "R3000-149-1077" in hot
    zone = client.get("/zones/no_burn_zones/NBZ-01?as_of=2021-07-01").text
    assert "区内人口与空气" in zone and "面积加权" in zone
    sides = [f"{name}=version/no_burn_zones/NBZ-01@{day}%231" for name, day in (("a", "2018-07-01"), ("b", "2019-09-01"))]
    compared = client.get(f"/api/compare?{'&'.join(sides)}")
    assert [side["exposure"]["people"] > 10_000 for side in compared.get_json()["sides"]] == [True, True]


def test_who_may_only_look_adds_nothing_and_sees_no_hot_cells(made: Flask) -> None:
    viewer = made.test_client()
    viewer.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    page = viewer.get("/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    viewer.post("/login/example", data={"name": "demo-viewer", "csrf_token": token})
    assert viewer.get("/api/rasters").status_code == 200
    assert viewer.get("/hot").status_code == viewer.get("/api/hot").status_code == 404
    assert "添加栅格" not in viewer.get("/rasters").text
    assert viewer.post("/api/rasters", data={"csrf_token": token}).status_code == 404


class _Tianditu(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012  one list for the whole test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "TILECOL=1&" in self.path:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if "TILECOL=2&" in self.path else "image/png")
        self.end_headers()
        self.wfile.write(PICTURE)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def tianditu() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Tianditu)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_base_maps_are_files_of_ones_own(client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mbtiles(tmp_path / "city.mbtiles")
    (tmp_path / "broken.pmtiles").write_bytes(b"x")
    monkeypatch.setenv("BLUESKY_BASEMAPS", str(tmp_path))
    (one,) = client.get("/api/basemaps").get_json()["basemaps"]
    assert (one["title"], one["highest"], one["attribution"]) == ("city", 10, "自有")
    tile = client.get(f"/api/basemaps/{one['name']}/10/851/423")
    assert (tile.data, tile.mimetype) == (PICTURE, "image/png")
    assert client.get(f"/api/basemaps/{one['name']}/10/1/1").status_code == 204
    assert [fault.facts["name"] for fault in basemaps.faults()] == ["broken.pmtiles"]


def test_tianditu_is_asked_by_the_server_only_when_configured(
    client: FlaskClient, tianditu: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/api/basemaps/tianditu-vec/5/3/4").status_code == 404
    monkeypatch.setenv("BLUESKY_TIANDITU_URL", tianditu)
    assert client.get("/api/basemaps").get_json()["basemaps"] == [], "no key, no base map"
    monkeypatch.setenv("BLUESKY_TIANDITU_KEY", "geheim")
    answer = client.get("/api/basemaps/tianditu-vec/5/3/4")
    assert (answer.status_code, answer.data) == (200, PICTURE)
    assert "LAYER=vec" in _Tianditu.asked[-1] and "TILEROW=4&TILECOL=3&tk=geheim" in _Tianditu.asked[-1]
    for column in (1, 2):
        failed = client.get(f"/api/basemaps/tianditu-vec/5/{column}/4")
        assert failed.status_code == 503
        assert "geheim" not in failed.text
    listed = client.get("/api/basemaps").text
    assert "geheim" not in listed and tianditu not in listed
    monkeypatch.setenv("BLUESKY_TIANDITU_URL", "http://example.invalid")
    assert client.get("/api/basemaps").get_json()["basemaps"] == [], "unencrypted only on this machine"


def test_rasters_and_hot_cells_in_the_browser(live_site: Site, page: Any) -> None:
    ear = Ear(page)
    enter(page, live_site.address, "demo-planner")
    page.goto(f"{live_site.address}/rasters")
    until(page, "document.body.dataset.ready === 'map' && document.body.dataset.rasterDrawn === document.body.dataset.raster")
    first = page.evaluate("document.body.dataset.raster")
    assert page.locator(".map-raster-legend li").count() == 8
    page.locator(".map-raster input[max='3']").fill("0")
    until(page, f"document.body.dataset.raster !== '{first}'")
    box = page.locator(".map-frame").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.55)
    until(page, "/\\d/.test(document.querySelector('.map-raster-value').textContent)")
    page.goto(f"{live_site.address}/hot?as_of=2021-07-01")
    until(page, "document.body.dataset.ready === 'map' && Number(document.body.dataset.cells) > 150")
    page.locator("[data-cell]").first.click()
    until(page, "document.querySelector('.leaflet-popup .popup-title') !== null")
    assert page.locator("[data-cell]").first.text_content() == page.locator(".leaflet-popup .popup-title").text_content()
    assert ear.said == []
    assert {url.split("/")[2] for url in ear.asked if url.startswith("http")} == {live_site.address.split("/")[2]}


def test_the_planner_sees_people_and_air_when_the_drawing_rests(demo_copy: Store, region: Region, page: Any) -> None:
    import datetime as dt

    from services import draft_starts
    from services.drafts import Table
    from services.scope import local_principal
    from tests.conftest import serve

    table = Table(demo_copy, region, local_principal())
    number = draft_starts.from_zone(table, "no_burn_zones", "NBZ-01", "甲", dt.date(2021, 7, 1))
    for site in serve(demo_copy, region):
        enter(page, site.address, "demo-planner")
        page.goto(f"{site.address}/plan/{number}?as_of=2021-07-01")
        until(page, "Number(document.body.dataset.exposure) > 100000")
        told = page.locator("#exposure").text_content()
        assert "µg/m³" in told and "示例 PM2.5 月均 2021-06-01" in told and "面积加权" in told
        page.route("**/exposure*", lambda route: route.fulfill(json={"status": 422}))
        page.evaluate("document.body.dataset.answers = 'drawn wrongly'")
        until(page, "document.getElementById('exposure').hidden")
