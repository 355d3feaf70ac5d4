"""Logging in and out: server-side sessions, keys of the API, growing delays after failures, all in the audit log.

A session is worth something only while its row says so: log-out, another password, a disabled account or a
time limit end it at once, also for a cookie somebody copied (OWASP ASVS 7.4).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import secrets
import threading
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from geo.errors import NotLoggedIn, TryLater
from geo.region import Region
from services.accounts import TOKEN_MARK, digest
from services.passwords import hashed, outdated, verified
from services.scope import Principal, principal_of
from store import accounts, audit, changes, sessions
from store.accounts import Account
from store.open import Store
from store.sessions import Failures, Session

WINDOW = dt.timedelta(minutes=15)
FREE_TRIES, ADDRESS_TRIES = 5, 50
LONGEST_WAIT = 900
NOTED_EVERY = dt.timedelta(seconds=60)
UNKNOWN = "-"
"""Stands for a name there is no account of: what was typed may be a password in the wrong box."""


class LoginFailed(NotLoggedIn):
    """A name or password that is not right; which of them is not said."""

    zh = "账号或密码不正确。"
    en = "The name or the password is not right."


@dataclass(frozen=True)
class Where:
    """Where somebody logs in from."""

    address: str
    agent: str = ""


def idle_limit() -> dt.timedelta:
    """How long a session lives without a request: ``BLUESKY_IDLE_MINUTES``, 60 by default."""
    return dt.timedelta(minutes=float(os.environ.get("BLUESKY_IDLE_MINUTES") or 60))


def absolute_limit() -> dt.timedelta:
    """How long a session lives at most: ``BLUESKY_SESSION_HOURS``, 12 by default."""
    return dt.timedelta(hours=float(os.environ.get("BLUESKY_SESSION_HOURS") or 12))


def log_in(store: Store, name: str, password: str, where: Where) -> str:
    """Open a session.

    Returns:
        The secret of its cookie.
    Raises:
        LoginFailed: wrong name or password, or a disabled account: all look the same. TryLater: too many failures.
    """
    where = _marked(store, where)
    keys = (_key("account", name.strip().casefold()), _key("address", where.address))
    with store.read() as connection:
        _wait(connection, keys)
        found = accounts.by_name(connection, name)
    right = verified(password, found.password_hash if found and not found.disabled_at else None)
    if not right or found is None:
        with audit.writing(store) as connection:
            _note_failures(connection, keys)
            _audit(connection, store, "login_failed", found.name if found else UNKNOWN, where)
        raise LoginFailed()
    secret = _open(store, found, where, keys[0])
    if found.password_hash and outdated(found.password_hash):
        with audit.writing(store) as connection:
            accounts.change(connection, found.id, {"password_hash": hashed(password)})
            _audit(connection, store, "password_rehashed", found.name, where)
    return secret


def enter_demo(store: Store, name: str, where: Where) -> str:
    """Open a session of an account of the example city, which has no password.

    Raises:
        LoginFailed: there is no such account, or it is a real one.
    """
    with store.read() as connection:
        found = accounts.by_name(connection, name)
    if found is None or not found.is_demo or found.disabled_at:
        raise LoginFailed()
    return _open(store, found, _marked(store, where), _key("account", found.name))


def enter_trusted(store: Store, region: Region, name: str, where: Where) -> Principal | None:
    """Whom a trusted proxy names (single sign-on); None for an account that is unknown or disabled.

    There is no session: a visit is written down once in the time in which a session would have ended.
    """
    with store.read() as connection:
        principal = _principal(connection, region, accounts.by_name(connection, name))
    if principal is not None and _first_time(_visits, principal.name, idle_limit()):
        with store.write() as connection:
            accounts.seen(connection, int(principal.account_id or 0), changes.moment(connection))
        _note_alone(store, "login_trusted", principal.name, where)
    return principal and replace(principal, must_change=False)  # it has logged in elsewhere, without a password of ours


def demo_accounts(store: Store) -> list[Account]:
    """The accounts of the example city in the order they were made; none in a store of real data."""
    with store.read() as connection:
        found = [one for one in accounts.listed(connection) if one.is_demo and not one.disabled_at]
    return sorted(found, key=lambda one: one.id)


def _open(store: Store, found: Account, where: Where, key: str) -> str:
    secret = secrets.token_urlsafe(32)
    with audit.writing(store) as connection:
        at = changes.moment(connection)
        now = dt.datetime.now(dt.UTC)
        kept = Session(digest(secret), found.id, now, now, None, where.agent, where.address)
        sessions.begin(connection, kept)
        sessions.forget_failures(connection, key, now - WINDOW)
        accounts.seen(connection, found.id, at)
        _audit(connection, store, "login", found.name, where)
    return secret


def session_of(store: Store, region: Region, secret: str) -> tuple[Principal, str] | None:
    """Whom a cookie's secret belongs to, and the session's digest; None where it is worth nothing (any more)."""
    found_digest, now = digest(secret), dt.datetime.now(dt.UTC)
    with store.read() as connection:
        found = sessions.find(connection, found_digest)
        if found is None or found.ended_at or now - found.seen_at > idle_limit() or now - found.created_at > absolute_limit():
            return None
        principal = _principal(connection, region, accounts.by_id(connection, found.account_id))
    if principal is not None and now - found.seen_at > NOTED_EVERY:
        with store.write() as connection:
            sessions.touch(connection, found_digest, now)
    return None if principal is None else (principal, found_digest)


def bearer_of(store: Store, region: Region, text: str) -> Principal | None:
    """Whom a key of the API belongs to, with the permissions it carries; None where it is worth nothing."""
    if not text.startswith(TOKEN_MARK):
        return None
    now = dt.datetime.now(dt.UTC)
    with store.read() as connection:
        found = sessions.find_token(connection, digest(text))
        if found is None or found.ended_at or found.expires_at <= now:
            return None
        principal = _principal(connection, region, accounts.by_id(connection, found.account_id), found.permissions)
    if found.seen_at is None or now - found.seen_at > NOTED_EVERY:
        with store.write() as connection:
            sessions.touch_token(connection, found.id, now)
    return principal


def _principal(
    connection: Connection, region: Region, found: Account | None, only: tuple[str, ...] | None = None
) -> Principal | None:
    if found is None or found.disabled_at:
        return None
    return principal_of(found, accounts.duties(connection, found.id), region.today(), only)


def log_out(store: Store, principal: Principal, found_digest: str | None, where: Where) -> int:
    """End one session, or all of an account (``None``); returns how many."""
    if principal.account_id is None:
        return 0
    where = _marked(store, where)
    with audit.writing(store) as connection:
        at = changes.moment(connection)
        ended = sessions.end(connection, at, principal.account_id, found_digest)
        _audit(connection, store, "logout" if found_digest else "logout_everywhere", principal.name, where)
    return ended


_denials: dict[str, dt.datetime] = {}
_visits: dict[str, dt.datetime] = {}
_noted_lock = threading.Lock()


def _first_time(noted: dict[str, dt.datetime], key: str, within: dt.timedelta) -> bool:
    """Whether something was not noted yet within a time; it is now."""
    now = dt.datetime.now(dt.UTC)
    with _noted_lock:
        for old in [one for one, at in noted.items() if now - at >= within]:
            del noted[old]
        fresh = key not in noted
        noted.setdefault(key, now)
    return fresh


def note_denied(store: Store, principal: Principal, what: str, where: Where) -> None:
    """Write down that somebody asked for what they may not; the same thing once a minute."""
    if _first_time(_denials, f"{principal.name} {what}", NOTED_EVERY):
        where = _marked(store, where)
        with audit.writing(store) as connection:
            entry = audit.Entry(principal.name, "denied", what, {"address": where.address})
            audit.append(connection, store, entry, changes.moment(connection))


def _note_alone(store: Store, action: str, name: str, where: Where) -> None:
    where = _marked(store, where)
    with audit.writing(store) as connection:
        _audit(connection, store, action, name, where)


def _marked(store: Store, where: Where) -> Where:
    """An address as it is kept: enough to tell places apart; without the store's key nobody can find which it was."""
    mark = hmac.new(audit.derived_key(store, "address"), where.address.encode(), hashlib.sha256).hexdigest()[:12]
    return replace(where, address=mark)


