"""Work: cases, their bases and events, records made on site, photos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store._dialects import create_guards
from store._types import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Create the tables and their guards."""
    _create_cases()
    _create_bases()
    _create_events()
    _create_records()
    _create_photos()
    create_guards(op.get_bind(), ("case_event", "field_record", "photo"))


def downgrade() -> None:
    """Back to a store without cases."""
    for table in ("photo", "field_record", "case_event", "case_basis", "case_file"):
        op.drop_table(table)


def _create_cases() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("facility_layer", sa.String(60), nullable=False),
        sa.Column("facility_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("verdict", sa.String(1), nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("assignee_id", sa.Integer, sa.ForeignKey("account.id")),
        sa.Column("team", sa.Text),
        sa.Column("reporter", sa.String(120)),
        sa.Column("settled", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    facility = ["facility_layer", "facility_key"]
    op.create_index("case_file_one_open", "case_file", facility, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("case_file_state", "case_file", ["state"])


def _create_bases() -> None:
    op.create_table(
        "case_basis",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("case_file.id"), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("subject_layer", sa.String(60), nullable=False),
        sa.Column("subject_code", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(1), nullable=False),
        sa.Column("zone_version", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("missing", sa.Text, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("ended_at", Moment),
    )
    op.create_index("case_basis_of", "case_basis", ["case_id"])


def _create_events() -> None:
    op.create_table(
        "case_event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("case_file.id"), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("client_id", sa.String(36), unique=True),
    )
    op.create_index("case_event_of", "case_event", ["case_id"])


def _create_records() -> None:
    op.create_table(
        "field_record",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("case_id", sa.Integer, sa.ForeignKey("case_file.id")),
        sa.Column("facility_layer", sa.String(60)),
        sa.Column("facility_key", sa.Text),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("town", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("sent_at", Moment, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("accuracy_m", sa.Float),
        sa.Column("distance_m", sa.Float),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("client_id", sa.String(36), nullable=False, unique=True),
    )
    op.create_index("field_record_case", "field_record", ["case_id"])
    op.create_index("field_record_cell", "field_record", ["cell"])


def _create_photos() -> None:
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("record_id", sa.Integer, sa.ForeignKey("field_record.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("thumb_sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.Text, nullable=False),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        sa.Column("added_at", Moment, nullable=False),
    )
    op.create_index("photo_of", "photo", ["record_id"])
