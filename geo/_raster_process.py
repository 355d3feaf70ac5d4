"""The locked child for rasters: reads one file and writes a tiled GeoTIFF of ours, and what it is as JSON.

Started by ``geo/raster.py`` with a fresh environment; takes the job folder as its only argument.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geo._reader_process import enter, failure


def main(folder: Path) -> int:
    """Read the job, lock the doors, make the raster, write the answer."""
    job = json.loads((folder / "job.json").read_text("utf-8"))
    enter(job["limits"])
    try:
        answer = _answer(folder, job)
    except Exception as fault:
        answer = failure(fault)
    (folder / "answer.json").write_text(json.dumps(answer, ensure_ascii=False), "utf-8")
    return 0


def _answer(folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    from geo._raster_make import remake
    from geo.raster import INNER, Asked

    asked = Asked(**job["asked"])
    facts = remake(folder / INNER, job["driver"], job["crs"], asked, folder / "output.tif")
    return {"ok": True, "facts": asdict(facts)}


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(Path(sys.argv[1])))
