"""Brings the store of an older version up to date, or leaves it as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from store._place import Place, place_of
from store.migrate import schema_of
from store.open import as_it_stands, copy_before, finish_restore, open_store


@dataclass(frozen=True)
class Upgraded:
    """Schema before and after; ``copy``: name of the copy made before, None where nothing was to do."""

    before: str
    after: str
    copy: str | None


def bring_up(told: str | Path | Place) -> Upgraded:
    """Do what opening the store does, and tell of it.

    Raises:
        StoreMissing, StoreForeign, StoreTooNew, UpgradeFailed: the store is as it was.
    """
    place = place_of(told)
    finish_restore(place.path)
    before = _schema(place)
    open_store(place).close()
    after = _schema(place)
    copy = None if before == after else copy_before(place.path, before).name
    return Upgraded(before, after, copy)


def _schema(place: Place) -> str:
    store = as_it_stands(place)
    try:
        with store.read() as connection:
            return str(schema_of(connection))
    finally:
        store.close()
