"""The store, once it is open: connections that read one state, one writer at a time, faults of the database as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from store import _copy
from store._dialects import sentence, size_of
from store._place import Place
from store.errors import StoreBusy
from store.migrate import schema_of


class Store:
    """One open store, safe to share between threads: every thread gets connections of its own.

    Attributes:
        place: where it is. engine: SQLAlchemy's engine on it.
    """

    def __init__(self, place: Place, engine: Engine) -> None:
        self.place = place
        self.engine = engine

    @property
    def path(self) -> Path:
        """What the files beside it are called after; of SQLite, the store itself."""
        return self.place.path

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with _sentences(self.place), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a writer's transaction, the only one at the time: committed at the end, rolled back on any error."""
        writer = self.engine.execution_options(bluesky_write=True)
        with _sentences(self.place), writer.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def frozen(self) -> Iterator[Store]:
        """The same store as it stands now: all that is read through it is of one state, whatever others write meanwhile."""
        with self.read() as connection:
            schema_of(connection)  # SQLite takes its state with the first read
            yield _Frozen(self, connection)

    def backup(self, target: Path) -> None:
        """Copy the store into an SQLite file while it is in use; an old file at the target is replaced at the end."""
        with _sentences(self.place):
            _copy.into_file(self.place, self.engine, target)

    def size(self) -> int:
        """Bytes it takes, without what lies beside it."""
        with self.read() as connection:
            return size_of(connection, self.place)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


class _Frozen(Store):
    """A store seen through one connection's transaction; for one thread, and never written to."""

    def __init__(self, store: Store, connection: Connection) -> None:
        super().__init__(store.place, store.engine)
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self._connection

    def write(self) -> Any:
        raise TypeError("a frozen store is only read")


@contextmanager
def _sentences(place: Place) -> Iterator[None]:
    """The database's faults as sentences; anything else passes."""
    try:
        yield
    except PoolTimeout as fault:
        raise StoreBusy() from fault
    except (SQLAlchemyError, sqlite3.Error) as fault:
        raise sentence(place, fault) from fault
