"""Reads untrusted files in a separate process with locked doors (docs/decisions/0014).

The child gets a fresh environment with a driver allow-list before its first import, limits of CPU,
memory, file size and wall clock, and no network where the system allows; its answer is checked
again here. A crash of the reader is a sentence to the user.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo._readers import TIMED_OUT, run_warm
from geo._shapes import ShapeUnusable, count_vertices
from geo.base_mark import marks_of
from geo.errors import FileMissing, FileUnreadable
from geo.raw import RawTable, RowRemark
from geo.read import SUFFIXES, ReadOptions, unknown_format

ROOT = Path(__file__).resolve().parent.parent
WALL_SECONDS, WALL_SECONDS_PER_MB = 60.0, 2.0
MEMORY_BYTES = 6 << 30
OUTPUT_BYTES = 2 << 30
LARGEST_FILE = 2 << 30
ALLOWED_DRIVERS = frozenset({"ESRI Shapefile", "GPKG", "FlatGeobuf", "OpenFileGDB", "DXF", "MEM", "Memory"})
MOST_PARTS = 2000
READER = "geo._reader_process"
ALLOWED_RASTER_DRIVERS = frozenset({"GTiff", "netCDF", "AAIGrid", "MEM", "Memory"})
_ONE_TABLE = frozenset(SUFFIXES) - {".xlsx", ".xls", ".ods", ".xlsm", ".zip", ".dxf", ".gpkg", ".gdb"}
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".SHX", ".DBF", ".PRJ", ".CPG")


class ReaderStopped(FileUnreadable):
    """The reader crashed, ran out of time or of memory."""

    zh = "读取文件“{name}”时{reason}，文件未导入；请检查文件是否损坏或过大。"
    en = "Reading “{name}” {reason_en}; nothing was imported. Check whether the file is damaged or too large."


class SheetMissing(FileUnreadable):
    """A sheet or layer was named that the file has not."""

    zh = "文件“{name}”里没有名为“{sheet}”的工作表或图层，请改正名称或不要指定。"
    en = "The file “{name}” has no sheet or layer “{sheet}”; correct the name or leave it out."


class FileRefused(FileUnreadable):
    """The reader's own sentence, carried across the wall."""

    zh = "{sentence_zh}"
    en = "{sentence_en}"


def read_untrusted(path: Path, options: ReadOptions | None = None, called: str | None = None) -> RawTable:
    """Read a file of unknown origin.

    Args:
        path: an existing file; the sidecars of a shapefile are taken along.
        options: what the user says about it. called: its own name for sentences, where it lies under another.
    Raises:
        FileMissing, FormatUnknown, SheetMissing, ReaderStopped, FileRefused: one sentence each; nothing else happened.
    """
    shown = called or path.name
    if not is_there(path):
        raise FileMissing(path=shown or str(path))
    if path.suffix.lower() not in SUFFIXES:
        raise unknown_format(shown)
    if options and options.sheet and path.suffix.lower() in _ONE_TABLE:
        raise SheetMissing(name=shown, sheet=options.sheet)
    size = sum(part.stat().st_size for part in parts_of(path))
    if size > LARGEST_FILE:
        raise FileUnreadable(name=shown, reason="文件超过 2 GB", reason_en="it is larger than 2 GB")
    with tempfile.TemporaryDirectory(prefix="bluesky-read-") as name:
        folder = Path(name)
        inner = _bring(path, folder)
        job = {"file": inner, "options": asdict(options or ReadOptions()), "limits": limits_for(size)}
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        answer = run_locked(READER, folder, shown, size, _environment(_skipped_drivers()))
        if not answer.get("ok"):
            raise_answer(answer, shown, inner)
        return _checked(folder, answer, shown)


def is_there(path: Path) -> bool:
    """Whether there is such a file, or such a folder where the format is one (a file geodatabase)."""
    return path.is_file() or (path.is_dir() and path.suffix.lower() == ".gdb")


