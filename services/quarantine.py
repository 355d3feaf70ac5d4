"""隔离区: rows held back or doubted, until somebody accepts a repair, corrects them, or sets them aside with a reason."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from geo.errors import Conflict, NotFound, Refused, WrongUsage
from geo.raw import RawTable
from geo.region import Region
from geo.repair import repair
from geo.write import xlsx_bytes
from layers._conform import Conformed, ConformOptions, conform
from layers._find import load_layers
from layers._layer import Layer
from layers._plausible import doubts
from services._elsewhere import hold_elsewhere
from services._intake_memory import ADDED
from services._recording import record
from services.scope import Principal, may, visible_layers
from store import audit, changes, held
from store._content import canonical
from store.changes import Change
from store.held import OPEN, Decision, Held, shape_of
from store.open import Store

MOST_SHOWN = 200
MOST_AT_ONCE = 20_000


class StillWrong(Refused):
    """A corrected row that still cannot be taken."""

    zh = "第 {row} 行仍有问题：{reasons}"
    en = "Row {row} is still wrong: {reasons_en}"


class NewerRow(Conflict):
    """The layer has a newer row under this key than the file the held row came from."""

    zh = "编号“{key}”在该文件之后已有更新的记录，请先核对再处理。"
    en = "“{key}” was changed after this file came in; compare before you decide."


class NothingToAccept(Refused):
    """A row for which no repair offers itself."""

    zh = "第 {row} 行没有可采纳的建议，请改正后重新检查。"
    en = "No repair offers itself for row {row}; correct it and check again."


@dataclass(frozen=True)
class Kind:
    """Open rows of one kind of fault in one layer: how many, and how many of them have a repair."""

    layer: str
    code: str
    rows: int
    repairable: int


def listing(store: Store, principal: Principal, layer: str = "", changeset: int | None = None) -> list[Held]:
    """Open rows somebody may see, the latest import first."""
    names = [name for name in visible_layers(principal) if not layer or name == layer]
    with store.read() as connection:
        return _theirs(principal, held.open_rows(connection, names, changeset, MOST_AT_ONCE))


def _theirs(principal: Principal, rows: list[Held]) -> list[Held]:
    """Rows as filed lie anywhere: who works in a part of the city sees those of their own files."""
    return rows if principal.area.whole else [row for row in rows if row.actor == principal.name]


@dataclass(frozen=True)
class Waiting:
    """Open rows: ``held`` are not in the layer, ``doubtful`` are, and should be looked at; together ``total``."""

    held: int
    doubtful: int

    @property
    def total(self) -> int:
        """Rows somebody has to decide about."""
        return self.held + self.doubtful


def waiting(store: Store, principal: Principal, layer: str = "", changeset: int | None = None) -> Waiting:
    """How many rows are open, however many there are."""
    if not principal.area.whole:
        rows = listing(store, principal, layer, changeset)
        return Waiting(sum(row.severity != "doubtful" for row in rows), sum(row.severity == "doubtful" for row in rows))
    names = [name for name in visible_layers(principal) if not layer or name == layer]
    with store.read() as connection:
        found = held.count_open(connection, names, changeset)
    doubtful = found.pop("doubtful", 0)
    return Waiting(sum(found.values()), doubtful)


def kinds_of(rows: Sequence[Held]) -> list[Kind]:
    """The kinds of fault among rows, the most frequent first."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for code in row.codes:
            count = counts.setdefault((row.layer, code), [0, 0])
            count[0], count[1] = count[0] + 1, count[1] + bool(row.repair)
    made = [Kind(layer, code, *count) for (layer, code), count in counts.items()]
    return sorted(made, key=lambda kind: (-kind.rows, kind.layer, kind.code))


def one(store: Store, principal: Principal, number: int) -> Held:
    """A row by number.

    Raises:
        NotFound: there is none, or it may not be seen.
    """
    with store.read() as connection:
        found = _theirs(principal, held.of_numbers(connection, [number]))
    if not found or found[0].layer not in visible_layers(principal):
        raise NotFound(what=f"隔离 {number}")
    return found[0]


