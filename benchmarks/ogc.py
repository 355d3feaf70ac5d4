"""Pages of 300 features of the OGC API, asked over HTTP: the example city, and a city of any size.

Run by itself for its numbers: ``python -m benchmarks.ogc [UNITS]``.
"""

from __future__ import annotations

import http.client
import json
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

LAYER, PAGES, LIMIT = "combustion_units", 60, 300
UNITS = 100_000


class _Client:
    """One kept-alive connection that counts milliseconds."""

    def __init__(self, port: int, key: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.headers = {"Authorization": f"Bearer {key}", "Accept": "application/geo+json"}

    def get(self, path: str, packed: bool = False) -> tuple[float, bytes]:
        """Milliseconds until the last byte, and the body as sent."""
        headers = self.headers | ({"Accept-Encoding": "gzip"} if packed else {})
        began = time.perf_counter()
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        spent = (time.perf_counter() - began) * 1000
        assert answer.status == 200, (answer.status, body[:200])
        return spent, body


def _walk(client: _Client, path: str) -> list[float]:
    """Times of one page after another, each behind the one before, from the first again at the end."""
    times, following = [], path
    for _ in range(PAGES):
        spent, body = client.get(following)
        times.append(spent)
        links = {one["rel"]: one["href"] for one in json.loads(body)["links"]}
        parts = urlsplit(links.get("next", path))
        following = f"{parts.path}?{parts.query}"
    return times


def _boxes(client: _Client, path: str) -> list[float]:
    """Times of boxes somewhere in the city, some 7 km wide."""
    chance = np.random.default_rng(5)
    corners = chance.uniform((119.2, 29.0), (119.7, 29.4), (PAGES, 2)).round(5)
    return [client.get(f"{path}&bbox={x},{y},{x + 0.07:.5f},{y + 0.07:.5f}")[0] for x, y in corners]


def _asked(fill: Any) -> dict[str, float]:
    from app import create_app
    from commands._server import make_server
    from geo.region import load_region
    from services.accounts import Profile, create, make_token
    from store.open import open_store

    region = load_region()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "ogc.sqlite", create=True)
        fill(store, region)
        create(store, Profile("bench", "bench", ("admin",)), "bench")
        key = make_token(store, "bench", "bench", (), 1, "bench")
        server = make_server(create_app(store, region), "127.0.0.1", 0)
        threading.Thread(target=server.serve, daemon=True).start()
        client, path = _Client(server.bind_addr[1], key), f"/ogc/collections/{LAYER}/items?limit={LIMIT}"
        first, body = client.get(path)
        found = {"matched": float(json.loads(body)["numberMatched"]), "kb": round(len(body) / 1000, 1), "first_ms": round(first)}
        plane = f"{path}&crs=http://www.opengis.net/def/crs/EPSG/0/4549"
        for name, times in {
            "pages": _walk(client, path), "boxes": _boxes(client, path),
            "filtered": [client.get(f"{path}&fuel=raw_coal")[0] for _ in range(PAGES)],
            "plane": _walk(client, plane), "packed": [client.get(path, packed=True)[0] for _ in range(PAGES)],
        }.items():  # fmt: skip
            found |= {f"{name}_p{share}_ms": round(float(np.percentile(times, share)), 1) for share in (50, 95)}
        server.stop()
        store.close()
    return found | {"peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def measure_ogc(units: int = UNITS) -> dict[str, float]:
    """Milliseconds of pages, boxes, filters, another system and compressed answers (p50, p95).

    Args:
        units: of the city; 0 for the example city.
    """
    from benchmarks.city import tables
    from services.demo import fill
    from services.intake import import_many

    return _asked(fill if not units else lambda store, region: import_many(store, region, tables(region, units), "bench"))


if __name__ == "__main__":
    print(json.dumps(measure_ogc(int(sys.argv[1]) if len(sys.argv) > 1 else UNITS)))
