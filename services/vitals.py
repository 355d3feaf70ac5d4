"""How the store is doing, in numbers for a monitoring system; nothing about people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from services.nightly import last_night
from store import accounts, audit, cases, hooks, sessions
from store.open import Store


@dataclass(frozen=True)
class Gauge:
    """One number: name, what it says, by which labels, value."""

    name: str
    told: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def vitals(store: Store) -> list[Gauge]:
    """Size and head of the store, open sessions and cases, when the night's work was last done."""
    with store.read() as connection:
        every = [one for one in accounts.listed(connection) if not one.disabled_at]
        states = Counter(case.state for case in cases.every(connection, open_only=True))
        opened, told = sessions.count_open(connection), hooks.counts(connection)
    night = last_night(store)
    return [
        Gauge("bluesky_store_bytes", "Size of the store.", store.size()),
        Gauge("bluesky_audit_entries", "Number of the last audit entry.", audit.head(store)[0]),
        Gauge("bluesky_accounts", "Accounts that are not disabled.", len(every)),
        Gauge("bluesky_sessions_open", "Sessions that were not ended.", opened),
        *(Gauge("bluesky_cases_open", "Open cases.", count, (("state", state),)) for state, count in sorted(states.items())),
        *(
            Gauge("bluesky_webhook_deliveries", "Deliveries of webhooks.", told.get(state, 0), (("state", state),))
            for state in ("waiting", "done", "given_up")
        ),
        Gauge("bluesky_nightly_timestamp_seconds", "When the night's work was last done.", night.timestamp() if night else 0),
    ]
