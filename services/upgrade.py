"""Brings the store of an older version up to date, or leaves it as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from store.migrate import schema_of
from store.open import as_it_stands, copy_before, finish_restore, open_store


@dataclass(frozen=True)
class Upgraded:
    """Schema before and after; ``copy``: name of the copy made before, None where nothing was to do."""

    before: str
    after: str
    copy: str | None


def bring_up(path: Path) -> Upgraded:
    """Do what opening the store does, and tell of it.

    Raises:
        StoreMissing, StoreForeign, StoreTooNew, UpgradeFailed: the store is as it was.
    """
    finish_restore(path)
    before = _schema(path)
    open_store(path).close()
    after = _schema(path)
    copy = None if before == after else copy_before(path, before).name
    return Upgraded(before, after, copy)


def _schema(path: Path) -> str:
    store = as_it_stands(path)
    try:
        with store.read() as connection:
            return str(schema_of(connection))
    finally:
        store.close()
