"""Fixtures of all tests: the region, stores, the example city, a browser, a running site."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from geo.region import Region, load_region
from store._place import place_of
from store.open import Store, open_store
from tests import (
    _often,  # noqa: F401  its import sets how often laws are tried
    _raw,
)
from tests._browser import LOUD, find_chromium, in_ci
from tests._postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = Path(__file__).resolve().parent / "fixtures"
WINDOW = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def region() -> Region:
    """The region of the checkout."""
    return load_region()


@pytest.fixture(scope="session")
def fixture_dir() -> Path:
    """Where the files of the tests lie."""
    return FIXTURES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The contract tests of the store run on both databases, the others on the one that is chosen.

    A module that is about one database names it in ``DATABASES``.
    """
    if "database" in metafunc.fixturenames:
        contract = metafunc.module.__name__.rpartition(".")[2].startswith("test_store_")
        known = _raw.DATABASES if contract else (_raw.CHOSEN,)
        metafunc.parametrize("database", getattr(metafunc.module, "DATABASES", known), indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The database a test runs on: ``sqlite`` or ``postgres``."""
    return str(request.param)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of the session's own."""
    yield from _raw.running_cluster()


@pytest.fixture
def makers(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[_raw.Makers]:
    """Makes stores on the database the test runs on."""
    made = _raw.Makers(database, tmp_path, lambda: request.getfixturevalue("cluster"))
    yield made
    made.clear()


@pytest.fixture
def empty_store(makers: _raw.Makers) -> Store:
    """A new store without a row."""
    return makers.store()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A new store without a row in an SQLite file."""
    store = open_store(tmp_path / "empty.sqlite", create=True)
    yield store
    store.close()


@pytest.fixture(scope="session")
def _demo_folder(tmp_path_factory: pytest.TempPathFactory, region: Region) -> Path:
    """A closed store with the example city, written once a session; nobody opens it in place."""
    from services.demo import fill

    folder = tmp_path_factory.mktemp("demo")
    store = open_store(folder / "demo.sqlite", create=True)
    fill(store, region)
    store.close()
    return folder


@pytest.fixture(scope="session")
def _demo_template(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> tuple[str, Path]:
    """The example city as a database to make others of, and the folder of what lies beside it."""
    from services.copy import copy_store

    name, folder = cluster.database(_raw.BARE), tmp_path_factory.mktemp("demo_beside")
    copy_store(_copy(_demo_folder, tmp_path_factory.mktemp("demo_source")), place_of(cluster.url(name), folder))
    return name, folder


def _demo_on(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An open copy of the example city on a database."""
    if kind == "sqlite":
        store = open_store(_copy(request.getfixturevalue("_demo_folder"), folder))
        yield store
        store.close()
        return
    (template, beside), running = request.getfixturevalue("_demo_template"), request.getfixturevalue("cluster")
    shutil.copytree(beside, folder, dirs_exist_ok=True)
    name = running.database(template)
    store = open_store(place_of(running.url(name), folder))
    yield store
    store.close()
    running.sql(f"DROP DATABASE {name} WITH (FORCE)")


def _copy(folder: Path, target: Path) -> Path:
    """Copy a closed store with what lies beside it (key, anchor, photos)."""
    shutil.copytree(folder, target, dirs_exist_ok=True)
    return target / "demo.sqlite"


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Store]:
    """The example city, shared by all tests that only read it."""
    yield from _demo_on(_raw.CHOSEN, tmp_path_factory.mktemp("demo_read"), request)


@pytest.fixture
def demo_path(_demo_folder: Path, tmp_path: Path) -> Path:
    """The file of a copy of the example city, for commands and for tests that write."""
    return _copy(_demo_folder, tmp_path / "demo")


@pytest.fixture
def demo_copy(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A copy of the example city of one test's own."""
    yield from _demo_on(database, tmp_path / "demo", request)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser; without one the test is skipped loudly, and with ``CI=true`` it fails."""
    found = find_chromium()
    if found is None:
        if in_ci():
            pytest.fail("no Chromium, and CI=true: " + LOUD, pytrace=False)
        pytest.skip("NO BROWSER: no Chromium was found")
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: Path) -> Iterator[Any]:
    """One headless browser for the session (a ``playwright.sync_api.Browser``)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(chromium_path), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A fresh tab of a desktop in Chinese, without any cookie."""
    context = chromium.new_context(viewport=WINDOW, locale="zh-CN", timezone_id="Asia/Shanghai")
    yield context.new_page()
    context.close()


@dataclass(frozen=True)
class Site:
    """A running site: its address without a slash at the end, and the store behind it."""

    address: str
    store: Store


def serve(store: Store, region: Region) -> Iterator[Site]:
    """Serve a store on a free port of the loopback until the iterator is closed."""
    from app import create_app
    from commands._server import make_server
    from maps.assets import prepare

    prepare()
    server = make_server(create_app(store, region), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.bind_addr[1]}", store)
    finally:  # also where the iterator is closed: the server's threads would keep the process alive
        server.stop()
        thread.join(timeout=5)


def admin_token(store: Store) -> str:
    """A key of the API that may do everything, of an account made for it."""
    from services.accounts import Profile, create, make_token
    from services.people import listing

    if "tester" not in {one.name for one, _ in listing(store)}:
        create(store, Profile("tester", "测试", ("admin",)), "test")
    return make_token(store, "tester", "tests", (), 1, "test")


@pytest.fixture(scope="session")
def live_site(demo_store: Store, region: Region) -> Iterator[Site]:
    """The example city on the loopback, shared by all tests that only read it."""
    yield from serve(demo_store, region)
