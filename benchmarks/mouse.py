"""A planner's drag in a real browser: from the mouse to the answer on the screen, with the button held down.

A zone of 2,000 vertices among 5,000 facilities, Chromium and server on the same machine. What is measured is the
page's own user timing ``impact``: from the moment a vertex stood at a new place until the frame after the answer was
drawn. Places the mouse has left before they were asked are never shown and do not count.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.city import tables
from benchmarks.drag import CODE, DAY, zone_of_many
from geo.region import Region, load_region
from store.open import Store, open_store

WINDOW = {"width": 1440, "height": 900}
VERTICES = (0, 250, 500, 900, 1300, 1700)
STEPS, REACH_PX, EVERY_MS = 40, 150, 16
ZOOM = 15


def drag_on_screen(facilities: int) -> dict[str, float]:
    """Milliseconds from the mouse to the screen, ``p50_ms`` and ``p95_ms``, of how many ``answers``."""
    from playwright.sync_api import sync_playwright

    from tests._browser import find_chromium

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        store, region = open_store(Path(folder) / "screen.sqlite", create=True), load_region()
        key = _filled(store, region, facilities)
        server, address = _served(store, region)
        browser = driver.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        page = browser.new_page(viewport=WINDOW)
        page.set_extra_http_headers({"Authorization": f"Bearer {key}"})
        took = _drags(page, f"{address}/plan/1?as_of={DAY}")
        browser.close()
        server.stop()
        store.close()
    return {"p50_ms": float(np.percentile(took, 50)), "p95_ms": float(np.percentile(took, 95)), "answers": float(len(took))}


def _filled(store: Store, region: Region, facilities: int) -> str:
    """The city with its large zone, judged, and a draft upon that zone; returns a planner's key."""
    from services.accounts import Profile, create, make_token
    from services.assess import current
    from services.draft_starts import from_zone
    from services.drafts import Table
    from services.intake import import_many
    from services.scope import local_principal

    import_many(store, region, [*tables(region, facilities), ("no_burn_zones", zone_of_many())], "bench")
    current(store, region, DAY)
    from_zone(Table(store, region, local_principal()), "no_burn_zones", CODE, "bench", DAY)
    create(store, Profile("planner", "bench", ("planner",)), "bench")
    return make_token(store, "planner", "benchmark", (), 1, "bench")


def _served(store: Store, region: Region) -> tuple[Any, str]:
    from app import create_app
    from commands._server import make_server
    from maps.assets import prepare

    prepare()
    server = make_server(create_app(store, region), "127.0.0.1", 0)
    threading.Thread(target=server.serve, daemon=True).start()
    return server, f"http://127.0.0.1:{server.bind_addr[1]}"


def _drags(page: Any, address: str) -> list[float]:
    """Pull vertices outwards and back, sixty places a second; the times of all answers."""
    from tests._pages import until

    page.goto(address)
    until(page, "document.body.dataset.ready === 'map' && document.body.dataset.impact === 'shown'")
    took: list[float] = []
    for vertex in VERTICES:
        x, y = page.evaluate(_AT, [vertex, ZOOM])
        page.mouse.move(x + 3, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(400)
        page.evaluate("performance.clearMeasures('impact')")
        page.mouse.down()
        for step in range(STEPS):
            page.mouse.move(x + REACH_PX * np.sin(np.pi * step / STEPS), y)
            page.wait_for_timeout(EVERY_MS)
        took += page.evaluate("performance.getEntriesByName('impact').map((one) => one.duration)")
        page.mouse.up()
        until(page, "document.body.dataset.saved === 'saved'")
    return took


_AT = """([vertex, zoom]) => {
  const map = window.blueSky.map;
  let ring = null;
  map.eachLayer((layer) => { if (layer.pm && layer.getLatLngs && layer.options.pmIgnore === false) ring = layer.getLatLngs(); });
  while (Array.isArray(ring[0])) ring = ring[0];
  map.setView(ring[vertex], zoom, { animate: false });
  const box = map.getContainer().getBoundingClientRect(), at = map.latLngToContainerPoint(ring[vertex]);
  return [box.x + at.x, box.y + at.y];
}"""


if __name__ == "__main__":
    import json
    import sys

    print(json.dumps(drag_on_screen(int(sys.argv[1])) | {"day": str(dt.date.today())}, indent=1))
