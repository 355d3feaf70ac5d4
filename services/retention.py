"""Personal data that has served its purpose goes after the days the region's file says; history and evidence stay.

What can go lies in rows that may change. What somebody recorded, decided or was told, and the audit log, are kept whole:
they name accounts, not people's addresses or numbers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from geo.region import Retention
from services.login import WINDOW, absolute_limit, idle_limit
from store import accounts, audit, changes, sessions
from store.open import Store


@dataclass(frozen=True)
class Removed:
    """How much went: sessions, keys of the API, telephone numbers."""

    sessions: int = 0
    tokens: int = 0
    phones: int = 0


def retain(store: Store, setting: Retention, actor: str = "system") -> Removed:
    """End the sessions that are over, and remove what is older than the setting allows, in one transaction."""
    now = dt.datetime.now(dt.UTC)
    with store.write() as connection:
        sessions.end_overdue(connection, now, now - idle_limit(), now - absolute_limit())
        sessions.forget_old_failures(connection, now - WINDOW)
        done = Removed(
            sessions.remove_ended(connection, now - _days(setting.sessions_days)) if setting.sessions_days else 0,
            sessions.remove_worthless_tokens(connection, now - _days(setting.tokens_days)) if setting.tokens_days else 0,
            accounts.blank_phones(connection, now - _days(setting.phones_days)) if setting.phones_days else 0,
        )
        if done != Removed():
            at = changes.moment(connection)
            audit.append(connection, store, audit.Entry(actor, "retention", "store", asdict(done)), at)
    return done


def _days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)
