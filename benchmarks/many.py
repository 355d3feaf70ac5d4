"""The overview with very many units in a real browser: ``python -m benchmarks.many [--in FOLDER] [UNITS …]``.

Server and Chromium are processes of their own on one machine; the assessment is made before. Measured are the first
paint of a fresh browser (the browser's own timing), how long until the facilities are drawn, what the page weighs as
sent, and the longest gap between two frames while the map is dragged and zoomed through all its forms: cells, tiles, single
facilities. 100,000 and 1,000,000 units by default; stores are kept in the folder, if one is named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks import joins
from benchmarks.drag import DAY

SIZES = (100_000, 1_000_000)
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
    """A city of so many units, judged and served; tells its address and a key, ends with its input.

    Args:
        path: of the store; filled where there is none.
    """
    from app import create_app
    from benchmarks.city import tables
    from commands._server import make_server
    from geo.region import load_region
    from maps.assets import prepare
    from services.accounts import Profile, create, make_token
    from services.assess import current
    from services.intake import import_many
    from store.open import open_store

    prepare()
    fresh, region = not path.exists(), load_region()
    store = open_store(path, create=fresh)
    if fresh:
        import_many(store, region, tables(region, units), "bench")
    current(store, region, DAY)
    name = f"planner-{os.getpid()}"
    create(store, Profile(name, "bench", ("planner",)), "bench")
    key = make_token(store, name, "benchmark", (), 1, "bench")
    server = make_server(create_app(store, region), "127.0.0.1", 0)
    threading.Thread(target=server.serve, daemon=True).start()
    print(json.dumps({"address": f"http://127.0.0.1:{server.bind_addr[1]}", "key": key}), flush=True)
    sys.stdin.read()
    server.stop()
    store.close()


def measure(units: int, folder: Path) -> dict[str, float]:
    """First paint, facilities drawn, weight of the page, frames: in seconds, kilobytes and milliseconds."""
    from playwright.sync_api import sync_playwright

    from tests._browser import find_chromium

    command = [sys.executable, "-m", "benchmarks.many", "--serve", str(units), str(folder / f"many-{units}.sqlite")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as server, sync_playwright() as driver:
        assert server.stdin is not None and server.stdout is not None
        told = json.loads(server.stdout.readline())
        browser = driver.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        first = _opened(browser, told)
        again = _opened(browser, told, moved=True)
        browser.close()
        server.stdin.close()
    return {f"cold_{name}": value for name, value in first.items()} | again


def _opened(browser: Any, told: dict[str, str], moved: bool = False) -> dict[str, float]:
    """The overview in a browser without any cache."""
    from tests._pages import until

    page = browser.new_page(viewport=WINDOW)
    page.set_extra_http_headers({"Authorization": f"Bearer {told['key']}"})
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{told['address']}/?as_of={DAY}")
    until(page, "document.body.dataset.show !== undefined && document.body.dataset.ready === 'map'")
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
    found: dict[str, float] = {"paint_s": page.evaluate(paint), "drawn_s": page.evaluate("performance.now() / 1000")}
    page.wait_for_load_state("networkidle")
    found["sent_kb"] = sum(one.request.sizes()["responseBodySize"] for one in answers) / 1000
    if moved:
        found |= _moved(page)
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
    gaps = sorted(page.evaluate(_TOLD))
    return {"gap_ms": gaps[-1], "gap_p99_ms": gaps[int(len(gaps) * 0.99)], "frames": float(len(gaps)), "forms": float(len(shown))}


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
