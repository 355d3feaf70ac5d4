"""A consistent copy of the live store."""

from __future__ import annotations

from pathlib import Path

from geo.errors import Refused
from geo.write import NotWritten
from store import _sqlite
from store.open import Store


class BackupExists(Refused):
    """The target is already there."""

    zh = "备份文件“{name}”已存在，请换一个文件名。"
    en = "The backup “{name}” already exists; choose another name."


def backup_store(store: Store, target: Path) -> None:
    """Copy the store with the database's own means, whole or not at all.

    Raises:
        BackupExists, NotWritten: nothing was changed.
    """
    if target.exists():
        raise BackupExists(name=target.name)
    try:
        _sqlite.backup(store.path, target)
    except OSError as fault:
        raise NotWritten(name=target.name, detail=fault.strerror or "error") from fault
