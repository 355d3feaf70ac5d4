"""The map in a real browser, on a page of its own with invented data, under the policy of the product."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from maps.assets import prepare
from maps.shell import LayerSource, MapSpec, shell
from tests._pages import Ear, until
from tests.test_maps_shell import PAYLOADS
from tests.test_maps_single import collection, feature, point

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
NAMES = ("towns", "no_burn_zones", "heat_networks", "mines", "construction_sites", "air_stations")
SPEC = MapSpec(
    "overview", tuple(LayerSource(name, f"/api/layers/{name}", name not in ("air_stations", "heat_networks")) for name in NAMES),
    (119.3, 29.1, 119.7, 29.3),
)  # fmt: skip
START = """
import { ready } from "/static/js/map.js";
ready().then(async (app) => {
  window.app = app;
  await Promise.all([app.start(), app.showFacilities("/api/facilities")]);
  document.body.dataset.ready = "map";
});
"""


def square(west: float, south: float, size: float) -> dict[str, Any]:
    east, north = west + size, south + size
    return {"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}


def facility(number: int, verdict: str, lon: float, lat: float, **more: Any) -> dict[str, Any]:
    known = {"layer": "enterprises", "key": f"E{number}", "name": f"企业{number}", "town": "甲镇", "counts": {verdict: 1}}
    return feature(point(lon, lat), verdict=verdict, **{"near": False, "url": f"/facilities/{number}", **known, **more})


class World:
    """What the page is given; tests change it, and look at what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing: set[str] = set()
        self.waiting = threading.Event()
        self.body = ""
        zone = square(119.4, 29.15, 0.1)
        self.data: dict[str, Any] = {
            "/api/base": collection(feature(square(119.3, 29.1, 0.3), kind="county", name="甲县")),
            "/api/layers/towns": collection(feature(square(119.4, 29.15, 0.1), key="T", label="甲镇", style=None)),
            "/api/layers/no_burn_zones": collection(feature(zone, key="Z1", label="一区", style="II", url="/zones/Z1")),
            "/api/layers/heat_networks": collection(feature(square(119.41, 29.16, 0.02), key="H1", label="热网", style=None)),
            "/api/layers/mines": collection(feature(square(119.6, 29.2, 0.03), key="M1", label="一矿", style=None)),
            "/api/layers/construction_sites": collection(feature(point(119.31, 29.11), key="S1", label="工地", style=None)),
            "/api/layers/air_stations": collection(feature(point(119.55, 29.25), key="A1", label="一站", style=None)),
            "/api/facilities": collection(
                facility(1, "V", 119.45, 29.2), facility(2, "C", 119.65, 29.15), facility(3, "U", 119.35, 29.15, near=True),
            ),
        }  # fmt: skip


def handler(world: World) -> type[BaseHTTPRequestHandler]:
    made = shell(SPEC)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            world.asked.append(self.path)
            if "slow" in parse_qs(asked.query):
                world.waiting.wait(10)
            kind, content = self.content(asked.path)
            self.send_response(500 if asked.path in world.failing else 200 if content is not None else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            with contextlib.suppress(OSError):  # the page did not wait for an answer it no longer wanted
                self.wfile.write(content or b"")

        def content(self, path: str) -> tuple[str, bytes | None]:
            if path == "/":
                styles = ("vendor/leaflet.css", "css/tokens.css", "css/map.css")
                links = "".join(f'<link rel="stylesheet" href="/static/{name}">' for name in styles)
                return "text/html; charset=utf-8", (
                    f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
                    f'<meta name="viewport" content="width=device-width">'
                    f'<link rel="icon" href="data:,">{links}<link rel="stylesheet" href="/shell.css"></head><body {world.body}>'
                    f'<div class="map-frame">{made.html}</div><script src="/static/vendor/leaflet.js"></script>'
                    f'<script src="/shell.js"></script><script type="module" src="/start.js"></script></body></html>'
                ).encode()
            style = made.style + ".map-frame { height: 100vh } body { margin: 0 }"
            own = {"/shell.js": made.script, "/start.js": START, "/shell.css": style}
            if path in own:
                return ("text/css" if path.endswith("css") else "text/javascript"), own[path].encode()
            if path in world.data:
                return "application/json", json.dumps(world.data[path]).encode()
            file = ROOT / path.lstrip("/")
            if path.startswith("/static/") and file.is_file():
                return ("text/css" if path.endswith("css") else "text/javascript"), file.read_bytes()
            return "text/plain", None

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def site(world: World) -> Iterator[str]:
    prepare()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(world))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    world.waiting.set()
    server.shutdown()
    server.server_close()


