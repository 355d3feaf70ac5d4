"""Changes of many cases at once: gathered one by one, written in few statements; the caller's transaction decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from store._content import canonical
from store.case_tables import case_basis, case_event, case_file
from store.cases import Basis, Event, event_of, stored_facts

ROWS = 2000
_WHICH = "which_id"


@dataclass
class Batch:
    """What is to be written: events and bases in the order they came, changes by the columns they change.

    A case changes the same column once at most in a batch.
    """

    at: dt.datetime
    events: list[dict[str, Any]] = field(default_factory=list)
    bases: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = field(default_factory=dict)

    def add_basis(self, case_id: int, facts: dict[str, Any]) -> None:
        """A case rests on something more."""
        self.bases.append({"case_id": case_id, "since": self.at, **facts})

    def change_basis(self, number: int, facts: dict[str, Any]) -> None:
        """A basis is judged otherwise; the case's events keep how it was."""
        self._change(case_basis, number, facts)

    def end_basis(self, number: int) -> None:
        """A case rests on something less."""
        self._change(case_basis, number, {"ended_at": self.at})

    def change(self, number: int, facts: dict[str, Any]) -> None:
        """Columns of a case change, and its revision with them."""
        self._change(case_file, number, stored_facts(facts))

    def note(self, case_id: int, actor: str, kind: str, body: dict[str, Any]) -> None:
        """Write down what happened to a case."""
        values = {"case_id": case_id, "at": self.at, "actor": actor, "kind": kind, "body": canonical(body)}
        self.events.append(values)

    def _change(self, table: Table, number: int, facts: dict[str, Any]) -> None:
        key = (table.name, tuple(sorted(facts)))
        self.changes.setdefault(key, []).append({f"new_{name}": value for name, value in facts.items()} | {_WHICH: number})

    def write(self, connection: Connection) -> None:
        """Write everything that was gathered."""
        for (name, columns), rows in self.changes.items():
            table = case_file if name == case_file.name else case_basis
            values: dict[str, Any] = {column: bindparam(f"new_{column}", type_=table.c[column].type) for column in columns}
            if table is case_file:
                values |= {"changed_at": self.at, "revision": case_file.c.revision + 1}
            connection.execute(update(table).where(table.c.id == bindparam(_WHICH)).values(values), rows)
        for table, rows in ((case_basis, self.bases), (case_event, self.events)):
            for start in range(0, len(rows), ROWS):
                connection.execute(insert(table), rows[start : start + ROWS])
        self.events, self.bases, self.changes = [], [], {}


def add_many(connection: Connection, rows: list[dict[str, Any]], at: dt.datetime) -> list[int]:
    """Open cases of facilities that have none open; returns their numbers, in the order of the rows."""
    kept = [stored_facts(facts) | {"opened_at": at, "changed_at": at, "revision": 1} for facts in rows]
    last = connection.execute(select(func.coalesce(func.max(case_file.c.id), 0))).scalar_one()
    for start in range(0, len(kept), ROWS):
        connection.execute(insert(case_file), kept[start : start + ROWS])
    columns = (case_file.c.id, case_file.c.facility_layer, case_file.c.facility_key)
    made = connection.execute(select(*columns).where(case_file.c.id > last))  # others wait: a writer is alone
    found = {(layer, key): int(number) for number, layer, key in made}
    return [found[facts["facility_layer"], facts["facility_key"]] for facts in rows]


def open_bases(connection: Connection) -> dict[int, list[Basis]]:
    """What every open case rests on, in the order it came."""
    query = select(case_basis).join(case_file, case_file.c.id == case_basis.c.case_id)
    query = query.where(case_file.c.closed_at.is_(None), case_basis.c.ended_at.is_(None)).order_by(case_basis.c.id)
    found: dict[int, list[Basis]] = {}
    for row in connection.execute(query):
        found.setdefault(row.case_id, []).append(Basis(**row._mapping))
    return found


def open_events(connection: Connection, kinds: Iterable[str]) -> dict[int, list[Event]]:
    """What happened to every open case, of some kinds, the latest first."""
    query = select(case_event).join(case_file, case_file.c.id == case_event.c.case_id)
    query = query.where(case_file.c.closed_at.is_(None), case_event.c.kind.in_(list(kinds))).order_by(case_event.c.id.desc())
    found: dict[int, list[Event]] = {}
    for row in connection.execute(query):
        found.setdefault(row.case_id, []).append(event_of(row))
    return found
