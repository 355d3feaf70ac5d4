"""A full disk: every writing command says so in a sentence, and nothing is changed or left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.assess import recorded_frames
from store.open import open_store
from tests import _house

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes to play a full disk with")
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv[1:2] = []
from app import cli
cli(prog_name="python app.py", args=sys.argv[1:])
"""
ROWS = "enterprise_code,enterprise_name,lon,lat\n" + "".join(f"N{n:05d},示例新厂{n},119.4,29.2\n" for n in range(4000))


def _limited(size: int, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command whose files may not grow beyond a size in bytes, as on a disk that fills up."""
    command = [sys.executable, "-c", LIMITED, str(size), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(_house.ROOT), "BLUESKY_LANG": "zh", "BLUESKY_LOG": str(folder / "error.log")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def _refused(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "内部错误" not in last, last
    assert "不是本系统" not in last, last
    assert "未改动" in last or "空间" in last or "磁盘" in last, last


def _codes(place: Path) -> set[str]:
    store = open_store(place)
    try:
        return set(recorded_frames(store)["enterprises"]["enterprise_code"])
    finally:
        store.close()


def test_an_import_is_all_or_nothing(demo_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text(ROWS, "utf-8")
    before = _codes(demo_path)
    _refused(_limited(1_000_000, tmp_path, "--store", demo_path, "import", "enterprises", file))
    assert _codes(demo_path) == before
    done = _limited(1 << 30, tmp_path, "--store", demo_path, "import", "enterprises", file)
    assert done.returncode == 0, done.stderr
    assert len(_codes(demo_path)) == len(before) + 4000


def test_a_file_already_there_is_kept(demo_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "findings.csv"
    out.write_text("as it was", "utf-8")
    _refused(_limited(60_000, tmp_path, "--store", demo_path, "assess", "--as-of", "2021-07-01", "--out", out))
    _refused(_limited(60_000, tmp_path, "--store", demo_path, "export", "combustion_units", "--out", out))
    assert out.read_text("utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["findings.csv"]


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg", ".zip", ".geojson", ".parquet", ".kml"])
def test_no_half_file_is_left(demo_path: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"units{suffix}"
    _refused(_limited(4_096, tmp_path, "--store", demo_path, "export", "combustion_units", "--out", out))
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_a_demo_that_does_not_fit_leaves_no_rows(tmp_path: Path) -> None:
    place = tmp_path / "city.sqlite"
    _refused(_limited(400_000, tmp_path, "--store", place, "demo"))
    done = _limited(1 << 30, tmp_path, "--store", place, "demo")
    assert done.returncode == 0, done.stderr


def test_a_backup_that_does_not_fit_leaves_nothing(demo_path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    _refused(_limited(50_000, tmp_path, "--store", demo_path, "backup", copy))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []
