"""The first store: features, changesets, held rows, runs, findings, audit log.

What stands here is frozen: later changes to ``store/models.py`` get migrations of their own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store._dialects import create_guards
from store._types import Geometry, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_FINDING_TEXTS = (
    "rule", "subject_layer", "subject_code", "enterprise_code", "zone_layer", "zone_code", "verdict", "reason",
    "missing", "clause", "due_on", "edge_distance_m", "accuracy_m", "as_of", "zone_version", "inputs",
)  # fmt: skip
_TABLES = ("finding", "run", "held_row", "feature_version", "changeset", "layer_state", "store_info", "audit_log")


def upgrade() -> None:
    """Create every table and its guards."""
    _create_state()
    _create_changeset()
    _create_feature_version()
    _create_held_row()
    _create_runs()
    _create_audit_log()
    create_guards(op.get_bind(), ("feature_version", "changeset", "held_row", "run", "finding", "audit_log"))


def downgrade() -> None:
    """There is nothing before the first store."""
    for table in _TABLES:
        op.drop_table(table)


def _create_state() -> None:
    op.create_table(
        "store_info",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "layer_state",
        sa.Column("layer", sa.String(60), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
    )


def _create_changeset() -> None:
    op.create_table(
        "changeset",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("layer", sa.String(60), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.CheckConstraint("kind in ('import', 'retire', 'publish', 'edit')", name="changeset_kind"),
    )


def _create_feature_version() -> None:
    op.create_table(
        "feature_version",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("layer", sa.String(60), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("retired_at", Moment),
        sa.Column("changeset_id", sa.Integer, sa.ForeignKey("changeset.id"), nullable=False),
        sa.Column("retired_by", sa.Integer, sa.ForeignKey("changeset.id")),
        sa.Column("row_number", sa.Integer),
        sa.Column("props", sa.Text, nullable=False),
        sa.Column("extra", sa.Text, nullable=False),
        sa.Column("crs_filed", sa.String(40)),
        *(sa.Column(name, Geometry) for name in ("geom_filed", "geom_map", "geom_judge")),
        *(sa.Column(name, sa.Float) for name in ("west", "south", "east", "north")),
        sa.Column("filed_sha256", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "valid_to is null or valid_from is null or valid_from <= valid_to", name="validity_order"
        ),
        sa.CheckConstraint("(retired_at is null) = (retired_by is null)", name="retired_pair"),
        sa.UniqueConstraint("layer", "version", name="version_name"),
    )
    op.create_index("feature_version_current", "feature_version", ["layer", "code", "retired_at"])
    op.create_index("feature_version_changeset", "feature_version", ["changeset_id"])


def _create_held_row() -> None:
    op.create_table(
        "held_row",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("changeset_id", sa.Integer, sa.ForeignKey("changeset.id"), nullable=False),
        sa.Column("layer", sa.String(60), nullable=False),
        sa.Column("row_number", sa.Integer),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("original", sa.Text, nullable=False),
        sa.Column("faults", sa.Text, nullable=False),
    )


def _create_runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("rules_hash", sa.String(64), nullable=False),
        sa.Column("run_hash", sa.String(64), nullable=False),
        sa.Column("revisions", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
    )
    op.create_table(
        "finding",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in _FINDING_TEXTS),
    )


def _create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.UniqueConstraint("mac", name="audit_mac"),
    )
