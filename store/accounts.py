"""Questions asked of accounts, and the few ways they change; the caller's transaction decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from store.account_tables import account, account_cell

SEPARATOR = ";"


@dataclass(frozen=True)
class Account:
    """One account as recorded.

    Attributes:
        name: what is typed at log-in, lower case. roles: keys of ``services.scope.ROLES``.
        town: town name it is tied to. team: of inspectors. is_demo: an account of the example city.
        must_change: the password was given by somebody else. revision: rises with every change.
    """

    id: int
    name: str
    display_name: str
    password_hash: str | None
    roles: tuple[str, ...]
    town: str | None
    team: str | None
    phone: str | None
    is_demo: bool
    must_change: bool
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    last_login_at: dt.datetime | None
    revision: int


@dataclass(frozen=True)
class Duty:
    """A cell somebody answers for, from a day to a day (both inclusive, None = open)."""

    cell: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether the day lies in it."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or self.valid_to >= day)


def _account(row: Row[Any]) -> Account:
    values = dict(row._mapping)
    return Account(**values | {"roles": tuple(part for part in values["roles"].split(SEPARATOR) if part)})


def by_name(connection: Connection, name: str) -> Account | None:
    """The account of a name, whatever the case it is typed in."""
    row = connection.execute(select(account).where(account.c.name == name.strip().casefold())).first()
    return _account(row) if row else None


def by_id(connection: Connection, number: int) -> Account | None:
    """The account of a number."""
    row = connection.execute(select(account).where(account.c.id == number)).first()
    return _account(row) if row else None


def listed(connection: Connection) -> list[Account]:
    """Every account by name, disabled ones last."""
    rows = connection.execute(select(account).order_by(account.c.disabled_at.is_not(None), account.c.name))
    return [_account(row) for row in rows]


def count(connection: Connection) -> int:
    """How many accounts there are, disabled ones too."""
    return int(connection.execute(select(func.count()).select_from(account)).scalar_one())


def add(connection: Connection, facts: dict[str, Any], at: dt.datetime) -> int:
    """Add an account; returns its number.

    Args:
        facts: the columns of ``account`` but ``id``, ``created_at`` and ``revision``; ``roles`` as a sequence.
    """
    values = _stored(facts) | {"created_at": at, "revision": 1}
    return int(connection.execute(insert(account).values(values).returning(account.c.id)).scalar_one())


def change(connection: Connection, number: int, facts: dict[str, Any], revision: int | None = None) -> bool:
    """Change columns of an account.

    Args:
        revision: the one the change rests on; None for any.
    Returns:
        False where the account has another revision, or there is none.
    """
    wanted = [account.c.id == number, *([account.c.revision == revision] if revision is not None else [])]
    values = _stored(facts) | {"revision": account.c.revision + 1}
    return connection.execute(update(account).where(*wanted).values(values)).rowcount == 1


def seen(connection: Connection, number: int, at: dt.datetime) -> None:
    """Note a log-in; no change of the account."""
    connection.execute(update(account).where(account.c.id == number).values(last_login_at=at))


def blank_phones(connection: Connection, disabled_before: dt.datetime) -> int:
    """Take the telephone numbers out of accounts that were disabled before a moment; returns how many."""
    wanted = (account.c.phone.is_not(None), account.c.disabled_at < disabled_before)
    return int(connection.execute(update(account).where(*wanted).values(phone=None, revision=account.c.revision + 1)).rowcount)


def _stored(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | ({"roles": SEPARATOR.join(facts["roles"])} if "roles" in facts else {})


def duties(connection: Connection, number: int) -> list[Duty]:
    """Every cell an account answers, answered or will answer for."""
    query = select(account_cell).where(account_cell.c.account_id == number).order_by(account_cell.c.cell_code, account_cell.c.id)
    return [Duty(row.cell_code, row.valid_from, row.valid_to) for row in connection.execute(query)]


def duties_on(connection: Connection, day: dt.date) -> list[tuple[int, str]]:
    """(account number, cell) of every duty that holds on a day, of accounts that are not disabled."""
    query = (
        select(account_cell.c.account_id, account_cell.c.cell_code)
        .join(account, account.c.id == account_cell.c.account_id)
        .where(
            account.c.disabled_at.is_(None),
            or_(account_cell.c.valid_from.is_(None), account_cell.c.valid_from <= day),
            or_(account_cell.c.valid_to.is_(None), account_cell.c.valid_to >= day),
        )
        .order_by(account_cell.c.cell_code, account_cell.c.account_id)
    )
    return [(int(row.account_id), str(row.cell_code)) for row in connection.execute(query)]


def every_duty(connection: Connection) -> list[tuple[int, Duty]]:
    """(account number, duty) of every account, by cell, then by first day."""
    query = select(account_cell).order_by(account_cell.c.cell_code, account_cell.c.valid_from, account_cell.c.id)
    return [(int(row.account_id), Duty(row.cell_code, row.valid_from, row.valid_to)) for row in connection.execute(query)]


def set_duties(connection: Connection, number: int, wanted: Sequence[Duty]) -> None:
    """The cells of an account from now on; the audit log keeps what they were."""
    connection.execute(account_cell.delete().where(account_cell.c.account_id == number))
    for duty in wanted:
        connection.execute(
            insert(account_cell).values(
                account_id=number, cell_code=duty.cell, valid_from=duty.valid_from, valid_to=duty.valid_to
            )
        )
