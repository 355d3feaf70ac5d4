"""What happened to the store: its latest changes, its revisions, the head of its audit chain."""

from __future__ import annotations

from typing import Any

from store import audit, changes
from store.open import Store


def latest_changes(store: Store, limit: int = 30) -> list[dict[str, Any]]:
    """The last changesets, newest first."""
    return changes.log(store, limit=limit)


def revisions(store: Store) -> dict[str, int]:
    """The revision of every layer that has one."""
    return changes.revisions(store)


def audit_head(store: Store) -> tuple[int, str]:
    """Number and mac of the last audit entry, printed on evidence sheets."""
    return audit.head(store)
