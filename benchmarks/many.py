"""Maps of very many units in a real browser: ``python -m benchmarks.many [--in FOLDER] [UNITS …]``.

The overview, the drawing table and a grid head's page. Server and Chromium are processes of their own on one machine; the
assessment is made before. Measured are the first paint of a fresh browser (the browser's own timing), how long until the
facilities are drawn, what the page weighs as sent, and the longest gap between two frames while the map is dragged and
zoomed through all its forms: cells, tiles, single facilities; on the drawing table also while a whole zone is moved. 100,000
and 1,000,000 units by default; stores are kept in the folder, if one is named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import joins
from benchmarks.drag import CODE, DAY, zone_of_many

SIZES = (100_000, 1_000_000)
HEADED = "G1"
"""The cell of the grid head."""
ZOOM = 12
WINDOW = {"width": 1440, "height": 900}
STEPS, REACH_PX = 30, 300
PATIENCE_MS = 300_000
WHEELS = (1, 1, 1, 1, 1, -1, -1, -1, -1, -1)
_WATCH = """() => {
  window.gaps = [];
  let before = performance.now();
  const step = (now) => { window.gaps.push(now - before); before = now; window.watching = requestAnimationFrame(step); };
  window.watching = requestAnimationFrame(step);
}"""
_TOLD = "() => { cancelAnimationFrame(window.watching); return window.gaps; }"


def serve(units: int, path: Path) -> None:
    """A city of so many units, judged and served; tells its address, keys and a draft, ends with its input.

    Args:
        path: of the store; filled where there is none.
    """
    from app import create_app
    from benchmarks.city import tables
    from commands._server import make_server
    from geo.region import load_region
    from maps.assets import prepare
    from services.assess import current
    from services.draft_starts import from_zone
    from services.drafts import Table
    from services.intake import import_many
    from services.scope import local_principal
    from store.open import open_store

    prepare()
    fresh, region = not path.exists(), load_region()
    store = open_store(path, create=fresh)
    if fresh:
        own = [("no_burn_zones", zone_of_many()), ("grid_cells", _cell(region))]
        import_many(store, region, [*tables(region, units), *own], "bench")
    for day in (DAY, region.today()):
        current(store, region, day)
    told = {name: _key(store, name) for name in ("planner", "grid_head")}
    draft = from_zone(Table(store, region, local_principal()), "no_burn_zones", CODE, "bench", DAY)
    server = make_server(create_app(store, region), "127.0.0.1", 0)
    threading.Thread(target=server.serve, daemon=True).start()
    print(json.dumps(told | {"address": f"http://127.0.0.1:{server.bind_addr[1]}", "draft": draft}), flush=True)
    sys.stdin.read()
    server.stop()
    store.close()


def _cell(region: Any) -> Any:
    """One responsibility cell that holds every facility."""
    import numpy as np
    import pandas as pd
    import shapely

    from geo.raw import RawTable

    box, shapes = region.bounds, np.empty(1, dtype=object)
    shapes[:] = [shapely.box(box.west + 0.15, box.south + 0.15, box.east - 0.15, box.north - 0.15)]
    frame = pd.DataFrame([{"cell_code": HEADED, "cell_name": "示例一网格"}], dtype=object)
    return RawTable(frame, [2], shapes, "EPSG:4490", True, driver="GeoJSON", source_layer="cells")


def _key(store: Any, role: str) -> str:
    """A key of a new account; a grid head has the cell."""
    from services.accounts import Profile, create, make_token
    from store.accounts import Duty

    name = f"{role}-{os.getpid()}"
    create(store, Profile(name, "bench", (role,)), "bench", duties=(Duty(HEADED),) if role == "grid_head" else ())
    return make_token(store, name, "benchmark", (), 1, "bench")


def measure(units: int, folder: Path) -> dict[str, Any]:
    """First paint, facilities drawn, weight of the page, frames: in seconds, kilobytes and milliseconds.

    Returns:
        Those of the overview; under ``plan`` and ``cell`` those of the drawing table and of a grid head's page.
    """
    from playwright.sync_api import sync_playwright

    from tests._browser import find_chromium

    command = [sys.executable, "-m", "benchmarks.many", "--serve", str(units), str(folder / f"many-{units}.sqlite")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as server, sync_playwright() as driver:
        assert server.stdin is not None and server.stdout is not None
        told = json.loads(server.stdout.readline())
        browser = driver.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        pages = {"overview": f"/?as_of={DAY}", "plan": f"/plan/{told['draft']}?as_of={DAY}", "cell": "/cell"}
        found = {name: _page(browser, told, name, path) for name, path in pages.items()}
        browser.close()
        server.stdin.close()
    return found.pop("overview") | found


def _page(browser: Any, told: dict[str, str], name: str, path: str) -> dict[str, float]:
    """A page as the first who asks sees it, then as everybody else, who moves its map."""
    key = told["grid_head" if name == "cell" else "planner"]
    first = _opened(browser, told["address"] + path, key)
    again = _opened(browser, told["address"] + path, key, _drawn if name == "plan" else _moved)
    return {f"cold_{what}": value for what, value in first.items()} | again


def _opened(browser: Any, address: str, key: str, act: Callable[[Any], dict[str, float]] | None = None) -> dict[str, float]:
    """A page in a browser without any cache."""
    from tests._pages import until

    page = browser.new_page(viewport=WINDOW)
    page.set_extra_http_headers({"Authorization": f"Bearer {key}"})
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    until(page, "document.body.dataset.show !== undefined && document.body.dataset.ready === 'map'")
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
    found: dict[str, float] = {"paint_s": page.evaluate(paint), "drawn_s": page.evaluate("performance.now() / 1000")}
    page.wait_for_load_state("networkidle")
    found["sent_kb"] = sum(one.request.sizes()["responseBodySize"] for one in answers) / 1000
    if act is not None:
        found |= act(page)
    page.close()
    return found


def _moved(page: Any) -> dict[str, float]:
    """Drag and zoom the map in and out; gaps between frames."""
    box = page.locator("#map, .leaflet-container").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_timeout(500)
    page.evaluate(_WATCH)
    shown: set[str] = set()
    for wheel in WHEELS:
        page.mouse.wheel(0, -120 * wheel)
        page.wait_for_timeout(700)
        shown.add(page.evaluate("document.body.dataset.show"))
        page.mouse.down()
        for step in range(STEPS):
            page.mouse.move(x - REACH_PX * step / STEPS, y - REACH_PX * step / STEPS / 2)
            page.wait_for_timeout(16)
        page.mouse.up()
        page.mouse.move(x, y)
        page.wait_for_timeout(300)
    return _gaps(page) | {"forms": float(len(shown))}


def _gaps(page: Any) -> dict[str, float]:
    gaps = sorted(page.evaluate(_TOLD))
    return {"gap_ms": gaps[-1], "gap_p99_ms": gaps[int(len(gaps) * 0.99)], "frames": float(len(gaps))}


def _drawn(page: Any) -> dict[str, float]:
    """Move the map with nothing in hand, then drag the whole zone over the city; gaps between frames of both."""
    from tests._pages import until

    until(page, "document.body.dataset.impact === 'shown'")
    page.locator('button[data-tool="edit"]').click()  # lays it down
    found = _moved(page)
    x, y = page.evaluate(_MIDDLE, ZOOM)
    page.locator('button[data-tool="move"]').click()
    page.mouse.move(x, y)
    page.wait_for_timeout(1500)
    page.evaluate(_WATCH)
    page.mouse.down()
    for step in range(4 * STEPS):
        page.mouse.move(x + REACH_PX * step / STEPS / 8, y + REACH_PX * step / STEPS / 16)
        page.wait_for_timeout(16)
    marked = {f"drag_{name}": float(page.evaluate(f"document.body.dataset.{name}")) for name in ("rings", "named", "answers")}
    page.mouse.up()
    return found | marked | {f"drag_{name}": value for name, value in _gaps(page).items()}


_MIDDLE = """(zoom) => {
  const map = window.blueSky.map;
  let zone = null;
  map.eachLayer((layer) => { if (layer.pm && layer.getLatLngs && layer.options.pmIgnore === false) zone = layer; });
  const at = zone.getBounds().getCenter();
  map.setView(at, zoom, { animate: false });
  const box = map.getContainer().getBoundingClientRect(), p = map.latLngToContainerPoint(at);
  return [box.x + p.x, box.y + p.y];
}"""


def main(arguments: list[str]) -> int:
    """Measure, and write the page of results anew."""
    if arguments[:1] == ["--serve"]:
        serve(int(arguments[1]), Path(arguments[2]))
        return 0
    kept = arguments[1] if arguments[:1] == ["--in"] else None
    for units in [int(text) for text in arguments[2 if kept else 0 :]] or SIZES:
        with tempfile.TemporaryDirectory() as made:
            told = measure(units, Path(kept or made))
        print(units, json.dumps(told), flush=True)
        before = json.loads(joins.RESULTS.read_text("utf-8")).get("many", {}) if joins.RESULTS.exists() else {}
        joins.keep("many", before | {str(units): told})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
