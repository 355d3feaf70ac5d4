"""网格交接: a cell goes from one head to another on a day: duties, the name in the grid's table, open cases.

Duties carry their days, so that what both see changes on the day itself. The name and the cases follow at once, or, for
a day to come, when that day has begun (:func:`settle`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from geo.errors import Conflict, Refused, WrongUsage
from geo.region import Region
from layers._find import load_layers
from services import _posts
from services._posts import ONE_DAY, Post, holder
from services.assignment import LAYER, Codes, entry_on, write_cells
from services.cases import SYSTEM, follow
from services.casework import tidied
from services.scope import Principal, may
from store import accounts, audit, cases, changes, features
from store.accounts import Account
from store.cases import Case
from store.changes import Change
from store.open import Store

FARTHEST = dt.timedelta(days=366)
LONGEST_NOTE = 200


class TakerUnfit(Refused):
    """An account that cannot take a cell."""

    zh = "账号或姓名“{name}”不存在、已停用、重名或不是网格长，不能接收网格，请核对；重名的请填账号。"
    en = "“{name}” is no account or name of an active grid head, or several have that name; check it, or give the account."


class SameHead(Refused):
    """A cell handed to who has it."""

    zh = "该网格当日已由“{name}”负责，无需交接。"
    en = "“{name}” answers for this cell on that day already."


@dataclass(frozen=True)
class Wish:
    """What is to be handed over: the cell, who takes it (account, or name where only one has it), the first day, a remark."""

    cell: str
    taker: str
    first: dt.date
    note: str = ""


@dataclass(frozen=True)
class Done:
    """What a hand-over did. ``cases``: numbers of the cases that went along; ``at_once``: False while the day is to come."""

    cell: str
    giver: str
    taker: str
    first: dt.date
    cases: tuple[int, ...]
    at_once: bool


def hand_over(
    store: Store, region: Region, principal: Principal, wish: Wish, stamp: str | None = None, codes: Codes = None
) -> Done:
    """Hand a cell over, in one transaction.

    Args:
        stamp: of the entry of the assignment table it rests on; None for any.
        codes: cells that may be assigned; who may not assign hands over the own cells only.
    Raises:
        FeatureMissing: no such cell, or not theirs. TakerUnfit, SameHead, WrongUsage: it cannot be.
        Conflict: somebody changed the cell or its post meanwhile.
    """
    today = region.today()
    if not may(principal, "assign"):
        codes = principal.cells if may(principal, "patrol") else frozenset()
    if not today <= wish.first <= today + FARTHEST:
        raise WrongUsage(value=str(wish.first), hint=f"{today} – {today + FARTHEST}")
    with store.write() as connection:
        if entry_on(connection, today, wish.cell, codes).stamp != stamp and stamp is not None:
            raise Conflict()
        done = _Hand(connection, store, principal.name, changes.moment(connection)).over(wish, principal, today)
    audit.anchor(store)
    if done.at_once:
        follow(store, region, "grid", actor=principal.name)
    return done


@dataclass
class _Hand:
    """One hand-over on its way: what all its changes share."""

    connection: Connection
    store: Store
    actor: str
    at: dt.datetime

    def over(self, wish: Wish, principal: Principal, today: dt.date) -> Done:
        """Duties at once; name and cases where the day has begun."""
        of_cell = _posts.posts(self.connection).get(wish.cell, [])
        giver, taker = _giver(of_cell, wish.first, principal, today), self._taker(wish.taker)
        if any(post.account.id == taker.id and post.duty.holds(wish.first) for post in of_cell):
            raise SameHead(name=taker.display_name)
        made = _posts.passed(of_cell, giver, taker, wish.cell, wish.first)
        _posts.write(self.connection, self.store, wish.cell, made, (self.actor, self.at))
        moved: tuple[int, ...] = ()
        if wish.first <= today:
            self.rename(wish.cell, giver, taker)
            moved = self.move_cases(wish.cell, giver, taker, wish.note)
        done = Done(wish.cell, giver.account.name if giver else "", taker.name, wish.first, moved, wish.first <= today)
        self.tell("hand_over", done, wish.note)
        return done

    def _taker(self, name: str) -> Account:
        found = accounts.by_name(self.connection, name) or self._named(name)
        if found is None or found.disabled_at is not None or not _posts.can_head(found):
            raise TakerUnfit(name=name[:64])
        return found

    def _named(self, name: str) -> Account | None:
        """The one grid head who is called so: colleagues know each other by name; two of one name take the account."""
        able = [one for one in accounts.listed(self.connection) if one.disabled_at is None and _posts.can_head(one)]
        called = [one for one in able if one.display_name == name]
        return called[0] if len(called) == 1 else None

    def rename(self, cell: str, giver: Post | None, taker: Account) -> None:
        """A new version of the cell names its head, and the head's phone where there is one."""
        values = {"head_name": taker.display_name} | ({"phone": taker.phone} if taker.phone else {})
        write_cells(self.connection, self.store, {cell: values}, Change("edit", LAYER, self.actor, note=_why(giver, taker)))

    def move_cases(
        self, cell: str, giver: Post | None, taker: Account, note: str = "", before: dt.datetime | None = None
    ) -> tuple[int, ...]:
        """The giver's open cases in the cell go along; returns their numbers.

        Args:
            before: only those given to the giver before that instant.
        """
        moved = []
        for case in cases.every(self.connection, open_only=True) if giver else ():
            if giver is None or case.cell != cell or case.assignee_id != giver.account.id or self._given_later(case, before):
                continue
            cases.change(self.connection, case.id, {"assignee_id": taker.id}, self.at)
            text = " ".join((_why(giver, taker), _tidy(note))).strip()
            told = {"assignee": taker.display_name, "team": case.team or "", "why": "grid", "text": text}
            cases.note(self.connection, case.id, self.at, self.actor, "assigned", told)
            moved.append(case.id)
        return tuple(sorted(moved))

    def _given_later(self, case: Case, before: dt.datetime | None) -> bool:
        given = [event.at for event in cases.events(self.connection, case.id) if event.kind == "assigned"]
        return before is not None and max(given, default=case.opened_at) >= before

    def tell(self, action: str, done: Done, note: str = "") -> None:
        """The audit entry."""
        body = {"from": done.giver, "to": done.taker, "first": str(done.first), "cases": list(done.cases), "note": _tidy(note)}
        audit.append(self.connection, self.store, audit.Entry(self.actor, action, done.cell, body), self.at)


