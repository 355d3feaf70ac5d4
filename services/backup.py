"""A consistent copy of the live store."""

from __future__ import annotations

import shutil
from pathlib import Path

from geo.errors import Refused
from geo.write import NotWritten
from store.audit import anchor_file, key_file
from store.open import Store


class BackupExists(Refused):
    """The target is already there."""

    zh = "备份文件“{name}”已存在，请换一个文件名。"
    en = "The backup “{name}” already exists; choose another name."


def backup_store(store: Store, target: Path) -> None:
    """Copy the store with the database's own means, whole or not at all.

    The key and the anchors of the audit log come along beside it, so that the copy can be verified; who
    keeps them on another medium than the copy is safer.

    Raises:
        BackupExists, NotWritten, StoreFull: nothing was changed.
    """
    if target.exists():
        raise BackupExists(name=target.name)
    try:
        store.backup(target)
        for beside in (key_file(store), anchor_file(store)):
            if beside.is_file():
                shutil.copy2(beside, target.with_name(target.name + beside.suffix))
    except OSError as fault:
        raise NotWritten(name=target.name, detail=fault.strerror or "error") from fault
