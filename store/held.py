"""Rows held back: which are open, what was decided about them, how their file was read, what was taken back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from sqlalchemy import Connection, Row, func, insert, select

from store._content import canonical
from store.held_tables import field_mapping, held_decision, import_source, taken_back
from store.models import changeset, feature_version, held_row

OPEN = "open"
_CHUNK = 500


@dataclass(frozen=True)
class Held:
    """One row held back or doubted.

    Attributes:
        severity: ``quarantined`` or ``refused`` (not in the layer), ``doubtful`` (taken, with something to look at).
        original: header → text as in the file. faults: as found. geom: WKB as filed, or None.
        state: ``open`` or the kind of the last decision; ``reason``, ``decided_by``, ``decided_at`` of it.
    """

    id: int
    changeset_id: int
    layer: str
    row_number: int | None
    severity: str
    original: dict[str, str | None]
    faults: list[dict[str, Any]]
    geom: bytes | None
    source_name: str
    at: dt.datetime
    actor: str
    state: str = OPEN
    reason: str = ""
    decided_by: str = ""
    decided_at: dt.datetime | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Stable names of its faults, each once."""
        return tuple(dict.fromkeys(str(fault.get("code") or fault["severity"]) for fault in self.faults))

    @property
    def repair(self) -> dict[str, str]:
        """Column → text that would mend it, of all its faults together; empty where nothing offers itself."""
        found: dict[str, str] = {}
        for fault in self.faults:
            found.update(fault.get("repair") or {})
        return found


def _held(row: Row[Any]) -> Held:
    facts = dict(row._mapping)
    facts |= {"original": json.loads(row.original), "faults": json.loads(row.faults)}
    return Held(**facts)


_LAST = select(func.max(held_decision.c.id)).where(held_decision.c.held_id == held_row.c.id).correlate(held_row).scalar_subquery()


def _query() -> Any:
    columns = [
        held_row.c[name] for name in ("id", "changeset_id", "layer", "row_number", "severity", "original", "faults", "geom")
    ]
    return select(*columns, changeset.c.source_name, changeset.c.at, changeset.c.actor).join(
        changeset, changeset.c.id == held_row.c.changeset_id
    )


def open_rows(connection: Connection, layers: Iterable[str], changeset_id: int | None = None, limit: int = 5000) -> list[Held]:
    """Rows nobody has decided about, the latest import first."""
    query = _query().where(_LAST.is_(None), held_row.c.layer.in_(list(layers)))
    if changeset_id is not None:
        query = query.where(held_row.c.changeset_id == changeset_id)
    query = query.order_by(held_row.c.changeset_id.desc(), held_row.c.severity == "doubtful", held_row.c.id).limit(limit)
    return [_held(row) for row in connection.execute(query)]


def count_open(connection: Connection, layers: Iterable[str], changeset_id: int | None = None) -> dict[str, int]:
    """Open rows by severity."""
    query = select(held_row.c.severity, func.count()).where(_LAST.is_(None), held_row.c.layer.in_(list(layers)))
    if changeset_id is not None:
        query = query.where(held_row.c.changeset_id == changeset_id)
    return {severity: int(number) for severity, number in connection.execute(query.group_by(held_row.c.severity))}


def of_numbers(connection: Connection, numbers: Sequence[int]) -> list[Held]:
    """Rows by number, with what was decided last."""
    found: list[Held] = []
    for start in range(0, len(numbers), _CHUNK):
        chunk = list(numbers[start : start + _CHUNK])
        rows = [_held(row) for row in connection.execute(_query().where(held_row.c.id.in_(chunk)))]
        decided: dict[int, Row[Any]] = {}
        for row in connection.execute(
            select(held_decision).where(held_decision.c.held_id.in_(chunk)).order_by(held_decision.c.id)
        ):
            decided[row.held_id] = row
        found += [_with(held, decided.get(held.id)) for held in rows]
    return sorted(found, key=lambda held: held.id)


def _with(held: Held, decision: Row[Any] | None) -> Held:
    if decision is None:
        return held
    return replace(held, state=decision.kind, reason=decision.reason, decided_by=decision.actor, decided_at=decision.at)


@dataclass(frozen=True)
class Decision:
    """What somebody decided about rows: ``taken``, ``dismissed``, ``resubmitted`` or ``withdrawn``."""

    kind: str
    actor: str
    at: dt.datetime
    reason: str = ""
    changeset_id: int | None = None


def decide(
    connection: Connection, numbers: Sequence[int], decision: Decision, entered: dict[int, dict[str, str | None]] | None = None
) -> None:
    """Write down a decision about rows."""
    if numbers:
        facts = {"at": decision.at, "actor": decision.actor, "kind": decision.kind, "reason": decision.reason}
        facts |= {"changeset_id": decision.changeset_id}
        rows = [facts | {"held_id": number, "entered": canonical((entered or {}).get(number, {}))} for number in numbers]
        connection.execute(insert(held_decision), rows)


