"""The tables of rasters 栅格: what was added, and what was taken out again; both only grow."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text

from store._types import Moment
from store.models import metadata

raster = Table(
    "raster",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(120), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("on_day", Date),
    Column("sha256", String(64), nullable=False),
    Column("source_name", Text, nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("facts", Text, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Index("raster_series", "kind", "name", "on_day"),
)
"""``sha256``: of our own GeoTIFF beside the store; ``source_sha256``: of the file as it was given."""

raster_removed = Table(
    "raster_removed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("raster_id", Integer, ForeignKey("raster.id"), nullable=False, unique=True),
    Column("actor", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)
"""A raster that no longer counts; its row and its file stay."""
