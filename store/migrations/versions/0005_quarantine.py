"""Quarantine: what was decided about rows held back, how a file was read, remembered mappings, imports taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store._dialects import create_guards
from store._types import Geometry, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = ("held_decision", "import_source", "field_mapping", "taken_back")


def upgrade() -> None:
    """Create the tables and their guards."""
    op.add_column("held_row", sa.Column("geom", Geometry))
    op.create_table(
        "held_decision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("held_id", sa.Integer, sa.ForeignKey("held_row.id"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("entered", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changeset_id", sa.Integer, sa.ForeignKey("changeset.id")),
    )
    op.create_index("held_decision_of", "held_decision", ["held_id"])
    op.create_table(
        "import_source",
        sa.Column("changeset_id", sa.Integer, sa.ForeignKey("changeset.id"), primary_key=True, autoincrement=False),
        sa.Column("context", sa.Text, nullable=False),
    )
    op.create_table(
        "field_mapping",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("layer", sa.String(60), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("columns", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
    )
    op.create_index("field_mapping_of", "field_mapping", ["layer", "fingerprint"])
    op.create_table(
        "taken_back",
        sa.Column("changeset_id", sa.Integer, sa.ForeignKey("changeset.id"), primary_key=True, autoincrement=False),
        sa.Column("by_changeset", sa.Integer, sa.ForeignKey("changeset.id"), nullable=False),
    )
    create_guards(op.get_bind(), _TABLES)


def downgrade() -> None:
    """Back to a store without decisions."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_column("held_row", "geom")
