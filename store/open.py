"""Opens a store, or says why it cannot."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo.errors import BlueSkyError
from store import _sqlite, _swap
from store._dialects import DatabaseUnsupported, broken_references, copy_store, engine_for, missing_guards
from store.errors import (
    StoreBroken,
    StoreBusy,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreTooNew,
    UpgradeFailed,
)
from store.migrate import known_schemas, rows_of, schema_of, upgrade
from store.models import PRODUCT, SCHEMA_REVISION, store_info

DEFAULT_STORE = Path(__file__).resolve().parent.parent / "instance" / "bluesky.sqlite"

_URL = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9+]+):/")
_SQLITE_URL = "sqlite:///"


class Store:
    """One open store, safe to share between threads: every thread gets connections of its own.

    Attributes:
        path: the file. engine: SQLAlchemy's engine on it.
    """

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with _sentences(self.path.name), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a writer's transaction: committed at the end, rolled back on any error."""
        writer = self.engine.execution_options(bluesky_write=True)
        with _sentences(self.path.name), writer.connect() as connection, connection.begin():
            yield connection

    def backup(self, target: Path) -> None:
        """Copy the store consistently while it is in use; an old file at the target is replaced at the end."""
        with _sentences(self.path.name):
            copy_store(self.path, target)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_store(place: str | Path, *, create: bool = False) -> Store:
    """Open the store at a place; one of an older schema is brought up to date, after a backup beside it.

    Args:
        place: path of an SQLite file, or ``sqlite:///PATH``. create: make a new store where there is none.
    Raises:
        StoreMissing, StoreForeign, StoreTooNew, StoreFull, StoreBusy, DatabaseUnsupported: nothing was changed.
    """
    path = _path_of(place)
    finish_restore(path)
    found = _look(path)
    if found is None and not create:
        raise StoreMissing(path=path.name)
    if found is not None:
        _refuse_foreign(path, found)
    else:
        _make_folder(path)
    store = Store(path, engine_for(path))
    try:
        if found is None:
            _make(store)
        elif found.schema != SCHEMA_REVISION:
            _bring_up(store, str(found.schema))
        else:
            _touch(store)
    except BaseException:
        store.close()
        raise
    return store


def finish_restore(path: Path) -> None:
    """Move in a restored store whose moving in was interrupted.

    Raises:
        StoreFull: it cannot be moved.
    """
    try:
        _swap.finish(path)
    except OSError as fault:
        raise StoreFull(detail=fault.strerror or path.name) from fault


def as_it_stands(path: Path) -> Store:
    """A store at whatever schema it has, for looking at it before it is brought up to date.

    Raises:
        StoreForeign, StoreTooNew: no store of ours.
    """
    found = _look(path)
    if found is None:
        raise StoreMissing(path=path.name)
    _refuse_foreign(path, found)
    return Store(path, engine_for(path))


def _path_of(place: str | Path) -> Path:
    text = str(place)
    if text.startswith(_SQLITE_URL):
        return Path(text.removeprefix(_SQLITE_URL))
    url = _URL.match(text)
    if url:
        raise DatabaseUnsupported(name=url["name"])
    return Path(place)


def _look(path: Path) -> _sqlite.Look | None:
    """What stands at a path; None for nothing, an empty file or a database without a single table."""
    try:
        if not path.exists():
            return None
        if path.is_dir():
            raise StoreForeign(path=path.name, detail="文件夹 / a folder")
        if path.stat().st_size == 0:
            return None
        if not _sqlite.is_sqlite_file(path):
            raise StoreForeign(path=path.name, detail="不是 SQLite 文件 / no SQLite file")
        found = _sqlite.look(path)
    except (OSError, sqlite3.Error) as fault:
        if isinstance(fault, sqlite3.Error) and "locked" in str(fault):
            raise StoreBusy from fault
        if "disk I/O" in str(fault) or "full" in str(fault):
            raise StoreFull(detail=_first_line(fault)) from fault
        raise StoreForeign(path=path.name, detail=_first_line(fault)) from fault
    return found if found.tables else None