def _key(kind: str, text: str) -> str:
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:48]}"


def _wait(connection: Connection, keys: tuple[str, str]) -> None:
    """Refuse a try that comes too early."""
    now = dt.datetime.now(dt.UTC)
    for key, free in zip(keys, (FREE_TRIES, ADDRESS_TRIES), strict=True):
        found = sessions.failures(connection, key)
        if found is None or found.failures < free or now - found.last_at > WINDOW:
            continue
        pause = min(LONGEST_WAIT, 2 ** min(found.failures - free + 1, 12))
        left = pause - (now - found.last_at).total_seconds()
        if left > 0:
            raise TryLater(seconds=int(left) + 1)


def _note_failures(connection: Connection, keys: tuple[str, str]) -> None:
    now = dt.datetime.now(dt.UTC)
    for key in keys:
        found = sessions.failures(connection, key)
        fresh = found is None or now - found.last_at > WINDOW
        made = Failures(1, now, now) if fresh or found is None else Failures(found.failures + 1, found.since, now)
        sessions.note_failure(connection, key, made)


def _audit(connection: Connection, store: Store, action: str, name: str, where: Where) -> None:
    body = {"address": where.address}
    audit.append(connection, store, audit.Entry(name or "-", action, name or "-", body), changes.moment(connection))
