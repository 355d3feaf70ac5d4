"""Moves whole stores between databases, row by row, and proves by hashes that both hold the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, delete, insert, select

from store import _sqlite
from store._content import stored
from store._dialects import number_on
from store._place import Place
from store.errors import StoreBroken
from store.migrate import schema_of, upgrade

BLOCK = 1000

Hashes = dict[str, tuple[int, str]]
"""Table → how many rows it holds, and a hash over all of them in the order of their keys."""
Told = Callable[[str, int], None]
"""Hears of every table that has been moved, and how many rows it had."""


@cache
def tables_at(schema: str) -> list[Table]:
    """The tables of a schema in an order in which references hold, with types that mean the same in every database.

    They are taken from an empty store made by the migrations, so that a store of an older schema can be copied, too.
    """
    twin = create_engine("sqlite://")
    try:
        with twin.begin() as connection:
            upgrade(connection, to=schema)
            found = MetaData()
            found.reflect(connection)
    finally:
        twin.dispose()
    tables = [table for table in found.sorted_tables if table.name != "alembic_version"]
    for table in tables:
        for column in table.columns:
            column.type = column.type.as_generic()
    return tables


def pour(source: Connection, target: Connection, schema: str, told: Told) -> tuple[Hashes, Hashes]:
    """Copy every row of every table of a schema into a store of the same schema that has no rows but ``store_info``'s.

    Args:
        target: in the caller's write transaction.
    Returns:
        The hashes of what was read, and of what the target holds now.
    """
    tables = tables_at(schema)
    read: Hashes = {}
    for table in tables:
        if table.name == "store_info":
            target.execute(delete(table))
        read[table.name] = _poured(source, target, table)
        told(table.name, read[table.name][0])
    number_on(target)
    return read, {table.name: _hashed(_blocks(target, table)) for table in tables}


def hashes(connection: Connection, schema: str) -> Hashes:
    """The hashes of what a store holds."""
    return {table.name: _hashed(_blocks(connection, table)) for table in tables_at(schema)}


def _poured(source: Connection, target: Connection, table: Table) -> tuple[int, str]:
    def passing() -> Iterator[list[Any]]:
        for block in _blocks(source, table):
            target.execute(insert(table), [dict(row._mapping) for row in block])
            yield block

    return _hashed(passing())


def _blocks(connection: Connection, table: Table) -> Iterator[list[Any]]:
    query = select(table).order_by(*table.primary_key.columns)
    for block in connection.execute(query, execution_options={"yield_per": BLOCK}).partitions():
        yield list(block)


def _hashed(blocks: Iterator[list[Any]]) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    for block in blocks:
        count += len(block)
        for row in block:
            line = repr(tuple(map(stored, row))).encode()
            digest.update(len(line).to_bytes(8, "big") + line)
    return count, digest.hexdigest()


def into_file(place: Place, engine: Engine, target: Path) -> None:
    """A consistent copy of a live store as an SQLite file, whole or not at all; the store may be in use.

    Raises:
        sqlite3.Error, SQLAlchemyError, OSError: nothing stands at the target that did not stand there before.
    """
    if place.url is None:
        _sqlite.backup(place.path, target)
        return
    part = target.with_name(target.name + ".part")
    copy = _sqlite.engine(part)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        writer = copy.execution_options(bluesky_write=True)
        with engine.connect() as source, source.begin(), writer.connect() as made, made.begin():
            schema = str(schema_of(source))
            upgrade(made, to=schema)
            read, written = pour(source, made, schema, lambda *_: None)
        if read != written:
            raise StoreBroken(detail=f"{target.name}: not what was read")
        copy.dispose()  # the last connection takes its log into the file
        part.replace(target)
    finally:
        copy.dispose()
        for suffix in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
