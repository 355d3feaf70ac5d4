"""Accounts: who may log in, as what, tied to which town, cells and team. Every change is an audit entry."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from geo.errors import Conflict, NotFound, Refused, WrongUsage
from services.passwords import check_strength, hashed, made_up, verified
from services.scope import ALL, ROLES, Principal
from store import accounts, audit, changes, sessions
from store.accounts import Account, Duty
from store.open import Store

NAME = re.compile(r"[\w.@-]{2,64}")
ADMIN = "admin"
LONGEST_TEXT = 120
TOKEN_MARK = "bsm_"
LONGEST_TOKEN = dt.timedelta(days=366)


class AccountUnknown(NotFound):
    """No account of that name."""

    zh = "没有账号“{what}”。"
    en = "There is no account “{what}”."


class AccountTaken(Refused):
    """A name that somebody has already."""

    zh = "账号“{name}”已存在，请换一个名称。"
    en = "The account “{name}” exists already; choose another name."


class LastAdmin(Refused):
    """The last administrator would be lost."""

    zh = "这是最后一个可用的管理员账号，不能停用或取消管理员角色。"
    en = "This is the last administrator; the account can be neither disabled nor lose that role."


class PasswordWrong(Refused):
    """The password given to confirm a change is not the account's."""

    zh = "当前密码不正确，密码未修改。"
    en = "The current password is wrong; nothing was changed."


@dataclass(frozen=True)
class Profile:
    """What is said of an account.

    Attributes:
        roles: at least one of ``scope.ROLES``. town: name of the town it is tied to, empty for none.
    """

    name: str
    display_name: str
    roles: tuple[str, ...]
    town: str = ""
    team: str = ""
    phone: str = ""
    is_demo: bool = False


def _facts(profile: Profile) -> dict[str, Any]:
    """The columns of a profile.

    Raises:
        WrongUsage: a name or a role that is none.
    """
    name = profile.name.strip().casefold()
    if not NAME.fullmatch(name):
        raise WrongUsage(value=name[:70], hint="账号名为 2–64 个字母、数字、汉字或 . @ - _ / 2 to 64 letters, digits, . @ - _")
    roles = tuple(role for role in ROLES if role in profile.roles)
    if not roles or set(profile.roles) - set(ROLES):
        raise WrongUsage(value=",".join(profile.roles)[:70], hint=" ".join(ROLES))
    texts = {"display_name": profile.display_name or name, "town": profile.town, "team": profile.team, "phone": profile.phone}
    kept = {key: " ".join(text.split())[:LONGEST_TEXT] or None for key, text in texts.items()}
    return kept | {"name": name, "roles": roles, "is_demo": profile.is_demo}


def create(store: Store, profile: Profile, actor: str, password: str | None = None, duties: Sequence[Duty] = ()) -> str | None:
    """Add an account.

    Args:
        password: None for a random one, which must be changed at the first log-in; demo accounts get none.
    Returns:
        The random password, shown once; None where one was given or there is none.
    Raises:
        AccountTaken, PasswordWeak, WrongUsage: nothing was changed.
    """
    facts = _facts(profile)
    made = made_up() if password is None and not profile.is_demo else None
    if password is not None:
        check_strength(password, facts["name"], facts["display_name"])
    secret = password or made
    facts |= {"password_hash": hashed(secret) if secret else None, "must_change": made is not None}
    with audit.writing(store) as connection:
        if accounts.by_name(connection, facts["name"]) is not None:
            raise AccountTaken(name=facts["name"])
        at = changes.moment(connection)
        number = accounts.add(connection, facts, at)
        accounts.set_duties(connection, number, duties)
        _note(connection, store, actor, "account_add", facts["name"], _told(facts, duties), at)
    return made


def update(store: Store, name: str, profile: Profile, actor: str, duties: Sequence[Duty], revision: int | None = None) -> None:
    """Change what is said of an account; rights change with its next request.

    Raises:
        AccountUnknown, LastAdmin, WrongUsage, Conflict: nothing was changed.
    """
    facts = _facts(profile)
    del facts["name"], facts["is_demo"]
    with audit.writing(store) as connection:
        found = _known(connection, name)
        if ADMIN in found.roles and ADMIN not in facts["roles"]:
            _keep_an_admin(connection, found)
        if not accounts.change(connection, found.id, facts, revision):
            raise Conflict()
        accounts.set_duties(connection, found.id, duties)
        _note(connection, store, actor, "account_change", found.name, _told(facts, duties), changes.moment(connection))


def set_disabled(store: Store, name: str, disabled: bool, actor: str) -> None:
    """Close an account (its sessions and tokens end at once), or open it again.

    Raises:
        AccountUnknown, LastAdmin: nothing was changed.
    """
    with audit.writing(store) as connection:
        found = _known(connection, name)
        at = changes.moment(connection)
        if disabled:
            _keep_an_admin(connection, found)
        ended = _end_all(connection, found.id, at) if disabled else {}
        accounts.change(connection, found.id, {"disabled_at": at if disabled else None})
        _note(connection, store, actor, "account_disable" if disabled else "account_enable", found.name, ended, at)


def reset_password(store: Store, name: str, actor: str, password: str | None = None) -> str | None:
    """Give an account another password, end its sessions and take its keys of the API back: whoever had the old one may have
    made them. A random password is returned and must be changed.

    Raises:
        AccountUnknown, PasswordWeak: nothing was changed.
    """
    made = made_up() if password is None else None
    with store.read() as connection:
        found = _known(connection, name)
    if password is not None:
        check_strength(password, found.name, found.display_name)
    _set_password(store, found, password or str(made), actor, must_change=made is not None)
    return made


