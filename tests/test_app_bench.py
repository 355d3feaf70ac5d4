"""The bookkeeping of the benchmarks: what a server costs is charged, and the page says what was measured and what was not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import _postgis
from benchmarks._page import written
from benchmarks.engines import NOT_RUN, POSTGIS, REFERENCE, engines
from benchmarks.joins import PAGE, RESULTS, _repetition
from benchmarks.workloads import WORKLOADS

BURN = "import time\nwhile time.process_time() < 0.3: pass"
WAIT = "\nprint('burnt', flush=True)\ninput()"
MASTER = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}])
alive = subprocess.Popen([sys.executable, "-c", {BURN + WAIT!r}], stdin=subprocess.PIPE)
sys.stdin.read()
alive.communicate(b"end")
"""
"""As a server does it: one worker that has ended and one that waits for work."""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="what a server costs is read from /proc")
def test_a_server_is_charged_for_workers_that_live_and_that_have_ended() -> None:
    master = subprocess.Popen([sys.executable, "-c", MASTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert master.stdout is not None and master.stdout.readline() == "burnt\n"
        assert 0.55 <= _postgis.cpu_seconds(master.pid) < 3
        assert _postgis.peak_mb(master.pid) > 3
    finally:
        master.communicate()


def test_the_server_of_an_engine_is_charged_beside_it() -> None:
    books = iter((10.0, 12.0, 20.0, 26.0))

    def run() -> tuple[Any, Any]:
        return np.array([1]), np.array([2])

    run.spent = lambda: next(books)  # type: ignore[attr-defined]  # as engines say it
    told, pairs = _repetition(run, 2)
    assert told["cpu_s"] == pytest.approx(4, abs=0.1) and told["wall_s"] < 0.1
    assert [side.tolist() for side in pairs] == [[1], [2]]


def test_what_postgresql_sends_and_takes_is_binary() -> None:
    array = bytes.fromhex("00000001 00000000 00000017 00000002 00000001  00000004 00000007 00000004 00000bb7")
    assert _postgis.unpacked(array).tolist() == [7, 2999]
    assert _postgis.unpacked(None).tolist() == []
    spots = _postgis.packed(np.array([[0.0, 1.0], [2.0, 3.0]]))
    second = "0003 00000004 00000001 00000008 4000000000000000 00000008 4008000000000000"
    assert spots.endswith(bytes.fromhex(second) + b"\xff\xff") and len(spots) == 19 + 2 * 34 + 2


def test_without_postgis_the_engine_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests._postgres.find_postgres", lambda: None)
    with pytest.raises(ImportError, match="no PostgreSQL with PostGIS"):
        engines("W1")[POSTGIS[0]]("W1")


def test_postgis_is_where_it_ends_and_elsewhere_the_page_says_why_not() -> None:
    for load in WORKLOADS:
        assert (POSTGIS[1] in engines(load)) == (load in ("W1", "W2", "W2e"))
        assert set(POSTGIS) <= set(engines(load)) | set(NOT_RUN.get(load, {}))
    row = {"cpu_s": 2.0, "wall_s": 1.0, "peak_mb": 1.0, "pairs": 9, "hash": "a"}
    lost = row | {"cpu_s": 8.0, "pairs": 7, "hash": "b"}
    page = written({"machine": "m", "W2": {REFERENCE: row, POSTGIS[0]: lost, POSTGIS[1]: {"missing": "gone"}}, "W4": {}})
    assert f"| {POSTGIS[0]} | 8.00 s | 1.00 s | 1 MB | 0.2× | – | **no** (-2) |" in page
    assert f"| {POSTGIS[1]} | not measured: gone |" in page
    assert f"{POSTGIS[1]}: {NOT_RUN['W4'][POSTGIS[1]]}" in page


def test_the_page_of_the_measurements_is_written_from_them() -> None:
    assert PAGE.read_text("utf-8") == written(json.loads(RESULTS.read_text("utf-8")))