def dismiss(store: Store, principal: Principal, numbers: Sequence[int], reason: str) -> int:
    """Set rows aside for good, with a reason; returns how many.

    Raises:
        WrongUsage: no reason. Conflict: one was decided about meanwhile.
    """
    if not reason.strip():
        raise WrongUsage(value="reason", hint="请填写理由 / give a reason")
    with store.write() as connection:
        rows = _open_ones(connection, principal, numbers)
        at = changes.moment(connection)
        held.decide(connection, [row.id for row in rows], Decision("dismissed", principal.name, at, reason.strip()[:500]))
        body = {"rows": [row.id for row in rows], "reason": reason.strip()[:500]}
        audit.append(connection, store, audit.Entry(principal.name, "quarantine_dismiss", f"{len(rows)} rows", body), at)
    audit.anchor(store)
    return len(rows)


def accept(store: Store, region: Region, principal: Principal, numbers: Sequence[int]) -> tuple[int, int]:
    """Take rows with the repair proposed; those that still cannot be taken stay open.

    Returns:
        How many were taken, and how many stay open.
    """
    return _retake(store, region, principal, {number: None for number in numbers})


def correct(store: Store, region: Region, principal: Principal, number: int, entered: Mapping[str, str]) -> None:
    """Take one row with values somebody entered (header → text).

    Raises:
        StillWrong: it still cannot be taken; nothing was changed.
    """
    _retake(store, region, principal, {number: dict(entered)})


def _retake(store: Store, region: Region, principal: Principal, wanted: dict[int, dict[str, str] | None]) -> tuple[int, int]:
    single = len(wanted) == 1
    taken = 0
    with store.write() as connection:
        rows = _open_ones(connection, principal, list(wanted))
        groups: dict[int, list[Held]] = {}
        for row in rows:
            if wanted[row.id] is not None or row.repair:
                groups.setdefault(row.changeset_id, []).append(row)
            elif single:
                raise NothingToAccept(row=row.row_number)
        for changeset, members in sorted(groups.items()):
            context = held.context_of(connection, changeset)
            taken += _take_group(connection, store, region, principal, members, context, wanted, single)
    audit.anchor(store)
    return taken, len(wanted) - taken


def _take_group(
    connection: Connection, store: Store, region: Region, principal: Principal, rows: list[Held], context: dict[str, Any],
    wanted: dict[int, dict[str, str] | None], single: bool,
) -> int:  # fmt: skip
    layer = load_layers()[rows[0].layer]
    entered = {row.id: _values(row, context, wanted[row.id]) for row in rows}
    conformed = hold_elsewhere(store, region, principal.area, layer, _conformed(layer, region, rows, entered, context))
    if single and not len(conformed.frame):
        reasons = [fault for fault in conformed.faults if fault.severity != "warning"]
        raise StillWrong(
            row=rows[0].row_number,
            reasons="；".join(f.reason for f in reasons),
            reasons_en="; ".join(f.reason_en for f in reasons),
        )
    conformed = _without_newer(connection, layer, conformed, rows, single)
    numbers = [rows[position - 1].id for position in conformed.frame["row"].tolist()]
    if not numbers:
        return 0
    names = {number: entered[number] for number in numbers}
    digest = hashlib.sha256(canonical({str(number): names[number] for number in names}).encode()).hexdigest()
    note = "隔离区修复 " + "、".join(f"#{number}" for number in numbers[:5]) + (" …" if len(numbers) > 5 else "")
    change = Change("import", layer.name, principal.name, rows[0].source_name, digest, note)
    only = dataclasses.replace(conformed, held=conformed.held.iloc[:0], rows_in=len(conformed.frame), raw=None)

    def settle(made: int, at: dt.datetime) -> None:
        held.decide(connection, numbers, Decision("taken", principal.name, at, "", made), names)

    record(connection, store, layer, only, change, None, context, settle)
    return len(numbers)


