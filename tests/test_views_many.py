"""A city with more facilities than a page should draw one by one: cells from far, tiles, single ones near; by one policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import mapbox_vector_tile
import pandas as pd
import pytest
from flask.testing import FlaskClient
from shapely.geometry import box

from app import create_app
from geo.region import Region
from layers._find import load_layers
from services.accounts import Profile, create, make_token
from services.draft_starts import from_zone
from services.layerview import Rows
from services.zonetiles import layer_tile
from store.accounts import Duty
from store.case_batch import add_many
from store.open import Store, open_store
from tests import _drafting
from tests._pages import Ear, until
from tests._store_rows import put, put_zones, table, zone, zones
from tests.conftest import Site, admin_token, serve

COUNT, SIDE = 6_400, 80
CELLS, CELL_SIDE = 3_136, 56
"""Of 0.001 degrees, beside one that holds everything."""
CAUGHT = 4
"""Coal boilers a little east of the zone."""
VIEW = "/api/layers/facilities/view"
DAY = "as_of=2021-07-01"
DECODED = {"y_coord_down": True}
TILES_SHOWN = (
    "document.body.dataset.show === 'tiles' && "
    "document.querySelectorAll('.leaflet-many-pane canvas.leaflet-tile-loaded').length > 4"
)
TILES_PAINTED = (
    "[...document.querySelectorAll('.leaflet-many-pane canvas')].some("
    "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0))"
)
SHEET_PAINTED = (
    "(() => { const c = document.querySelector('.leaflet-data-pane canvas'), m = window.blueSky.map,"
    " r = c.getBoundingClientRect(), b = m.getContainer().getBoundingClientRect();"
    " const p = m.latLngToContainerPoint([29.3025, 119.5525]);"
    " const own = new OffscreenCanvas(16, 16).getContext('2d', {willReadFrequently: true});"
    " own.drawImage(c, b.x + p.x - r.x - 8, b.y + p.y - r.y - 8, 16, 16, 0, 0, 16, 16);"
    " return own.getImageData(0, 0, 16, 16).data.some((v) => v > 0); })()"
)
PLACE_IN_WINDOW = (
    "(() => { const m = window.blueSky.map, b = m.getContainer().getBoundingClientRect(),"
    " p = m.latLngToContainerPoint([29.3, 119.5]); return [b.x + p.x, b.y + p.y]; })()"
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Enterprises on a square grid of 0.005 degrees."""
    store = open_store(tmp_path_factory.mktemp("many") / "many.sqlite", create=True)
    rows = [
        {
            "enterprise_code": f"E{n:05d}", "name": f"示例{n}", "lon": f"{119.3 + n % SIDE * 0.005:.4f}",
            "lat": f"{29.1 + n // SIDE * 0.005:.4f}",
        }
        for n in range(COUNT)
    ]  # fmt: skip
    assert put(store, "enterprises", table(*rows)).taken == COUNT
    units = [
        {"unit_code": f"U{row['enterprise_code']}", "unit_type": "boiler", "fuel": "raw_coal", "capacity_tph": "8"}
        | {name: row[name] for name in ("enterprise_code", "lon", "lat")}
        for row in rows if "119.475" <= row["lon"] < "119.485" and "29.205" <= row["lat"] < "29.215"
    ]  # fmt: skip
    assert put(store, "combustion_units", table(*units)).taken == CAUGHT
    put_zones(store, zone("Z1", "2019-09-01"))
    fine = [(119.55 + n % CELL_SIDE * 0.001, 29.3 + n // CELL_SIDE * 0.001) for n in range(CELLS)]
    cells = [{"cell_code": f"K{n:04d}", "geometry": box(x, y, x + 0.001, y + 0.001)} for n, (x, y) in enumerate(fine)]
    put(store, "grid_cells", zones({"cell_code": "G1", "geometry": box(119.25, 29.05, 119.75, 29.55)}, *cells))
    at = dt.datetime.now(dt.UTC)
    facts = {"facility_layer": "enterprises", "town": "", "cell": "G1", "state": "to_inspect", "verdict": "V", "settled": ()}
    cases = [
        facts | {"facility_key": row["enterprise_code"], "name": row["name"], "lon": float(row["lon"]), "lat": float(row["lat"])}
        for row in rows
    ]
    with store.write() as connection:
        assert len(add_many(connection, cases, at)) == COUNT
    yield store
    store.close()


@pytest.fixture(scope="module")
def site(city: Store, region: Region) -> Iterator[Site]:
    yield from serve(city, region)


@pytest.fixture(scope="module")
def client(city: Store, region: Region) -> FlaskClient:
    made = create_app(city, region).test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_token(city)}"
    return made


def test_what_a_window_shows_depends_on_how_many_are_in_it(client: FlaskClient) -> None:
    few = client.get(f"{VIEW}?{DAY}&bbox=119.2999,29.0999,119.3101,29.1051&zoom=15").get_json()
    assert few["show"] == "features" and few["in_view"] == len(few["features"]) == 6
    assert {one["properties"]["key"] for one in few["features"]} == {"E00000", "E00001", "E00002", "E00080", "E00081", "E00082"}
    assert few["features"][0]["properties"]["url"].startswith("/facilities/enterprises/")
    many = client.get(f"{VIEW}?{DAY}&bbox=119,29,120,30&zoom=12").get_json()
    assert (many["show"], many["in_view"], sum(many["counts"].values())) == ("tiles", COUNT, COUNT)
    far = client.get(f"{VIEW}?{DAY}&bbox=119,29,120,30&zoom=8").get_json()
    assert far["show"] == "cells" and sum(cell["count"] for cell in far["cells"]) == COUNT
    assert all(sum(cell["kinds"].values()) == cell["count"] for cell in far["cells"])


def test_tiles_together_hold_every_facility_once(client: FlaskClient) -> None:
    address = client.get(f"{VIEW}?{DAY}&bbox=119,29,120,30&zoom=11").get_json()["tiles"]
    found = 0
    for x in range(1701, 1709):
        for y in range(846, 854):
            answer = client.get(address.replace("{z}", "11").replace("{x}", str(x)).replace("{y}", str(y)))
            assert answer.mimetype == "application/vnd.mapbox-vector-tile" and answer.headers["ETag"]
            for layer in mapbox_vector_tile.decode(answer.data, default_options=DECODED).values() if answer.data else ():
                for feature in layer["features"]:
                    at = feature["geometry"]["coordinates"]
                    places = at if feature["geometry"]["type"] == "MultiPoint" else [at]
                    found += sum(0 <= px < 4096 and 0 <= py < 4096 for px, py in places)
    assert found == COUNT


def test_points_of_any_layer_come_by_window_and_in_a_crowded_tile_thinned(client: FlaskClient) -> None:
    address = f"/api/layers/enterprises/view?{DAY}"
    few = client.get(f"{address}&bbox=119.2999,29.0999,119.3101,29.1051&zoom=15").get_json()
    assert few["show"] == "features" and [one["id"] for one in few["features"]] == [*(f"E{n:05d}" for n in (0, 1, 2, 80, 81, 82))]
    assert few["features"][0]["properties"]["url"].startswith("/facilities/enterprises/E00000")
    far, near = (client.get(f"{address}&bbox=119,29,120,30&zoom={zoom}").get_json() for zoom in (8, 12))
    assert (far["show"], near["show"], near["in_view"], near["counts"]) == ("cells", "tiles", COUNT, {"enterprises": COUNT})
    assert sum(cell["count"] for cell in far["cells"]) == COUNT
    crowded, close = (client.get(near["tiles"].format(z=z, x=x, y=y)).data for z, x, y in ((7, 106, 53), (14, 13630, 6796)))
    (kinds,) = mapbox_vector_tile.decode(crowded, default_options=DECODED)["enterprises"]["features"]
    assert kinds["properties"] == {"kind": "enterprises"} and 50 < len(kinds["geometry"]["coordinates"]) < COUNT / 4
    rows = mapbox_vector_tile.decode(close, default_options=DECODED)["enterprises"]["features"]
    assert rows and all(row["properties"]["enterprise_code"].startswith("E") and row["properties"]["version"] for row in rows)


def test_of_more_areas_than_a_page_should_draw_the_window_says_where_the_tiles_are() -> None:
    layer, side, wide = load_layers()["grid_cells"], 40, 0.012
    corners = [(118.9 + i * wide, 28.95 + j * wide) for i in range(side) for j in range(side)]
    cells: dict[str, list[Any]] = {column.name: [None] * side**2 for column in layer.columns} | {"version": [1] * side**2}
    outlines = [box(x, y, x + wide, y + wide) for x, y in corners]
    outlines[0] -= box(118.904, 28.954, 118.908, 28.958)
    cells |= {"cell_code": [f"G{n}" for n in range(side**2)], "geometry_map": outlines}
    frame = pd.DataFrame(cells, dtype=object)
    rows = Rows(layer, frame)
    assert rows.view((118.901, 28.951, 118.909, 28.959), 9, "T")["features"][0]["id"] == "G0"
    for lon, lat, found in ((118.902, 28.952, ["G0"]), (118.906, 28.956, []), (118.912, 28.955, ["G0", f"G{side}"])):
        assert [one["id"] for one in rows.view((lon, lat, lon, lat), 9, "T")["features"]] == found
    for zoom in (6, 12):
        told = rows.view((118.0, 28.0, 120.0, 30.0), zoom, "T")
        assert (told["show"], told["tiles"], told["in_view"]) == ("tiles", "T", side**2)
    drawn = mapbox_vector_tile.decode(layer_tile(rows, 9, 425, 212), default_options=DECODED)["grid_cells"]["features"]
    assert {one["properties"]["cell_code"] for one in drawn} == set(frame["cell_code"])
    small = mapbox_vector_tile.decode(layer_tile(rows, 7, 106, 53), default_options=DECODED)["grid_cells"]["features"]
    assert {tuple(one["properties"].items()) for one in small} == {(("kind", "grid_cells"),)}
    assert 100 < sum(len(one["geometry"]["coordinates"]) for one in small) < side**2 / 4, "squares of four pixels"


def test_of_a_layer_with_more_rows_than_wanted_only_their_number_comes(client: FlaskClient) -> None:
    told = client.get(f"/api/layers/enterprises?{DAY}&most={COUNT - 1}").get_json()
    assert (told["features"], told["numberMatched"]) == ([], COUNT)
    whole = client.get(f"/api/layers/enterprises?{DAY}&most={COUNT}").get_json()
    assert len(whole["features"]) == COUNT and "numberMatched" not in whole


def test_a_filter_holds_for_window_and_tiles(client: FlaskClient) -> None:
    one = client.get(f"{VIEW}?{DAY}&bbox=119,29,120,30&zoom=12&filtered=1&q=E00007").get_json()
    assert [feature["properties"]["key"] for feature in one.get("features", [])] in ([], ["E00007"])
    assert one["in_view"] <= 1


def test_a_tile_that_is_known_is_not_sent_again(client: FlaskClient) -> None:
    path = f"/api/layers/facilities/tiles/11/1704/849.mvt?{DAY}"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")


def test_tiles_of_a_layer_are_others_only_when_the_layer_is_another(demo_copy: Store, region: Region) -> None:
    visitor = create_app(demo_copy, region).test_client()
    visitor.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_token(demo_copy)}"
    paths = [f"/api/layers/{name}/tiles/10/851/424.mvt?{DAY}" for name in ("no_burn_zones", "enterprises", "facilities")]
    paths.append(f"/api/layers/no_burn_zones/view?{DAY}&bbox=119,29,120,30&zoom=12")
    known = {path: visitor.get(path).headers["ETag"] for path in paths}

    def again() -> list[int]:
        return [visitor.get(path, headers={"If-None-Match": known[path]}).status_code for path in paths]

    assert again() == [304] * 4
    put(demo_copy, "enterprises", table({"enterprise_code": "E-NEW", "name": "示例新", "lon": "119.5", "lat": "29.2"}))
    assert again() == [304, 200, 200, 304]
    put_zones(demo_copy, zone("Z-NEW", "2019-09-01"))
    assert again() == [200, 200, 200, 200]


