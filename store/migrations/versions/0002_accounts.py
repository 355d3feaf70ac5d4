"""Accounts: users, cells they answer for, sessions, tokens, failed log-ins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store._types import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("town", sa.Text),
        sa.Column("team", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("is_demo", sa.Boolean, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("disabled_at", Moment),
        sa.Column("last_login_at", Moment),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "account_cell",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("cell_code", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
    )
    op.create_index("account_cell_of", "account_cell", ["account_id"])
    op.create_index("account_cell_cell", "account_cell", ["cell_code"])
    _create_sessions()


def _create_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
    )
    op.create_index("session_of", "session", ["account_id"])
    op.create_table(
        "token",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("permissions", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("seen_at", Moment),
    )
    op.create_index("token_of", "token", ["account_id"])
    op.create_table(
        "throttle",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("last_at", Moment, nullable=False),
    )


def downgrade() -> None:
    """Back to a store without accounts."""
    for table in ("throttle", "token", "session", "account_cell", "account"):
        op.drop_table(table)