def parts_of(path: Path) -> list[Path]:
    """The file itself, or the files of a file geodatabase."""
    if not path.is_dir():
        return [path]
    return sorted(part for part in path.iterdir() if part.is_file() and not part.is_symlink())[:MOST_PARTS]


def _bring(path: Path, folder: Path) -> str:
    """A copy under a neutral name: the user's file name never becomes a path of ours."""
    suffix = path.suffix.lower()
    if path.is_dir():
        (folder / f"input{suffix}").mkdir()
        for part in parts_of(path):
            shutil.copyfile(part, folder / f"input{suffix}" / part.name)
        return f"input{suffix}"
    shutil.copyfile(path, folder / f"input{suffix}")
    if suffix == ".shp":
        for ending in _SIDECARS:
            side = path.with_suffix(ending)
            if side.is_file() and side.stat().st_size <= LARGEST_FILE:
                shutil.copyfile(side, folder / f"input{ending.lower()}")
    return f"input{suffix}"


def limits_for(size: int) -> dict[str, int]:
    """The limits of a child that reads a file of some bytes."""
    seconds = int(WALL_SECONDS + WALL_SECONDS_PER_MB * size / 1e6)
    return {"RLIMIT_CPU": seconds, "RLIMIT_AS": MEMORY_BYTES, "RLIMIT_FSIZE": OUTPUT_BYTES, "RLIMIT_CORE": 0}


@cache
def _skipped_drivers() -> str:
    """Every driver but the allowed ones, asked of GDAL itself so that new ones are off by default."""
    import pyogrio

    return ",".join(sorted(set(pyogrio.list_drivers()) - ALLOWED_DRIVERS))


@cache
def raster_environment() -> dict[str, str]:
    """The environment of a child that reads rasters: GeoTIFF, NetCDF and ASCII grids, nothing beside them."""
    import pyogrio
    from rasterio.env import GDALEnv

    everything = set(pyogrio.list_drivers()) | set(GDALEnv().drivers())
    return _environment(",".join(sorted(everything - ALLOWED_RASTER_DRIVERS))) | {
        "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE", "GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": "64", "GDAL_NUM_THREADS": "1",
        "HDF5_PLUGIN_PRELOAD": "::",  # no filters from elsewhere
    }  # fmt: skip


