"""Who answers for which cell, from when to when: duties of accounts seen from the cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from services.scope import ROLES
from store import accounts, audit
from store.accounts import Account, Duty
from store.open import Store

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Post:
    """An account's duty in a cell."""

    account: Account
    duty: Duty

    @property
    def usable(self) -> bool:
        """Whether the account is open and may do a grid head's work."""
        return self.account.disabled_at is None and can_head(self.account)


def can_head(account: Account) -> bool:
    """Whether one of an account's roles does a grid head's work."""
    return any("patrol" in ROLES[role].permissions for role in account.roles if role in ROLES)


def posts(connection: Connection) -> dict[str, list[Post]]:
    """Every post by cell, ended and future ones too."""
    people = {one.id: one for one in accounts.listed(connection)}
    found: dict[str, list[Post]] = {}
    for number, duty in accounts.every_duty(connection):
        found.setdefault(duty.cell, []).append(Post(people[number], duty))
    return found


def holder(of_cell: Sequence[Post], day: dt.date) -> Post | None:
    """Who answers for a cell on a day: of several, an open account first, then who came first."""
    held = [post for post in of_cell if post.duty.holds(day)]
    return min(held, key=lambda post: (not post.usable, post.duty.valid_from or dt.date.min, post.account.id), default=None)


def main_post(of_cell: Sequence[Post], day: dt.date) -> Post | None:
    """The post a table shows: today's, else the next to come."""
    ahead = [post for post in of_cell if post.duty.valid_from is not None and post.duty.valid_from > day]
    return holder(of_cell, day) or min(ahead, key=lambda post: post.duty.valid_from or day, default=None)


def handed(of_cell: Sequence[Post], giver: Post | None, taker: Account, duty: Duty) -> dict[int, list[Duty]]:
    """The duties in one cell, by account, after a hand-over: the giver's ends the day before, the taker's begins.

    Args:
        of_cell: all posts of the cell. giver: whose post ends, None where nobody's does. duty: the taker's new one.
    Returns:
        For the accounts concerned, their duties in this cell.
    """
    first = duty.valid_from or dt.date.min
    concerned = {taker.id, *((giver.account.id,) if giver else ())}
    made: dict[int, list[Duty]] = {number: [] for number in concerned}
    for post in of_cell:
        if post.account.id not in concerned:
            continue
        mine = post.duty
        if giver is not None and post == giver and giver.account.id != taker.id:
            mine = Duty(mine.cell, mine.valid_from, min(first - ONE_DAY, mine.valid_to or dt.date.max))
            if mine.valid_from is not None and mine.valid_to is not None and mine.valid_from > mine.valid_to:
                continue  # it would have ended before it began
        elif post.account.id == taker.id and (post == giver or _overlap(mine, duty)):
            continue  # the new one stands in its place
        made[post.account.id].append(mine)
    made[taker.id].append(duty)
    return made


def passed(of_cell: Sequence[Post], giver: Post | None, taker: Account, cell: str, first: dt.date) -> dict[int, list[Duty]]:
    """The duties in one cell, by account, after the cell passed to another head on a day.

    Args:
        giver: who has it on that day, or had it the day before. taker: who has it not yet on that day.
    """
    ends = giver if giver is not None and giver.account.id != taker.id else None
    return handed(of_cell, ends, taker, Duty(cell, first, _until(of_cell, giver, first)))


def _until(of_cell: Sequence[Post], giver: Post | None, first: dt.date) -> dt.date | None:
    """The last day of a post that begins on ``first``: that of the post it continues, or the day before the next one begins."""
    if giver is not None and giver.duty.holds(first):
        return giver.duty.valid_to
    ahead = [post.duty.valid_from for post in of_cell if post.duty.valid_from is not None and post.duty.valid_from > first]
    return min(ahead) - ONE_DAY if ahead else None


def _overlap(one: Duty, other: Duty) -> bool:
    starts = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    return starts <= min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)


def ended(of_cell: Sequence[Post], post: Post, day: dt.date) -> dict[int, list[Duty]]:
    """The duties in one cell of an account whose post ends the day before ``day``."""
    kept = [one.duty for one in of_cell if one.account.id == post.account.id and one != post]
    if post.duty.valid_from is None or post.duty.valid_from < day:
        kept.append(Duty(post.duty.cell, post.duty.valid_from, min(day - ONE_DAY, post.duty.valid_to or dt.date.max)))
    return {post.account.id: kept}


def write(
    connection: Connection, store: Store, cell: str, made: dict[int, list[Duty]], by: tuple[str, dt.datetime]
) -> None:
    """Record the duties in one cell; forms of these accounts that are open elsewhere become stale, and the audit log says so.

    Args:
        made: account number → its duties in this cell from now on. by: who, and when.
    """
    actor, at = by
    for number, duties in sorted(made.items()):
        before = accounts.duties(connection, number)
        after = [duty for duty in before if duty.cell != cell] + list(duties)
        if told(after) == told(before):
            continue
        account = accounts.by_id(connection, number)
        accounts.set_duties(connection, number, after)
        accounts.change(connection, number, {})
        body = {"cell": cell, "before": told(d for d in before if d.cell == cell), "after": told(duties)}
        audit.append(connection, store, audit.Entry(actor, "account_duty", account.name if account else str(number), body), at)


def told(duties: Iterable[Duty]) -> list[list[str]]:
    """Duties as plain texts, in one order."""
    return sorted([duty.cell, str(duty.valid_from or ""), str(duty.valid_to or "")] for duty in duties)
