"""Everything that is SQLite's own: pragmas, writer transactions, triggers, backup."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

BUSY_SECONDS = 30

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
)

_OPEN = "'9999-12-31'"
_ALWAYS = "'0001-01-01'"

TRIGGERS = (
    """
    CREATE TRIGGER feature_version_only_retire BEFORE UPDATE ON feature_version
    WHEN OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL
      OR NEW.id IS NOT OLD.id OR NEW.layer IS NOT OLD.layer OR NEW.code IS NOT OLD.code
      OR NEW.version IS NOT OLD.version OR NEW.valid_from IS NOT OLD.valid_from
      OR NEW.valid_to IS NOT OLD.valid_to OR NEW.recorded_at IS NOT OLD.recorded_at
      OR NEW.changeset_id IS NOT OLD.changeset_id OR NEW.props IS NOT OLD.props
      OR NEW.extra IS NOT OLD.extra OR NEW.crs_filed IS NOT OLD.crs_filed
      OR NEW.geom_filed IS NOT OLD.geom_filed OR NEW.geom_map IS NOT OLD.geom_map
      OR NEW.geom_judge IS NOT OLD.geom_judge OR NEW.sha256 IS NOT OLD.sha256
      OR NEW.filed_sha256 IS NOT OLD.filed_sha256
      OR NEW.row_number IS NOT OLD.row_number OR NEW.west IS NOT OLD.west OR NEW.south IS NOT OLD.south
      OR NEW.east IS NOT OLD.east OR NEW.north IS NOT OLD.north
    BEGIN SELECT RAISE(ABORT, 'feature_version may only be retired'); END
    """,
    """
    CREATE TRIGGER feature_version_no_delete BEFORE DELETE ON feature_version
    BEGIN SELECT RAISE(ABORT, 'feature_version is append-only'); END
    """,
    f"""
    CREATE TRIGGER feature_version_no_overlap BEFORE INSERT ON feature_version
    WHEN NEW.retired_at IS NULL AND EXISTS (
      SELECT 1 FROM feature_version AS other
      WHERE other.layer = NEW.layer AND other.code = NEW.code AND other.retired_at IS NULL
        AND coalesce(other.valid_from, {_ALWAYS}) <= coalesce(NEW.valid_to, {_OPEN})
        AND coalesce(NEW.valid_from, {_ALWAYS}) <= coalesce(other.valid_to, {_OPEN}))
    BEGIN SELECT RAISE(ABORT, 'two versions in force on one day'); END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
        """
        for table in ("audit_log", "changeset", "held_row", "run", "finding")
        for verb in ("UPDATE", "DELETE")
    ),
)


def engine(path: Path) -> Engine:
    """An engine on one SQLite file, every connection with our pragmas and no implicit transactions."""
    made = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("bluesky_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


def is_sqlite_file(path: Path) -> bool:
    """Whether a file starts as SQLite databases do; reads 16 bytes."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def tables_of(path: Path) -> set[str]:
    """Tables of a SQLite file, opened read-only: not a byte of a foreign file changes."""
    with sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {str(name) for (name,) in rows}


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def create_triggers(connection: Connection) -> None:
    """The guards of append-only tables and of validity."""
    for trigger in TRIGGERS:
        connection.execute(text(trigger))


def backup(source: Path, target: Path) -> None:
    """A consistent copy of a live store, written under another name and moved into place."""
    part = target.with_name(target.name + ".part")
    with sqlite3.connect(source) as live, sqlite3.connect(part) as copy:
        live.backup(copy)
    live.close()
    copy.close()
    part.replace(target)


def integrity(connection: Connection) -> list[str]:
    """What SQLite itself finds wrong; empty when nothing."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    found += [f"foreign key: {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return [line for line in found if line != "ok"]
