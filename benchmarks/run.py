"""Measures the product and stores what was found: ``make bench``.

Every measurement runs in a process of its own, so that its peak memory is its own. The results lie in
``benchmarks/results.json`` and, through ``make docs``, in the README.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("results.json")
SIZES = (5_000, 50_000)
DRAGGED = (5_000, 100_000)
SERVED = (0, 100_000)
DAY = "2021-07-01"
ALERT = 1.3
LIMITS = {
    "demo_assess_s": 2.0, "shell_kb": 400.0, "short_p95_ms": 50.0, "long_p95_ms": 50.0, "zonal_s": 10.0, "tile_p50_ms": 30.0,
    "pages_p50_ms": 15.0,
}  # fmt: skip


def measure_assess(facilities: int) -> dict[str, float]:
    """Fill a store with a city of that size and judge it: cold (store read), warm (rows in memory)."""
    import datetime as dt

    from benchmarks.city import tables
    from geo.region import load_region
    from services.assess import assess
    from services.intake import import_many
    from store.open import open_store

    region, day = load_region(), dt.date.fromisoformat(DAY)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "bench.sqlite", create=True)
        started = time.perf_counter()
        reports = import_many(store, region, tables(region, facilities), "bench")
        filled = time.perf_counter()
        cold = assess(store, region, day)
        judged = time.perf_counter()
        warm = assess(store, region, day)
        again = time.perf_counter()
        store.close()
    return {
        "rows": sum(report.taken for report in reports), "import_s": filled - started, "cold_s": judged - filled,
        "warm_s": again - judged, "rules_s": warm.seconds, "findings": len(cold.findings), "peak_mb": _peak_mb(),
    }  # fmt: skip


def measure_demo() -> dict[str, float]:
    """Fill and judge the example city."""
    import datetime as dt

    from geo.region import load_region
    from services.assess import assess
    from services.demo import fill
    from store.open import open_store

    region = load_region()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "demo.sqlite", create=True)
        started = time.perf_counter()
        fill(store, region)
        filled = time.perf_counter()
        found = assess(store, region, dt.date.fromisoformat(DAY))
        judged = time.perf_counter()
        store.close()
    return {"fill_s": filled - started, "demo_assess_s": judged - filled, "findings": len(found.findings), "peak_mb": _peak_mb()}


def measure_page() -> dict[str, float]:
    """Weight of the overview's shell (page, scripts, styles; no data) and time until it answers the hand."""
    from benchmarks.page import overview_page

    return overview_page(DAY)


def measure_drag(facilities: int) -> dict[str, float]:
    """A planner's drag of one vertex of a zone of 2,000, in a city of that size."""
    from benchmarks.drag import measure_drag as drag

    return drag(facilities) | {"peak_mb": _peak_mb()}


def measure_screen() -> dict[str, float]:
    """The same drag with a real mouse in a real browser: until the answer is on the screen."""
    from benchmarks.mouse import drag_on_screen

    return drag_on_screen(DRAGGED[0])


def measure_load() -> dict[str, float]:
    """50 users on the mixed pages for a minute: how long the answers took."""
    from benchmarks.load import load

    found = load(50, 60.0, 8765)
    return {
        "answers": len(found.seconds), "faults": len(found.faults),
        "p50_s": found.percentile(0.5), "p95_s": found.percentile(0.95),
    }  # fmt: skip


def measure_rasters() -> dict[str, float]:
    """Zonal statistics of 3,000 zones on a raster of 5,000 × 5,000 cells, and squares of the map from it."""
    from benchmarks.rasters import measure_rasters as rasters

    return rasters()


def measure_ogc(units: int) -> dict[str, float]:
    """Pages of 300 features of the OGC API; 0 units for the example city."""
    from benchmarks.ogc import measure_ogc as ogc

    return ogc(units)


MEASURES = {
    **{f"assess_{size}": lambda size=size: measure_assess(size) for size in SIZES}, "demo": measure_demo, "page": measure_page,
    **{f"drag_{size}": lambda size=size: measure_drag(size) for size in DRAGGED},
    "screen": measure_screen, "rasters": measure_rasters,
    **{f"ogc_{size}": lambda size=size: measure_ogc(size) for size in SERVED},
    "load": measure_load,
}  # fmt: skip


