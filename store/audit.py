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
import re
import secrets
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from store import _seal
from store._content import canonical
from store._store import Store
from store.errors import StoreFull
from store.models import audit_log
from store.revisions import identity

NEW_KEY = "new_key"
"""Action of the entry that begins a new key after the old one was lost."""

_START = "0" * 64
_ANCHOR = re.compile(r"(\d{1,18}) ([0-9a-f]{64})")
_KEY = re.compile(r"[0-9a-f]{64}")


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


def derived_key(store: Store, purpose: str) -> bytes:
    """A secret for one purpose, derived from the store's key; where there is none yet, an entry begins it.

    Raises:
        StoreFull: the key file cannot be read or written.
    """
    key = _read_key(store)
    if key is None:
        with store.write() as connection:
            append(connection, store, Entry("store", "key", "audit", {"for": purpose}), dt.datetime.now(dt.UTC))
        key = _read_key(store) or b""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def append(connection: Connection, store: Store, entry: Entry, at: dt.datetime) -> str:
    """Add one entry in the caller's write transaction, after its changes: the entry seals their rows.

    Where the key file is gone a new key begins, and an entry says so: what was written under the
    lost one can no longer be verified.

    Returns:
        The new head of the chain.
    Raises:
        StoreFull: the key file cannot be read or written.
    """
    key = _read_key(store)
    seq, prev = _head(connection)
    if key is None:
        key = _new_key(store)
        if seq:
            seq, prev = _write(connection, key, (seq, prev), Entry("store", NEW_KEY, "audit", {"after": seq}), at)
    found = _seal.seal(connection, at)
    sealing = replace(entry, body=entry.body | {_seal.IN_BODY: found}) if found else entry
    return _write(connection, key, (seq, prev), sealing, at)[1]


def about(connection: Connection, name: str, limit: int) -> list[dict[str, Any]]:
    """The last entries whose object is a name, newest first; ``body`` decoded, without the seal of rows."""
    query = select(audit_log).where(audit_log.c.object == name).order_by(audit_log.c.seq.desc()).limit(limit)
    rows = [{**row._mapping, "body": json.loads(row.body)} for row in connection.execute(query)]
    for row in rows:
        row["body"].pop(_seal.IN_BODY, None)
    return rows


def last_of(connection: Connection, action: str) -> dt.datetime | None:
    """When something was last done."""
    query = select(audit_log.c.at).where(audit_log.c.action == action).order_by(audit_log.c.seq.desc()).limit(1)
    found: dt.datetime | None = connection.execute(query).scalar()
    return found


def _write(
    connection: Connection, key: bytes, last: tuple[int, str], entry: Entry, at: dt.datetime
) -> tuple[int, str]:
    seq, prev = last[0] + 1, last[1]
    mac = _mac(key, prev, seq, at, entry)
    connection.execute(
        insert(audit_log).values(
            seq=seq, at=at, actor=entry.actor, action=entry.action, object=entry.object,
            body=canonical(entry.body), prev=prev, mac=mac,
        )
    )  # fmt: skip
    return seq, mac


def _mac(key: bytes, prev: str, seq: int, at: dt.datetime, entry: Entry) -> str:
    moment = at.astimezone(dt.UTC).isoformat()
    fields = (seq, moment, entry.actor, entry.action, entry.object, canonical(entry.body))
    return hmac.new(key, (prev + canonical(fields)).encode(), hashlib.sha256).hexdigest()


def _head(connection: Connection) -> tuple[int, str]:
    last = connection.execute(select(audit_log).order_by(audit_log.c.seq.desc()).limit(1)).first()
    return (last.seq, last.mac) if last else (0, _START)


def _read_key(store: Store) -> bytes | None:
    """The key; None where there is no whole one."""
    try:
        text = key_file(store).read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        raise StoreFull(detail=f"{key_file(store).name}: {fault}") from fault
    return bytes.fromhex(text) if _KEY.fullmatch(text) else None