@pytest.mark.parametrize(
    "path",
    [
        f"{VIEW}?{DAY}&zoom=12", f"{VIEW}?{DAY}&bbox=1,2,3&zoom=12", f"{VIEW}?{DAY}&bbox=119,29,120,30",
        f"{VIEW}?{DAY}&bbox=119,29,120,30&zoom=-1", f"{VIEW}?{DAY}&bbox=119,29,120,30&zoom=99",
        f"{VIEW}?bbox=119,29,120,30&zoom=9&x=1", "/api/layers/towns/view?zoom=9", "/api/layers/towns/view?bbox=119,29,120,30",
        "/api/layers/towns/view?bbox=120,29,119,30&zoom=9", "/api/layers/towns/view?bbox=119,29,120,nan&zoom=9",
        "/api/layers/towns/view?bbox=119,29,120,30&zoom=x", "/api/layers/towns/view?bbox=119,29,120,30&zoom=9&q=1",
        "/api/layers/towns?most=-1", "/api/layers/towns?most=x",
    ],
)  # fmt: skip
def test_a_window_that_is_none_is_a_sentence(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_tiles_outside_the_pyramid_and_of_unknown_layers_look_the_same(client: FlaskClient) -> None:
    for path in ("facilities/tiles/3/9/0.mvt", "nope/tiles/3/1/0.mvt", "towns/tiles/30/0/0.mvt", "nope/view"):
        assert client.get(f"/api/layers/{path}?{DAY}").status_code == 404


def test_a_grid_head_gets_windows_and_tiles_of_own_facilities_alone(demo_copy: Store, region: Region) -> None:
    visitor = create_app(demo_copy, region).test_client()
    found = {}
    for name in ("demo-planner", "demo-head"):
        key = make_token(demo_copy, name, "tests", (), 1, "test")
        visitor.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        seen = visitor.get(f"{VIEW}?{DAY}&bbox=119,29,120,30&zoom=12").get_json()
        tile = visitor.get(f"/api/layers/facilities/tiles/8/212/106.mvt?{DAY}").data
        listed = visitor.get(f"/api/facilities?{DAY}").get_json()["features"]
        found[name] = ({one["properties"]["key"] for one in seen["features"]}, len(tile))
        assert found[name][0] == {one["properties"]["key"] for one in listed if one["geometry"]}
    assert found["demo-head"][0] < found["demo-planner"][0] and found["demo-head"][1] < found["demo-planner"][1]


def test_a_window_of_any_layer_holds_what_its_list_holds_for_whoever_asks(demo_copy: Store, region: Region) -> None:
    visitor = create_app(demo_copy, region).test_client()
    found: dict[str, dict[str, set[str]]] = {}
    for name in ("demo-planner", "demo-head", "demo-viewer"):
        visitor.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(demo_copy, name, 'tests', (), 1, 'test')}"
        for layer in load_layers():
            seen = visitor.get(f"/api/layers/{layer}/view?{DAY}&bbox=118,28,121,31&zoom=12").get_json()
            listed = visitor.get(f"/api/layers/{layer}?{DAY}").get_json()["features"]
            assert seen["features"] == [one for one in listed if one["geometry"]], (name, layer)
            found.setdefault(name, {})[layer] = {one["id"] for one in seen["features"]}
        tile = visitor.get(f"/api/layers/grid_cells/tiles/9/425/212.mvt?{DAY}").data
        cells = mapbox_vector_tile.decode(tile, default_options=DECODED)["grid_cells"]["features"]
        assert any("head_name" in one["properties"] for one in cells) is (name != "demo-viewer")
    assert found["demo-head"]["enterprises"] < found["demo-planner"]["enterprises"] == found["demo-viewer"]["enterprises"]
    assert found["demo-head"]["grid_cells"] < found["demo-planner"]["grid_cells"]


