"""网格工作量: what lies in each responsibility cell and what is open there, by cell or by head."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from geo.errors import WrongUsage
from geo.write import xlsx_bytes
from rules._cells import responsibility_cells
from rules._frames import canonical
from services._board import Board, board
from services._posts import holder, posts
from services.assess import Assessment
from services.casework import sees
from services.scope import Principal
from store import cases
from store.cases import Case
from store.open import Store

BY = ("cell", "head")
OPEN_VERDICTS = ("V", "T", "U", "B")
COUNTS = ("facilities", "boilers", "sites", "mines", *OPEN_VERDICTS, "cases", "overdue")
"""Columns that are counted, in the order they are shown."""
TEXTS = ("cell", "name", "head", "account")


@dataclass(frozen=True)
class Load:
    """The work of one cell, or of one head: ``cell`` then holds all their cells.

    Attributes:
        head: name in the grid's table. account: name of the account on duty today.
        V, T, U, B: findings by verdict. cases: open ones; overdue: of them.
    """

    cell: str
    name: str
    head: str
    account: str
    facilities: int = 0
    boilers: int = 0
    sites: int = 0
    mines: int = 0
    V: int = 0
    T: int = 0
    U: int = 0
    B: int = 0
    cases: int = 0
    overdue: int = 0


@dataclass(frozen=True)
class Workload:
    """Rows in the order asked for, and their sums. What lies in no cell is a row without a code."""

    rows: list[Load]
    total: Load


def workload(
    store: Store, found: Assessment, principal: Principal, by: str = "cell", sort: str = "V", desc: bool = True
) -> Workload:
    """Count everything somebody sees.

    Args:
        by: ``cell`` or ``head``. sort: a field of :class:`Load`.
    Raises:
        WrongUsage: another grouping or column.
    """
    if by not in BY or sort not in {field.name for field in fields(Load)}:
        raise WrongUsage(value=f"{by} {sort}"[:40], hint=" ".join((*BY, *TEXTS, *COUNTS)))
    with store.read() as connection:
        open_cases = [case for case in cases.every(connection, open_only=True) if sees(principal, found.facilities, case)]
        by_cell = posts(connection)
    cells = responsibility_cells(canonical(found.frames["grid_cells"]))
    counts = _counts(board(found), found, open_cases)
    rows = []
    for row in cells[["cell_code", "cell_name", "head_name"]].to_dict("records"):
        post = holder(by_cell.get(row["cell_code"], []), found.as_of)
        name, head, account = row["cell_name"] or "", row["head_name"] or "", post.account.name if post else ""
        rows.append(Load(row["cell_code"], name, head, account, **counts.pop(row["cell_code"], {})))
    rest = [Load("", "", "", "", **told) for told in counts.values()]
    every = [*rows, *([_sum(rest)] if rest else [])]
    grouped = every if by == "cell" else _by_head(every)
    return Workload(sorted(grouped, key=_order(sort, desc)), _sum(every))


def _counts(table: Board, found: Assessment, open_cases: Iterable[Case]) -> dict[str, dict[str, int]]:
    """By cell code (empty: none): column → number."""
    counts: dict[str, dict[str, int]] = {}

    def add(cell: str, name: str) -> None:
        told = counts.setdefault(cell, {})
        told[name] = told.get(name, 0) + 1

    home = {}
    for layer, key, cell in zip(*(table.facilities[c] for c in ("layer", "key", "cell")), strict=True):
        home[(layer, key)] = cell
        add(cell, "facilities")
        if layer in ("construction_sites", "mines"):
            add(cell, "sites" if layer == "construction_sites" else "mines")
    for cell in _boilers(found.frames["combustion_units"], table, home):
        add(cell, "boilers")
    for cell, verdict in zip(table.findings["cell"], table.findings["verdict"], strict=True):
        if verdict in OPEN_VERDICTS:
            add(cell, verdict)
    for case in open_cases:
        add(case.cell, "cases")
        if case.due_on is not None and case.due_on < found.as_of:
            add(case.cell, "overdue")
    return counts


def _boilers(units: pd.DataFrame, table: Board, home: dict[tuple[str, str], str]) -> Iterable[str]:
    """The cell of every boiler: that of the facility it belongs to."""
    for code, kind in zip(units["unit_code"], units["unit_type"], strict=True):
        subject = ("combustion_units", str(code))
        if kind == "boiler":
            yield home.get(table.owners.get(subject, subject), "")


def _sum(rows: Iterable[Load]) -> Load:
    kept = list(rows)
    return Load("", "", "", "", **{name: sum(getattr(row, name) for row in kept) for name in COUNTS})


def _by_head(rows: Iterable[Load]) -> list[Load]:
    """One row a head: those with an account by it, others by name; cells without a head together."""
    groups: dict[tuple[bool, str, str], list[Load]] = {}
    for row in rows:
        groups.setdefault((bool(row.cell), row.account, "" if row.account else row.head), []).append(row)
    made = []
    for (_, account, _), mine in groups.items():
        names = "、".join(dict.fromkeys(row.head for row in mine if row.head))
        codes = "、".join(row.cell for row in mine if row.cell)
        total = _sum(mine)
        counted = {name: getattr(total, name) for name in COUNTS}
        made.append(Load(codes, f"{len(mine)}" if codes else "", names, account, **counted))
    return made


def _order(sort: str, desc: bool) -> Any:
    """What lies in no cell comes last whatever the order."""

    def key(row: Load) -> tuple[Any, ...]:
        value = getattr(row, sort)
        placed = not row.cell
        if isinstance(value, int):
            return placed, -value if desc else value, row.cell
        letters = tuple(-ord(letter) if desc else ord(letter) for letter in value)
        return placed, letters, row.cell

    return key


TITLES = (
    "网格", "名称", "网格长", "账号", "设施", "锅炉", "工地", "矿山", "违规", "限期整改", "待核实", "临界值", "未销号案件",
    "逾期",
)  # fmt: skip


def workload_xlsx(told: Workload, day: dt.date) -> bytes:
    """The table with its totals as a workbook."""
    names = (*TEXTS, *COUNTS)
    rows = [[getattr(row, name) for name in names] for row in told.rows]
    for row, load in zip(rows, told.rows, strict=True):
        row[0] = load.cell or "（不在网格内）"
    total = ["合计", str(day), "", "", *(getattr(told.total, name) for name in COUNTS)]
    return xlsx_bytes(TITLES, [*rows, total], "网格工作量")
