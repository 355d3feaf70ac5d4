"""The first store: features, changesets, held rows, runs, findings, audit log."""

from __future__ import annotations

from alembic import op

from store._dialects import create_guards
from store.models import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table and its guards."""
    connection = op.get_bind()
    metadata.create_all(connection)
    create_guards(connection)


def downgrade() -> None:
    """There is nothing before the first store."""
    metadata.drop_all(op.get_bind())
