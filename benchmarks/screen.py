"""Judging in partitions: one process against two of Dask, rows a second and worker: ``python -m benchmarks.screen [ROWS]``."""

from __future__ import annotations

import datetime as dt
import json
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks import joins

ROWS, CITY = 10_000_000, 50_000
DAY = dt.date(2021, 7, 1)


def _partitions(folder: Path, rows: int) -> int:
    """A city's partitions, repeated until they hold so many rows; returns how many rows there are."""
    from benchmarks.city import tables
    from geo.region import load_region
    from services._part_files import write_manifest
    from services.intake import import_many
    from services.partitions import export_partitions
    from store.open import open_store

    region = load_region()
    store = open_store(folder / "city.sqlite", create=True)
    import_many(store, region, tables(region, CITY), "bench")
    manifest = export_partitions(store, region, folder / "parts", 50_000)
    store.close()
    once = sum(manifest.rows.values())
    city, made = [part for part in manifest.parts if part.name != "part-whole"], []
    for turn in range(1, max(1, round(rows / once))):
        for part in city:
            copy = replace(part, name=f"{part.name}-{turn:04d}")
            shutil.copytree(folder / "parts" / part.name, folder / "parts" / copy.name, copy_function=_linked)
            made.append(copy)
    whole = replace(manifest, parts=[*manifest.parts, *made])
    write_manifest(folder / "parts", whole)
    return sum(whole.rows.values())


def _linked(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def measure(rows: int) -> dict[str, Any]:
    """Seconds of both ways over the same partitions; their findings must have one hash."""
    from geo.region import load_region
    from services.screen import Engine, screen

    region, told = load_region(), {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = _partitions(folder, rows)
        hashes = set()
        for label, engine in (("one process", Engine()), ("dask, 2 workers", Engine("dask", workers=2))):
            started = time.perf_counter()
            found = screen(folder / "parts", folder / label, region, DAY, engine)
            seconds = time.perf_counter() - started
            hashes.add(found.run_hash)
            workers = 1 if engine.name == "local" else engine.workers
            told[label] = {
                "engine": asdict(engine)["name"], "s": seconds, "rows_per_s_and_worker": count / seconds / workers,
                "findings": found.rows, "partitions": len(found.done),
            }  # fmt: skip
            shutil.rmtree(folder / label)
        assert len(hashes) == 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": count, "peak_mb": peak, **told}


if __name__ == "__main__":
    told = measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    print(json.dumps(told, indent=1))
    joins.keep("screen", told)