def opened(page: Any, site: str, path: str = "/") -> Any:
    page.goto(site + path)
    page.wait_for_selector("body[data-ready=map]")
    return page


def click(page: Any, lat: float, lon: float) -> None:
    """Click on a place of the map."""
    place = page.evaluate(
        "([lat, lon]) => { const p = window.app.map.latLngToContainerPoint([lat, lon]),"
        " b = window.app.map.getContainer().getBoundingClientRect(); return [p.x + b.left, p.y + b.top]; }",
        [lat, lon],
    )
    page.mouse.click(*place)


def test_it_draws_everything_in_silence(page: Any, site: str) -> None:
    ear = Ear(page)
    opened(page, site)
    assert page.evaluate("document.body.dataset.facilities") == "3"
    assert ear.said == []
    assert all(url.startswith((site, "data:")) for url in ear.asked)
    assert page.locator(".leaflet-control-scale").is_visible() and page.locator(".map-north").is_visible()
    assert page.locator(".map-status").is_hidden()
    assert page.locator(".leaflet-control-attribution").text_content() == "边界 © 天地图（概化，仅供示例）"
    assert not [url for url in ear.asked if "air_stations" in url], "a layer that is off is not asked for"


def test_zone_mine_and_facility_all_answer_clicks(page: Any, site: str) -> None:
    opened(page, site)
    for (lat, lon), title, link in (
        ((29.17, 119.48), "一区", "/zones/Z1"), ((29.215, 119.615), "一矿", None), ((29.2, 119.45), "企业1", "/facilities/1"),
    ):  # fmt: skip
        click(page, lat, lon)
        page.wait_for_selector(f".popup-title:text-is('{title}')")
        links = page.locator(".leaflet-popup .popup-link")
        assert (links.get_attribute("href") if link else links.count()) == (link or 0)
        page.keyboard.press("Escape")
        page.wait_for_selector(".leaflet-popup", state="detached")


def test_a_facility_tells_its_verdict_and_is_ringed(page: Any, site: str) -> None:
    opened(page, site)
    page.evaluate("window.told = []; window.app.on('select', (p) => window.told.push(p.key))")
    click(page, 29.15, 119.35)
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "边界疑似" in popup.text_content() and "E3 · 甲镇" in popup.text_content()
    assert page.evaluate("[window.told, window.app.chosen.options.selected]") == [["E3"], True]
    page.keyboard.press("Escape")
    until(page, "window.app.chosen === null")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_of_the_data_stays_text(payload: str, page: Any, site: str, world: World) -> None:
    ear = Ear(page)
    for features in world.data.values():
        for one in features["features"]:
            known = one["properties"]
            one["properties"] = {k: payload if k in ("label", "name", "key", "town") else v for k, v in known.items()}
    opened(page, site)
    assert page.locator(".label-no_burn_zones").text_content() == payload
    for lat, lon in ((29.2, 119.45), (29.17, 119.48)):
        click(page, lat, lon)
        page.wait_for_selector(".leaflet-popup .popup-title")
        assert page.locator(".popup-title").last.text_content() == payload
    assert page.locator("img").count() == 0
    assert ear.said == []


def test_a_layer_that_fails_can_be_asked_again(page: Any, site: str, world: World) -> None:
    opened(page, site)
    world.failing.add("/api/layers/air_stations")
    page.locator(".legend-more summary").click()
    page.locator("input[data-layer=air_stations]").check()
    retry = page.locator(".map-status button")
    retry.click()
    retry.wait_for()
    assert "读取失败" in page.locator(".map-status").text_content()
    world.failing.clear()
    retry.click()
    page.wait_for_selector(".map-status", state="hidden")
    assert page.locator("[data-count=layer-air_stations]").text_content() == "1"


def test_a_newer_question_cancels_the_older(page: Any, site: str, world: World) -> None:
    opened(page, site)
    world.data["/api/few"] = collection(facility(9, "C", 119.5, 29.2))
    page.evaluate("window.first = window.app.showFacilities('/api/facilities?slow=1'); 0")  # not waited for
    page.evaluate("window.app.showFacilities('/api/few')")
    world.waiting.set()
    page.evaluate("window.first")
    assert page.evaluate("document.body.dataset.facilities") == "1"
    assert page.locator(".map-status").is_hidden()


