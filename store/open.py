"""Opens a store, or says why it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from geo.errors import BlueSkyError
from store import _sqlite
from store._dialects import engine_for
from store.errors import (
    StoreBroken,
    StoreBusy,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreTooNew,
)
from store.migrate import schema_of, upgrade
from store.models import PRODUCT, SCHEMA_REVISION, metadata, store_info

DEFAULT_STORE = Path(__file__).resolve().parent.parent / "instance" / "bluesky.sqlite"


class Store:
    """One open store, safe to share between threads.

    Attributes:
        path: the file. engine: SQLAlchemy's engine on it.
    """

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with _sentences(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a writer's transaction: committed at the end, rolled back on any error."""
        writer = self.engine.execution_options(bluesky_write=True)
        with _sentences(), writer.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_store(place: str | Path, *, create: bool = False) -> Store:
    """Open the store at a place.

    Args:
        place: path of an SQLite file. create: make a new store where there is none.
    Raises:
        StoreMissing, StoreForeign, StoreTooNew, StoreFull, StoreBusy: nothing was changed.
    """
    path = Path(place)
    if path.is_dir():
        raise StoreForeign(path=path.name, detail="文件夹 / a folder")
    fresh = not path.exists() or path.stat().st_size == 0
    if fresh and not create:
        raise StoreMissing(path=path.name)
    if not fresh:
        _refuse_foreign(path)
    else:
        _make_folder(path)
    store = Store(path, engine_for(path))
    try:
        _prepare(store, fresh)
    except BlueSkyError:
        store.close()
        raise
    return store


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreFull(detail=fault.strerror or "mkdir") from fault


def _refuse_foreign(path: Path) -> None:
    """Look without touching: a foreign file must keep every byte."""
    try:
        if not _sqlite.is_sqlite_file(path):
            raise StoreForeign(path=path.name, detail="不是 SQLite 文件 / no SQLite file")
        missing = set(metadata.tables) - _sqlite.tables_of(path)
    except (OSError, sqlite3.Error) as fault:
        raise StoreForeign(path=path.name, detail=str(fault)) from fault
    if missing:
        raise StoreForeign(path=path.name, detail="缺少数据表 / tables missing")


def _prepare(store: Store, fresh: bool) -> None:
    if fresh:
        with store.write() as connection:
            if schema_of(connection) is None:
                upgrade(connection)
                facts = {"product": PRODUCT, "schema": SCHEMA_REVISION}
                connection.execute(insert(store_info), [{"name": n, "value": v} for n, v in facts.items()])
        return
    with store.read() as connection:
        product = connection.execute(select(store_info.c.value).where(store_info.c.name == "product")).scalar()
        schema = schema_of(connection)
    if product != PRODUCT:
        raise StoreForeign(path=store.path.name, detail=str(product))
    if schema is None or schema > SCHEMA_REVISION:
        raise StoreTooNew(found=schema)


@contextmanager
def _sentences() -> Iterator[None]:
    """The database's faults as sentences; anything else passes."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as fault:
        raise _named(fault) from fault


def _named(fault: Exception) -> BlueSkyError:
    cause = fault.orig if isinstance(fault, DatabaseError) else fault
    detail = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    if "locked" in detail or "busy" in detail:
        return StoreBusy()
    if any(word in detail for word in ("full", "readonly", "read-only", "disk I/O", "unable to open")):
        return StoreFull(detail=detail)
    if "not a database" in detail:
        return StoreForeign(path="", detail=detail)
    return StoreBroken(detail=detail)
