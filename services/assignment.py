"""网格责任表: who heads which cell, changed row by row or by a file: looked at first, then written in one transaction.

A changed name is a new version of the cell with its history; the duties of accounts follow, and with them what they see.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import Connection

from geo.errors import Conflict, Refused
from geo.region import Region
from geo.write import csv_text, xlsx_bytes
from layers._conform import Conformed
from layers._find import load_layers
from layers._rows import rows_where
from services import _gridtable, _posts
from services._gridtable import CELL_COLUMNS, POST_COLUMNS, Held, Line, as_texts, packed, read_table, typed, unpacked
from services._posts import Post, can_head, main_post
from services._recording import record
from services.assess import Assessment
from services.cases import follow
from services.scope import Principal
from services.seen import ground_of
from store import accounts, audit, changes, features
from store._content import canonical
from store.accounts import Account, Duty
from store.changes import Change
from store.errors import FeatureMissing
from store.open import Store

__all__ = ["Held", "Line", "packed", "read_table", "typed", "unpacked"]

LAYER = "grid_cells"
Codes = frozenset[str] | None
"""Cells somebody may assign; None for all."""


class RowRefused(Refused):
    """The one row of a form cannot be taken."""

    zh = "未保存：{reason}。"
    en = "Not saved: {reason_en}."


@dataclass(frozen=True)
class Entry:
    """One cell with its post as the table shows it.

    Attributes:
        values: texts of ``CELL_COLUMNS`` and ``POST_COLUMNS``. display_name: of the account. usable: the account is open
            and may do a head's work. others: further posts of today and later. stamp: changes with any of it.
    """

    cell: str
    system: str
    values: dict[str, str]
    display_name: str
    usable: bool
    others: list[Post]
    stamp: str


@dataclass(frozen=True)
class Step:
    """What a row of the table would change: (column, before, after) as texts."""

    line: Line
    changes: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Plan:
    """What a table would change; nothing is written yet. ``stamp``: of the cells and posts it would change."""

    steps: list[Step]
    held: list[Held]
    unchanged: int
    stamp: str


def assignable(found: Assessment, principal: Principal) -> Codes:
    """The cells somebody may assign: all, or those that lie in the towns and cells of their area."""
    if principal.area.whole:
        return None
    ground = ground_of(principal.area, found.frames)
    cells = found.frames[LAYER]
    inside = shapely.intersects(ground, shapely.point_on_surface(cells["geometry_map"].to_numpy(dtype=object)))
    return frozenset(rows_where(cells, inside)["cell_code"])


def entries(store: Store, day: dt.date, codes: Codes = None, system: str = "responsibility") -> list[Entry]:
    """The table: every cell of a grid system, by code.

    Args:
        codes: those somebody may assign. system: of ``grid_system``; empty for all.
    """
    with store.read() as connection:
        frame = _cells(connection, codes)
        by_cell = _posts.posts(connection)
    rows = frame.to_dict("records")
    kept = [row for row in rows if not system or (row["grid_system"] or "responsibility") == system]
    return [_entry(row, by_cell.get(row["cell_code"], []), day) for row in kept]


def entry(store: Store, day: dt.date, cell: str, codes: Codes = None) -> Entry:
    """One row of the table.

    Raises:
        FeatureMissing: there is no such cell, or not for them.
    """
    with store.read() as connection:
        return entry_on(connection, day, cell, codes)


def entry_on(connection: Connection, day: dt.date, cell: str, codes: Codes = None) -> Entry:
    """:func:`entry` on an open connection."""
    if codes is None or cell in codes:
        for row in _cells(connection, frozenset((cell,))).to_dict("records"):
            return _entry(row, _posts.posts(connection).get(cell, []), day)
    raise FeatureMissing(layer=load_layers()[LAYER].title, what=cell[:60])


def heads(store: Store) -> list[Account]:
    """Accounts a cell may be given to: open, with a grid head's role."""
    with store.read() as connection:
        return [one for one in accounts.listed(connection) if one.disabled_at is None and can_head(one)]


def _cells(connection: Connection, codes: Codes) -> pd.DataFrame:
    frame = features.read_versions(connection, load_layers()[LAYER])
    return frame if codes is None else rows_where(frame, (code in codes for code in frame["cell_code"]))


