"""``assess`` with every rule on a city of a million units, and where its time goes: ``python -m benchmarks.large [UNITS]``."""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
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


def fill(store_path: Path, units: int) -> dict[str, float]:
    """A store with that many enterprises and units, taken in through the import desk."""
    from benchmarks.city import tables
    from geo.region import load_region
    from services.intake import import_many
    from store.open import open_store

    region, begun = load_region(), time.perf_counter()
    store = open_store(store_path, create=True)
    import_many(store, region, tables(region, units), "bench")
    store.close()
    return {"import_s": time.perf_counter() - begun, "import_peak_mb": _peak_mb()}


def judge(store_path: Path) -> dict[str, Any]:
    """Judge the store in this process, from its file to findings, and take the time of the parts."""
    from geo.region import load_region
    from rules import _run, _situation
    from services import assess as judging
    from store.open import open_store

    spent: dict[str, float] = {}
    for room, name in ((_situation, "locate"), (_run, "judged"), (_run, "reduce"), (_run, "describe")):
        setattr(room, name, _timed(spent, name, getattr(room, name)))
    judging._read = _timed(spent, "store", judging._read)
    store, region = open_store(store_path), load_region()
    cpu, wall = time.process_time(), time.perf_counter()
    found = judging.assess(store, region, DAY)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    store.close()
    spent["rest"] = cpu - sum(spent.values())
    return {"assess_s": wall, "cpu_s": cpu, "findings": len(found.findings), "peak_mb": _peak_mb(), "where": spent}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_a_process(*arguments: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.large", *arguments]
    done = subprocess.run(command, cwd=joins.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def measure(units: int) -> dict[str, Any]:
    """Filling and judging, each in a process of its own, so that each has its own peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "large.sqlite")
        return {"units": units, **_in_a_process("--fill", path, str(units)), **_in_a_process("--judge", path)}


def main(arguments: list[str]) -> int:
    """Measure, and write the page of results anew."""
    if arguments[:1] == ["--fill"]:
        print(json.dumps(fill(Path(arguments[1]), int(arguments[2]))))
    elif arguments[:1] == ["--judge"]:
        print(json.dumps(judge(Path(arguments[1]))))
    else:
        told = measure(int(arguments[0]) if arguments else UNITS)
        print(json.dumps(told))
        joins.keep("assess", told)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
