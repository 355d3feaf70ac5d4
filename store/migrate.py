"""Brings a store to the schema of this program, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

_FOLDER = Path(__file__).resolve().parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run every missing migration inside the caller's transaction.

    Args:
        connection: in a write transaction; the caller commits, or rolls all of it back.
    """
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def schema_of(connection: Connection) -> str | None:
    """The schema revision a store is at; None for a database without one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()