def _entry(row: dict[str, Any], of_cell: Sequence[Post], day: dt.date) -> Entry:
    post = main_post(of_cell, day)
    ahead = [one for one in of_cell if one != post and (one.duty.valid_to or day) >= day]
    values = as_texts({name: row[name] for name in CELL_COLUMNS} | _post_values(post))
    told = [row["version"], [[one.account.name, *_posts.told([one.duty])] for one in of_cell]]
    stamp = hashlib.sha256(canonical(told).encode()).hexdigest()[:24]
    system = row["grid_system"] or "responsibility"
    name = post.account.display_name if post else ""
    return Entry(row["cell_code"], system, values, name, post is None or post.usable, ahead, stamp)


def _post_values(post: Post | None) -> dict[str, Any]:
    if post is None:
        return dict.fromkeys(POST_COLUMNS)
    return {"account": post.account.name, "valid_from": post.duty.valid_from, "valid_to": post.duty.valid_to}


def table_file(rows: Iterable[Entry], kind: str) -> bytes:
    """The table as ``csv`` or ``xlsx``; either can be imported again."""
    lines = [[row.cell, *(row.values[name] for name in (*CELL_COLUMNS, *POST_COLUMNS))] for row in rows]
    if kind == "csv":
        return csv_text(_gridtable.headers(), lines).encode("utf-8")
    return xlsx_bytes(_gridtable.headers(), lines, "网格责任表")


def plan(store: Store, day: dt.date, lines: Sequence[Line], held: Sequence[Held] = (), codes: Codes = None) -> Plan:
    """What some rows would change.

    Args:
        held: rows held back already, named along with the others.
    """
    with store.read() as connection:
        return _plan(connection, day, lines, held, codes)


def _plan(connection: Connection, day: dt.date, lines: Sequence[Line], held: Sequence[Held], codes: Codes) -> Plan:
    frame, by_cell = _cells(connection, codes), _posts.posts(connection)
    known = {row["cell_code"]: _entry(row, by_cell.get(row["cell_code"], []), day) for row in frame.to_dict("records")}
    steps, refused = [], list(held)
    for line in lines:
        why = _why_not(connection, line, known)
        if why is not None:
            refused.append(Held(line.row, line.cell[:60], *why))
            continue
        before, after = known[line.cell].values, _wanted(line, known[line.cell])
        told = [(name, before[name], after[name]) for name in before if after[name] != before[name]]
        if told:
            steps.append(Step(line, told))
    stamp = hashlib.sha256(canonical([known[step.line.cell].stamp for step in steps]).encode()).hexdigest()[:24]
    unchanged = len(lines) - len(steps) - (len(refused) - len(held))
    return Plan(steps, sorted(refused, key=lambda one: one.row), unchanged, stamp)


def _wanted(line: Line, now: Entry) -> dict[str, str]:
    """The texts of a row afterwards: what it does not speak of stays; another head's dates are their own."""
    after = now.values | as_texts(line.values)
    if after["account"] != now.values["account"]:
        told = as_texts(line.values)
        after |= {name: told.get(name, "") for name in ("valid_from", "valid_to")}
    return after if after["account"] else after | {"valid_from": "", "valid_to": ""}


def _why_not(connection: Connection, line: Line, known: dict[str, Entry]) -> tuple[str, str] | None:
    if line.cell not in known:
        return "没有这个网格，或不在管理范围内", "there is no such cell, or it is not yours to assign"
    after = _wanted(line, known[line.cell])
    if after["account"]:
        account = accounts.by_name(connection, after["account"])
        if account is None or (account.disabled_at is not None and after["account"] != known[line.cell].values["account"]):
            name = after["account"][:64]
            return f"账号“{name}”不存在或已停用", f"the account “{name}” does not exist or is closed"
        if not can_head(account):
            return f"账号“{account.name}”没有网格长角色", f"the account “{account.name}” is no grid head"
    elif any(line.values.get(name) for name in ("valid_from", "valid_to")):
        return "有起止日期但没有账号", "it has dates and no account"
    if after["valid_from"] and after["valid_to"] and after["valid_from"] > after["valid_to"]:
        return "起始日期晚于截止日期", "the first day is after the last"
    return None