def change_password(store: Store, principal: Principal, old: str, new: str, keep: str | None = None) -> None:
    """The own password; every other session of the account ends.

    Args:
        keep: digest of the session that goes on.
    Raises:
        PasswordWrong, PasswordWeak: nothing was changed.
    """
    with store.read() as connection:
        found = _known(connection, principal.name)
    if not verified(old, found.password_hash):
        raise PasswordWrong()
    check_strength(new, found.name, found.display_name, old)
    _set_password(store, found, new, principal.name, keep=keep)


def _set_password(
    store: Store, found: Account, password: str, actor: str, must_change: bool = False, keep: str | None = None
) -> None:
    facts = {"password_hash": hashed(password), "must_change": must_change}
    with audit.writing(store) as connection:
        at = changes.moment(connection)
        accounts.change(connection, found.id, facts)
        own = keep is not None or actor == found.name
        ended = {"sessions": sessions.end(connection, at, found.id, but=keep)} if own else _end_all(connection, found.id, at)
        _note(connection, store, actor, "account_password", found.name, ended, at)


def _end_all(connection: Connection, number: int, at: dt.datetime) -> dict[str, int]:
    """End every session and key of an account; returns how many."""
    return {"sessions": sessions.end(connection, at, number), "tokens": sessions.end_tokens(connection, at, number)}


def ensure_admin(store: Store) -> str | None:
    """Where there is no account at all: make ``admin``; returns its password, to be shown once."""
    with store.read() as connection:
        if accounts.count(connection):
            return None
    return create(store, Profile(ADMIN, "管理员", (ADMIN,)), "store")


def has_own_admin(store: Store) -> bool:
    """Whether some administrator who is not disabled logs in with a password."""
    with store.read() as connection:
        every = accounts.listed(connection)
    return any(ADMIN in one.roles and one.password_hash and not one.disabled_at and not one.is_demo for one in every)


def end_example_sessions(store: Store) -> int:
    """End every session of an account without a password, before others reach the site; returns how many."""
    ended = 0
    with audit.writing(store) as connection:
        at = changes.moment(connection)
        for one in accounts.listed(connection):
            if one.is_demo and one.password_hash is None:
                count = sessions.end(connection, at, one.id)
                if count:
                    _note(connection, store, "store", "logout_everywhere", one.name, {}, at)
                ended += count
    return ended


def make_token(store: Store, name: str, note: str, permissions: Iterable[str], days: int, actor: str) -> str:
    """A key of the API for an account, shown once.

    Args:
        permissions: what it may, within what the account may; none for all of it. days: until it expires.
    Raises:
        AccountUnknown, WrongUsage: nothing was changed.
    """
    chosen = tuple(dict.fromkeys(permissions)) or tuple(sorted(ALL))
    if set(chosen) - ALL:
        raise WrongUsage(value=",".join(chosen)[:70], hint=" ".join(sorted(ALL)))
    if not 1 <= days <= LONGEST_TOKEN.days:
        raise WrongUsage(value=str(days), hint=f"1–{LONGEST_TOKEN.days}")
    text = TOKEN_MARK + secrets.token_urlsafe(32)
    with audit.writing(store) as connection:
        found = _known(connection, name)
        at = changes.moment(connection)
        facts = {
            "sha256": digest(text), "account_id": found.id, "note": " ".join(note.split())[:LONGEST_TEXT],
            "permissions": chosen, "created_at": at, "expires_at": at + dt.timedelta(days=days),
        }  # fmt: skip
        number = sessions.add_token(connection, facts)
        _note(connection, store, actor, "token_add", found.name, {"token": number, "days": days, "permissions": list(chosen)}, at)
    return text


def end_token(store: Store, name: str, number: int, actor: str) -> None:
    """Take a key of the API back.

    Raises:
        AccountUnknown, NotFound: no such account or key.
    """
    with audit.writing(store) as connection:
        found = _known(connection, name)
        at = changes.moment(connection)
        if not sessions.end_tokens(connection, at, found.id, number):
            raise NotFound(what=f"{name} #{number}")
        _note(connection, store, actor, "token_end", found.name, {"token": number}, at)


def digest(secret: str) -> str:
    """What is kept of a session's or a token's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _known(connection: Connection, name: str) -> Account:
    found = accounts.by_name(connection, name)
    if found is None:
        raise AccountUnknown(what=name[:70])
    return found


def _keep_an_admin(connection: Connection, leaving: Account) -> None:
    others = [one for one in accounts.listed(connection) if ADMIN in one.roles and not one.disabled_at and one.id != leaving.id]
    if ADMIN in leaving.roles and not others:
        raise LastAdmin()


def _told(facts: dict[str, Any], duties: Sequence[Duty]) -> dict[str, Any]:
    """What the audit log keeps of a profile: rights, not phones."""
    cells = [[duty.cell, str(duty.valid_from or ""), str(duty.valid_to or "")] for duty in duties]
    return {"roles": list(facts["roles"]), "town": facts["town"] or "", "team": facts["team"] or "", "cells": cells}


def _note(
    connection: Connection, store: Store, actor: str, action: str, name: str, body: dict[str, Any], at: dt.datetime
) -> None:
    audit.append(connection, store, audit.Entry(actor, action, name, body), at)
