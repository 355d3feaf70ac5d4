"""History of a zone 版本沿革: every version with its shape, area and counts, who changed what, and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from geo.region import Region
from layers._layer import Layer
from rules._verdict import WORST_FIRST
from services.assess import current
from services.drafts import drawn_layer
from services.facilities import board
from services.findings import by_zone
from services.scope import Principal, may
from services.seen import keys_seen, seen_by
from services.sketches import area_km2, geojson
from store import audit, drafts, features, history
from store.errors import FeatureMissing
from store.open import Store

COUNTED = 12
"""Versions whose verdicts are counted, the latest ones."""
MOST_ENTRIES = 300


@dataclass(frozen=True)
class Life:
    """One version of a zone, standing or replaced.

    Attributes:
        counts: verdicts under it on its first day (or today, if that is earlier); empty where they were not counted.
        kind, actor, source, note: of the change that brought it. ended: why it was taken away.
    """

    version: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    recorded_at: dt.datetime
    retired_at: dt.datetime | None
    doc_no: str
    area_km2: float
    geometry: Any
    kind: str
    actor: str
    source: str
    note: str
    ended: str
    counts: dict[str, int]

    @property
    def stands(self) -> bool:
        """Whether it is known now, in force or not."""
        return self.retired_at is None


def lives(store: Store, region: Region, principal: Principal, layer_name: str, code: str) -> tuple[Layer, list[Life]]:
    """Every version of a zone, the first recorded one first.

    Raises:
        FeatureMissing: there never was one. LayerUnknown, LayerNotDrawn: no such layer.
    """
    layer = drawn_layer(principal, layer_name)
    frame = history.lives(store, layer, code)
    seen = keys_seen(store, region, layer, region.today(), principal)
    if not len(frame) or not (seen is None or layer.zone or code in seen):
        raise FeatureMissing(layer=layer.title, what=code)
    told = {one.version: one for one in history.history(store, layer_name, code)}
    counted = set(frame[[at is None for at in frame["retired_at"]]]["version"].tolist()[-COUNTED:]) if layer.zone else set()
    made = []
    for row in frame.to_dict("records"):
        by, shape = told[row["version"]], row["geometry_map"]
        day = min(row["valid_from"] or region.today(), region.today())
        counts = _counts(store, region, principal, f"{layer_name}/{code}", day) if row["version"] in counted else {}
        made.append(
            Life(
                row["version"], row["valid_from"], row["valid_to"], row["recorded_at"], row["retired_at"],
                row.get("doc_no") or "",
                area_km2(shape, region), geojson(shape), by.kind, by.actor, by.source_name, by.note, by.retired_note, counts,
            )
        )  # fmt: skip
    return layer, made


def _counts(store: Store, region: Region, principal: Principal, zone: str, day: dt.date) -> dict[str, int]:
    """How many findings of each verdict a zone has on a day."""
    findings = board(seen_by(current(store, region, day), principal)).findings
    found = findings[by_zone(findings, zone)]["verdict"].value_counts().to_dict()
    return {verdict: int(found[verdict]) for verdict in WORST_FIRST if verdict in found}


def journal(store: Store, principal: Principal, layer_name: str, code: str) -> list[dict[str, Any]]:
    """Audit entries about every draft of a zone, newest first; none for who may not see drafts."""
    if not may(principal, "drafts"):
        return []
    found: list[dict[str, Any]] = []
    with store.read() as connection:
        for one in drafts.every(connection, layer_name, code):
            entries = audit.about(connection, f"draft {one.id}", MOST_ENTRIES)
            found += [entry | {"draft": one.id, "name": one.name} for entry in entries]
    return sorted(found, key=lambda entry: -int(entry["seq"]))[:MOST_ENTRIES]


def choices(store: Store, principal: Principal, layer_name: str) -> list[tuple[str, str]]:
    """What can be compared of a layer: versions that stand, and drafts; (handle, title)."""
    layer = drawn_layer(principal, layer_name)
    frame = features.recorded(store, layer)
    pairs = zip(frame["version"], frame[layer.label], strict=True)
    found = [(f"version/{layer_name}/{version}", f"{name} {version}" if name else str(version)) for version, name in pairs]
    with store.read() as connection:
        rows = drafts.every(connection, layer_name)
    return found + [(f"draft/{one.id}", f"{one.name} #{one.id}") for one in rows if one.state != "discarded"]