def test_cases_come_by_window_and_tile_with_the_filters_of_their_list(client: FlaskClient) -> None:
    box = "bbox=119,29,120,30"
    far, near = (client.get(f"/api/cases/view?{box}&zoom={zoom}").get_json() for zoom in (8, 12))
    assert (far["show"], near["show"]) == ("cells", "tiles") and near["counts"]["V"] == near["in_view"] == COUNT
    one = client.get(f"/api/cases/view?{box}&zoom=12&q=E00007").get_json()["features"]
    assert [feature["properties"]["key"] for feature in one] == ["E00007"] and one[0]["properties"]["url"].startswith("/cases/")
    tile = client.get(near["tiles"].replace("{z}", "11").replace("{x}", "1704").replace("{y}", "849"))
    assert tile.status_code == 200 and "facilities" in mapbox_vector_tile.decode(tile.data, default_options=DECODED)
    assert client.get(f"/api/cases/view?{box}&zoom=12&state=closed").get_json()["in_view"] == 0
    assert client.get("/api/cases/view?zoom=12").status_code == 400


def test_a_grid_head_gets_own_cases_alone_by_window_too(demo_copy: Store, region: Region) -> None:
    visitor = create_app(demo_copy, region).test_client()
    found = {}
    for name in ("demo-inspector", "demo-head"):
        visitor.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(demo_copy, name, 'tests', (), 1, 'test')}"
        seen = visitor.get("/api/cases/view?bbox=118,28,121,31&zoom=12").get_json()["features"]
        listed = visitor.get("/api/cases").get_json()["features"]
        found[name] = {one["properties"]["case"] for one in seen}
        assert found[name] == {one["properties"]["case"] for one in listed if one["geometry"]}
    assert found["demo-head"] < found["demo-inspector"]


