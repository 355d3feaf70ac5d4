"""Stores of tests on either database, and plain connections to them: what a foreign hand can do behind the program."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Table

from store import _postgres_guards, account_tables, case_tables, draft_tables, held_tables
from store._guarded import GUARDED
from store._place import Place, place_of
from store.models import metadata
from store.open import Store, open_store
from tests._browser import in_ci
from tests._postgres import LOUD, TEMPLATE, Cluster, find_postgres

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
DATABASES = ("sqlite", "postgres")
CHOSEN = os.environ.get("BLUESKY_TEST_DATABASE", "sqlite")
"""On which database the tests run that do not run on both."""
BARE = "bluesky_bare"
"""A template with the extensions and without a table: bringing them in takes a second each time."""


assert all(one.metadata is metadata for one in (account_tables, case_tables, draft_tables, held_tables)), "every table is known"


def is_postgres(store: Store) -> bool:
    """Whether a store lies in PostgreSQL."""
    return store.place.url is not None


@contextmanager
def raw(store: Store) -> Iterator[Any]:
    """A plain connection without any of our settings; every statement stands by itself."""
    if store.place.url is None:
        opened: Any = sqlite3.connect(store.path, isolation_level=None)
    else:
        address = store.place.url.set(drivername="postgresql").render_as_string(hide_password=False)
        opened = psycopg.connect(address, autocommit=True)
    with closing(opened) as connection:
        yield connection


def tamper(store: Store, *statements: str) -> int:
    """What somebody does who may write to the database and knows how to drop triggers; how many rows the last one met."""
    met = 0
    with raw(store) as connection:
        _drop_triggers(connection, is_postgres(store))
        for statement in statements:
            met = connection.execute(_spoken(statement, is_postgres(store))).rowcount
    return met


def _drop_triggers(connection: Any, postgres: bool) -> None:
    if not postgres:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        return
    connection.execute("SET session_replication_role = replica")  # its administrator can switch references off, too
    connection.execute("ALTER TABLE feature_version DROP CONSTRAINT IF EXISTS feature_version_no_overlap")
    query = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
    for name, table in connection.execute(f"{query} AND relnamespace = 'public'::regnamespace").fetchall():
        connection.execute(f"DROP TRIGGER {name} ON {table}")


def _spoken(statement: str, postgres: bool) -> str:
    """Bytes are written otherwise in PostgreSQL."""
    return statement.replace("x'00'", "'\\x00'::bytea").replace("x'ff'", "'\\xff'::bytea") if postgres else statement


def address(store: Store) -> str:
    """What another process is told to open the same store."""
    return str(store.path) if store.place.url is None else store.place.url.render_as_string(hide_password=False)


def surroundings(store: Store) -> dict[str, str]:
    """The environment of another process that opens the same store."""
    return {**os.environ, "BLUESKY_DATA_DIR": str(store.path.parent)}


def running_cluster() -> Iterator[Cluster]:
    """A server for the session, with templates; without one the test is skipped loudly, and with ``CI=true`` it fails."""
    programs = find_postgres()
    if programs is None:
        if in_ci():
            pytest.fail("no PostgreSQL, and CI=true: " + LOUD, pytrace=False)
        pytest.skip("NO POSTGRESQL: no server with PostGIS was found")
    cluster = Cluster(programs)
    try:
        cluster.start()
        cluster.sql(f"CREATE DATABASE {BARE}")
        for name in ("btree_gist", "postgis"):
            cluster.sql(f"CREATE EXTENSION {name}", BARE)
        cluster.sql(f"CREATE DATABASE {TEMPLATE} TEMPLATE {BARE}")
        open_store(place_of(cluster.url(TEMPLATE), cluster.folder / "beside"), create=True).close()
        yield cluster
    finally:
        cluster.stop()


class Makers:
    """Makes stores for one test on one database, and clears them away."""

    def __init__(self, kind: str, folder: Path, cluster: Callable[[], Cluster]) -> None:
        self.kind = kind
        self.folder = folder
        self._cluster = cluster
        self._stores: list[Store] = []
        self._names: list[str] = []

    def place(self, name: str = "empty") -> Place:
        """Where a store may be made that is not there yet."""
        if self.kind == "sqlite":
            return Place(self.folder / f"{name}.sqlite")
        self._names.append(self._cluster().database(BARE))
        return place_of(self._cluster().url(self._names[-1]), self.folder / name)

    def store(self, name: str = "empty") -> Store:
        """A new store without a row."""
        place = self.place(name) if self.kind == "sqlite" else self._spare(name)
        self._stores.append(open_store(place, create=True))
        return self._stores[-1]

    def _spare(self, name: str) -> Place:
        """A database that an earlier test left empty, or another one: making one costs half a second."""
        cluster = self._cluster()
        chosen = cluster.spare.pop() if cluster.spare else cluster.database(TEMPLATE)
        return place_of(cluster.url(chosen), self.folder / name)

    def clear(self) -> None:
        """Close every store; databases are emptied for the next test, or dropped."""
        for store in self._stores:
            store.close()
            if store.place.url is not None and store.place.name not in self._names:
                _empty(store)
                self._cluster().spare.append(store.place.name)
        for name in self._names:
            self._cluster().sql(f"DROP DATABASE {name} WITH (FORCE)")


def _empty(store: Store) -> None:
    """Take every row out, let numbers begin at 1, and put guards that were dropped back."""
    with raw(store) as connection:
        connection.execute("SET session_replication_role = replica")
        tables = [table for table in metadata.sorted_tables if table.name != "store_info"]
        sequences = [f"ALTER SEQUENCE {table.name}_id_seq RESTART" for table in tables if "id" in _numbered(table)]
        connection.execute("; ".join([*(f"DELETE FROM {table.name}" for table in tables), *sequences]))
        connection.execute("DELETE FROM store_info WHERE name NOT IN ('product', 'schema')")
    with store.write() as connection:
        gone = _postgres_guards.missing(connection)
        for table in GUARDED:
            for name, statement in _postgres_guards._triggers(table).items():
                if name in gone:
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                    connection.exec_driver_sql(f"CREATE TRIGGER {name} {statement}")
        if _postgres_guards._OVERLAP in gone:
            connection.exec_driver_sql(_postgres_guards._NO_OVERLAP)
    store.close()


def _numbered(table: Table) -> list[str]:
    """Columns the database numbers."""
    return [c.name for c in table.primary_key.columns if c.autoincrement is True]
