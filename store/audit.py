"""The audit log: append-only, written in the change's own transaction, chained by HMAC.

The key lies beside the store in a file only its owner reads, never in the database; the head of
the chain is also appended to an anchor file, so that a cut tail or a rewritten chain shows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from store._content import canonical
from store.models import audit_log
from store.open import Store

_START = "0" * 64


@dataclass(frozen=True)
class Entry:
    """Who did what to which object, with the facts."""

    actor: str
    action: str
    object: str
    body: dict[str, Any]


def key_file(store: Store) -> Path:
    """Where the chain's key lies."""
    return store.path.with_name(store.path.name + ".key")


def anchor_file(store: Store) -> Path:
    """Where heads of the chain are kept outside the database."""
    return store.path.with_name(store.path.name + ".anchor")


def _key(store: Store) -> bytes:
    path = key_file(store)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text("ascii").strip())
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return bytes.fromhex(path.read_text("ascii").strip())


def _mac(key: bytes, prev: str, seq: int, at: dt.datetime, entry: Entry) -> str:
    fields = (seq, at.astimezone(dt.UTC).isoformat(), entry.actor, entry.action, entry.object, canonical(entry.body))
    return hmac.new(key, (prev + canonical(fields)).encode(), hashlib.sha256).hexdigest()


def append(connection: Connection, store: Store, entry: Entry, at: dt.datetime) -> str:
    """Add one entry in the caller's write transaction.

    Returns:
        The new head of the chain.
    """
    last = connection.execute(select(audit_log).order_by(audit_log.c.seq.desc()).limit(1)).first()
    seq, prev = (last.seq + 1, last.mac) if last else (1, _START)
    mac = _mac(_key(store), prev, seq, at, entry)
    connection.execute(
        insert(audit_log).values(
            seq=seq, at=at, actor=entry.actor, action=entry.action, object=entry.object,
            body=canonical(entry.body), prev=prev, mac=mac,
        )
    )  # fmt: skip
    return mac


def head(store: Store) -> tuple[int, str]:
    """Number and mac of the last entry; (0, zeros) for an empty log."""
    with store.read() as connection:
        last = connection.execute(select(audit_log).order_by(audit_log.c.seq.desc()).limit(1)).first()
    return (last.seq, last.mac) if last else (0, _START)


def anchor(store: Store) -> None:
    """Append the head to the anchor file, after the change was committed."""
    seq, mac = head(store)
    with anchor_file(store).open("a", encoding="ascii") as file:
        file.write(f"{seq} {mac}\n")
        file.flush()
        os.fsync(file.fileno())


def verify(store: Store) -> list[str]:
    """Walk the whole chain and hold it against the anchors.

    Returns:
        What is wrong, one line each; empty when every entry is whole and none is missing.
    """


    key, prev, wrong, macs = _key(store), _START, [], {0: _START}
    with store.read() as connection:
        rows = connection.execute(select(audit_log).order_by(audit_log.c.seq)).all()
    for expected, row in enumerate(rows, start=1):
        entry = Entry(row.actor, row.action, row.object, json.loads(row.body))
        if row.seq != expected or row.prev != prev or row.mac != _mac(key, prev, row.seq, row.at, entry):
            wrong.append(f"audit entry {row.seq}")
        prev = row.mac
        macs[row.seq] = row.mac
    for seq, mac in _anchors(store):
        if macs.get(seq) != mac:
            wrong.append(f"anchor {seq}")
    return wrong


def _anchors(store: Store) -> list[tuple[int, str]]:
    path = anchor_file(store)
    if not path.exists():
        return []
    pairs = [line.split() for line in path.read_text("ascii").splitlines()]
    return [(int(pair[0]), pair[1]) for pair in pairs if len(pair) == 2 and pair[0].isdigit()]
