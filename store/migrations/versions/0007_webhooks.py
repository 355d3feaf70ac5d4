"""Webhooks: the events to be told to other systems, and what became of each delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store._dialects import create_guards
from store._types import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; events are append-only, deliveries move on."""
    op.create_table(
        "hook_event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.String(40), nullable=False, unique=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_table(
        "hook_delivery",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.Integer, sa.ForeignKey("hook_event.id"), nullable=False),
        sa.Column("hook", sa.String(60), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("tried_at", Moment),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("status", sa.Integer),
        sa.UniqueConstraint("event_id", "hook", name="hook_delivery_once"),
    )
    op.create_index("hook_delivery_due", "hook_delivery", ["state", "due_at"])
    create_guards(op.get_bind(), ("hook_event",))


def downgrade() -> None:
    """Back to a store that tells nobody."""
    op.drop_table("hook_delivery")
    op.drop_table("hook_event")
