"""The tables of drafts 草案: what planners draw before it becomes law, every step kept."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from store._types import Geometry, Moment
from store.models import metadata

STATES = ("open", "submitted", "approved", "published", "withdrawn", "discarded")

draft = Table(
    "draft",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("layer", String(60), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("origin", Text, nullable=False),
    Column("parent_id", Integer, ForeignKey("draft.id")),
    Column("base_version", Text),
    Column("base_revision", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_by", String(120), nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("submitted_by", String(120)),
    Column("submitted_at", Moment),
    Column("reviewed_by", String(120)),
    Column("reviewed_at", Moment),
    Column("note", Text, nullable=False),
    Column("changeset_id", Integer, ForeignKey("changeset.id")),
    CheckConstraint(f"state in {STATES}", name="draft_state"),
    Index("draft_layer", "layer", "state"),
)
"""``step``: the number of the step that counts now; undo moves it, no step is ever lost. ``base_revision``: revision of
the layer when the base was drawn upon; a version of the same code recorded later makes the draft stale."""

draft_step = Table(
    "draft_step",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("draft_id", Integer, ForeignKey("draft.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("parent", Integer),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("note", Text, nullable=False),
    Column("geometry", Geometry),
    Column("props", Text, nullable=False),
    Column("units", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("draft_id", "number", name="draft_step_number"),
)
"""One step: the whole geometry (degrees EPSG:4490), record and unit list after it; ``parent``: the step before it."""