def _environment(skipped: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG") if name in os.environ}
    return kept | {
        "GDAL_SKIP": skipped, "OGR_SKIP": skipped, "GDAL_DRIVER_PATH": "disable",
        "GDAL_HTTP_PROXY": "127.0.0.1:1", "GDAL_HTTP_TIMEOUT": "1", "CPL_CURL_ENABLE_VSIMEM": "NO",
        "OGR_SQLITE_LOAD_EXTENSIONS": "", "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system",
    }  # fmt: skip


def run_locked(module: str, folder: Path, name: str, size: int, environment: dict[str, str]) -> dict[str, Any]:
    """Run a reader on a job folder, in a process of its own; returns what it answered.

    Args:
        module: the reader. name: the file's own name, for sentences. size: its bytes. environment: with the allow-list.
    Raises:
        ReaderStopped: it took too long, or broke.
    """
    seconds = WALL_SECONDS + WALL_SECONDS_PER_MB * size / 1e6
    code = run_warm(ROOT, folder, seconds, environment) if module == READER else None
    if code is None:
        code = _run_cold(module, folder, seconds, environment)
    if code == TIMED_OUT:
        raise ReaderStopped(name=name, reason="超过时限", reason_en="took too long")
    answer = folder / "answer.json"
    if code != 0 or not answer.is_file():
        raise ReaderStopped(name=name, reason="读取程序意外中止", reason_en="made the reader stop")
    return dict(json.loads(answer.read_text("utf-8")))


def _run_cold(module: str, folder: Path, seconds: float, environment: dict[str, str]) -> int:
    """Read one job in a process started for it."""
    command = [sys.executable, "-m", module, str(folder)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return TIMED_OUT
    return done.returncode


def raise_answer(answer: dict[str, Any], name: str, inner: str) -> None:
    """Raise the sentence of a reader that refused, with the file's own name in it."""
    if answer.get("zh"):
        stem = inner.rpartition(".")[0]
        sentences = {lang: str(answer[lang]).replace(inner, name).replace(stem, name) for lang in ("zh", "en")}
        choices = [str(choice) for choice in answer.get("choices") or ()]
        raise FileRefused(
            name=name, reason="", reason_en="", sentence_zh=sentences["zh"], sentence_en=sentences["en"], choices=choices
        )
    if answer.get("kind") == "MemoryError":
        raise ReaderStopped(name=name, reason="内存不足", reason_en="took too much memory")
    raise ReaderStopped(name=name, reason=f"出错（{answer.get('kind')}）", reason_en=f"failed ({answer.get('kind')})")


def _checked(folder: Path, answer: dict[str, Any], name: str) -> RawTable:
    """Take nothing on trust: counts, columns, kinds and geometry are looked at again."""
    try:
        with pa.memory_map(str(folder / "answer.arrow")) as source:
            table = pa.ipc.open_file(source).read_all()
            headers = [str(h) for h in answer["headers"]]
            cells = {h: _cells(table, i) for i, h in enumerate(headers)}
            rows = table["row"].to_pylist()
            shapes = table["wkb"].to_pylist() if answer["geometry"] else None
        if len(rows) != answer["records"] or (shapes is not None and len(shapes) != len(rows)):
            raise ValueError("counts differ")
        with np.errstate(all="ignore"):  # coordinates that are no numbers are looked at later, row by row
            geometry = None if shapes is None else np.asarray(shapely.from_wkb(shapes, on_invalid="ignore"), dtype=object)
        if geometry is not None:
            count_vertices(list(geometry))
    except (pa.ArrowException, OSError, KeyError, ValueError, ShapeUnusable) as fault:
        raise ReaderStopped(name=name, reason="返回的内容不完整", reason_en="gave an incomplete answer") from fault
    frame = pd.DataFrame({h: pd.Series(c, dtype=object) for h, c in cells.items()}, index=range(len(rows)), dtype=object)
    layer = answer["source_layer"]
    return RawTable(
        frame, rows, geometry, answer["crs"], bool(answer["crs_declared"]), answer["encoding"], str(answer["driver"]),
        None if layer == "input" else layer, [str(note) for note in answer["notes"]], _remarks(answer, len(rows)),
        marks_of(answer.get("marks") or []),
    )  # fmt: skip


def _remarks(answer: dict[str, Any], records: int) -> list[RowRemark]:
    found = [RowRemark(int(p), str(code), str(zh), str(en), bool(lost)) for p, code, zh, en, lost in answer["remarks"]]
    return [remark for remark in found if 0 <= remark.position < records]


_READ: dict[int, Callable[[str], Any]] = {0: str, 1: dt.date.fromisoformat, 2: dt.datetime.fromisoformat}


def _cells(table: Any, position: int) -> list[Any]:
    texts, column = table[f"c{position}"].to_pylist(), table[f"k{position}"]
    if column.null_count == len(texts):
        return list(texts)
    kinds = column.to_pylist()
    return [None if text is None else _READ[kind](text) for text, kind in zip(texts, kinds, strict=True)]


def available_walls() -> dict[str, bool]:
    """Which walls this system can give; ``check`` lists those it cannot."""
    try:
        import resource
    except ImportError:
        return {"driver_allow_list": True, "limits": False, "network_namespace": False}
    linux = sys.platform.startswith("linux")
    return {"driver_allow_list": True, "limits": resource is not None, "network_namespace": linux and _can_unshare()}


@cache
def _can_unshare() -> bool:
    probe = "from geo._reader_process import _leave_network; raise SystemExit(0 if _leave_network() else 1)"
    return subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False, capture_output=True).returncode == 0
