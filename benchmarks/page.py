"""The overview in a real browser: what its shell weighs, and when it answers the hand."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

QUIET_SECONDS = 0.5
WINDOW = {"width": 1440, "height": 900}


def _serve(folder: Path, day: str) -> tuple[Any, str, str]:
    from app import create_app
    from commands._server import make_server
    from geo.region import load_region
    from maps.assets import prepare
    from services.accounts import make_token
    from services.assess import current
    from services.demo import fill
    from store.open import open_store

    prepare()
    region = load_region()
    store = open_store(folder / "page.sqlite", create=True)
    fill(store, region)
    current(store, region, dt.date.fromisoformat(day))
    server = make_server(create_app(store, region), "127.0.0.1", 0)
    threading.Thread(target=server.serve, daemon=True).start()
    return server, f"http://127.0.0.1:{server.bind_addr[1]}", make_token(store, "demo-planner", "benchmark", (), 1, "benchmark")


def overview_page(day: str) -> dict[str, float]:
    """Open the overview in a fresh browser.

    Returns:
        ``shell_kb`` page, scripts, styles and pictures uncompressed; ``wire_kb`` the same as sent; ``data_kb`` of the
        API; ``interactive_s`` until map and lists stand and nothing is being loaded.
    """
    from playwright.sync_api import sync_playwright

    from tests._browser import find_chromium

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        server, address, key = _serve(Path(folder), day)
        browser = driver.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        page = browser.new_page(viewport=WINDOW)
        page.set_extra_http_headers({"Authorization": f"Bearer {key}"})
        answers: list[Any] = []
        page.on("response", lambda answer: answers.append(answer))
        started = time.perf_counter()
        page.goto(f"{address}/?as_of={day}", wait_until="networkidle")
        seconds = time.perf_counter() - started - QUIET_SECONDS
        shell = [one for one in answers if "/api/" not in one.url]
        data = [one for one in answers if "/api/" in one.url]
        found = {
            "shell_kb": sum(len(one.body()) for one in shell) / 1000,
            "wire_kb": sum(one.request.sizes()["responseBodySize"] for one in shell) / 1000,
            "data_kb": sum(len(one.body()) for one in data) / 1000,
            "interactive_s": seconds,
        }
        browser.close()
        server.stop()
    return found
