"""A server that is not there, lets nobody in, lacks something, is busy or dies: one sentence each, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from geo.errors import BlueSkyError, WrongUsage
from services.check import run_checks
from store import _postgres, audit, changes
from store._dialects import missing_guards
from store._place import Place, place_of
from store.errors import (
    ServerRefused,
    ServerUnfit,
    ServerUnreachable,
    StoreBusy,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreTooNew,
)
from store.models import SCHEMA_REVISION
from store.open import Store, open_store
from tests import _postgres as _server
from tests._postgres import Cluster
from tests._raw import Makers, raw
from tests._store_rows import REGION, put_zones, validity, zone

ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("postgres",)


def _changed(place: Place, **part: object) -> Place:
    assert place.url is not None
    return Place(place.path, place.url.set(**part))


def test_a_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServerUnreachable, match=f"{port}"):
        open_store(place_of(f"postgresql+psycopg://u:topsecret@127.0.0.1:{port}/city", tmp_path))
    results = {one.key: one for one in run_checks(lambda: open_store(f"postgresql+psycopg://u@127.0.0.1:{port}/city"), REGION)}
    assert not results["store"].ok and results["layers"].ok


@pytest.mark.parametrize("part", [{"password": "wrong-horse"}, {"username": "nobody"}, {"database": "no_such_city"}])
def test_wrong_user_password_or_database_is_a_sentence_without_the_password(makers: Makers, part: dict[str, str]) -> None:
    place = _changed(makers.place(), **part)
    with pytest.raises(ServerRefused) as told:
        open_store(place, create=True)
    assert place.url is not None and str(place.url.password) not in str(told.value)


def test_nothing_is_made_by_looking(makers: Makers) -> None:
    place = makers.place()
    with pytest.raises(StoreMissing, match=place.name):
        open_store(place)
    assert _postgres.look_at(place.url) is None and not place.path.parent.exists()


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("CREATE TABLE theirs (x int)", StoreForeign),
        ("CREATE TABLE store_info (name text, value text); CREATE TABLE alembic_version (version_num text)", StoreForeign),
    ],
)
def test_a_foreign_database_is_refused_and_not_touched(
    makers: Makers, cluster: Cluster, statement: str, refused: type[BlueSkyError]
) -> None:
    place = makers.place()
    cluster.sql(statement, place.name)
    before = cluster.sql("SELECT relname FROM pg_class ORDER BY 1", place.name)
    for create in (False, True):
        with pytest.raises(refused, match=place.name):
            open_store(place, create=create)
    assert cluster.sql("SELECT relname FROM pg_class ORDER BY 1", place.name) == before


def test_a_newer_store_is_refused(empty_store: Store) -> None:
    with raw(empty_store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreTooNew, match="9999"):
            open_store(empty_store.place)
        connection.execute(f"UPDATE alembic_version SET version_num = '{SCHEMA_REVISION}'")


def _role(cluster: Cluster, name: str) -> None:
    if not cluster.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):
        cluster.sql(f"CREATE ROLE {name} LOGIN PASSWORD 'simple'")


def _owned(place: Place, cluster: Cluster) -> Place:
    """The place as a user who is no administrator."""
    _role(cluster, "clerk")
    cluster.sql("GRANT ALL ON SCHEMA public TO clerk", place.name)
    cluster.sql(f"GRANT ALL ON DATABASE {place.name} TO clerk")
    return _changed(place, username="clerk", password="simple")


def test_a_user_who_may_not_bring_postgis_in_learns_what_to_ask_for(cluster: Cluster, tmp_path: Path) -> None:
    place = place_of(cluster.url(cluster.database()), tmp_path)
    with pytest.raises(ServerUnfit, match="CREATE EXTENSION postgis"):
        open_store(_owned(place, cluster), create=True)
    cluster.sql(f"DROP DATABASE {place.name} WITH (FORCE)")


def test_nothing_needs_an_administrator_once_the_extensions_are_there(makers: Makers, cluster: Cluster) -> None:
    place = makers.place()
    store = open_store(_owned(place, cluster), create=True)
    put_zones(store, zone("A", "2020-01-01"))
    assert audit.verify(store) == []
    store.close()
    cluster.sql("DROP OWNED BY clerk", place.name)


def test_a_user_who_may_only_read_changes_nothing(empty_store: Store, cluster: Cluster) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    _role(cluster, "reader")
    cluster.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", empty_store.place.name)
    theirs = open_store(_changed(empty_store.place, username="reader", password="simple"))
    assert validity(theirs) == [("A", "2020-01-01", "-")]
    with pytest.raises(StoreFull, match="permission denied"):
        put_zones(theirs, zone("A", "2020-01-01", place=1))
    theirs.close()
    cluster.sql("DROP OWNED BY reader", empty_store.place.name)


def test_a_database_in_another_encoding_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0")
    with pytest.raises(ServerUnfit, match="LATIN1"):
        open_store(place_of(cluster.url("latin"), tmp_path), create=True)
    cluster.sql("DROP DATABASE latin WITH (FORCE)")


def test_a_lock_held_for_too_long_is_a_sentence_and_readers_do_not_wait(
    empty_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_postgres._CONNECT, "options", "-c lock_timeout=100ms -c default_transaction_isolation=repeatable\\ read")
    hasty = open_store(empty_store.place)
    with empty_store.write():
        assert validity(hasty) == []
        with pytest.raises(StoreBusy):
            put_zones(hasty, zone("A", "2020-01-01"))
    assert put_zones(hasty, zone("A", "2020-01-01")).new == 1
    hasty.close()


def test_readers_cannot_write_and_texts_sort_by_their_bytes(empty_store: Store) -> None:
    with pytest.raises(StoreFull, match="read-only"), empty_store.read() as connection:
        changes.next_revision(connection, "towns")
    with raw(empty_store) as connection:
        other = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name NOT IN ('spatial_ref_sys', 'geometry_columns', 'geography_columns')"
            " AND data_type IN ('text', 'character varying') AND (collation_name IS DISTINCT FROM 'C' OR data_type <> 'text')"
        ).fetchall()
    assert other == []


def test_a_character_postgresql_cannot_keep_is_the_users_business(empty_store: Store) -> None:
    with pytest.raises(WrongUsage), empty_store.write() as connection:
        audit.append(connection, empty_store, audit.Entry("a\0b", "x", "y", {}), changes.moment(connection))
    assert audit.head(empty_store)[0] == 0


def test_a_number_larger_than_any_column_finds_nothing(empty_store: Store) -> None:
    from store import cases, drafts

    with empty_store.read() as connection:
        for number in (2**31, 2**63, 10**30):
            assert cases.of_number(connection, number) is None and drafts.of_number(connection, number) is None


def test_connections_that_broke_are_made_anew(empty_store: Store, cluster: Cluster) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    cluster.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{empty_store.place.name}'")
    assert validity(empty_store) == [("A", "2020-01-01", "-")]
    with pytest.raises(ServerUnreachable), empty_store.write() as connection:
        changes.next_revision(connection, "towns")
        cluster.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{empty_store.place.name}'")
        changes.next_revision(connection, "towns")
    assert changes.revisions(empty_store) == {"no_burn_zones": 1}


def test_a_killed_server_comes_back_with_everything_that_was_answered(empty_store: Store, cluster: Cluster) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    cluster.kill()
    with pytest.raises(ServerUnreachable):
        validity(empty_store)
    cluster.run()
    assert validity(empty_store) == [("A", "2020-01-01", "-")]
    put_zones(empty_store, zone("B", "2020-01-01", place=2))
    assert audit.verify(empty_store) == []
    with empty_store.read() as connection:
        assert missing_guards(connection) == []


def test_a_missing_server_is_loud_and_in_ci_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BLUESKY_POSTGRES", str(tmp_path))
    assert _server.find_postgres() is None
    monkeypatch.setattr(_server, "get", lambda: None)
    for ci, code in (("", 0), ("true", 1)):
        monkeypatch.setenv("CI", ci)
        assert _server.main() == code and "NO POSTGRESQL" in capsys.readouterr().err


_FORSAKEN = """
import os, signal
from tests._postgres import Cluster, find_postgres
made = Cluster(find_postgres()).start()
print(made.dsn("postgres"), made.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BLUESKY_SOAK"), reason="long: make soak")
def test_a_server_ends_with_the_tests_that_started_it_even_where_they_are_killed() -> None:
    done = subprocess.run([sys.executable, "-c", _FORSAKEN], capture_output=True, text=True, check=False, cwd=ROOT)
    dsn, folder = done.stdout.split()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            psycopg.connect(dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the server outlived the tests")
    shutil.rmtree(folder, ignore_errors=True)  # the last of its processes may still be leaving
