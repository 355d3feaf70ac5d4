"""The running product: from the command to the first page, to the end by Ctrl+C; the map as one file; the self-check."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app import cli
from tests import _house

FIRST_PAGE_SECONDS = 5.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
STRAY = {"PROJ_DATA": "/nowhere/proj", "PROJ_LIB": "/nowhere/proj", "GDAL_DATA": "/nowhere/gdal"}


@contextmanager
def _running(place: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The product as a process of its own, and the address it tells."""
    own = {"BLUESKY_LOG": str(place.parent / "error.log"), "BLUESKY_LANG": "zh", "PYTHONUNBUFFERED": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "CONDA_PREFIX"} | STRAY | own
    command = [sys.executable, "app.py", "--store", str(place), *arguments, "--port", "0"]
    process = subprocess.Popen(
        command, cwd=_house.ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        told = ""
        while not ADDRESS.search(told):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            told += line
        yield process, ADDRESS.search(told)[0]  # type: ignore[index]  the loop has found it
    finally:
        process.kill()
        process.communicate()


def _get(address: str, visitor: urllib.request.OpenerDirector | None = None) -> tuple[int, str]:
    with (visitor or urllib.request.build_opener()).open(address, timeout=10) as answer:
        return answer.status, answer.read().decode("utf-8")


def _entered(address: str) -> urllib.request.OpenerDirector:
    """A visitor who came in by one click."""
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    token = TOKEN.search(_get(f"{address}/login", visitor)[1])
    assert token is not None
    form = urllib.parse.urlencode({"csrf_token": token[1], "name": "demo-planner"}).encode()
    with visitor.open(f"{address}/login/example", form, timeout=10) as answer:
        assert answer.status == 200
    return visitor


def test_the_first_page_comes_within_five_seconds(demo_path: Path) -> None:
    started = time.monotonic()
    with _running(demo_path, "serve") as (_, address):
        status, page = _get(f"{address}/?as_of=2021-07-01")
    assert time.monotonic() - started < FIRST_PAGE_SECONDS
    assert status == 200
    assert "蓝天空间管控平台" in page


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_it_ends_quietly_by_ctrl_c(demo_path: Path) -> None:
    with _running(demo_path, "serve") as (process, address):
        assert _get(f"{address}/healthz")[0] == 200
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=10)
    assert process.returncode in (0, 130)
    assert "Traceback" not in told


def test_start_fills_the_example_city_and_says_where_to_look(tmp_path: Path) -> None:
    place = tmp_path / "new" / "city.sqlite"
    with _running(place, "start") as (_, address):
        assert "R11-NBZ" in _get(f"{address}/api/rules", _entered(address))[1]
    assert place.is_file()


def test_a_taken_port_is_a_sentence(demo_path: Path) -> None:
    with _running(demo_path, "serve") as (_, address):
        port = address.rpartition(":")[2]
        command = [sys.executable, "app.py", "--lang", "zh", "--store", str(demo_path), "serve", "--port", port]
        done = subprocess.run(command, cwd=_house.ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 1
    assert done.stderr.strip() == f"端口 {port} 已被占用，请用 --port 换一个。"


def _run(*arguments: object, **environment: str) -> Any:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env={"BLUESKY_LANG": "zh"} | environment)


def test_the_map_is_one_file_without_a_foreign_host(demo_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.html"
    done = _run("--store", demo_path, "map", "--out", out, "--as-of", "2021-07-01", "--layers", "no_burn_zones,combustion_units")
    assert done.exit_code == 0, done.output
    text = out.read_text("utf-8")
    assert "Content-Security-Policy" in text
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?!data:|#)[^\"'>\s]+", text) == []


def test_the_map_refuses_an_unknown_layer(demo_path: Path, tmp_path: Path) -> None:
    done = _run("--store", demo_path, "map", "--out", tmp_path / "map.html", "--as-of", "2021-07-01", "--layers", "nope")
    assert done.exit_code == 1
    assert "nope" in done.stderr
    assert not (tmp_path / "map.html").exists()


def test_check_finds_a_whole_store_whole(demo_path: Path) -> None:
    done = _run("--store", demo_path, "check")
    assert done.exit_code == 0, done.output
    assert "✓" in done.stdout


def test_check_finds_a_store_that_was_changed_behind_our_back(demo_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(demo_path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE feature_version SET props = replace(props, '示例', '真实') WHERE layer = 'enterprises'")
        connection.commit()
    done = _run("--store", demo_path, "check")
    assert done.exit_code == 1
    assert "✗" in done.stdout
