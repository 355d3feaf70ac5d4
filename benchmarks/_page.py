"""The page of the benchmarks, written from what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.engines import AS_WRITTEN, NOT_RUN, REFERENCE
from benchmarks.workloads import WORKLOADS

HEAD = """# Measurements of the joins

Written by `python -m benchmarks.joins` (part of `make bench`) from `joins.json`; do not edit. {machine}.

Points and zones come from a seed (`workloads.py`): EPSG:4549, rings with holes, parts and overlaps, five zones of some
50,000 vertices; points are planted exactly on vertices and on the middles of edges. Every engine runs in a process of its
own and the repetitions go round, one of each after the other. CPU seconds are of all threads, the median; wall seconds
are the best; memory is the peak above what lay in memory before. Ratios are of CPU seconds within one run, and of best
wall seconds against SedonaDB. *Same pairs* means: the hash of the sorted pairs is that of geopandas (GEOS); else it says how
many more or fewer there are. W2e asks what W2 asks with a few planted points of every edge: who loses pairs that lie on one.
A busy machine changes seconds much and ratios a little: read ratios to one digit.

Others are measured only where they are installed (`pip install '.[fast,peers]'` into an environment of its own; they are
no part of the product or its tests).

PostGIS is measured where PostgreSQL is installed with it (Debian: `postgresql-15 postgresql-15-postgis-3`, or
`BLUESKY_POSTGRES=/path/to/postgresql/bin`): a server of its own in a temporary folder, in memory where there is room,
`jit` and `fsync` off, 512 MB of shared buffers, `work_mem` 256 MB, at most 2 parallel workers (the default). The index is
prepared beforehand, and so are the rows, the parts of the zones (`ST_Subdivide(geometry, 128)`) and the statistics:
measured is `SELECT DISTINCT point, zone … ST_Intersects` and fetching the pairs as two binary arrays (`array_agg`). GiST on
the parts is how people do it, GiST on the points its better order. Its CPU is that of all processes of the server and of
the client; its memory that of the client and of the process that answers it (with the shared buffers that one touched),
without the parallel workers. Unsubdivided it does not end on zones of 50,000 vertices.
"""


def _cell(row: dict[str, Any], found: dict[str, Any]) -> str:
    """Ratio of the reference's CPU seconds, and of SedonaDB's best wall."""
    reference, sedona = found.get(REFERENCE, {}), found.get("SedonaDB", {})
    cpu = f"{reference['cpu_s'] / row['cpu_s']:.1f}×" if "cpu_s" in reference else "–"
    wall = f"{sedona['wall_s'] / row['wall_s']:.1f}×" if "wall_s" in sedona else "–"
    return f"{cpu} | {wall}"


def _seconds(value: float) -> str:
    return f"{value * 1000:.2f} ms" if value < 0.1 else f"{value:.2f} s"


def _table(load: str, found: dict[str, Any]) -> list[str]:
    lines = [
        f"## {load}: {WORKLOADS[load][0]}", "",
        "| engine | CPU | best wall | peak memory | geopandas' CPU / its | SedonaDB's wall / its | same pairs |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    right = found.get(REFERENCE, {})
    for name, row in found.items():
        if "missing" in row:
            lines.append(f"| {name} | not measured: {row['missing']} | | | | | |")
            continue
        lost = row["pairs"] - right.get("pairs", row["pairs"])
        same = "yes" if row["hash"] == right.get("hash") else f"**no** ({lost:+,})"
        cells = [name, _seconds(row["cpu_s"]), _seconds(row["wall_s"]), f"{row['peak_mb']:.0f} MB", _cell(row, found), same]
        lines.append("| " + " | ".join(cells) + " |")
    if right:
        lines += ["", f"{right.get('pairs', 0):,} pairs."]
    if load in NOT_RUN:
        lines += ["", *_not_run(NOT_RUN[load])]
    return [*lines, ""]


def _not_run(reasons: dict[str, str]) -> list[str]:
    """What a workload leaves out, the engines with one reason together."""
    together: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        together.setdefault(reason, []).append(name)
    return ["Not run:", *(f"- {'; '.join(names)}: {reason}" for reason, names in together.items())]


def _drags(found: dict[str, dict[str, float]]) -> list[str]:
    lines = [
        "## Dragging one vertex", "",
        "Who comes into a zone and who leaves it (`geo.index.PointIndex.moved`): CPU time, 200 drags of 300 to 1,500 m.",
        "",
        "| facilities | median | p95 | index of the points, CPU |", "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for count, row in found.items():
        lines.append(f"| {int(count):,} | {row['p50_ms']:.3f} ms | {row['p95_ms']:.3f} ms | {_seconds(row['index_s'])} |")
    return [*lines, ""]


def _assess(found: dict[str, Any]) -> list[str]:
    told = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in found["where"].items())
    return [
        "## `assess` with every rule", "",
        f"{found['units']:,} enterprises with a unit each × 20 zones: {found['assess_s']:.0f} s wall, "
        f"{found['cpu_s']:.0f} s CPU, peak {found['peak_mb'] / 1000:.1f} GB, {found['findings']:,} findings, in a process of "
        f"its own from the file on; the import before took {found.get('import_s', 0):.0f} s and "
        f"{found.get('import_peak_mb', 0) / 1000:.1f} GB. "
        f"Where the time goes (CPU): {told}.", "",
    ]  # fmt: skip


def _screen(found: dict[str, Any]) -> list[str]:
    lines = [
        "## `screen`, in partitions", "",
        f"{found['rows']:,} rows, half enterprises, half boilers (`python -m benchmarks.screen`); both ways find the same, by "
        "hash.", "", "| engine | wall | rows a second | … and worker | findings |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for name, row in found.items():
        if isinstance(row, dict):
            each, all_of_them = row["rows_per_s_and_worker"], found["rows"] / row["s"]
            lines.append(f"| {name} | {row['s']:.0f} s | {all_of_them:,.0f} | {each:,.0f} | {row['findings']:,} |")
    return [*lines, ""]


def _many(found: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
        "## Maps of very many units", "",
        "In a fresh Chromium, the assessment made before (`python -m benchmarks.many`). *First*: by the browser that asks first,",
        "for which the lists of the page are made; *then*: by every later one. Frames: dragging and zooming through cells, tiles",
        "and single facilities; on the drawing table also moving a whole zone, the live impact on the screen. Server and browser",
        "share the cores.", "",
        "| units | page | first paint, first | … then | drawn, then | page as sent | longest gap of frames | 99 % below |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for units, row in found.items():
        for page, told in (("overview", row), ("drawing table", row.get("plan")), ("grid head's page", row.get("cell"))):
            lines += _map_lines(f"{int(units):,}", page, told) if told else []
    return [*lines, ""]


def _map_lines(units: str, page: str, row: dict[str, float]) -> list[str]:
    times = [_seconds(row[name]) for name in ("cold_paint_s", "paint_s", "drawn_s")]
    cells = [units, page, *times, f"{row['sent_kb']:.0f} kB", f"{row['gap_ms']:.0f} ms", f"{row['gap_p99_ms']:.0f} ms"]
    lines = ["| " + " | ".join(cells) + " |"]
    if "drag_gap_ms" in row:
        moving = [units, "… a zone being moved", *[""] * 4, f"{row['drag_gap_ms']:.0f} ms", f"{row['drag_gap_p99_ms']:.0f} ms"]
        lines.append("| " + " | ".join(moving) + " |")
    return lines


def _snapshot(found: dict[str, Any]) -> list[str]:
    spent = f"{found['snapshot_s']:.0f} s wall, {found['snapshot_cpu_s']:.0f} s CPU"
    return [
        "## `snapshot`", "",
        f"{found['units']:,} enterprises with a unit each ({found['rows']:,} rows with findings, {found['file_mb']:.0f} MB), in "
        f"a process that has judged them before, as a server has: {spent}. "
        f"A command judges first: {found['judged_s']:.0f} s wall, {found['judged_cpu_s']:.0f} s CPU more. Peak memory "
        f"{found['peak_mb'] / 1000:.1f} GB ({found['peak_before_mb'] / 1000:.1f} GB of it before the snapshot began).", "",
    ]  # fmt: skip


SECTIONS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "drags": _drags, "assess": _assess, "screen": _screen, "many": _many, "snapshot": _snapshot,
}  # fmt: skip
"""What follows the joins, in this order."""


def written(found: dict[str, Any]) -> str:
    """The whole page."""
    lines = [HEAD.format(machine=found["machine"])]
    for load in WORKLOADS:
        if load in found:
            lines += _table(load, found[load])
    if "as_written" in found:
        row = found["as_written"]
        lines += [
            f"`{AS_WRITTEN}` in the order people write it took {row['cpu_s']:.0f} CPU s on W2, once (the points are prepared, "
            "not the zones, and every point near a zone of 50,000 vertices walks round all of it).", "",
        ]  # fmt: skip
    for name, section in SECTIONS.items():
        if name in found:
            lines += section(found[name])
    return "\n".join(lines).rstrip() + "\n"