def test_areas_come_as_tiles_with_their_columns(demo_store: Store, region: Region) -> None:
    visitor = create_app(demo_store, region).test_client()
    visitor.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_token(demo_store)}"
    tile = visitor.get(f"/api/layers/no_burn_zones/tiles/10/851/424.mvt?{DAY}")
    layers = mapbox_vector_tile.decode(tile.data, default_options=DECODED)
    zones = layers["no_burn_zones"]["features"]
    assert zones and all(one["geometry"]["type"] in ("Polygon", "MultiPolygon") for one in zones)
    assert all(one["properties"]["zone_code"] and one["properties"]["version"] for one in zones)


@pytest.mark.browser
def test_the_map_shows_cells_tiles_and_single_ones(city: Store, site: Site, page: Any) -> None:
    page.context.set_extra_http_headers({"Authorization": f"Bearer {admin_token(city)}"})
    ear = Ear(page)
    page.goto(f"{site.address}/?{DAY}#map=11/29.2500/119.4500")
    page.wait_for_selector("body[data-ready=map]")
    until(page, TILES_SHOWN)
    until(page, TILES_PAINTED)
    page.evaluate("window.blueSky.map.setView([29.25, 119.45], 9, {animate: false}); 0")
    until(page, "document.body.dataset.show === 'cells' && document.querySelectorAll('.map-cell').length > 3")
    page.evaluate("window.blueSky.map.setView([29.10, 119.30], 12, {animate: false}); 0")
    until(page, "document.body.dataset.show === 'features' && !document.querySelector('.leaflet-many-pane canvas')")
    page.evaluate("window.blueSky.map.setView([29.3, 119.5], 11, {animate: false}); 0")
    until(page, TILES_SHOWN)
    at = page.evaluate(PLACE_IN_WINDOW)
    page.mouse.click(*at)
    page.wait_for_selector(".map-popup")
    assert "E03240" in page.locator(".map-popup").inner_text()
    for path in ("/cases#map=11/29.2500/119.4500", "/zones/no_burn_zones/Z1#map=11/29.2500/119.4500"):
        page.goto(site.address + path)
        page.wait_for_selector("body[data-ready=map]")
        until(page, TILES_SHOWN)
        until(page, TILES_PAINTED)
    assert ear.said == []
    assert [url for url in ear.asked if not url.startswith((site.address, "data:", "blob:"))] == []


