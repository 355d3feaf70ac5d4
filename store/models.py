"""The tables. Nothing here belongs to one database only.

``feature_version`` is append-only and bitemporal: ``valid_from``/``valid_to`` say when a version is
in force (dates, both inclusive, NULL = open), ``recorded_at``/``retired_at`` when it was known.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store._types import Geometry, Moment

SCHEMA_REVISION = "0007"
PRODUCT = "bluesky-map"

metadata = MetaData()

store_info = Table(
    "store_info",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

layer_state = Table(
    "layer_state",
    metadata,
    Column("layer", String(60), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("content", String(64), nullable=False),
)
"""``content``: what all versions of a layer that are not retired hold, whatever way led there (``store.changes``)."""

changeset = Table(
    "changeset",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("layer", String(60), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("counts", Text, nullable=False),
    Column("note", Text, nullable=False),
    CheckConstraint("kind in ('import', 'retire', 'publish', 'edit')", name="changeset_kind"),
)

feature_version = Table(
    "feature_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("layer", String(60), nullable=False),
    Column("code", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("recorded_at", Moment, nullable=False),
    Column("retired_at", Moment),
    Column("changeset_id", Integer, ForeignKey("changeset.id"), nullable=False),
    Column("retired_by", Integer, ForeignKey("changeset.id")),
    Column("row_number", Integer),
    Column("props", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("crs_filed", String(40)),
    Column("geom_filed", Geometry),
    Column("geom_map", Geometry),
    Column("geom_judge", Geometry),
    Column("west", Float),
    Column("south", Float),
    Column("east", Float),
    Column("north", Float),
    Column("filed_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    CheckConstraint("valid_to is null or valid_from is null or valid_from <= valid_to", name="validity_order"),
    CheckConstraint("(retired_at is null) = (retired_by is null)", name="retired_pair"),
    UniqueConstraint("layer", "version", name="version_name"),
    Index("feature_version_current", "layer", "code", "retired_at"),
    Index("feature_version_changeset", "changeset_id"),
)

held_row = Table(
    "held_row",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("changeset_id", Integer, ForeignKey("changeset.id"), nullable=False),
    Column("layer", String(60), nullable=False),
    Column("row_number", Integer),
    Column("severity", String(20), nullable=False),
    Column("original", Text, nullable=False),
    Column("faults", Text, nullable=False),
    Column("geom", Geometry),
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", Date, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("rules_hash", String(64), nullable=False),
    Column("run_hash", String(64), nullable=False),
    Column("revisions", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("rows", Integer, nullable=False),
)

finding = Table(
    "finding",
    metadata,
    Column("run_id", Integer, ForeignKey("run.id"), primary_key=True),
    Column("key", String(64), primary_key=True),
    *(
        Column(name, Text, nullable=False)
        for name in (
            "rule", "subject_layer", "subject_code", "enterprise_code", "zone_layer", "zone_code", "verdict",
            "reason", "missing", "clause", "due_on", "edge_distance_m", "accuracy_m", "as_of",
            "zone_version", "inputs",
        )
    ),
)  # fmt: skip

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
    UniqueConstraint("mac", name="audit_mac"),
)