def _peak_mb() -> float:
    try:
        import resource
    except ImportError:  # Windows has no such count
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _one(name: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", name], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{name}: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _rows(found: dict[str, dict[str, float]]) -> list[dict[str, str]]:
    rows = []
    for size in SIZES:
        one = found[f"assess_{size}"]
        told = f"{one['cold_s']:.1f} s / {one['warm_s']:.1f} s"
        rows.append({
            "title": f"判定 {size:,} 个设施 × 20 个区域（首次 / 再次）",
            "title_en": f"assess {size:,} facilities × 20 zones (first / again)",
            "result": told, "memory": f"{one['peak_mb']:.0f} MB",
        })  # fmt: skip
    for size in DRAGGED:
        rows += _dragged(found[f"drag_{size}"], size)
    screen = found["screen"]
    rows.append({
        "title": f"浏览器中用鼠标拖动，{DRAGGED[0]:,} 个设施，从鼠标到结果上屏（中位 / p95）",
        "title_en": f"drag with the mouse in a browser, {DRAGGED[0]:,} facilities, mouse to screen (median / p95)",
        "result": f"{screen['p50_ms']:.0f} ms / {screen['p95_ms']:.0f} ms",
    })  # fmt: skip
    rows += _raster_rows(found["rasters"])
    for size in SERVED:
        rows += _served_rows(found[f"ogc_{size}"], size)
    demo, page = found["demo"], found["page"]
    told, peak = f"{demo['demo_assess_s']:.2f} s", f"{demo['peak_mb']:.0f} MB"
    rows.append({"title": "判定示例城市", "title_en": "assess the example city", "result": told, "memory": peak})
    told = f"{page['shell_kb']:.0f} KB"
    rows.append({"title": "总览外壳（不含数据，未压缩）", "title_en": "overview shell (no data, uncompressed)", "result": told})
    told = f"{page['interactive_s']:.2f} s"
    rows.append({"title": "总览可操作", "title_en": "overview answers the hand after", "result": told})
    one = found["load"]
    told = f"{one['p50_s'] * 1000:.0f} ms / {one['p95_s'] * 1000:.0f} ms, {one['faults']:.0f} / {one['answers']:.0f}"
    rows.append({
        "title": "50 人同时使用一分钟（中位 / p95，错误 / 应答）",
        "title_en": "50 users for a minute (median / p95, faults / answers)", "result": told,
    })  # fmt: skip
    return rows


def _dragged(one: dict[str, float], size: int) -> list[dict[str, str]]:
    """A drag of one vertex, and of a hundred together: the time, and what was judged again of how much there is."""
    kinds = {"short": ("一个顶点", "a vertex"), "long": ("一百个顶点", "a hundred vertices")}
    rows = []
    for kind, (title, title_en) in kinds.items():
        times = f"{one[f'{kind}_p50_ms']:.1f} ms / {one[f'{kind}_p95_ms']:.1f} ms"
        again = f"{one[f'{kind}_moved_m2'] / 1e4:.1f} ha, {one[f'{kind}_judged']:.1f} / {size:,}"
        rows.append({
            "title": f"拖动 2,000 顶点区域的{title}，{size:,} 个设施，服务端每次（中位 / p95；每次变动面积，重判 / 全部设备）",
            "title_en": f"drag {title_en} of a zone of 2,000, {size:,} facilities, server time "
            "(median / p95; area moved, units judged again / all)",
            "result": f"{times}; {again}", "memory": f"{one['peak_mb']:.0f} MB",
        })  # fmt: skip
    return rows


def _raster_rows(one: dict[str, float]) -> list[dict[str, str]]:
    return [
        {
            "title": "分区统计：3,000 个区域 × 5,000×5,000 像元（均值、最大、p90、合计、份额）",
            "title_en": "zonal statistics: 3,000 zones × 5,000×5,000 cells (mean, max, p90, sum, share)",
            "result": f"{one['zonal_s']:.1f} s", "memory": f"{one['peak_mb']:.0f} MB",
        },
        {
            "title": "栅格地图瓦片（中位 / p95）", "title_en": "raster tile of the map (median / p95)",
            "result": f"{one['tile_p50_ms']:.0f} ms / {one['tile_p95_ms']:.0f} ms",
        },
    ]  # fmt: skip


def _served_rows(one: dict[str, float], size: int) -> list[dict[str, str]]:
    """Pages as they follow one another, and boxes: the time until the last byte."""
    city = (f"{size:,} 个设备", f"{size:,} units") if size else ("示例城市", "the example city")
    return [{
        "title": f"OGC API 300 条一页，{city[0]}（翻页、按范围：中位 / p95）",
        "title_en": f"OGC API, pages of 300 of {city[1]} (following pages, boxes: median / p95)",
        "result": f"{one['pages_p50_ms']:.0f} ms / {one['pages_p95_ms']:.0f} ms, "
        f"{one['boxes_p50_ms']:.0f} ms / {one['boxes_p95_ms']:.0f} ms", "memory": f"{one['peak_mb']:.0f} MB",
    }]  # fmt: skip


def _warn(old: dict[str, Any], found: dict[str, dict[str, float]]) -> None:
    for name, values in found.items():
        for key, value in values.items():
            before = old.get("measured", {}).get(name, {}).get(key)
            if before and key.endswith(("_s", "_mb", "_kb", "_ms")) and value > ALERT * before and value - before > 0.2:
                print(f"SLOWER: {name} {key} {before:.2f} → {value:.2f}", file=sys.stderr)
            if key in LIMITS and value > LIMITS[key]:
                print(f"OVER THE LIMIT: {name} {key} {value:.2f} > {LIMITS[key]}", file=sys.stderr)


def main(arguments: list[str]) -> int:
    """Measure everything and store it; with a name, measure that one and print it."""
    if arguments:
        print(json.dumps(MEASURES[arguments[0]]()))
        return 0
    found = {}
    for name in MEASURES:
        found[name] = _one(name)
        print(name, " ".join(f"{key}={value:.2f}" for key, value in found[name].items()), flush=True)
    old = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    _warn(old, found)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    told = {"machine": machine, "rows": _rows(found), "measured": found}
    RESULTS.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
