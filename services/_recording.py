"""One way of recording: plan, changeset, features, held rows and audit entry in one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from layers._conform import Conformed
from layers._layer import Layer
from store import audit, changes, features
from store._content import canonical
from store.changes import Change
from store.open import Store


@dataclass(frozen=True)
class Recorded:
    """What recording did: counts of rows taken, the layer's revision afterwards, the changeset (0 for a preview)."""

    new: int
    changed: int
    unchanged: int
    revision: int
    changeset: int = 0


def record(
    connection: Connection,
    store: Store,
    layer: Layer,
    conformed: Conformed,
    change: Change,
    told: Mapping[str, Any] | None = None,
) -> Recorded:
    """Write conformed rows of one file; the caller's transaction decides whether it happened.

    The layer's revision rises by one if anything changed.

    Args:
        told: what else the audit entry says.
    """
    at = changes.moment(connection)
    plan = features.plan(connection, layer, conformed.frame)
    number = changes.revision(connection, layer.name) if plan.empty else changes.next_revision(connection, layer.name)
    counts = {
        "rows_in": conformed.rows_in, "taken": len(conformed.frame), "quarantined": conformed.quarantined,
        "refused": conformed.refused, "new": plan.new, "changed": plan.changed, "unchanged": plan.unchanged,
    }  # fmt: skip
    changeset = changes.begin(connection, change, number, counts, at)
    features.apply(connection, plan, changeset, number, at)
    changes.hold(connection, changeset, layer.name, held_rows(conformed))
    body = counts | {"source": change.source_name, "sha256": change.sha256, "revision": number, **(told or {})}
    audit.append(connection, store, audit.Entry(change.actor, change.kind, layer.name, body), at)
    return Recorded(plan.new, plan.changed, plan.unchanged, number, changeset)


def preview(connection: Connection, layer: Layer, conformed: Conformed) -> Recorded:
    """What recording would do; nothing is written."""
    plan = features.plan(connection, layer, conformed.frame)
    number = changes.revision(connection, layer.name) + (0 if plan.empty else 1)
    return Recorded(plan.new, plan.changed, plan.unchanged, number)


def held_rows(conformed: Conformed) -> list[dict[str, Any]]:
    """Rows held back, as the store keeps them: original values and every fault of the row."""
    faults: dict[int | None, list[dict[str, Any]]] = {}
    for fault in conformed.faults:
        faults.setdefault(fault.row, []).append(dataclasses.asdict(fault))
    return [
        {
            "row_number": row["row"],
            "severity": row["severity"],
            "original": canonical({str(k): None if v is None else str(v) for k, v in row["values"].items()}),
            "faults": canonical(faults.get(row["row"], [])),
        }
        for row in conformed.held.to_dict("records")
    ]
