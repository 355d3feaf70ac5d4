"""Brings a store to the schema of this program, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, table, text

from store._dialects import prepare, settle

_FOLDER = Path(__file__).resolve().parent / "migrations"


def upgrade(connection: Connection, folder: Path = _FOLDER, to: str = "head") -> None:
    """Run every missing migration inside the caller's transaction.

    Args:
        connection: in a write transaction; the caller commits, or rolls all of it back.
        folder: where the migrations lie. to: the schema to end at.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    prepare(connection)
    command.upgrade(config, to)
    settle(connection)


def schema_of(connection: Connection) -> str | None:
    """The schema revision a store is at; None for a database without one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def rows_of(connection: Connection) -> dict[str, int]:
    """How many rows every table holds."""
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {name: int(connection.execute(select(func.count()).select_from(table(name))).scalar_one()) for name in names}


def known_schemas(folder: Path = _FOLDER) -> list[str]:
    """Every schema this program can read or bring up to date, newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory(str(folder)).walk_revisions()]