def test_nothing_found_is_said(page: Any, site: str, world: World) -> None:
    world.data["/api/facilities"] = collection()
    opened(page, site)
    assert page.locator(".map-status").text_content() == "当前条件下没有设施"


def test_layers_and_view_live_in_the_url(page: Any, site: str) -> None:
    opened(page, site)
    assert page.url == site + "/"
    page.locator("input[data-layer=no_burn_zones]").uncheck()
    assert page.url.endswith("?layers=towns,mines,construction_sites")
    page.evaluate("window.app.map.setView([29.2, 119.5], 13, {animate: false})")
    until(page, "location.hash === '#map=13/29.20000/119.50000'")
    opened(page, site, "/?layers=heat_networks#map=12/29.25/119.55")
    assert page.evaluate("[window.app.visible(), window.app.map.getZoom()]") == [["heat_networks"], 12]
    assert page.locator("input[data-layer=no_burn_zones]").is_checked() is False


def test_the_legend_counts_and_hides(page: Any, site: str) -> None:
    opened(page, site)
    counts = {kind: page.locator(f"[data-count=kind-{kind}]").text_content() for kind in ("V", "near", "U", "C")}
    assert counts == {"V": "1", "near": "1", "U": "0", "C": "1"}
    page.locator(".legend-verdict", has_text="违规").click()
    assert page.evaluate("[...window.app.markers.values()].filter((m) => m._map).length") == 2
    page.locator(".legend-verdict", has_text="违规").click()
    assert page.evaluate("[...window.app.markers.values()].filter((m) => m._map).length") == 3


def test_another_day_asks_for_everything_again(page: Any, site: str, world: World) -> None:
    world.body = 'data-as-of="2020-06-30"'
    opened(page, site)
    assert "/api/layers/mines?most=3000&as_of=2020-06-30" in world.asked
    world.asked.clear()
    page.evaluate("window.app.setAsOf('2021-07-01')")
    assert {path for path in world.asked if path.startswith("/api/")} == {
        "/api/facilities?as_of=2021-07-01",
        *(f"/api/layers/{name}?most=3000&as_of=2021-07-01" for name in ("towns", "no_burn_zones", "mines", "construction_sites")),
    }


def test_a_page_may_open_on_a_part(page: Any, site: str, world: World) -> None:
    world.body = 'data-bounds="119.44,29.19,119.46,29.21"'
    opened(page, site)
    west, south, east, north = page.evaluate("window.app.map.getBounds().toBBoxString()").split(",")
    assert float(west) < 119.44 and float(east) > 119.46 and float(east) - float(west) < 0.1
    assert float(south) < 29.19 and float(north) > 29.21


def test_names_do_not_cover_each_other(page: Any, site: str, world: World) -> None:
    zone = world.data["/api/layers/no_burn_zones"]["features"][0]
    world.data["/api/layers/no_burn_zones"] = collection(*[{**zone, "id": n} for n in range(4)])
    opened(page, site)
    assert page.locator(".label-no_burn_zones").count() == 4
    assert page.locator(".label-no_burn_zones:not(.label-covered)").count() == 1


def test_coordinates_follow_the_cursor(page: Any, site: str) -> None:
    opened(page, site)
    box = page.locator("#map_main").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    until(page, "/^CGCS2000 119\\.\\d{6}, 29\\.\\d{6}$/.test(document.querySelector('.map-readout').textContent)")


def test_the_keyboard_reaches_the_map(page: Any, site: str) -> None:
    opened(page, site)
    page.locator("#map_main").focus()
    before = page.evaluate("window.app.map.getZoom()")
    page.keyboard.press("+")
    until(page, f"window.app.map.getZoom() > {before}")
    assert page.get_attribute("#map_main", "aria-label") == "地图"


def test_on_a_phone_every_target_is_large_enough(chromium: Any, site: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="zh-CN")
    page = opened(context.new_page(), site)
    assert page.evaluate("document.querySelector('.map-legend').open") is False
    page.locator(".map-legend > summary").tap()
    page.locator(".legend-more > summary").tap()
    for selector in (".leaflet-bar a", ".map-legend summary", ".legend-row", ".legend-verdict"):
        for box in (one.bounding_box() for one in page.locator(selector).all()):
            assert box["height"] >= 44 and box["width"] >= 44, selector
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], "nothing sticks out sideways"
    context.close()
