"""The locked child: reads one file and answers with Arrow and JSON, never with a pickle.

Started by ``geo/child.py`` with a fresh environment; takes the job folder as its only argument, or waits for
folders on its standard input and forks a child for each (``geo/_readers.py``).
"""

from __future__ import annotations

import ctypes
import dataclasses
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

_NEEDED = (
    "pyarrow.parquet", "geo.crs", "geo.read", "geo._read_geojson", "geo._read_kml", "geo._read_ogr", "geo._read_parquet",
    "geo._read_shapefile", "geo._read_sheet", "geo._read_text",
)  # fmt: skip
"""What a waiting reader imports before the first job."""


def main(folder: Path) -> int:
    """Read the job, lock the doors, read the file, write the answer."""
    job = json.loads((folder / "job.json").read_text("utf-8"))
    enter(job["limits"])
    try:
        answer = _answer(folder, job)
    except Exception as fault:
        answer = failure(fault)
    (folder / "answer.json").write_text(json.dumps(answer, ensure_ascii=False, default=str), "utf-8")
    return 0


def wait() -> int:
    """Import what every file needs, then give each job a child that knows nothing of the pipes; ends with the input."""
    for name in _NEEDED:
        importlib.import_module(name)
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            os._exit(_alone(Path(os.fsdecode(line.rstrip(b"\n")))))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return 0


def _alone(folder: Path) -> int:
    nothing = os.open(os.devnull, os.O_RDWR)
    for inherited in (0, 1):
        os.dup2(nothing, inherited)
    try:
        return main(folder)
    except BaseException:
        return 1


def enter(limits: dict[str, int]) -> None:
    """Lock the doors: limits, and no network where the system lets us."""
    _limit(limits)
    _leave_network()


def _limit(limits: dict[str, int]) -> None:
    try:
        import resource
    except ImportError:  # Windows has no rlimits; ``check`` says so
        return
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _leave_network() -> bool:
    """Enter an empty network namespace where the system lets us."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWNET) == 0)


def _answer(folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa
    import shapely

    from geo.read import ReadOptions, read_table

    raw = read_table(folder / job["file"], ReadOptions(**job["options"]))
    columns: dict[str, Any] = {}
    kinds: dict[str, Any] = {}
    for i in range(raw.frame.shape[1]):
        cells = raw.frame.iloc[:, i].tolist()
        plain = all(value is None or type(value) is str for value in cells)
        columns[f"c{i}"] = pa.array([_sound(v) for v in cells] if plain else [_text(v) for v in cells], pa.string())
        kinds[f"k{i}"] = pa.nulls(len(cells), pa.int8()) if plain else pa.array([_kind(v) for v in cells], pa.int8())
    if raw.geometry is not None:
        columns["wkb"] = pa.array(list(shapely.to_wkb(raw.geometry)), pa.binary())
    table = pa.table({"row": pa.array(raw.rows, pa.int64()), **columns, **kinds})
    with pa.OSFile(str(folder / "answer.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {
        "ok": True, "headers": [str(h) for h in raw.frame.columns], "records": len(raw.rows), "crs": raw.crs,
        "crs_declared": raw.crs_declared, "encoding": raw.encoding, "driver": raw.driver,
        "source_layer": raw.source_layer, "notes": raw.notes, "geometry": raw.geometry is not None,
        "remarks": [[r.position, r.code, r.zh, r.en, r.lost] for r in raw.remarks],
        "marks": [dataclasses.asdict(mark) for mark in raw.marks],
    }  # fmt: skip


def _sound(text: str | None) -> str | None:
    """Text that can be written as UTF-8; a lone half of a surrogate pair becomes a question mark."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else _sound(str(value))


def _kind(value: Any) -> int:
    """0 text or nothing, 1 date, 2 moment: the only types that cross the wall."""
    if hasattr(value, "hour"):
        return 2
    return 1 if hasattr(value, "isoformat") else 0


def failure(fault: Exception) -> dict[str, Any]:
    """What went wrong as an answer: a sentence of ours, else only its kind."""
    from geo.errors import BlueSkyError

    if isinstance(fault, BlueSkyError):
        return {"ok": False, "zh": fault.sentence("zh"), "en": fault.sentence("en"), "choices": fault.facts.get("choices")}
    return {"ok": False, "zh": None, "en": None, "kind": type(fault).__name__}


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(wait() if sys.argv[1] == "--wait" else main(Path(sys.argv[1])))
