"""Seals: what an audit entry says of the rows themselves, so that a row changed, missing or added without one shows.

Every entry seals the rows that append-only tables gained since the last one, the state of the tables of accounts and
layers where it changed, and the cases that changed. A seal says how many columns it read, because migrations add some.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, text

from store._content import canonical, stored
from store._guarded import GUARDED, MOVES_ON
from store.case_tables import case_file
from store.models import audit_log, store_info

IN_BODY = "sealed"
"""Under which name a seal lies in the body of an entry."""
_POINTER = "sealed"

_APPENDED = tuple(name for name in GUARDED if name not in ("audit_log", *MOVES_ON))
_ORDER = {
    "finding": ("run_id", "run_id, key"),
    "import_source": ("changeset_id", "changeset_id"),
    "taken_back": ("by_changeset", "by_changeset"),  # imports are not taken back in their order
}
"""By which growing number rows are told apart, and their order, where it is not ``id``."""
_COLUMNS = {
    "feature_version": "id, layer, code, version, valid_from, valid_to, recorded_at, changeset_id, row_number, crs_filed, "
    "west, south, east, north, filed_sha256, sha256",
}
"""What else a feature version holds is in its ``sha256``; that it was retired, in the state of its layer."""

_STATES = {
    "account": ("id, name, display_name, password_hash, roles, town, team, phone, is_demo, must_change, disabled_at", "id"),
    "account_cell": ("account_id, cell_code, valid_from, valid_to", "account_id, cell_code, valid_from, valid_to"),
    "token": ("id, sha256, account_id, note, permissions, created_at, expires_at, ended_at", "id"),
    "layer_state": ("layer, revision, content", "layer"),
}
"""Small tables whose rows change: columns and order. Not here: when somebody was last seen."""

Seal = dict[str, Any]


def seal(connection: Connection, at: dt.datetime) -> Seal:
    """What is new since the last seal; in the caller's write transaction, after its changes."""
    pointer = _pointer(connection)
    found: Seal = {}
    rows = {name: made for name in _APPENDED if (made := _rows_after(connection, name, pointer["rows"].get(name, 0)))}
    states = {name: _state(connection, name) for name in _STATES}
    changed = {name: made for name, made in states.items() if made != pointer["states"].get(name)}
    cases = _cases(connection, _changed_cases(connection, pointer["cases_at"], at))
    found |= {"rows": rows} if rows else {}
    found |= {"states": changed} if changed else {}
    found |= {"cases": cases} if cases else {}
    if found:
        pointer["rows"] |= {name: made[1] for name, made in rows.items()}
        pointer["states"] = states
        pointer["cases_at"] = max(pointer["cases_at"], at.isoformat()) if cases else pointer["cases_at"]
        _keep_pointer(connection, pointer)
    return found


def forget_states(connection: Connection) -> None:
    """Let the next entry seal every state and case anew: a migration may have rewritten them."""
    _keep_pointer(connection, _pointer(connection) | {"states": {}, "cases_at": ""})


def verify(connection: Connection) -> list[str]:
    """Hold the rows against every seal; what is wrong, one line each."""
    wrong: list[str] = []
    reached: dict[str, int] = {}
    states: dict[str, list[Any]] = {}
    cases: dict[str, str] = {}
    for found in _seals(connection):
        for name, made in found.get("rows", {}).items():
            wrong += _compared(connection, name, made, reached)
        states |= found.get("states", {})
        cases |= found.get("cases", {})
    for name in _APPENDED:
        if reached.get(name, 0) < _last(connection, name):
            wrong.append(f"{name}: rows after {reached.get(name, 0)} were added without an entry")
    for name in _STATES:
        if name in states and _state(connection, name, states[name][1]) != states[name]:
            wrong.append(f"{name}: rows changed, missing or added without an entry")
    return wrong + _wrong_cases(connection, cases)


def _seals(connection: Connection) -> Iterator[Seal]:
    for (body,) in connection.execute(select(audit_log.c.body).order_by(audit_log.c.seq)):
        try:
            found = json.loads(body)
        except ValueError:
            continue  # the chain tells
        if isinstance(found, dict) and isinstance(found.get(IN_BODY), dict):
            yield found[IN_BODY]


def _compared(connection: Connection, name: str, made: list[Any], reached: dict[str, int]) -> list[str]:
    first, last, count, columns, _ = made
    wrong = []
    if first > reached.get(name, 0):
        wrong.append(f"{name}: rows {reached.get(name, 0) + 1} to {first} were sealed by no entry")
    reached[name] = max(reached.get(name, 0), last)
    if _rows_after(connection, name, first, last, columns) != made:
        wrong.append(f"{name}: of the {count} rows {first + 1} to {last} one was changed, is missing or was added")
    return wrong


