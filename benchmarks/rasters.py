"""Rasters: 3,000 zones on a raster of 5,000 × 5,000 cells, and squares of the map from it.

Run by itself for its numbers: ``python -m benchmarks.rasters``.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo._raster_make import write_grid
from geo.raster import Asked
from geo.raster_tiles import read_tile
from geo.zonal import zonal
from maps.colours import paint

CELLS, ZONES, CELL_M = 5_000, 3_000, 10.0
EAST, NORTH = 430_000.0, 3_260_000.0
BREAKS = (15.0, 25.0, 35.0, 45.0, 55.0, 75.0)
LEVELS = {11: (1702, 848), 13: (6812, 3396), 15: (27_250, 13_590)}
"""Zoom level → a square of the web map within the raster; some of its neighbours are drawn as well."""


def zones(count: int = ZONES) -> Any:
    """Wobbly zones of 72 vertices, 0.4 to 2 km across, all over the raster."""
    chance = np.random.default_rng(8)
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    wide = CELLS * CELL_M
    made = []
    for x, y in chance.uniform(1_500, wide - 1_500, (count, 2)):
        reach = chance.uniform(200, 1_000) * (1 + 0.2 * np.cos(3 * turn + chance.uniform(0, 6)))
        made.append(shapely.Polygon(np.column_stack([EAST + x + reach * np.cos(turn), NORTH - y + reach * np.sin(turn)])))
    return np.array(made, dtype=object)


def raster(folder: Path) -> Path:
    """A raster of 5,000 × 5,000 cells."""
    values = np.random.default_rng(9).standard_normal((CELLS, CELLS), dtype=np.float32)
    values *= 3
    axis = np.arange(CELLS, dtype=np.float32)
    values += 35 + np.outer(np.cos(axis / 600), 20 * np.sin(axis / 400)).astype(np.float32)
    np.clip(values, 0, 300, out=values)
    write_grid(values, "EPSG:4549", (EAST, NORTH), CELL_M, Asked("pm25"), folder / "large.tif")
    return folder / "large.tif"


def measure_rasters() -> dict[str, float]:
    """Seconds and megabytes of the zonal statistics, milliseconds of a square (p50, p95)."""
    with tempfile.TemporaryDirectory() as name:
        path = raster(Path(name))
        shapes, before = zones(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began, cpu = time.perf_counter(), time.process_time()
        found = zonal(path, shapes, "EPSG:4549", 35.0)
        seconds, spent = time.perf_counter() - began, time.process_time() - cpu
        assert np.isfinite(found.mean).all()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        squares, spent_ms = _squares(path)
    return {
        "zones": float(len(shapes)), "cells_counted": float(found.cells.sum()), "zonal_s": round(seconds, 2),
        "zonal_cpu_s": round(spent, 2), "peak_mb": round(peak), "peak_before_mb": round(before),
        "tile_p50_ms": round(float(np.percentile(squares, 50)), 1), "tile_p95_ms": round(float(np.percentile(squares, 95)), 1),
        "tile_cpu_ms": round(spent_ms, 1),
    }  # fmt: skip


def _squares(path: Path) -> tuple[list[float], float]:
    """Milliseconds of every square, and those of the processor on average."""
    times: list[float] = []
    spent = time.process_time()
    for z, (x, y) in LEVELS.items():
        for step in range(20):
            began = time.perf_counter()
            values = read_tile(path, z, x + step % 4, y + step // 4)
            if values is not None:
                paint(values, BREAKS, "warm")
                times.append((time.perf_counter() - began) * 1e3)
    return times, (time.process_time() - spent) * 1e3 / len(times)


if __name__ == "__main__":
    print(json.dumps(measure_rasters(), indent=1))
    sys.exit(0)
