"""What happened to the store: its latest changes, its revisions, the head of its audit chain."""

from __future__ import annotations

from typing import Any

from services.scope import Principal, layer_for
from store import audit, changes, features, records
from store.history import Recording, history
from store.open import Store

MOST_CHANGES = 1000
"""How far back the last change of a layer is looked for."""


def latest_changes(store: Store, principal: Principal, limit: int = 30) -> list[dict[str, Any]]:
    """The last changesets, newest first; whose area is a part of the city is not told which rows, and why."""
    return [_shown(change, principal) for change in changes.log(store, limit=limit)]


def _shown(change: dict[str, Any], principal: Principal) -> dict[str, Any]:
    return change if principal.area.whole else change | {"source_name": "", "note": ""}


def revisions(store: Store) -> dict[str, int]:
    """The revision of every layer that has one."""
    return changes.revisions(store)


def audit_head(store: Store) -> tuple[int, str]:
    """Number and mac of the last audit entry, printed on evidence sheets."""
    return audit.head(store)


def verify(store: Store) -> list[str]:
    """Hold the audit log, the rows it seals and the photos against each other; what is wrong, one line each."""
    with store.read() as connection:
        damaged = features.damaged(connection)
    rows = [f"feature_version {what}: not what was recorded" for what in damaged]
    return [*audit.verify(store), *rows, *lost_photos(store)]


def lost_photos(store: Store) -> list[str]:
    """Photos some record speaks of that are missing or were changed."""
    with store.read() as connection:
        wanted = records.known_files(connection)
    return [f"photo {digest[:12]}: missing or changed" for digest in sorted(wanted) if records.file_of(store, digest) is None]


def secret(store: Store, purpose: str) -> bytes:
    """A secret of this store for one purpose, such as signing cookies."""
    return audit.derived_key(store, purpose)


def row_history(store: Store, principal: Principal, layer_name: str, code: str) -> list[Recording]:
    """Every version of one row, newest recording first.

    Raises:
        LayerUnknown: a layer that does not exist or may not be seen.
    """
    return history(store, layer_for(principal, layer_name).name, code)


def last_changes(store: Store, principal: Principal) -> dict[str, dict[str, Any]]:
    """The last changeset of every layer that has one, as far as somebody may know of it."""
    found: dict[str, dict[str, Any]] = {}
    for change in changes.log(store, limit=MOST_CHANGES):
        found.setdefault(change["layer"], _shown(change, principal))
    return found