def _new_key(store: Store) -> bytes:
    """A new key, whole or not at all; the caller's write lock keeps others away."""
    text, path = secrets.token_hex(32), key_file(store)
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as fault:
        raise StoreFull(detail=fault.strerror or path.name) from fault
    return bytes.fromhex(text)


def head(store: Store) -> tuple[int, str]:
    """Number and mac of the last entry; (0, zeros) for an empty log."""
    with store.read() as connection:
        return _head(connection)


def head_of(connection: Connection) -> tuple[int, str]:
    """Number and mac of the last entry, as a transaction sees it."""
    return _head(connection)


def origin(store: Store) -> str:
    """What tells a store from every other one and stays with it when it is copied or restored; empty before its first entry."""
    with store.read() as connection:
        return identity(connection)


def anchor(store: Store) -> bool:
    """Append the head to the anchor file, after the change was committed.

    Returns:
        False where the file cannot be written: the change stands all the same, the next anchor covers it.
    """
    seq, mac = head(store)
    try:
        with anchor_file(store).open("ab") as file:
            file.write(f"\n{seq} {mac}".encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True


@contextmanager
def writing(store: Store) -> Iterator[Connection]:
    """A writer's transaction whose entries are anchored once it is committed."""
    with store.write() as connection:
        yield connection
    anchor(store)


def verify(store: Store) -> list[str]:
    """Walk the whole chain, hold it against the anchors, and the rows against the seals in it.

    Returns:
        What is wrong, one line each; empty when every entry and every sealed row is whole and none is missing or added.
    """
    key, anchors = _read_key(store), _anchors(store)
    with store.read() as connection:
        lost = _under_lost_key(connection, key)
        wrong, seen = _walked(connection, key or b"", lost, anchors)
    if lost:
        wrong.append(f"entries 1 to {lost}: their key is lost, only their order can be checked")
    for seq, macs in anchors.items():
        if any((seq, mac) not in seen for mac in macs):
            wrong.append(f"entry {seq}: not the one that was anchored, or cut off")
    with store.read() as connection:
        return wrong + _seal.verify(connection)


def _walked(connection: Connection, key: bytes, lost: int, anchors: Container[int]) -> tuple[list[str], set[tuple[int, str]]]:
    """What is wrong with the entries one after the other, and the heads found where something is anchored."""
    prev, wrong, seen, reached = _START, [], {(0, _START)}, 0
    rows = connection.execute(select(audit_log).order_by(audit_log.c.seq)).yield_per(1)
    try:
        for expected, row in enumerate(rows, start=1):
            linked = row.seq == expected and row.prev == prev
            if not linked or (row.seq > lost and row.mac != _expected(key, row)):
                wrong.append(f"entry {row.seq}: changed, or one before it is missing")
            prev, reached = row.mac, row.seq
            if row.seq in anchors:
                seen.add((row.seq, row.mac))
    except (TypeError, ValueError):  # a moment that is none
        wrong.append(f"entry {reached + 1}: cannot be read; nothing after it was verified")
    return wrong, seen


def _expected(key: bytes, row: Row[Any]) -> str | None:
    """The mac an entry must have; None where its body is no longer JSON."""
    try:
        body = json.loads(row.body)
    except ValueError:
        return None
    return _mac(key, row.prev, row.seq, row.at, Entry(row.actor, row.action, row.object, body))


def _under_lost_key(connection: Connection, key: bytes | None) -> int:
    """The last entry written under a key that is no longer there; 0 where there is none."""
    if key is None:
        return _head(connection)[0]
    last = select(func.max(audit_log.c.seq)).where(audit_log.c.action == NEW_KEY)
    found = connection.execute(last).scalar()
    return 0 if found is None else int(found) - 1


def _anchors(store: Store) -> dict[int, set[str]]:
    """Entry number → heads anchored there; a line cut by a crash is no anchor."""
    try:
        lines = anchor_file(store).read_text("ascii", errors="replace").splitlines()
    except OSError:
        return {}
    found: dict[int, set[str]] = {}
    for line in lines:
        whole = _ANCHOR.fullmatch(line.strip())
        if whole:
            found.setdefault(int(whole[1]), set()).add(whole[2])
    return found
