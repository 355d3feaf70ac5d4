"""A planner's drag: one vertex of a large zone pulled to and fro, at cities of different size.

The time is that of the service, from the bytes of the request to the answer as JSON. That the cost follows what
moved and not how much there is shows where the same drag is measured at both sizes, and where a longer drag is.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from benchmarks.city import tables
from geo.raw import RawTable
from geo.region import Region, load_region
from services.assess import current
from services.impact import impact
from services.intake import import_many
from services.scope import local_principal
from store.open import Store, open_store

DAY = dt.date(2021, 7, 1)
CPU = True
VERTICES, ROUNDS = 2_000, 120
CODE = "DRAG"
SHORT_M, LONG_M = 150.0, 1_500.0


def measure_drag(facilities: int) -> dict[str, float]:
    """Milliseconds a request during short and long drags, and when the class changes, at a city of that size."""
    region = load_region()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "drag.sqlite", create=True)
        import_many(store, region, [*tables(region, facilities), ("no_burn_zones", _zone())], "bench")
        current(store, region, DAY)
        _ask(store, region, _ring())
        short, touched = _drags(store, region, SHORT_M)
        long, many = _drags(store, region, LONG_M)
        text, _ = _drags(store, region, SHORT_M, {"zone_class": "III", "effective_from": "2021-01-01"})
        store.close()
    found = {f"short_{name}": value for name, value in short.items()} | {f"long_{name}": value for name, value in long.items()}
    found |= {f"text_{name}": value for name, value in text.items()}
    return found | {"short_changed": touched, "long_changed": many, "facilities": float(facilities)}


def _ring() -> Any:
    """A wobbly zone of 2,000 vertices, some 9 km across, in the middle of the city."""
    turn = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    chance = np.random.default_rng(7)
    reach = 0.045 * (1 + 0.12 * np.sin(5 * turn) + chance.uniform(-0.002, 0.002, VERTICES))
    return np.round(np.column_stack([119.47 + reach * np.cos(turn), 29.23 + reach * np.sin(turn)]), 7)


def _zone() -> RawTable:
    row = {"zone_code": CODE, "zone_name": "示例", "zone_class": "II", "effective_from": "2019-03-01"}
    shapes = np.empty(1, dtype=object)
    shapes[:] = [shapely.Polygon(_ring())]
    return RawTable(pd.DataFrame([row], dtype=object), [2], shapes, "EPSG:4490", True, driver="GeoJSON", source_layer="zones")


def _ask(store: Store, region: Region, ring: Any, props: dict[str, str] | None = None) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [[*ring.tolist(), ring[0].tolist()]]}
    asked = {"layer": "no_burn_zones", "code": CODE, "geometry": geometry, "as_of": DAY.isoformat(), "props": props}
    body = json.dumps(asked).encode()
    started = time.thread_time() if CPU else time.perf_counter()
    found = impact(store, region, local_principal(), body, DAY)
    json.dumps(found, ensure_ascii=False)
    return found | {"took": ((time.thread_time() if CPU else time.perf_counter()) - started) * 1e3}


def _drags(store: Store, region: Region, metres: float, props: dict[str, str] | None = None) -> tuple[dict[str, float], float]:
    """Vertices pulled out and back in ten small steps each, as a mouse does."""
    chance, ring = np.random.default_rng(11), _ring()
    _ask(store, region, ring, props)
    took, changed = [], []
    while len(took) < ROUNDS:
        at, moved = int(chance.integers(VERTICES)), ring.copy()
        out = (ring[at] - ring.mean(axis=0)) / np.hypot(*(ring[at] - ring.mean(axis=0)))
        for step in range(1, 11):
            moved[at] = ring[at] + out * metres / 111_000 * step / 10
            found = _ask(store, region, moved, props)
            took.append(found["took"])
        changed.append(sum(len(found[kind]) for kind in ("entering", "leaving", "changed")))
    return {"p50_ms": float(np.percentile(took, 50)), "p95_ms": float(np.percentile(took, 95))}, float(np.mean(changed))


if __name__ == "__main__":
    import sys

    print(json.dumps(measure_drag(int(sys.argv[1])), indent=1))
