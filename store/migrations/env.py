"""Alembic runs inside the transaction it is handed, so a failing migration leaves nothing behind."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=False, transaction_per_migration=False)
context.run_migrations()
