"""The tables of work: cases, what they rest on, what happened to them, records made on site, photos."""

from __future__ import annotations

from sqlalchemy import Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text, text

from store._types import Moment
from store.models import metadata

_OPEN = text("closed_at IS NULL")

case_file = Table(
    "case_file",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("facility_layer", String(60), nullable=False),
    Column("facility_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("cell", Text, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("state", String(20), nullable=False),
    Column("verdict", String(1), nullable=False),
    Column("due_on", Date),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("changed_at", Moment, nullable=False),
    Column("assignee_id", Integer, ForeignKey("account.id")),
    Column("team", Text),
    Column("reporter", String(120)),
    Column("settled", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("case_file_one_open", "facility_layer", "facility_key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("case_file_state", "state"),
)
"""One facility's open findings handled together. ``settled``: signatures of bases that a decision has answered (JSON)."""

case_basis = Table(
    "case_basis",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("case_id", Integer, ForeignKey("case_file.id"), nullable=False),
    Column("rule", String(40), nullable=False),
    Column("subject_layer", String(60), nullable=False),
    Column("subject_code", Text, nullable=False),
    Column("verdict", String(1), nullable=False),
    Column("zone_version", Text, nullable=False),
    Column("due_on", Date),
    Column("reason", Text, nullable=False),
    Column("missing", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("case_basis_of", "case_id"),
)
"""Why a case is open: one row per rule and subject, ended when an assessment no longer finds it."""

case_event = Table(
    "case_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("case_id", Integer, ForeignKey("case_file.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("body", Text, nullable=False),
    Column("client_id", String(36), unique=True),
    Index("case_event_of", "case_id"),
)
"""Everything that happened to a case, append-only. ``client_id``: given by the sender, so that nothing comes twice."""

field_record = Table(
    "field_record",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("case_id", Integer, ForeignKey("case_file.id")),
    Column("facility_layer", String(60)),
    Column("facility_key", Text),
    Column("cell", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("accuracy_m", Float),
    Column("distance_m", Float),
    Column("body", Text, nullable=False),
    Column("client_id", String(36), nullable=False, unique=True),
    Index("field_record_case", "case_id"),
    Index("field_record_cell", "cell"),
)
"""What somebody wrote down on site (patrol 巡查, inspection 检查, report 上报), append-only."""

photo = Table(
    "photo",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("record_id", Integer, ForeignKey("field_record.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("thumb_sha256", String(64), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("added_at", Moment, nullable=False),
    Index("photo_of", "record_id"),
)
"""Photos of a record; the files lie beside the store under their SHA-256. ``taken_at``, ``lon``, ``lat``: of the EXIF."""