def _refuse_foreign(path: Path, found: _sqlite.Look) -> None:
    if found.schema is None or found.product is None:
        raise StoreForeign(path=path.name, detail="缺少数据表 / tables missing")
    if found.product != PRODUCT:
        raise StoreForeign(path=path.name, detail=found.product)
    if found.schema != SCHEMA_REVISION and found.schema not in known_schemas():
        raise StoreTooNew(found=found.schema)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # telephone numbers and passwords' hashes: for its owner alone, as what SQLite puts beside it
    except OSError as fault:
        raise StoreFull(detail=fault.strerror or "mkdir") from fault


def _make(store: Store) -> None:
    with store.write() as connection:
        if schema_of(connection) is None:  # another process may have been quicker
            upgrade(connection)
            facts = {"product": PRODUCT, "schema": SCHEMA_REVISION}
            connection.execute(insert(store_info), [{"name": n, "value": v} for n, v in facts.items()])


def copy_before(path: Path, schema: str) -> Path:
    """Where the copy lies that is made before a store of an older schema is brought up to date."""
    return path.with_name(f"{path.name}.before-{SCHEMA_REVISION}-at-{schema}")


def _bring_up(store: Store, schema: str) -> None:
    """Migrate an older store: a copy first, then every step, looked over before it counts, or none.

    Raises:
        UpgradeFailed: the store is as it was.
    """
    copy = copy_before(store.path, schema)
    store.backup(copy)
    try:
        with store.write() as connection:
            before = rows_of(connection)
            upgrade(connection)
            connection.execute(update(store_info).where(store_info.c.name == "schema").values(value=SCHEMA_REVISION))
            faults = _looked_over(connection, before)
            if faults:
                raise UpgradeFailed(found=schema, wanted=SCHEMA_REVISION, detail="; ".join(faults[:3]), copy=copy.name)
            _write_down(connection, store, schema)
    except (StoreFull, StoreBusy, UpgradeFailed):
        raise
    except Exception as fault:  # a migration is code: whatever it raises, the store is as it was
        told = fault.facts.get("detail") if isinstance(fault, BlueSkyError) else None
        detail = told or _first_line(fault)
        raise UpgradeFailed(found=schema, wanted=SCHEMA_REVISION, detail=detail, copy=copy.name) from fault


def _write_down(connection: Connection, store: Store, schema: str) -> None:
    """The upgrade as an audit entry, which seals what the migrations made of the rows."""
    from store import _seal, audit  # the audit log is kept in a store: it imports this module
    from store.changes import moment

    _seal.forget_states(connection)
    entry = audit.Entry("store", "upgrade", "store", {"from": schema, "to": SCHEMA_REVISION})
    audit.append(connection, store, entry, moment(connection))


def _looked_over(connection: Connection, before: dict[str, int]) -> list[str]:
    """What is wrong after a migration: rows lost, guards missing, references that lead nowhere."""
    after = rows_of(connection)
    lost = [f"{table}: {count} → {after.get(table)}" for table, count in before.items() if after.get(table, 0) < count]
    return lost + missing_guards(connection) + broken_references(connection)


def _touch(store: Store) -> None:
    """One read: rolls back what a killed writer left, and finds an unreadable file now rather than later."""
    with store.read() as connection:
        schema_of(connection)


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """The database's faults as sentences; anything else passes."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as fault:
        raise _named(fault, name) from fault


def _named(fault: Exception, name: str) -> BlueSkyError:
    if isinstance(fault, PoolTimeout):
        return StoreBusy()
    cause = fault.orig if isinstance(fault, DBAPIError) else fault
    detail = _first_line(cause or fault)
    if isinstance(cause, sqlite3.OperationalError) and ("locked" in detail or "busy" in detail):
        return StoreBusy()
    if any(word in detail for word in ("is full", "readonly", "read-only", "disk I/O", "unable to open")):
        return StoreFull(detail=detail)
    if "not a database" in detail:
        return StoreForeign(path=name, detail=detail)
    return StoreBroken(detail=detail)


def _first_line(fault: BaseException) -> str:
    lines = str(fault).splitlines()
    return lines[0] if lines else type(fault).__name__
