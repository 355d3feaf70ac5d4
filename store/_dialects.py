"""The seam between databases: which engine a place gives, which guards its tables get, what its faults mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from geo.errors import BlueSkyError
from store import _postgres, _postgres_guards, _sqlite
from store._place import Look, Place


def engine_for(place: Place) -> Engine:
    """The engine of a store."""
    return _sqlite.engine(place.path) if place.url is None else _postgres.engine(place.url)


def look_at(place: Place) -> Look | None:
    """What stands at a place, which stays as it is; None where nothing does."""
    return _sqlite.look_at(place.path) if place.url is None else _postgres.look_at(place.url)


def sentence(place: Place, fault: Exception) -> BlueSkyError:
    """A fault of the database as a sentence."""
    return _sqlite.sentence(fault, place.name) if place.url is None else _postgres.sentence(fault, place.name)


def prepare(connection: Connection) -> None:
    """What a database needs before the first migration runs in it."""
    if _is_postgres(connection):
        _postgres_guards.prepare(connection)


def settle(connection: Connection) -> None:
    """What a database needs after the last migration, so that the same tables behave the same everywhere."""
    if _is_postgres(connection):
        _postgres_guards.settle(connection)


def create_guards(connection: Connection, tables: Sequence[str]) -> None:
    """Triggers and constraints that keep history append-only, in the database's own words.

    Args:
        tables: those that a migration has just created; ``feature_version`` may be retired, never edited.
    """
    if _is_postgres(connection):
        _postgres_guards.create_guards(connection, tables)
    else:
        _sqlite.create_triggers(connection, tables)


def missing_guards(connection: Connection) -> list[str]:
    """Names of guards that ought to stand in the store and do not."""
    return _postgres_guards.missing(connection) if _is_postgres(connection) else _sqlite.missing_triggers(connection)


def integrity(connection: Connection) -> list[str]:
    """What the database itself finds wrong; empty when nothing."""
    return _postgres.integrity(connection) if _is_postgres(connection) else _sqlite.integrity(connection)


def broken_references(connection: Connection) -> list[str]:
    """Rows that name others which are not there."""
    return _postgres.broken_references(connection) if _is_postgres(connection) else _sqlite.broken_references(connection)


def number_on(connection: Connection) -> None:
    """Let tables number their rows after those that were copied in."""
    if _is_postgres(connection):
        _postgres.number_on(connection)


def size_of(connection: Connection, place: Place) -> int:
    """Bytes a store takes, without what lies beside it."""
    return _postgres.size(connection) if _is_postgres(connection) else place.path.stat().st_size


def alone(path: Path) -> bool:
    """Whether nobody else has a store's file open; what its log holds is in the file afterwards."""
    return _sqlite.alone(path)


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