def _rows_after(connection: Connection, name: str, first: int, last: int | None = None, columns: int | None = None) -> Any:
    """``[after, last, rows, columns, sha256]`` of appended rows; None for no row."""
    key, order = _ORDER.get(name, ("id", "id"))
    chosen = _COLUMNS.get(name, "*")
    upper = f"AND {key} <= {int(last)}" if last is not None else ""
    found = connection.execute(text(f"SELECT {key}, {chosen} FROM {name} WHERE {key} > {int(first)} {upper} ORDER BY {order}"))
    digest, count, width, reached = hashlib.sha256(), 0, columns or len(found.keys()) - 1, first
    for row in found:
        _feed(digest, row[1 : width + 1])
        count, reached = count + 1, int(row[0])
    if not count and last is None:
        return None
    return [first, reached if last is None else last, count, width, digest.hexdigest()]


def _feed(digest: Any, cells: Iterable[Any]) -> None:
    line = repr(tuple(map(stored, cells))).encode()
    digest.update(len(line).to_bytes(8, "big") + line)


def _last(connection: Connection, name: str) -> int:
    key, _ = _ORDER.get(name, ("id", "id"))
    return int(connection.execute(text(f"SELECT coalesce(max({key}), 0) FROM {name}")).scalar_one())


def _state(connection: Connection, name: str, columns: int | None = None) -> list[Any]:
    """``[rows, columns, sha256]`` of a small table."""
    chosen, order = _STATES[name]
    digest, count = hashlib.sha256(), 0
    width = columns or chosen.count(",") + 1
    for row in connection.execute(text(f"SELECT {chosen} FROM {name} ORDER BY {order}")):
        _feed(digest, row[:width])
        count += 1
    return [count, width, digest.hexdigest()]


def _changed_cases(connection: Connection, since: str, at: dt.datetime) -> list[int]:
    query = select(case_file.c.id).order_by(case_file.c.id)
    if since:
        query = query.where(or_(case_file.c.changed_at >= dt.datetime.fromisoformat(since), case_file.c.changed_at == at))
    return [int(number) for (number,) in connection.execute(query)]


def _cases(connection: Connection, numbers: list[int], widths: tuple[int, int] | None = None) -> dict[str, str]:
    """Case → ``columns.columns.sha256`` over its row and those of what it rests on."""
    if not numbers:
        return {}
    chosen = f"IN ({','.join(map(str, numbers))})" if len(numbers) < 500 else "IS NOT NULL"
    own = connection.execute(text(f"SELECT * FROM case_file WHERE id {chosen} ORDER BY id"))
    rests = connection.execute(text(f"SELECT * FROM case_basis WHERE case_id {chosen} ORDER BY id"))
    wide, wide_rests = widths or (len(own.keys()), len(rests.keys()))
    place = list(rests.keys()).index("case_id")
    lines: dict[int, Any] = {}
    for row in own:
        lines[int(row[0])] = hashlib.sha256()
        _feed(lines[int(row[0])], row[:wide])
    for row in rests:
        if int(row[place]) in lines:
            _feed(lines[int(row[place])], row[:wide_rests])
    wanted = set(numbers)
    return {str(number): f"{wide}.{wide_rests}.{one.hexdigest()[:32]}" for number, one in lines.items() if number in wanted}


def _wrong_cases(connection: Connection, sealed: dict[str, str]) -> list[str]:
    every = [int(number) for (number,) in connection.execute(select(case_file.c.id))]
    by_width: dict[str, list[int]] = {}
    for number in every:
        by_width.setdefault(sealed.get(str(number), "").rpartition(".")[0], []).append(number)
    wrong = [f"case {number}: was added without an entry" for number in by_width.pop("", [])]
    for told, numbers in by_width.items():
        wide, _, wide_rests = told.partition(".")
        now = _cases(connection, numbers, (int(wide), int(wide_rests)))
        wrong += [f"case {number}: changed without an entry" for number in numbers if now[str(number)] != sealed[str(number)]]
    missing = sorted(set(map(int, sealed)) - set(every))
    return wrong + [f"case {number}: is missing" for number in missing]


def _pointer(connection: Connection) -> dict[str, Any]:
    """Where the last seal ended; only spares reading everything: ``verify`` does not rely on it."""
    found = connection.execute(select(store_info.c.value).where(store_info.c.name == _POINTER)).scalar()
    return {"rows": {}, "states": {}, "cases_at": ""} | (json.loads(found) if found else {})


def _keep_pointer(connection: Connection, pointer: dict[str, Any]) -> None:
    connection.execute(delete(store_info).where(store_info.c.name == _POINTER))
    connection.execute(insert(store_info).values(name=_POINTER, value=canonical(pointer)))