def hold(connection: Connection, changeset_id: int, layer: str, rows: list[dict[str, Any]]) -> None:
    """Keep rows that were not taken or are doubted, with their original values and what is wrong with them."""
    if rows:
        connection.execute(insert(held_row), [row | {"changeset_id": changeset_id, "layer": layer} for row in rows])


def keep_context(connection: Connection, changeset_id: int, context: dict[str, Any]) -> None:
    """Remember how the file of an import was read."""
    connection.execute(insert(import_source).values(changeset_id=changeset_id, context=canonical(context)))


def context_of(connection: Connection, changeset_id: int) -> dict[str, Any]:
    """How the file of an import was read; empty for imports before that was kept."""
    found = connection.execute(select(import_source.c.context).where(import_source.c.changeset_id == changeset_id)).scalar()
    return dict(json.loads(found)) if found else {}


def same_import(connection: Connection, layer: str, sha256: str, counts: dict[str, Any]) -> int | None:
    """An earlier import of the same content into the same layer, with the same rows held back, not taken back."""
    gone = select(taken_back.c.changeset_id)
    query = select(changeset.c.id, changeset.c.counts).where(
        changeset.c.kind == "import", changeset.c.layer == layer, changeset.c.sha256 == sha256, changeset.c.id.not_in(gone)
    )
    names = ("rows_in", "taken", "quarantined", "refused")
    for number, told in connection.execute(query.order_by(changeset.c.id.desc())):
        before = json.loads(told)
        if all(before.get(name) == counts.get(name) for name in names):
            return int(number)
    return None


def remember_mapping(
    connection: Connection, layer: str, fingerprint: str, columns: dict[str, str], actor: str, at: dt.datetime
) -> None:
    """Keep a mapping for files with these headers; the same again is not written twice."""
    if remembered_mapping(connection, layer, fingerprint) != columns:
        values = {"layer": layer, "fingerprint": fingerprint, "columns": canonical(columns), "at": at, "actor": actor}
        connection.execute(insert(field_mapping).values(values))


def remembered_mapping(connection: Connection, layer: str, fingerprint: str) -> dict[str, str]:
    """Header → column as last said for files with these headers; empty where nobody said."""
    query = select(field_mapping.c.columns).where(field_mapping.c.layer == layer, field_mapping.c.fingerprint == fingerprint)
    found = connection.execute(query.order_by(field_mapping.c.id.desc()).limit(1)).scalar()
    return dict(json.loads(found)) if found else {}


@dataclass(frozen=True)
class Import:
    """One import as recorded: its change, its counts, and the change that took it back, if any."""

    id: int
    layer: str
    revision: int
    actor: str
    at: dt.datetime
    source_name: str
    sha256: str
    counts: dict[str, int]
    note: str
    taken_back: int | None


def imports(connection: Connection, layers: Iterable[str], limit: int = 50, number: int | None = None) -> list[Import]:
    """Imports, the latest first; or the one of a number."""
    names = ("id", "layer", "revision", "actor", "at", "source_name", "sha256", "counts", "note")
    query = select(*(changeset.c[name] for name in names), taken_back.c.by_changeset.label("taken_back"))
    query = query.join(taken_back, taken_back.c.changeset_id == changeset.c.id, isouter=True)
    query = query.where(changeset.c.kind == "import", changeset.c.layer.in_(list(layers)))
    if number is not None:
        query = query.where(changeset.c.id == number)
    rows = connection.execute(query.order_by(changeset.c.id.desc()).limit(limit))
    return [Import(**dict(row._mapping) | {"counts": json.loads(row.counts)}) for row in rows]


def note_taken_back(connection: Connection, changeset_id: int, by_changeset: int) -> None:
    """Write down that an import was taken back, and by which change."""
    connection.execute(insert(taken_back).values(changeset_id=changeset_id, by_changeset=by_changeset))


def latest_change(connection: Connection, layer: str, codes: Sequence[str]) -> dict[str, int]:
    """Number of the latest change of each standing code."""
    found: dict[str, int] = {}
    for start in range(0, len(codes), _CHUNK):
        query = select(feature_version.c.code, func.max(feature_version.c.changeset_id)).where(
            feature_version.c.layer == layer,
            feature_version.c.code.in_(list(codes[start : start + _CHUNK])),
            feature_version.c.retired_at.is_(None),
        )
        found.update({code: int(number) for code, number in connection.execute(query.group_by(feature_version.c.code))})
    return found


def shape_of(held: Held) -> shapely.Geometry | None:
    """The geometry of a row as filed."""
    return None if held.geom is None else shapely.from_wkb(held.geom, on_invalid="ignore")
