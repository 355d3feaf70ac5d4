"""The seam between databases: which engine a place gives, which guards its tables get, how it is copied."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from geo.errors import Unavailable
from store import _sqlite


class DatabaseUnsupported(Unavailable):
    """A database this version cannot use."""

    zh = "暂不支持数据库“{name}”，请使用 SQLite 文件路径。"
    en = "The database “{name}” is not supported yet; use the path of an SQLite file."


def engine_for(path: Path) -> Engine:
    """The engine of a store file."""
    return _sqlite.engine(path)


def create_guards(connection: Connection, tables: Sequence[str]) -> None:
    """Triggers and constraints that keep history append-only, in the database's own words.

    Args:
        tables: those that a migration has just created; ``feature_version`` may be retired, never edited.
    """
    _only_sqlite(connection)
    _sqlite.create_triggers(connection, tables)


def missing_guards(connection: Connection) -> list[str]:
    """Names of guards that ought to stand in the store and do not."""
    _only_sqlite(connection)
    return _sqlite.missing_triggers(connection)


def integrity(connection: Connection) -> list[str]:
    """What the database itself finds wrong; empty when nothing."""
    _only_sqlite(connection)
    return _sqlite.integrity(connection)


def broken_references(connection: Connection) -> list[str]:
    """Rows that name others which are not there."""
    _only_sqlite(connection)
    return _sqlite.broken_references(connection)


def alone(path: Path) -> bool:
    """Whether nobody else has a store file open; what its log holds is in the file afterwards."""
    return _sqlite.alone(path)


def copy_store(source: Path, target: Path) -> None:
    """A consistent copy of a live store, whole or not at all."""
    _sqlite.backup(source, target)


def _only_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        raise DatabaseUnsupported(name=connection.dialect.name)
