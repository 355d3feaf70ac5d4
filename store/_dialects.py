"""The seam between databases: which engine a URL gives, and which guards it gets."""

from __future__ import annotations

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


def create_guards(connection: Connection) -> None:
    """Triggers and constraints that keep history append-only, in the database's own words."""
    if connection.dialect.name != "sqlite":
        raise DatabaseUnsupported(name=connection.dialect.name)
    _sqlite.create_triggers(connection)
