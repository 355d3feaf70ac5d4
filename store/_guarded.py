"""Which tables keep history, and what in them may never change; how it is guarded is each database's own business."""

from __future__ import annotations

FROZEN = (
    "id", "layer", "code", "version", "valid_from", "valid_to", "recorded_at", "changeset_id", "row_number", "props",
    "extra", "crs_filed", "geom_filed", "geom_map", "geom_judge", "west", "south", "east", "north", "filed_sha256",
    "sha256",
)  # fmt: skip
"""Columns of a version that never change; only ``retired_at`` and ``retired_by`` are set, once, together."""

MOVES_ON = ("draft",)
"""Tables whose rows change and are never lost."""

KEYS: dict[str, tuple[str, ...]] = {
    "feature_version": ("old.id = NEW.id", "old.layer = NEW.layer AND old.version = NEW.version"),
    "changeset": ("old.id = NEW.id",),
    "held_row": ("old.id = NEW.id",),
    "run": ("old.id = NEW.id",),
    "finding": ("old.run_id = NEW.run_id AND old.key = NEW.key",),
    "audit_log": ("old.seq = NEW.seq", "old.mac = NEW.mac"),
    "case_event": ("old.id = NEW.id", "old.client_id = NEW.client_id"),
    "field_record": ("old.id = NEW.id", "old.client_id = NEW.client_id"),
    "photo": ("old.id = NEW.id",),
    "draft": ("old.id = NEW.id",),
    "draft_step": ("old.id = NEW.id", "old.draft_id = NEW.draft_id AND old.number = NEW.number"),
    "held_decision": ("old.id = NEW.id",),
    "import_source": ("old.changeset_id = NEW.changeset_id",),
    "field_mapping": ("old.id = NEW.id",),
    "taken_back": ("old.changeset_id = NEW.changeset_id",),
    "raster": ("old.id = NEW.id",),
    "raster_removed": ("old.id = NEW.id", "old.raster_id = NEW.raster_id"),
    "hook_event": ("old.id = NEW.id", "old.uid = NEW.uid"),
}
"""What is unique in each append-only table: INSERT OR REPLACE would delete without asking the DELETE triggers."""

GUARDED = tuple(KEYS)
"""The append-only tables."""
