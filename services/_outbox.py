"""Events for other systems, written in the transaction of what they tell of; sending them is another's business."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import Connection

from services._hook_settings import NEW_FINDINGS, WebhooksUnusable, hooks_of
from store import audit, hooks
from store.open import Store
from store.runs import RunRecord

MOST_LISTED = 1000
AHEAD = dt.timedelta(hours=14)
"""No clock on earth is farther ahead of UTC: a run of a later day is about the future."""


def put(connection: Connection, store: Store, kind: str, data: dict[str, Any], at: dt.datetime, only: str = "") -> list[int]:
    """Write an event for every address that wants it; before the audit entry of the same change, which seals it.

    Args:
        only: the one address it goes to, whatever it wants.
    Returns:
        Numbers of the deliveries; none where nobody wants the event, and then nothing is written.
    """
    wanting = [only] if only else wanting_of(store, kind)
    if not wanting:
        return []
    event = hooks.add_event(connection, f"evt_{secrets.token_hex(16)}", kind, data, at)
    return hooks.add_deliveries(connection, event, wanting, dt.datetime.now(dt.UTC))


def wanting_of(store: Store, kind: str) -> list[str]:
    """Names of the addresses that want an event."""
    try:
        return [hook.name for hook in hooks_of(store) if kind in hook.events]
    except WebhooksUnusable:
        return [hooks.UNREAD]  # who wants it is found out once the file is mended; the change itself is not held up


def put_findings(connection: Connection, store: Store, number: int, record: RunRecord, at: dt.datetime) -> None:
    """Tell of the violations of a run that the run before did not have; of the rules that both have judged.

    A run that looks back, or ahead of today, is no news.
    """
    if not wanting_of(store, NEW_FINDINGS):
        return
    today = (dt.datetime.now(dt.UTC) + AHEAD).date()
    former = hooks.former_run(connection, number, today) if record.as_of <= today else None
    if former is None or former["as_of"] > record.as_of:
        return
    known = set(hooks.violations(connection, former["id"]))
    both = set(former["rules"]) & set(record.rules)
    fresh = [row for key, row in sorted(hooks.violations(connection, number).items()) if key not in known and row["rule"] in both]
    if not fresh:
        return
    by_rule: dict[str, int] = {}
    for row in fresh:
        by_rule[row["rule"]] = by_rule.get(row["rule"], 0) + 1
    data = {
        "run": number, "as_of": record.as_of.isoformat(), "run_hash": record.run_hash,
        "former": {"run": former["id"], "as_of": former["as_of"].isoformat()}, "total": len(fresh), "by_rule": by_rule,
        "violations": fresh[:MOST_LISTED], "listed": min(len(fresh), MOST_LISTED),
    }  # fmt: skip
    put(connection, store, NEW_FINDINGS, data, at)


def put_zone(connection: Connection, store: Store, kind: str, facts: dict[str, Any], at: dt.datetime) -> None:
    """Tell of a publication, or of one taken back; with the head of the audit log after what was recorded for it."""
    seq, mac = audit.head_of(connection)
    put(connection, store, kind, facts | {"audit": {"entry": seq, "mac": mac}}, at)