def _giver(of_cell: Sequence[Post], first: dt.date, principal: Principal, today: dt.date) -> Post | None:
    """Whose post ends: a grid head's own, else that of who would answer on the day, or did the day before."""
    if may(principal, "assign"):
        return holder(of_cell, first) or holder(of_cell, first - ONE_DAY)
    own = [post for post in of_cell if post.account.id == principal.account_id and post.duty.holds(today)]
    if not own:
        raise Conflict()  # it ended since the request began
    if not own[0].duty.holds(first):
        raise WrongUsage(value=str(first), hint=f"您的责任到 {own[0].duty.valid_to} 为止 / your duty ends before that day")
    return own[0]


def settle(store: Store, region: Region, day: dt.date | None = None, actor: str = SYSTEM) -> list[str]:
    """Hand-overs whose day has come: names and cases follow the duties; returns the cells concerned.

    Made to be run every night; run again it changes nothing.

    Args:
        day: today by default.
    """
    today, done = day or region.today(), []
    with store.write() as connection:
        hand = _Hand(connection, store, actor, changes.moment(connection))
        written = _written(connection)
        for cell, giver, taker, first in _followed(connection, today):
            begins = dt.datetime.combine(first, dt.time(), dt.UTC) - region.utc_offset
            moved = hand.move_cases(cell, giver, taker, before=begins)
            late = cell in written and written[cell] < begins
            if late:
                hand.rename(cell, giver, taker)
            if late or moved:
                hand.tell("hand_over_due", Done(cell, giver.account.name, taker.name, first, moved, True))
                done.append(cell)
    if done:
        audit.anchor(store)
        follow(store, region, "grid", today, actor)
    return done


def _written(connection: Connection) -> dict[str, dt.datetime]:
    """When the row of each cell was last written."""
    frame = features.read_versions(connection, load_layers()[LAYER])
    return dict(zip(frame["cell_code"], frame["recorded_at"], strict=True))


def _followed(connection: Connection, today: dt.date) -> list[tuple[str, Post, Account, dt.date]]:
    """Posts whose head came right after another one: cell, who had it before, who has it, since when."""
    found = []
    for cell, of_cell in sorted(_posts.posts(connection).items()):
        taker = holder(of_cell, today)
        if taker is None or taker.duty.valid_from is None:
            continue
        first, own = taker.duty.valid_from, taker.account.id
        before = [post for post in of_cell if post.duty.valid_to == first - ONE_DAY and post.account.id != own]
        if before:
            found.append((cell, before[0], taker.account, first))
    return found


def _why(giver: Post | None, taker: Account) -> str:
    return f"网格交接：{giver.account.display_name if giver else ''} → {taker.display_name}"


def _tidy(note: str) -> str:
    return tidied(note)[:LONGEST_NOTE]
