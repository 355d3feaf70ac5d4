"""A planner's drag: one vertex of a large zone pulled to and fro, or a hundred at once, at cities of different size.

The time is that of the service, from the bytes of the request to the answer as JSON. That the cost follows what
moved and not how much there is shows where the same drag is measured at both sizes, and in how many rows were judged
again for each answer beside how many there are.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import shapely

from benchmarks.city import tables
from geo._order import Positions
from geo.change import Bystanders, Change
from geo.raw import RawTable
from geo.region import Region, load_region
from services.assess import current
from services.impact import impact
from services.intake import import_many
from services.scope import local_principal
from store.open import Store, open_store

DAY = dt.date(2021, 7, 1)
VERTICES, ROUNDS = 2_000, 120
CODE = "DRAG"
SHORT_M, LONG_M = 150.0, 1_500.0


def measure_drag(facilities: int) -> dict[str, float]:
    """Milliseconds a request during short and long drags, and when the class changes, at a city of that size."""
    region = load_region()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "drag.sqlite", create=True)
        import_many(store, region, [*tables(region, facilities), ("no_burn_zones", zone_of_many())], "bench")
        current(store, region, DAY)
        _ask(store, region, _ring())
        short, long = _drags(store, region, SHORT_M), _drags(store, region, LONG_M)
        text = _drags(store, region, SHORT_M, {"zone_class": "III", "effective_from": "2021-01-01"})
        store.close()
    found = {f"short_{name}": value for name, value in short.items()} | {f"long_{name}": value for name, value in long.items()}
    found |= {f"text_{name}": value for name, value in text.items()}
    return found | {"facilities": float(facilities)}


def _ring() -> Any:
    """A wobbly zone of 2,000 vertices, some 9 km across, in the middle of the city."""
    turn = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    chance = np.random.default_rng(7)
    reach = 0.045 * (1 + 0.12 * np.sin(5 * turn) + chance.uniform(-0.002, 0.002, VERTICES))
    return np.round(np.column_stack([119.47 + reach * np.cos(turn), 29.23 + reach * np.sin(turn)]), 7)


def zone_of_many() -> RawTable:
    row = {"zone_code": CODE, "zone_name": "示例", "zone_class": "II", "effective_from": "2019-03-01"}
    shapes = np.empty(1, dtype=object)
    shapes[:] = [shapely.Polygon(_ring())]
    return RawTable(pd.DataFrame([row], dtype=object), [2], shapes, "EPSG:4490", True, driver="GeoJSON", source_layer="zones")


def _ask(store: Store, region: Region, ring: Any, props: dict[str, str] | None = None) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [[*ring.tolist(), ring[0].tolist()]]}
    asked = {"layer": "no_burn_zones", "code": CODE, "geometry": geometry, "as_of": DAY.isoformat(), "props": props}
    body = json.dumps(asked).encode()
    started, busy = time.perf_counter(), time.thread_time()
    found = impact(store, region, local_principal(), body, DAY)
    json.dumps(found, ensure_ascii=False)
    return found | {"took": (time.perf_counter() - started) * 1e3, "busy": (time.thread_time() - busy) * 1e3}


def _drags(store: Store, region: Region, metres: float, props: dict[str, str] | None = None) -> dict[str, float]:
    """Vertices pulled out in ten small steps each, as a mouse does; those beside them follow on a long way.

    Returns:
        ``p50_ms``, ``p95_ms``, ``cpu_p95_ms``; by answer the ``changed`` verdicts, the rows ``judged`` again, and the
        area ``moved_m2`` since the answer before.
    """
    chance, ring = np.random.default_rng(11), _ring()
    before = _ask(store, region, ring, props)["area_km2"]
    took, busy, changed, moved = [], [], [], []
    with _counted() as judged:
        while len(took) < ROUNDS:
            at = int(chance.integers(VERTICES))
            out = (ring[at] - ring.mean(axis=0)) / np.hypot(*(ring[at] - ring.mean(axis=0)))
            beside = np.abs((np.arange(VERTICES) - at + VERTICES // 2) % VERTICES - VERTICES // 2)
            follow = np.clip(1 - beside / max(metres / 30, 1), 0, 1)[:, None]
            for step in range(1, 11):
                found = _ask(store, region, ring + out * follow * metres / 111_000 * step / 10, props)
                took.append(found["took"])
                busy.append(found["busy"])
                moved.append(abs(found["area_km2"] - before) * 1e6)
                before = found["area_km2"]
            changed.append(sum(len(found[kind]) for kind in ("entering", "leaving", "changed")))
    times = {"p50_ms": np.percentile(took, 50), "p95_ms": np.percentile(took, 95), "cpu_p95_ms": np.percentile(busy, 95)}
    counts = {"changed": np.mean(changed), "judged": sum(judged) / len(took), "moved_m2": np.mean(moved)}
    return {name: float(value) for name, value in (times | counts).items()}


@contextmanager
def _counted() -> Iterator[list[int]]:
    """How many rows each rule judges again while this is entered."""
    found: list[int] = []
    plain = Bystanders.concerned

    def concerned(self: Bystanders, changes: Sequence[Change]) -> Positions:
        rows = plain(self, changes)
        found.append(len(rows))
        return rows

    with patch.object(Bystanders, "concerned", concerned):
        yield found


if __name__ == "__main__":
    import sys

    print(json.dumps(measure_drag(int(sys.argv[1])), indent=1))
