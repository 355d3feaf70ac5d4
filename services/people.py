"""Accounts as pages show them: the own one, all of them, one with its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.accounts import AccountUnknown
from services.scope import Principal
from store import accounts, audit, sessions
from store.accounts import Account, Duty
from store.open import Store
from store.sessions import Session, Token

MOST_ENTRIES = 50


@dataclass(frozen=True)
class OwnPage:
    """The own account: duties, open sessions and keys."""

    account: Account
    duties: list[Duty]
    sessions: list[Session]
    tokens: list[Token]


@dataclass(frozen=True)
class AccountPage:
    """One account as an administrator sees it. ``entries``: audit entries about it, newest first."""

    account: Account
    duties: list[Duty]
    sessions: int
    entries: list[dict[str, Any]]


def own_page(store: Store, principal: Principal) -> OwnPage:
    """Everything of the own account.

    Raises:
        AccountUnknown: the person at the terminal has none.
    """
    with store.read() as connection:
        found = accounts.by_name(connection, principal.name)
        if found is None:
            raise AccountUnknown(what=principal.name)
        return OwnPage(
            found, accounts.duties(connection, found.id), sessions.of_account(connection, found.id),
            sessions.tokens_of(connection, found.id),
        )  # fmt: skip


def keys_of(store: Store, name: str) -> list[Token]:
    """The keys of an account that were not taken back, the newest first.

    Raises:
        AccountUnknown: there is none of that name.
    """
    with store.read() as connection:
        found = accounts.by_name(connection, name)
        if found is None:
            raise AccountUnknown(what=name[:70])
        return sessions.tokens_of(connection, found.id)


def listing(store: Store) -> list[tuple[Account, list[Duty]]]:
    """Every account with its cells, disabled ones last."""
    with store.read() as connection:
        return [(one, accounts.duties(connection, one.id)) for one in accounts.listed(connection)]


def account_page(store: Store, name: str) -> AccountPage:
    """One account.

    Raises:
        AccountUnknown: there is none of that name.
    """
    with store.read() as connection:
        found = accounts.by_name(connection, name)
        if found is None:
            raise AccountUnknown(what=name[:70])
        entries = audit.about(connection, found.name, MOST_ENTRIES)
        return AccountPage(
            found, accounts.duties(connection, found.id), len(sessions.of_account(connection, found.id)), entries
        )
