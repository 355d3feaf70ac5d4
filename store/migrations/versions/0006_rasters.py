"""Rasters, and what was taken out again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store._dialects import create_guards
from store._types import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = ("raster", "raster_removed")


def upgrade() -> None:
    """Create the tables and their guards."""
    op.create_table(
        "raster",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("on_day", sa.Date),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("at", Moment, nullable=False),
    )
    op.create_index("raster_series", "raster", ["kind", "name", "on_day"])
    op.create_table(
        "raster_removed",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("raster_id", sa.Integer, sa.ForeignKey("raster.id"), nullable=False, unique=True),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    create_guards(op.get_bind(), _TABLES)


def downgrade() -> None:
    """Back to a store without rasters."""
    for table in reversed(_TABLES):
        op.drop_table(table)
