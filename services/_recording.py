"""One way of recording: plan, changeset, features, held rows and audit entry in one transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from layers._conform import Conformed
from layers._conform_faults import Fault
from layers._layer import Layer
from store import audit, changes, features, held
from store._content import canonical, contents_of
from store.changes import Change
from store.open import Store

MOST_MISSING = 500
MOST_KEPT = 200_000
"""Rows whose stored form is kept between the check and the taking in."""


@dataclass(frozen=True)
class Recorded:
    """What recording did: counts of rows taken, the layer's revision afterwards, the changeset (0 for a preview).

    ``missing``: codes of the layer that the file does not have (they stay). ``repeated``: the same content was
    imported before and nothing was written.
    """

    new: int
    changed: int
    unchanged: int
    revision: int
    changeset: int = 0
    missing: tuple[str, ...] = ()
    repeated: bool = False


def record(
    connection: Connection, store: Store, layer: Layer, conformed: Conformed, change: Change,
    told: Mapping[str, Any] | None = None, context: Mapping[str, Any] | None = None,
    also: Callable[[int, dt.datetime], None] | None = None,
) -> Recorded:  # fmt: skip
    """Write conformed rows of one file; the caller's transaction decides whether it happened.

    The layer's revision rises by one if anything changed. The same content imported again writes nothing.

    Args:
        told: what else the audit entry says.
        context: how the file was read, kept so that a row held back can be read again.
        also: writes what belongs to the change, given the changeset and the instant; the entry comes last and seals it.
    """
    at = changes.moment(connection)
    plan = planned(connection, layer, conformed)
    counts = {
        "rows_in": conformed.rows_in, "taken": len(conformed.frame), "quarantined": conformed.quarantined,
        "refused": conformed.refused, "new": plan.new, "changed": plan.changed, "unchanged": plan.unchanged,
    } | ({"removed": len(conformed.gone)} if conformed.gone else {})  # fmt: skip
    known = plan.empty and change.kind == "import" and change.sha256
    before = held.same_import(connection, layer.name, change.sha256, counts) if known else None
    if before is not None:
        number = changes.revision(connection, layer.name)
        return Recorded(plan.new, plan.changed, plan.unchanged, number, before, repeated=True)
    number = changes.revision(connection, layer.name) if plan.empty else changes.next_revision(connection, layer.name)
    changeset = changes.begin(connection, change, number, counts, at)
    features.apply(connection, plan, changeset, number, at)
    held.hold(connection, changeset, layer.name, held_rows(conformed))
    if context:
        held.keep_context(connection, changeset, dict(context))
    if also:
        also(changeset, at)
    body = counts | {"source": change.source_name, "sha256": change.sha256, "revision": number, **(told or {})}
    audit.append(connection, store, audit.Entry(change.actor, change.kind, layer.name, body), at)
    return Recorded(plan.new, plan.changed, plan.unchanged, number, changeset)


def preview(connection: Connection, layer: Layer, conformed: Conformed) -> Recorded:
    """What recording would do; nothing is written."""
    plan = planned(connection, layer, conformed)
    number = changes.revision(connection, layer.name) + (0 if plan.empty else 1)
    given = {str(code) for code in conformed.frame[layer.key]}
    missing = sorted(features.standing_codes(connection, layer) - given)
    return Recorded(plan.new, plan.changed, plan.unchanged, number, missing=tuple(missing))


def planned(connection: Connection, layer: Layer, conformed: Conformed) -> features.Plan:
    """What recording would change; the stored form of the rows is worked out once and kept with them."""
    frame, contents = conformed.kept.get("contents", (None, []))
    if frame is not conformed.frame:
        contents = contents_of(layer, conformed.frame)
        if len(contents) <= MOST_KEPT:
            conformed.kept["contents"] = (conformed.frame, contents)
    return features.plan(connection, layer, conformed.frame, contents, conformed.gone)


def held_rows(conformed: Conformed) -> list[dict[str, Any]]:
    """Rows held back and rows doubted, as the store keeps them: original values, geometry and every fault of the row."""
    faults: dict[int | None, list[dict[str, Any]]] = {}
    for fault in conformed.faults:
        faults.setdefault(fault.row, []).append(_facts(fault))
    return [
        {
            "row_number": row["row"],
            "severity": row["severity"],
            "original": json.dumps({str(k): None if v is None else str(v) for k, v in row["values"].items()}, ensure_ascii=False),
            "faults": canonical(faults.get(row["row"], [])),
            "geom": row["geometry"],
        }
        for part in (conformed.held, doubtful(conformed))
        for row in part.to_dict("records")
    ]


def doubtful(conformed: Conformed) -> pd.DataFrame:
    """Rows that were taken and have a warning, as ``Conformed.held`` has those held back."""
    taken = set(conformed.frame["row"].tolist())
    wanted: set[int | None] = {fault.row for fault in conformed.faults if fault.row is not None and fault.row in taken}
    return conformed.originals(wanted)


def _facts(fault: Fault) -> dict[str, Any]:
    return dict(fault.__dict__)
