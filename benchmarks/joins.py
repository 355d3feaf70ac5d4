"""The joins against each other: ``python -m benchmarks.joins [W1 …]`` writes ``joins.json`` and the table of the README.

Every engine is a process of its own, so that its peak memory is its own; the repetitions go round, one
of each engine after the other, so that a busy machine is busy for all. Ratios are of CPU seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parent.parent
RESULTS, PAGE = Path(__file__).with_name("joins.json"), Path(__file__).with_name("README.md")
ROUNDS = {"W1": 9}
TIMES = {"W1": 20}
"""Joins of one repetition, where a single one is too short to be told from waking up."""
SLOW_S = 60.0


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _hash(run: Any, pairs: Any) -> str:
    point, zone = (np.asarray(side, dtype=np.int64) for side in pairs)
    back = getattr(run, "back", None)
    key = (point if back is None else back[point]) << 20 | zone
    return hashlib.sha256(np.sort(key).tobytes()).hexdigest()[:16]


def serve(load: str, engine: str) -> None:
    """One engine: prepare, then one repetition for each line on stdin."""
    from benchmarks.engines import engines

    try:
        run = engines(load)[engine](load)
    except ImportError as fault:
        print(json.dumps({"missing": str(fault)}), flush=True)
        return
    elsewhere = getattr(run, "peak_mb", lambda: 0.0)
    base = _peak_mb() + elsewhere()
    print(json.dumps({"base_mb": base}), flush=True)
    for _ in sys.stdin:
        told, pairs = _repetition(run, TIMES.get(load, 1))
        told |= {"pairs": len(pairs[0]), "hash": _hash(run, pairs), "peak_mb": _peak_mb() + elsewhere() - base}
        print(json.dumps(told), flush=True)


def _repetition(run: Any, times: int) -> tuple[dict[str, Any], Any]:
    """Seconds of one join. ``run.before`` is not measured; ``run.spent`` is the CPU of a server the engine asks, so far."""
    before, spent = getattr(run, "before", lambda: None), getattr(run, "spent", lambda: 0.0)
    cpu, wall = 0.0, 0.0
    for _ in range(times):
        before()
        spent_from, cpu_from, wall_from = spent(), time.process_time(), time.perf_counter()
        pairs = run()
        cpu += time.process_time() - cpu_from
        wall += time.perf_counter() - wall_from
        cpu += spent() - spent_from
    return {"cpu_s": cpu / times, "wall_s": wall / times}, pairs


class _Worker:
    def __init__(self, load: str, engine: str) -> None:
        command = [sys.executable, "-m", "benchmarks.joins", "--serve", load, engine]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.found: list[dict[str, Any]] = []
        self.missing = self._read().get("missing")

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found: dict[str, Any] = json.loads(line) if line else {"missing": "it failed"}
        return found

    def repeat(self) -> None:
        assert self.process.stdin is not None
        if self.missing or (self.found and self.found[0]["wall_s"] > SLOW_S):
            return
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        told = self._read()
        self.missing = told.get("missing")
        if not self.missing:
            self.found.append(told)

    def close(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        if not self.found:
            return {"missing": str(self.missing)}
        later = self.found[1:] or self.found
        return {
            "cpu_s": statistics.median(one["cpu_s"] for one in later), "wall_s": min(one["wall_s"] for one in later),
            "pairs": self.found[-1]["pairs"], "hash": self.found[-1]["hash"], "runs": len(later),
            "peak_mb": max(one["peak_mb"] for one in self.found),
        }  # fmt: skip


def measure(load: str) -> dict[str, dict[str, Any]]:
    """Every engine on one workload; the first repetition warms up and does not count."""
    from benchmarks.engines import engines

    workers = {name: _Worker(load, name) for name in engines(load)}
    for _ in range(ROUNDS.get(load, 5) + 1):
        for worker in workers.values():
            worker.repeat()
    return {name: worker.close() for name, worker in workers.items()}


def measure_drags(count: int, drags: int = 200) -> dict[str, float]:
    """One vertex of a zone around a facility is dragged: who comes in, who leaves; milliseconds of CPU."""
    import shapely

    from benchmarks.workloads import _ring, points
    from geo.index import PointIndex

    rng, xy = np.random.default_rng(11), points(count, "city" if count == 5_000 else "province")
    started = time.process_time()
    index = PointIndex(xy)
    built, took, checked = time.process_time() - started, [], 0
    while len(took) < drags:
        ring, _ = _ring(rng, int(rng.integers(24, 60)), xy[rng.integers(count)], rng.uniform(2000, 6000))
        moved, vertex, angle = ring.copy(), rng.integers(len(ring)), rng.uniform(0, 2 * np.pi)
        moved[vertex] += rng.uniform(300, 1500) * np.array([np.cos(angle), np.sin(angle)])
        old, new = shapely.Polygon(ring), shapely.Polygon(moved)
        if not (old.is_valid and new.is_valid):
            continue
        shapely.prepare(old)
        started = time.thread_time()
        came, left = index.moved(old, new)
        took.append((time.thread_time() - started) * 1000)
        if checked < 5:
            checked += 1
            inside = [shapely.intersects_xy(zone, xy[:, 0], xy[:, 1]) for zone in (old, new)]
            assert np.array_equal(came, np.flatnonzero(inside[1] & ~inside[0]))
            assert np.array_equal(left, np.flatnonzero(inside[0] & ~inside[1]))
    took.sort()
    return {"index_s": built, "p50_ms": took[drags // 2], "p95_ms": took[int(drags * 0.95)]}


def measure_as_written() -> dict[str, float]:
    """W2 by ``geopandas.sjoin(points, zones)``, the order people write: minutes, so it is measured only when named."""
    from benchmarks.engines import _geopandas

    run, started = _geopandas("W2", False), time.process_time()
    pairs = run()
    return {"cpu_s": time.process_time() - started, "pairs": len(pairs[0])}


def page(found: dict[str, Any]) -> str:
    """``benchmarks/README.md`` from what was measured."""
    from benchmarks._page import written

    return written(found)


def main(arguments: list[str]) -> int:
    """Measure the workloads named (all by default), keep the results, write the page."""
    if arguments[:1] == ["--serve"]:
        serve(arguments[1], arguments[2])
        return 0
    for load in arguments or [*WORKLOADS, "drags"]:
        if load == "drags":
            told: Any = {str(count): measure_drags(count) for count in (5_000, 100_000, 1_000_000)}
        elif load == "as_written":
            told = measure_as_written()
        else:
            told = measure(load)
        print(load, json.dumps(told, ensure_ascii=False), flush=True)
        keep(load, told)
    return 0


def keep(name: str, told: Any) -> None:
    """Store one measurement and write the page anew."""
    found: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    found |= {name: told, "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"}
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(found), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
