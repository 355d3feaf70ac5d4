"""The running product: from the command to the first page, to the end by Ctrl+C; the map as one file; the self-check."""

from __future__ import annotations

import http.client
import os
import re
import signal
import ssl
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
from tests.conftest import _copy

FIRST_PAGE_SECONDS = 5.0
ADDRESS = re.compile(r"https?://127\.0\.0\.1:\d+")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
STRAY = {"PROJ_DATA": "/nowhere/proj", "PROJ_LIB": "/nowhere/proj", "GDAL_DATA": "/nowhere/gdal"}


def _heeds_ctrl_c() -> None:
    """Tests that run behind a shell's ``&`` inherit deafness for Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _running(place: Path, *arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The product as a process of its own, and the address it tells."""
    own = {"BLUESKY_LOG": str(place.parent / "error.log"), "BLUESKY_LANG": "zh", "PYTHONUNBUFFERED": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "CONDA_PREFIX"} | STRAY | own | settings
    command = [sys.executable, "app.py", "--store", str(place), *arguments, "--port", "0"]
    process = subprocess.Popen(
        command, cwd=_house.ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        preexec_fn=_heeds_ctrl_c if os.name == "posix" else None,
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


@pytest.fixture(scope="module")
def plain(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The product on plain HTTP of the loopback: its store, and its address."""
    place = _copy(_demo_folder, tmp_path_factory.mktemp("plain"))
    with _running(place, "serve") as (_, address):
        yield place, address


def test_the_first_page_comes_within_five_seconds(demo_path: Path) -> None:
    started = time.monotonic()
    with _running(demo_path, "serve") as (_, address):
        status, page = _get(f"{address}/?as_of=2021-07-01")
    assert time.monotonic() - started < FIRST_PAGE_SECONDS
    assert status == 200
    assert "蓝天空间管控平台" in page


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_by_ctrl_c_and_by_the_systems_word(word: signal.Signals, demo_path: Path) -> None:
    with _running(demo_path, "serve") as (process, address):
        assert _get(f"{address}/healthz")[0] == 200
        process.send_signal(word)
        _, told = process.communicate(timeout=10)
    assert process.returncode in (0, 130)
    assert "Traceback" not in told


def test_start_fills_the_example_city_and_says_where_to_look(tmp_path: Path) -> None:
    place = tmp_path / "new" / "city.sqlite"
    with _running(place, "start") as (_, address):
        assert "R11-NBZ" in _get(f"{address}/api/rules", _entered(address))[1]
    assert place.is_file()


def test_a_taken_port_is_a_sentence(plain: tuple[Path, str]) -> None:
    place, address = plain
    port = address.rpartition(":")[2]
    command = [sys.executable, "app.py", "--lang", "zh", "--store", str(place), "serve", "--port", port]
    done = subprocess.run(command, cwd=_house.ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 1
    assert done.stderr.strip() == f"端口 {port} 已被占用，请用 --port 换一个。"


CERTIFICATE, KEY = (_house.ROOT / "tests" / "fixtures" / "tls" / f"localhost.{kind}" for kind in ("pem", "key"))
TLS = ("--tls-cert", str(CERTIFICATE), "--tls-key", str(KEY))


def _own_admin(place: Path) -> None:
    from services.accounts import Profile, create
    from store.open import open_store

    store = open_store(place)
    create(store, Profile("chief", "主任", ("admin",)), "test", "three-lamps-on-a-river")
    store.close()


def _asked(address: str, path: str = "/login", form: dict[str, str] | None = None, **headers: str) -> Any:
    """An answer whatever its status, redirects not followed, the certificate of the tests trusted."""
    context = ssl.create_default_context(cafile=CERTIFICATE)
    parts = urllib.parse.urlsplit(address)
    made: Any = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    if parts.scheme == "https":
        made = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=10, context=context)
    body = urllib.parse.urlencode(form) if form is not None else None
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    made.request("GET" if form is None else "POST", path, body, kind | named)
    answer = made.getresponse()
    answer.text = answer.read().decode("utf-8", "replace")
    made.close()
    return answer


def test_other_machines_need_accounts_and_tls(demo_path: Path) -> None:
    """Nothing listens in any of these; the sentence says what to do."""
    plain = _run("--store", demo_path, "serve", "--host", "0.0.0.0", "--port", 0)
    assert plain.exit_code == 1 and "--tls-cert" in plain.stderr and "--insecure-lan" in plain.stderr
    for arguments in (TLS, ("--insecure-lan",)):
        nobody = _run("--store", demo_path, "serve", "--host", "192.0.2.1", "--port", 0, *arguments)
        assert nobody.exit_code == 1 and "user add" in nobody.stderr, "the example's people have no password"
    _own_admin(demo_path)
    elsewhere = _run("--store", demo_path, "serve", "--host", "192.0.2.1", "--port", 0, *TLS)
    assert elsewhere.exit_code == 1 and "192.0.2.1" in elsewhere.stderr, "an address that is not of this machine"
    assert _run("--store", demo_path, "serve", "--host", "192.0.2.1", "--port", 0).exit_code == 1


def test_an_unusable_certificate_is_a_sentence(demo_path: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate", "utf-8")
    for pair in ((broken, KEY), (CERTIFICATE, broken), (CERTIFICATE, tmp_path / "none.key")):
        done = _run("--store", demo_path, "serve", "--port", 0, "--tls-cert", pair[0], "--tls-key", pair[1])
        assert done.exit_code == 1 and "--tls-cert" in done.stderr, done.output
    assert _run("--store", demo_path, "serve", "--port", 0, "--tls-cert", CERTIFICATE).exit_code == 2


def test_over_tls_cookies_are_secure_and_browsers_keep_to_it(demo_path: Path) -> None:
    import socket

    with _running(demo_path, "serve", *TLS) as (_, address):
        silent = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))  # must hold up nobody
        started = time.monotonic()
        answer = _asked(address, "/login?lang=en")
        assert time.monotonic() - started < FIRST_PAGE_SECONDS
        silent.close()
        plain = _asked(address.replace("https", "http"), "/findings?lang=en")
        assert (plain.status, plain.headers["Location"]) == (301, f"{address}/findings?lang=en")
        assert _asked(address.replace("https", "http"), "/login", {"name": "x"}).status == 400
    assert answer.status == 200 and address.startswith("https")
    cookies = answer.headers.get_all("Set-Cookie")
    assert len(cookies) == 2 and all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert answer.headers["Server"] == "bluesky"


def test_plain_http_on_the_loopback_has_no_secure_cookie(plain: tuple[Path, str]) -> None:
    address = plain[1]
    answer = _asked(address)
    assert "Secure" not in answer.headers["Set-Cookie"] and "Strict-Transport-Security" not in answer.headers
    assert _asked(address, Host="evil.invalid").status == 400, "a foreign name that was made to lead here"
    assert "demo-admin" in answer.text
    assert "demo-admin" not in _asked(address, X_Forwarded_For="203.0.113.9").text, "somebody passed it on"


def test_behind_a_proxy_the_visitor_is_whom_the_proxy_names(demo_path: Path) -> None:
    """The proxy speaks TLS; nobody enters by one click, and only its word counts."""
    _own_admin(demo_path)
    told = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "map.invalid"}
    with _running(demo_path, "serve", BLUESKY_PROXY="127.0.0.1") as (_, address):
        answer = _asked(address, **told)
        assert "Strict-Transport-Security" in answer.headers and "Secure" in answer.headers["Set-Cookie"]
        assert "demo-admin" not in answer.text and "一键进入" in answer.text
        token = TOKEN.search(answer.text)
        assert token is not None
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        form = {"csrf_token": token[1], "name": "demo-admin"}
        assert _asked(address, "/login/example", form, Cookie=cookie, **told).status == 422
        form = {"csrf_token": token[1], "name": "chief", "password": "three-lamps-on-a-river"}
        assert _asked(address, "/login", form, Cookie=cookie, **told).status == 303
    with _running(demo_path, "serve", BLUESKY_PROXY="192.0.2.1") as (_, address):
        assert "Strict-Transport-Security" not in _asked(address, **told).headers, "not from a named proxy"


def test_a_large_body_that_is_refused_is_answered(plain: tuple[Path, str]) -> None:
    address = plain[1]
    answer = _asked(address, "/login", {"name": "x" * 5_000_000})
    assert answer.status == 413 and "过大" in answer.text
    parts = urllib.parse.urlsplit(address)
    raw = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    raw.putrequest("POST", "/login")
    raw.putheader("Content-Length", "900000000000")
    raw.endheaders()
    assert raw.getresponse().status == 413
    raw.close()


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
