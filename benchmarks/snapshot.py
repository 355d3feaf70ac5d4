"""A snapshot of a city of 100,000 enterprises with a unit each: ``python -m benchmarks.snapshot [UNITS]``."""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import joins

UNITS = 100_000
DAY = dt.date(2021, 7, 1)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(units: int) -> dict[str, float]:
    """Seconds of a snapshot in a process that has judged the city before (as a server has), and of judging before it."""
    from benchmarks.city import tables
    from geo.region import load_region
    from services.assess import current
    from services.intake import import_many
    from services.scope import local_principal
    from services.snapshot import write_snapshot
    from store.open import open_store

    region = load_region()
    with tempfile.TemporaryDirectory() as folder:
        store, out = open_store(Path(folder) / "city.sqlite", create=True), Path(folder) / "city.gpkg"
        import_many(store, region, tables(region, units), "bench")
        began, cpu = time.perf_counter(), time.process_time()
        current(store, region, DAY)
        judged, judged_cpu, before = time.perf_counter() - began, time.process_time() - cpu, _peak_mb()
        began, cpu = time.perf_counter(), time.process_time()
        made = write_snapshot(store, region, local_principal(), out, DAY)
        wall, spent = time.perf_counter() - began, time.process_time() - cpu
        size = out.stat().st_size / 1e6
        store.close()
    return {
        "units": units, "rows": sum(made.rows.values()), "snapshot_s": wall, "snapshot_cpu_s": spent, "judged_s": judged,
        "judged_cpu_s": judged_cpu, "peak_mb": _peak_mb(), "peak_before_mb": before, "file_mb": size,
    }  # fmt: skip


if __name__ == "__main__":
    told = measure(int(sys.argv[1]) if len(sys.argv) > 1 else UNITS)
    print(json.dumps(told))
    joins.keep("snapshot", told)