@pytest.mark.browser
def test_a_map_moved_asks_once_its_frame_is_seen_and_a_popup_stays_open(city: Store, site: Site, page: Any) -> None:
    page.context.set_extra_http_headers({"Authorization": f"Bearer {admin_token(city)}"})
    page.goto(f"{site.address}/?{DAY}#map=15/29.1000/119.3000")
    page.wait_for_selector("body[data-ready=map]")
    until(page, "document.body.dataset.show === 'features'")
    page.mouse.click(*page.evaluate(_PIXEL, [29.1, 119.3]))
    page.wait_for_selector(".map-popup")
    page.evaluate(_LISTEN)
    page.evaluate("[40, 60, 80].forEach((step) => window.blueSky.map.panBy([step, 0], { animate: false }))")
    until(page, "window.told.some((one) => one.what === 'asked')")
    told = [one["what"] for one in page.evaluate("window.told")]
    assert told[:3] == ["moved"] * 3 and told[3] == "frame" and told.count("asked") == 1
    until(page, "document.body.dataset.answered === '1'")
    assert "E00000" in page.locator(".map-popup").inner_text()


@pytest.mark.browser
def test_very_many_areas_come_as_tiles_and_answer_a_click_and_near_as_single_ones(city: Store, site: Site, page: Any) -> None:
    page.context.set_extra_http_headers({"Authorization": f"Bearer {admin_token(city)}"})
    ear = Ear(page)
    page.goto(f"{site.address}/?{DAY}&layers=grid_cells#map=14/29.3250/119.5780")
    until(page, "document.body.dataset.windowed === 'grid_cells:tiles' && document.body.dataset.sheet === 'grid_cells'")
    until(page, SHEET_PAINTED)
    assert page.locator("[data-count=layer-grid_cells]").inner_text() == str(CELLS + 1)
    page.mouse.click(*page.evaluate(_PIXEL, [29.3025, 119.5525]))
    page.wait_for_selector(".map-popup")
    assert f"K{2 * CELL_SIDE + 2:04d}" in page.locator(".map-popup").inner_text()
    tick = page.locator(".map-legend input[data-layer=grid_cells]")
    tick.uncheck()
    until(page, f"!({SHEET_PAINTED})")
    tick.check()
    until(page, SHEET_PAINTED)
    page.evaluate("window.blueSky.map.setView([29.3025, 119.5525], 17, {animate: false}); 0")
    until(page, "document.body.dataset.windowed === 'grid_cells:features'")
    page.mouse.click(*page.evaluate(_PIXEL, [29.3035, 119.5535]))
    until(page, f"(document.querySelector('.map-popup') || {{}}).innerText.includes('K{3 * CELL_SIDE + 3:04d}')")
    asked = [url for url in ear.asked if "/api/layers/grid_cells?" in url]
    assert asked and all("most=" in url for url in asked) and ear.said == []


