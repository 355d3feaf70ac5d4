"""Everything that is SQLite's own: pragmas, writer transactions, triggers, backup."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_SECONDS = 30

_WAL = "PRAGMA journal_mode=WAL"
PRAGMAS = (
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
)

_OPEN = "'9999-12-31'"
_ALWAYS = "'0001-01-01'"

_FROZEN = (
    "id", "layer", "code", "version", "valid_from", "valid_to", "recorded_at", "changeset_id", "row_number", "props",
    "extra", "crs_filed", "geom_filed", "geom_map", "geom_judge", "west", "south", "east", "north", "filed_sha256",
    "sha256",
)  # fmt: skip
"""Columns of a version that never change; only ``retired_at`` and ``retired_by`` are set, once, together."""

_VERSION_TRIGGERS = {
    "feature_version_only_retire": f"""
    BEFORE UPDATE ON feature_version
    WHEN OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL
      OR {" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _FROZEN)}
    BEGIN SELECT RAISE(ABORT, 'feature_version may only be retired'); END
    """,
    "feature_version_no_overlap": f"""
    BEFORE INSERT ON feature_version
    WHEN NEW.retired_at IS NULL AND EXISTS (
      SELECT 1 FROM feature_version AS other
      WHERE other.layer = NEW.layer AND other.code = NEW.code AND other.retired_at IS NULL
        AND coalesce(other.valid_from, {_ALWAYS}) <= coalesce(NEW.valid_to, {_OPEN})
        AND coalesce(NEW.valid_from, {_ALWAYS}) <= coalesce(other.valid_to, {_OPEN}))
    BEGIN SELECT RAISE(ABORT, 'two versions in force on one day'); END
    """,
}

MOVES_ON = ("draft",)
"""Tables whose rows change and are never lost."""

_KEYS: dict[str, tuple[str, ...]] = {
    "feature_version": ("old.id = NEW.id", "old.layer = NEW.layer AND old.version = NEW.version"),
    "changeset": ("old.id = NEW.id",),
    "held_row": ("old.id = NEW.id",),
    "run": ("old.id = NEW.id",),
    "finding": ("old.run_id = NEW.run_id AND old.key = NEW.key",),
    "audit_log": ("old.seq = NEW.seq", "old.mac = NEW.mac"),
    "case_event": ("old.id = NEW.id", "old.client_id = NEW.client_id"),
    "field_record": ("old.id = NEW.id", "old.client_id = NEW.client_id"),
    "photo": ("old.id = NEW.id",),
    "draft": ("old.id = NEW.id",),
    "draft_step": ("old.id = NEW.id", "old.draft_id = NEW.draft_id AND old.number = NEW.number"),
    "held_decision": ("old.id = NEW.id",),
    "import_source": ("old.changeset_id = NEW.changeset_id",),
    "field_mapping": ("old.id = NEW.id",),
    "taken_back": ("old.changeset_id = NEW.changeset_id",),
    "raster": ("old.id = NEW.id",),
    "raster_removed": ("old.id = NEW.id", "old.raster_id = NEW.raster_id"),
}
"""What is unique in each append-only table: INSERT OR REPLACE would delete without asking the DELETE triggers."""

GUARDED = tuple(_KEYS)
"""The append-only tables."""


def _triggers(table: str) -> dict[str, str]:
    """Name → statement of the guards of one append-only table."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} AS old WHERE {key})" for key in _KEYS[table])
    found = {
        f"{table}_no_delete": f"BEFORE DELETE ON {table} {refuse}",
        f"{table}_no_replace": f"BEFORE INSERT ON {table} WHEN {taken} {refuse}",
    }
    if table == "feature_version":
        return found | _VERSION_TRIGGERS
    if table in MOVES_ON:
        return found
    return found | {f"{table}_no_update": f"BEFORE UPDATE ON {table} {refuse}"}


def engine(path: Path) -> Engine:
    """An engine on one SQLite file, every connection with our pragmas and no implicit transactions."""
    made = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("bluesky_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


def _write_ahead(connection: Any) -> None:
    """Set the write-ahead log; SQLite does not wait by itself where several connections set it on a new file at once."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(_WAL)
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > end:
                raise
            time.sleep(0.01)


@dataclass(frozen=True)
class Look:
    """What a file turned out to be: its tables, whose it says it is, at which schema."""

    tables: frozenset[str]
    product: str | None
    schema: str | None


def is_sqlite_file(path: Path) -> bool:
    """Whether a file starts as SQLite databases do; reads 16 bytes."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def look(path: Path) -> Look:
    """Look into a SQLite file: not a byte of it changes, and no file appears beside it.

    A file whose write-ahead log lies beside it is read together with that; one without is read as it
    stands, because opening it otherwise would make a log.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    log = path.with_name(path.name + "-wal")
    if log.exists():
        return _look(path, "mode=ro")
    try:
        found = _look(path, "mode=ro&immutable=1")
    except sqlite3.Error:
        if not log.exists():
            raise
    else:
        if found.schema or not log.exists():
            return found
    return _look(path, "mode=ro")  # somebody began to write meanwhile


def _look(path: Path, how: str) -> Look:
    with closing(sqlite3.connect(f"file:{_quoted(path)}?{how}", uri=True, timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = frozenset(str(name) for (name,) in rows)
        if not {"store_info", "alembic_version"} <= tables:
            return Look(tables, None, None)
        product = connection.execute("SELECT value FROM store_info WHERE name = 'product'").fetchone()
        schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return Look(tables, product and str(product[0]), schema and str(schema[0]))


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def create_triggers(connection: Connection, tables: Sequence[str]) -> None:
    """The guards of append-only tables and of validity."""
    for table in tables:
        for name, statement in _triggers(table).items():
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {statement}")


def missing_triggers(connection: Connection) -> list[str]:
    """Guards that ought to stand and do not."""
    found = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    return sorted({name for table in _KEYS for name in _triggers(table)} - found)


def backup(source: Path, target: Path) -> None:
    """A consistent copy of a live store, written under another name and moved into place.

    Raises:
        sqlite3.Error, OSError: nothing stands at the target that did not stand there before.
    """
    part = target.with_name(target.name + ".part")
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(part)) as copy:
            live.backup(copy)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        for suffix in ("", "-journal"):  # a full disk leaves the journal of the unfinished copy
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def integrity(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong; empty when nothing."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    return [line for line in found if line != "ok"] + broken_references(connection)


def broken_references(connection: Connection) -> list[str]:
    """Rows whose foreign key leads nowhere."""
    return [f"foreign key: {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]


def alone(path: Path) -> bool:
    """Leaving the write-ahead log needs the file to oneself: fails while anybody else has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            return bool(connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",))
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError:
        return True  # no database any more: nobody can be using it
