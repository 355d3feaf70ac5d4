"""Measures reading and checking of large files: ``python -m benchmarks.imports`` (part of ``make bench``).

Each file is checked in a process of its own, without a store; the results lie in ``benchmarks/imports.json``.
``cpu_s`` is what the work takes where nothing else runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("imports.json")
ROWS, POINTS = 100_000, 1_000_000
LIMITS = {"csv": 20.0, "xlsx": 20.0, "gpkg": 20.0, "shp": 20.0, "parquet": 90.0}


def make(folder: Path) -> dict[str, Path]:
    """Files of enterprises inside the county, 100,000 rows each, and 1,000,000 points."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    draw = np.random.default_rng(1)

    def rows(count: int) -> pd.DataFrame:
        return pd.DataFrame({
            "企业编号": [f"E{n:07d}" for n in range(count)], "企业名称": [f"示例企业{n}有限公司" for n in range(count)],
            "乡镇": draw.choice(["游埠镇", "灵洞乡", "上华街道"], count),
            "管理类别": draw.choice(["重点", "简化", "登记"], count),
            "行业代码": draw.choice(["1713", "3011", "4430"], count), "状态": draw.choice(["在产", "停产"], count),
            "经度": draw.uniform(119.40, 119.52, count).round(6), "纬度": draw.uniform(29.15, 29.30, count).round(6),
        })  # fmt: skip

    def drawn(frame: pd.DataFrame) -> gpd.GeoDataFrame:
        places = shapely.points(frame["经度"], frame["纬度"])
        return gpd.GeoDataFrame(frame.drop(columns=["经度", "纬度"]), geometry=places, crs="EPSG:4490")

    table, made = rows(ROWS), {kind: folder / f"list.{kind}" for kind in LIMITS}
    table.to_csv(made["csv"], index=False)
    table.to_excel(made["xlsx"], index=False, engine="xlsxwriter")
    drawn(table).to_file(made["gpkg"])
    drawn(table).to_file(made["shp"], encoding="GBK")
    drawn(rows(POINTS)[["企业编号", "企业名称", "经度", "纬度"]]).to_parquet(made["parquet"])
    return made


def look(path: Path) -> dict[str, float]:
    """Check one file as ``import --dry-run`` does."""
    import resource

    from geo.region import load_region
    from services.intake import ImportOptions, import_file

    started = time.perf_counter()
    report = import_file(None, load_region(), "enterprises", path, ImportOptions(dry_run=True))
    assert report.rows_in == report.taken + report.quarantined + report.refused
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    worked = sum(one.ru_utime + one.ru_stime for one in used)
    peak = max(one.ru_maxrss for one in used) / 1024
    seconds = round(time.perf_counter() - started, 1)
    return {"rows": report.rows_in, "seconds": seconds, "cpu_s": round(worked, 1), "peak_mb": round(peak)}


def main() -> int:
    """Make the files, check each, tell and keep what was found; 1 where a limit is passed."""
    found, late = {}, []
    with tempfile.TemporaryDirectory() as name:
        for kind, path in make(Path(name)).items():
            call = [sys.executable, "-m", "benchmarks.imports", str(path)]
            done = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True)
            found[kind] = json.loads(done.stdout)
            print(kind, found[kind], f"limit {LIMITS[kind]} s", flush=True)
            late += [kind] if found[kind]["seconds"] > LIMITS[kind] else []
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 1 if late else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(look(Path(sys.argv[1]))))
    else:
        sys.exit(main())