@pytest.mark.browser
def test_a_zone_dragged_among_very_many_names_whom_it_catches(city: Store, site: Site, page: Any) -> None:
    number = from_zone(_drafting.table(city), "no_burn_zones", "Z1", "drag", _drafting.DAY)
    ear = Ear(page)
    page.context.set_extra_http_headers({"Authorization": f"Bearer {admin_token(city)}"})
    page.goto(f"{site.address}/plan/{number}?{DAY}#map=13/29.2050/119.4700")
    until(page, "document.body.dataset.ready === 'map' && document.body.dataset.impact === 'shown'")
    assert not [url for url in ear.asked if "/api/facilities" in url] and page.evaluate("document.body.dataset.rings") == "0"
    page.locator("button[data-tool=move]").click()
    start, end = (page.evaluate(_PIXEL, place) for place in ([29.205, 119.465], [29.206, 119.4775]))
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=10)
    until(page, f"document.body.dataset.rings === '{CAUGHT}'")
    assert 1 <= int(page.evaluate("document.body.dataset.named")) <= CAUGHT
    assert page.locator("[data-list=entering] .plan-hit").count() >= CAUGHT
    assert "E0" in page.locator("[data-list=entering] b").first.inner_text() and page.locator("[data-ring-note]").is_hidden()
    page.mouse.up()
    until(page, "document.body.dataset.saved === 'saved'")
    page.evaluate("window.blueSky.map.setView([29.25, 119.45], 11, {animate: false}); 0")
    until(page, TILES_SHOWN)
    assert page.evaluate("document.body.dataset.rings") == str(CAUGHT) and ear.said == []


@pytest.mark.browser
def test_a_grid_head_of_very_many_gets_tiles_and_the_worst_by_name(city: Store, site: Site, page: Any) -> None:
    create(city, Profile("head", "示例", ("grid_head",)), "test", duties=(Duty("G1"),))
    ear = Ear(page)
    page.context.set_extra_http_headers({"Authorization": f"Bearer {make_token(city, 'head', 'tests', (), 1, 'test')}"})
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.address}/cell#map=11/29.2500/119.4500")
    until(page, "document.body.dataset.ready === 'map'")
    until(page, "document.body.dataset.show === 'tiles' && document.body.dataset.facilities > 1500")
    until(page, TILES_PAINTED)
    assert page.locator("#tab-todo article").count() == 200 and str(COUNT) in page.locator("#tab-todo [data-more]").inner_text()
    page.locator("[data-tab=all]").click()
    assert page.locator("#tab-all tr").count() == 200 and str(COUNT) in page.locator("#tab-all [data-more]").inner_text()
    assert not [url for url in ear.asked if "/api/facilities" in url] and ear.said == []


_LISTEN = """() => {
  const fetched = window.fetch, told = (window.told = []);
  window.fetch = async (url, ...rest) => {
    if (!String(url).includes("/view?")) return fetched(url, ...rest);
    told.push({ what: "asked" });
    const answer = await fetched(url, ...rest);
    setTimeout(() => { document.body.dataset.answered = "1"; }, 200);
    return answer;
  };
  window.blueSky.map.on("moveend", () => {
    told.push({ what: "moved" });
    requestAnimationFrame(() => told.push({ what: "frame" }));
  });
}"""
_PIXEL = (
    "(place) => { const map = window.blueSky.map, box = map.getContainer().getBoundingClientRect(),"
    " p = map.latLngToContainerPoint(place); return [box.x + p.x, box.y + p.y]; }"
)
