"""Takes the pictures of the docs from the example city in a real browser: ``python -m docs.shots``."""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
DAY = "2021-07-01"
SHOTS = (
    ("overview.png", "/", {"width": 1440, "height": 900}),
    ("findings.png", "/findings?verdict=V", {"width": 1440, "height": 900}),
    ("phone.png", "/", {"width": 390, "height": 844}),
)


def take(address: str, browser: Any) -> None:
    """Take every picture of a running site."""
    from tests._pages import enter

    for name, path, window in SHOTS:
        page = browser.new_page(viewport=window, locale="zh-CN")
        enter(page, address)
        mark = "&" if "?" in path else "?"
        page.goto(f"{address}{path}{mark}as_of={DAY}", wait_until="networkidle")
        page.screenshot(path=str(PICTURES / name))
        page.close()
        print(f"wrote docs/pictures/{name}")


def main() -> int:
    """Serve the example city on the loopback and photograph it."""
    from playwright.sync_api import sync_playwright

    from app import create_app
    from commands._server import make_server
    from geo.region import load_region
    from maps.assets import prepare
    from services.demo import fill
    from store.open import open_store
    from tests._browser import find_chromium

    prepare()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        store = open_store(Path(folder) / "shots.sqlite", create=True)
        fill(store, load_region())
        server = make_server(create_app(store, load_region()), "127.0.0.1", 0)
        threading.Thread(target=server.serve, daemon=True).start()
        browser = driver.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        take(f"http://127.0.0.1:{server.bind_addr[1]}", browser)
        browser.close()
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