def _without_newer(connection: Connection, layer: Layer, conformed: Conformed, rows: list[Held], single: bool) -> Conformed:
    """Leave out rows whose key was changed by a later import or edit."""
    frame = conformed.frame
    latest = held.latest_change(connection, layer.name, [str(code) for code in frame[layer.key]])
    newer = [
        latest.get(str(code), 0) > rows[position - 1].changeset_id
        for code, position in zip(frame[layer.key], frame["row"], strict=True)
    ]
    if single and any(newer):
        raise NewerRow(key=frame[layer.key].iloc[0])
    return dataclasses.replace(conformed, frame=frame[[not flag for flag in newer]]) if any(newer) else conformed


def _open_ones(connection: Connection, principal: Principal, numbers: Sequence[int]) -> list[Held]:
    rows = _theirs(principal, held.of_numbers(connection, sorted(set(numbers))))
    seen = visible_layers(principal)
    if len(rows) != len(set(numbers)) or any(row.layer not in seen for row in rows) or not may(principal, "import"):
        raise NotFound(what="隔离")
    if any(row.state != OPEN for row in rows):
        raise Conflict()
    return rows


def _values(row: Held, context: Mapping[str, Any], entered: dict[str, str] | None) -> dict[str, str | None]:
    """The row's values with those entered, or with the repair proposed."""
    values: dict[str, str | None] = dict(row.original)
    if entered is not None:
        known = {column.name for column in load_layers()[row.layer].columns}
        return values | {header: text for header, text in entered.items() if header in values or header in known}
    headers = columns_of(row, context)
    for column, text in row.repair.items():
        if column != "geometry":
            values[headers.get(column, column)] = text
    return values


def columns_of(row: Held, context: Mapping[str, Any]) -> dict[str, str]:
    """Canonical column → header of the file the row came from."""
    from layers._conform_headers import match

    cut = "shape" in str(context.get("driver", "")).lower()
    headers = [str(header) for header in context.get("headers") or row.original]
    return match(headers, load_layers()[row.layer], cut=cut, mapping=context.get("mapping") or {}).columns


def _conformed(
    layer: Layer, region: Region, rows: list[Held], entered: dict[int, dict[str, str | None]], context: Mapping[str, Any]
) -> Conformed:
    headers = list(dict.fromkeys([*(context.get("headers") or ()), *(h for row in rows for h in entered[row.id])]))
    frame = pd.DataFrame([[entered[row.id].get(h) for h in headers] for row in rows], columns=headers, dtype=object)
    shapes = np.array([*(shape_of(row) for row in rows), None], dtype=object)[:-1]
    for position, row in enumerate(rows):
        if "geometry" in row.repair and shapes[position] is not None:
            shapes[position] = repair(shapes[position : position + 1])[0][0]
    drawn = any(shape is not None for shape in shapes)
    raw = RawTable(
        frame, list(range(1, len(rows) + 1)), shapes if drawn else None, context.get("file_crs"),
        bool(context.get("crs_declared")),
        driver=str(context.get("driver", "")),
    )  # fmt: skip
    done = conform(raw, layer, region, ConformOptions.of(context))
    done.faults.extend(doubts(done.frame, layer, region))
    return done


def as_xlsx(rows: Sequence[Held], language: str = "zh") -> bytes:
    """Rows as a workbook: number, row, state, reasons and suggestions beside the original cells."""
    headers = list(dict.fromkeys(header for row in rows for header in row.original))
    lines = [
        [row.id, row.row_number, row.severity, *told(row, language), *(row.original.get(h) for h in headers)] for row in rows
    ]
    return xlsx_bytes([*ADDED, *headers], lines, "隔离清单")


def told(row: Held, language: str = "zh") -> tuple[str, str]:
    """Reasons and suggestions of a row as text."""
    reasons = "；".join(dict.fromkeys(str(fault["reason" if language == "zh" else "reason_en"]) for fault in row.faults))
    hints = "；".join(dict.fromkeys(str(fault["suggestion"]) for fault in row.faults if fault.get("suggestion")))
    return reasons, hints
