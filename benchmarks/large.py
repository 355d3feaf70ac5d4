"""``assess`` with every rule on a city of a million units, and where its time goes: ``python -m benchmarks.large [UNITS]``."""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import joins

UNITS = 1_000_000
DAY = dt.date(2021, 7, 1)


def _timed(spent: dict[str, float], name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        started = time.process_time()
        try:
            return work(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - started

    return run


def measure(units: int) -> dict[str, Any]:
    """Fill a store with that many enterprises and units, judge them in this process, and take the time of the parts."""
    from benchmarks.city import tables
    from geo.region import load_region
    from rules import _run, _situation
    from services import assess as judging
    from services.intake import import_many
    from store.open import open_store

    spent: dict[str, float] = {}
    for room, name in ((_situation, "locate"), (_run, "judged"), (_run, "reduce"), (_run, "describe")):
        setattr(room, name, _timed(spent, name, getattr(room, name)))
    judging._read = _timed(spent, "store", judging._read)
    region = load_region()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "large.sqlite", create=True)
        begun = time.perf_counter()
        import_many(store, region, tables(region, units), "bench")
        filled_s = time.perf_counter() - begun
        filled_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cpu, wall = time.process_time(), time.perf_counter()
        found = judging.assess(store, region, DAY)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        store.close()
    spent["rest"] = cpu - sum(spent.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "units": units, "assess_s": wall, "cpu_s": cpu, "findings": len(found.findings), "peak_mb": peak,
        "import_s": filled_s, "import_peak_mb": filled_mb, "where": spent,
    }  # fmt: skip


if __name__ == "__main__":
    told = measure(int(sys.argv[1]) if len(sys.argv) > 1 else UNITS)
    print(json.dumps(told))
    results = json.loads(joins.RESULTS.read_text("utf-8")) if joins.RESULTS.exists() else {}
    joins.RESULTS.write_text(json.dumps(results | {"assess": told}, ensure_ascii=False, indent=1) + "\n", "utf-8")
