"""Drafts and their steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store._dialects import create_guards
from store._types import Geometry, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATES = ("open", "submitted", "approved", "published", "withdrawn", "discarded")


def upgrade() -> None:
    """Create the tables and their guards."""
    _create_drafts()
    _create_steps()
    create_guards(op.get_bind(), ("draft", "draft_step"))


def _create_drafts() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("layer", sa.String(60), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("draft.id")),
        sa.Column("base_version", sa.Text),
        sa.Column("base_revision", sa.Integer, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_by", sa.String(120), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("submitted_by", sa.String(120)),
        sa.Column("submitted_at", Moment),
        sa.Column("reviewed_by", sa.String(120)),
        sa.Column("reviewed_at", Moment),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("changeset_id", sa.Integer, sa.ForeignKey("changeset.id")),
        sa.CheckConstraint(f"state in {_STATES}", name="draft_state"),
    )
    op.create_index("draft_layer", "draft", ["layer", "state"])


def _create_steps() -> None:
    op.create_table(
        "draft_step",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("draft_id", sa.Integer, sa.ForeignKey("draft.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("parent", sa.Integer),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("geometry", Geometry),
        sa.Column("props", sa.Text, nullable=False),
        sa.Column("units", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.UniqueConstraint("draft_id", "number", name="draft_step_number"),
    )


def downgrade() -> None:
    """Back to a store without drafts."""
    for table in ("draft_step", "draft"):
        op.drop_table(table)