def apply(
    store: Store, region: Region, principal: Principal, plan_stamp: str, lines: Sequence[Line],
    source: tuple[str, str] = ("", ""), codes: Codes = None,
) -> Plan:  # fmt: skip
    """Write a table that was looked at: all its rows that can be taken, in one transaction.

    Args:
        plan_stamp: of what was looked at. source: name and SHA-256 of the file; empty for a form.
    Raises:
        Conflict: somebody changed one of these cells or posts meanwhile; nothing was changed.
    """
    day = region.today()
    with store.write() as connection:
        made = _plan(connection, day, lines, (), codes)
        if made.stamp != plan_stamp:
            raise Conflict()
        if made.steps:
            at = changes.moment(connection)
            change = Change("import" if source[0] else "edit", LAYER, principal.name, *source)
            write_cells(connection, store, {s.line.cell: _cell_values(s) for s in made.steps}, change)
            by_cell = _posts.posts(connection)
            for step in made.steps:
                _write_post(connection, store, step, by_cell.get(step.line.cell, []), (principal.name, at, day))
            body = {"cells": [step.line.cell for step in made.steps], "source": source[0], "sha256": source[1]}
            audit.append(connection, store, audit.Entry(principal.name, "assign_cells", LAYER, body), at)
    if made.steps:
        audit.anchor(store)
        follow(store, region, "grid", actor=principal.name)
    return made


def save(store: Store, region: Region, principal: Principal, stamp: str, line: Line, codes: Codes = None) -> Plan:
    """Write one row that was edited on its page.

    Args:
        stamp: of the entry that was edited.
    Raises:
        RowRefused: the row cannot be taken. Conflict: somebody changed the cell or its post meanwhile.
    """
    made = plan(store, region.today(), [line], (), codes)
    if entry(store, region.today(), line.cell, codes).stamp != stamp:
        raise Conflict()
    if made.held:
        raise RowRefused(reason=made.held[0].reason, reason_en=made.held[0].reason_en)
    return apply(store, region, principal, made.stamp, [line], codes=codes)


def _cell_values(step: Step) -> dict[str, Any]:
    changed = {name for name, _, _ in step.changes}
    return {name: step.line.values[name] for name in CELL_COLUMNS if name in changed}


def write_cells(connection: Connection, store: Store, values: dict[str, dict[str, Any]], change: Change) -> None:
    """New versions of cells, each with its outline and everything else as it was.

    Args:
        values: code → columns that change; a code without any is left as it is.
    """
    wanted = {code: told for code, told in values.items() if told}
    if not wanted:
        return
    frame = _cells(connection, frozenset(wanted)).reset_index(drop=True)
    for place, code in enumerate(frame["cell_code"]):
        for name, value in wanted[code].items():
            frame.at[place, name] = value
    held = pd.DataFrame({"row": [], "severity": [], "values": []}, dtype=object)
    record(connection, store, load_layers()[LAYER], Conformed(frame, [], held, len(frame)), change)


def _write_post(
    connection: Connection, store: Store, step: Step, of_cell: Sequence[Post], by: tuple[str, dt.datetime, dt.date]
) -> None:
    """The duties of accounts follow a row whose account or dates changed."""
    changed = {name: after for name, _, after in step.changes if name in POST_COLUMNS}
    if not changed:
        return
    actor, at, day = by
    cell, post = step.line.cell, main_post(of_cell, day)
    after = {name: step.line.values.get(name, getattr(post.duty, name, None) if post else None) for name in POST_COLUMNS[1:]}
    name = step.line.values.get("account", post.account.name if post else None)
    if not name:
        if post is not None:
            _posts.write(connection, store, cell, _posts.ended(of_cell, post, day), (actor, at))
        return
    taker = accounts.by_name(connection, str(name))
    if taker is None:
        raise Conflict()  # it was there when the row was looked at
    duty = Duty(cell, after["valid_from"], after["valid_to"])
    if post is None or post.account.id != taker.id:
        duty = Duty(cell, step.line.values.get("valid_from"), step.line.values.get("valid_to"))
        duty = dataclasses.replace(duty, valid_from=duty.valid_from or (day if post else None))
    _posts.write(connection, store, cell, _posts.handed(of_cell, post, taker, duty), (actor, at))
