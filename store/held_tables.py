"""The tables of imports: what was decided about rows held back, how files were read, what was taken back."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from store._types import Moment
from store.models import metadata

held_decision = Table(
    "held_decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("held_id", Integer, ForeignKey("held_row.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("entered", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changeset_id", Integer, ForeignKey("changeset.id")),
    Index("held_decision_of", "held_id"),
)
"""Append-only. ``kind``: ``taken``, ``dismissed``, ``resubmitted`` or ``withdrawn``; ``entered``: values given (JSON)."""

import_source = Table(
    "import_source",
    metadata,
    Column("changeset_id", Integer, ForeignKey("changeset.id"), primary_key=True, autoincrement=False),
    Column("context", Text, nullable=False),
)
"""How the file of an import was read (JSON): enough to read one of its rows again."""

field_mapping = Table(
    "field_mapping",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("layer", String(60), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("columns", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(120), nullable=False),
    Index("field_mapping_of", "layer", "fingerprint"),
)
"""Which header means which column, for files with these headers; the latest counts."""

taken_back = Table(
    "taken_back",
    metadata,
    Column("changeset_id", Integer, ForeignKey("changeset.id"), primary_key=True, autoincrement=False),
    Column("by_changeset", Integer, ForeignKey("changeset.id"), nullable=False),
)
"""Imports that were taken back as a whole, and by which change."""
