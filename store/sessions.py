"""Sessions, tokens and failed log-ins, as rows; what they are worth is decided in ``services``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from store.account_tables import session, throttle, token
from store.accounts import SEPARATOR

LONGEST_AGENT = 200


@dataclass(frozen=True)
class Session:
    """One log-in of one browser. ``id`` is the SHA-256 of what its cookie holds."""

    id: str
    account_id: int
    created_at: dt.datetime
    seen_at: dt.datetime
    ended_at: dt.datetime | None
    agent: str
    address: str


@dataclass(frozen=True)
class Token:
    """A key of the API: what it may, and until when."""

    id: int
    sha256: str
    account_id: int
    note: str
    permissions: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime
    ended_at: dt.datetime | None
    seen_at: dt.datetime | None


@dataclass(frozen=True)
class Failures:
    """Failed log-ins of one account name or address within a window."""

    failures: int
    since: dt.datetime
    last_at: dt.datetime


def begin(connection: Connection, made: Session) -> None:
    """Record a log-in."""
    connection.execute(insert(session).values(made.__dict__ | {"agent": made.agent[:LONGEST_AGENT]}))


def find(connection: Connection, digest: str) -> Session | None:
    """The session of a digest, ended or not."""
    row = connection.execute(select(session).where(session.c.id == digest)).first()
    return Session(**row._mapping) if row else None


def touch(connection: Connection, digest: str, at: dt.datetime) -> None:
    """Note that a session is in use."""
    connection.execute(update(session).where(session.c.id == digest).values(seen_at=at))


def end(connection: Connection, at: dt.datetime, account_id: int, digest: str | None = None, but: str | None = None) -> int:
    """End one session of an account, or all of them but one; returns how many."""
    wanted = [session.c.account_id == account_id, session.c.ended_at.is_(None)]
    if digest is not None:
        wanted.append(session.c.id == digest)
    if but is not None:
        wanted.append(session.c.id != but)
    return int(connection.execute(update(session).where(*wanted).values(ended_at=at)).rowcount)


def of_account(connection: Connection, account_id: int) -> list[Session]:
    """Sessions of an account that were not ended, the latest first."""
    query = select(session).where(session.c.account_id == account_id, session.c.ended_at.is_(None))
    return [Session(**row._mapping) for row in connection.execute(query.order_by(session.c.seen_at.desc()))]


def end_overdue(connection: Connection, at: dt.datetime, seen_before: dt.datetime, begun_before: dt.datetime) -> int:
    """End the sessions that nobody used for too long or that are too old; returns how many."""
    overdue = or_(session.c.seen_at < seen_before, session.c.created_at < begun_before)
    return int(connection.execute(update(session).where(session.c.ended_at.is_(None), overdue).values(ended_at=at)).rowcount)


def count_open(connection: Connection) -> int:
    """How many sessions were not ended."""
    return int(connection.execute(select(func.count()).select_from(session).where(session.c.ended_at.is_(None))).scalar_one())


def remove_ended(connection: Connection, before: dt.datetime) -> int:
    """Remove the sessions that ended before a moment; returns how many."""
    return int(connection.execute(delete(session).where(session.c.ended_at < before)).rowcount)


def remove_worthless_tokens(connection: Connection, before: dt.datetime) -> int:
    """Remove the tokens that expired or were taken back before a moment; returns how many."""
    return int(connection.execute(delete(token).where(or_(token.c.ended_at < before, token.c.expires_at < before))).rowcount)


def add_token(connection: Connection, facts: dict[str, Any]) -> int:
    """Record a token; returns its number."""
    values = facts | {"permissions": SEPARATOR.join(facts["permissions"])}
    return int(connection.execute(insert(token).values(values).returning(token.c.id)).scalar_one())


def _token(row: Row[Any]) -> Token:
    values = dict(row._mapping)
    return Token(**values | {"permissions": tuple(part for part in values["permissions"].split(SEPARATOR) if part)})


def find_token(connection: Connection, digest: str) -> Token | None:
    """The token of a digest, ended or not."""
    row = connection.execute(select(token).where(token.c.sha256 == digest)).first()
    return _token(row) if row else None


def touch_token(connection: Connection, number: int, at: dt.datetime) -> None:
    """Note that a token is in use."""
    connection.execute(update(token).where(token.c.id == number).values(seen_at=at))


def tokens_of(connection: Connection, account_id: int) -> list[Token]:
    """Tokens of an account that were not ended, the newest first."""
    query = select(token).where(token.c.account_id == account_id, token.c.ended_at.is_(None))
    return [_token(row) for row in connection.execute(query.order_by(token.c.id.desc()))]


def end_tokens(connection: Connection, at: dt.datetime, account_id: int, number: int | None = None) -> int:
    """End one token of an account, or all of them; returns how many."""
    wanted = [token.c.account_id == account_id, token.c.ended_at.is_(None)]
    if number is not None:
        wanted.append(token.c.id == number)
    return int(connection.execute(update(token).where(*wanted).values(ended_at=at)).rowcount)


def failures(connection: Connection, key: str) -> Failures | None:
    """What went wrong lately for a key."""
    query = select(throttle.c.failures, throttle.c.since, throttle.c.last_at).where(throttle.c.id == key)
    row = connection.execute(query).first()
    return Failures(**row._mapping) if row else None


def note_failure(connection: Connection, key: str, found: Failures) -> None:
    """Write down the failures of a key."""
    connection.execute(delete(throttle).where(throttle.c.id == key))
    connection.execute(insert(throttle).values(id=key, **found.__dict__))


def forget_old_failures(connection: Connection, before: dt.datetime) -> int:
    """Forget every failure older than a moment; returns of how many names and addresses."""
    return int(connection.execute(delete(throttle).where(throttle.c.last_at < before)).rowcount)


def forget_failures(connection: Connection, key: str, before: dt.datetime) -> None:
    """Forget the failures of a key, and every one older than a moment."""
    connection.execute(delete(throttle).where((throttle.c.id == key) | (throttle.c.last_at < before)))
