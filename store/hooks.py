"""Questions asked of webhooks' events and deliveries, and the few ways they change; the caller's transaction decides."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, select, update

from store._content import canonical
from store.hook_tables import hook_delivery, hook_event
from store.models import finding, run, store_info

UNREAD = "*"
"""Stands for the addresses of an event while the configuration cannot be read."""
_LEASE = "webhooks"


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one address; ``data`` decoded, ``sequence`` the event's number."""

    id: int
    hook: str
    state: str
    since: dt.datetime
    due_at: dt.datetime
    tries: int
    tried_at: dt.datetime | None
    outcome: str
    status: int | None
    sequence: int
    uid: str
    type: str
    at: dt.datetime
    data: dict[str, Any]


def add_event(connection: Connection, uid: str, kind: str, data: dict[str, Any], at: dt.datetime) -> int:
    """Write an event down; an audit entry has to follow in the same transaction, which seals it. Returns its number."""
    values = {"uid": uid, "type": kind, "at": at, "data": canonical(data)}
    return int(connection.execute(insert(hook_event).values(values).returning(hook_event.c.id)).scalar_one())


def add_deliveries(connection: Connection, event: int, hooks: Iterable[str], since: dt.datetime) -> list[int]:
    """An event waits for some addresses from now on; returns the numbers of the deliveries."""
    made = []
    for hook in hooks:
        values = {
            "event_id": event, "hook": hook, "state": "waiting", "since": since, "due_at": since, "tries": 0, "outcome": "",
        }  # fmt: skip
        found = connection.execute(insert(hook_delivery).values(values).returning(hook_delivery.c.id))
        made.append(int(found.scalar_one()))
    return made


def _deliveries() -> Select[Any]:
    wanted = [column for column in hook_delivery.columns if column.name != "event_id"]
    told = [hook_event.c.id.label("sequence"), hook_event.c.uid, hook_event.c.type, hook_event.c.at, hook_event.c.data]
    return select(*wanted, *told).join(hook_event, hook_event.c.id == hook_delivery.c.event_id)


def _read(connection: Connection, query: Select[Any]) -> list[Delivery]:
    return [Delivery(**{**row._mapping, "data": json.loads(row.data)}) for row in connection.execute(query)]


def due(connection: Connection, now: dt.datetime, most: int) -> list[Delivery]:
    """What is to be sent now, in the order of the events."""
    wanted = and_(hook_delivery.c.state == "waiting", hook_delivery.c.due_at <= now)
    return _read(connection, _deliveries().where(wanted).order_by(hook_event.c.id, hook_delivery.c.id).limit(most))


def latest(connection: Connection, most: int) -> list[Delivery]:
    """The last deliveries, newest event first."""
    return _read(connection, _deliveries().order_by(hook_event.c.id.desc(), hook_delivery.c.id.desc()).limit(most))


def of_number(connection: Connection, number: int) -> Delivery | None:
    """The delivery of a number."""
    found = _read(connection, _deliveries().where(hook_delivery.c.id == number))
    return found[0] if found else None


def change(connection: Connection, number: int, facts: dict[str, Any]) -> None:
    """What became of a delivery."""
    connection.execute(update(hook_delivery).where(hook_delivery.c.id == number).values(facts))


def hold(connection: Connection, hook: str, until: dt.datetime) -> None:
    """Let everything that waits for an address wait until a moment at least."""
    wanted = and_(hook_delivery.c.hook == hook, hook_delivery.c.state == "waiting", hook_delivery.c.due_at < until)
    connection.execute(update(hook_delivery).where(wanted).values(due_at=until))


def spread(connection: Connection, one: Delivery, hooks: Iterable[str]) -> None:
    """Put the addresses an event goes to in the place of ``UNREAD``."""
    event = select(hook_delivery.c.event_id).where(hook_delivery.c.id == one.id)
    number = int(connection.execute(event).scalar_one())
    connection.execute(delete(hook_delivery).where(hook_delivery.c.id == one.id))
    add_deliveries(connection, number, hooks, one.since)


def counts(connection: Connection) -> dict[str, int]:
    """How many deliveries there are by state."""
    query = select(hook_delivery.c.state, func.count()).group_by(hook_delivery.c.state)
    return {state: int(count) for state, count in connection.execute(query)}


def take_lease(connection: Connection, who: str, now: dt.datetime, until: dt.datetime) -> bool:
    """Let one process alone deliver until a moment; False while another one does. In a writer's transaction."""
    found = connection.execute(select(store_info.c.value).where(store_info.c.name == _LEASE)).scalar()
    holder, _, end = (found or "").partition(" ")
    if found and holder != who and dt.datetime.fromisoformat(end) > now:
        return False
    connection.execute(delete(store_info).where(store_info.c.name == _LEASE))
    if until > now:
        connection.execute(insert(store_info).values(name=_LEASE, value=f"{who} {until.isoformat()}"))
    return True


def violations(connection: Connection, number: int) -> dict[tuple[str, str, str], dict[str, str]]:
    """The violations of a run by rule, subject layer and subject."""
    names = ("key", "rule", "subject_layer", "subject_code", "enterprise_code", "zone_layer", "zone_code", "verdict", "due_on")
    query = select(*(finding.c[name] for name in names)).where(finding.c.run_id == number, finding.c.verdict == "V")
    rows = [dict(row._mapping) for row in connection.execute(query)]
    return {(row["rule"], row["subject_layer"], row["subject_code"]): row for row in rows}


def former_run(connection: Connection, number: int, today: dt.date) -> dict[str, Any] | None:
    """The run before one, of those that are not about the future; ``rules`` decoded."""
    query = select(run.c.id, run.c.as_of, run.c.rules).where(run.c.id < number, run.c.as_of <= today)
    row = connection.execute(query.order_by(run.c.as_of.desc(), run.c.id.desc()).limit(1)).first()
    return None if row is None else {**row._mapping, "rules": json.loads(row.rules)}
