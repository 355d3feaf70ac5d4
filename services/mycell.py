"""我的网格: a grid head's cells, what is to be done there, and whom to call next door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.region import Region
from services._board import board
from services.assess import Assessment
from services.casebook import Row, Wish, book
from services.hotcells import hot_ground, hot_places
from services.photoview import sees_record
from services.scope import Principal
from services.seen import ground_of
from store import accounts, records
from store.open import Store

MOST_RECORDS = 20
MOST_LISTED = 200
"""A phone scrolls through no more; the map and the lists with pages have the others."""


@dataclass(frozen=True)
class Neighbour:
    """Who is on duty in a cell next door: no facility of theirs is shown."""

    cell: str
    name: str
    head: str
    phone: str


@dataclass(frozen=True)
class CellPage:
    """A grid head's day.

    Attributes:
        title: the cell, or how many. cells: each with its posts. counts: facilities by worst verdict, and sites and mines.
        todo: open cases, worst first, at most 200 of ``todo_count``. facilities: the worst 200 in the cells. patrolled:
        whether today has a patrol record. names: of accounts, as pages show them. bounds: of the cells, (west, south, east,
        north) in degrees. hot: hot cells (code, lists) over them.
    """

    title: str
    cells: list[dict[str, Any]]
    counts: dict[str, int]
    todo: list[Row]
    todo_count: int
    facilities: list[dict[str, Any]]
    neighbours: list[Neighbour]
    records: list[records.Record]
    names: dict[str, str]
    patrolled: bool
    bounds: tuple[float, float, float, float] | None
    hot: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


def cell_page(store: Store, region: Region, found: Assessment, principal: Principal) -> CellPage:
    """Everything of one grid head's cells today.

    Args:
        found: what they see of today's assessment.
    """
    cells = found.frames["grid_cells"]
    mine = cells[cells["cell_code"].isin(principal.cells)].sort_values("cell_code")
    facilities = board(found).facilities
    table = facilities if principal.area.towns or not principal.cells else facilities[facilities["cell"].isin(principal.cells)]
    cases = book(store, found, principal, Wish(), hot=hot_places(store, region, found.as_of))
    todo = [row for row in cases.every if row.case.cell in principal.cells or not principal.cells]
    with store.read() as connection:
        made = [one for one in records.listed(connection) if sees_record(principal, found.facilities, one)][:MOST_RECORDS]
        names = {one.name: one.display_name for one in accounts.listed(connection)}
    mine_today = [one for one in made if one.actor == principal.name and (one.at + region.utc_offset).date() == region.today()]
    patrolled = any(one.kind == "patrol" for one in mine_today)
    return CellPage(
        _title(mine, principal), [_post(row) for row in mine.to_dict("records")], _counts(table), todo[:MOST_LISTED],
        len(todo), _worst(table, MOST_LISTED).to_dict("records"), _neighbours(cells, principal), made, names, patrolled,
        area_bounds(found, principal), hot_ground(store, region, found.as_of, mine["geometry"].tolist()),
    )  # fmt: skip


def _worst(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """The first rows by rank and name; only those that can be among them are sorted."""
    if len(table) > most:
        ranks = table["rank"].to_numpy(dtype=np.int64)
        table = table[ranks <= np.partition(ranks, most - 1)[most - 1]]
    return table.sort_values(["rank", "name", "key"]).head(most)


def _post(row: dict[str, Any]) -> dict[str, Any]:
    """A cell with whoever answers for it, as its public notice names them."""
    texts = {name: row[name] or "" for name in ("cell_code", "cell_name", "head_name", "phone")}
    return texts | {"member_names": "、".join(row["member_names"] or ())}


def _title(mine: pd.DataFrame, principal: Principal) -> str:
    names = [str(name or code) for code, name in zip(mine["cell_code"], mine["cell_name"], strict=True)]
    return "、".join(names) or "、".join(sorted(principal.area.towns))


def _counts(table: pd.DataFrame) -> dict[str, int]:
    verdicts, layers = table["verdict"].value_counts(), table["layer"].value_counts()
    found = {verdict: int(verdicts.get(verdict, 0)) for verdict in ("V", "T", "U", "B", "C")}
    return found | {"facilities": len(table)} | {name: int(layers.get(name, 0)) for name in ("construction_sites", "mines")}


def _neighbours(cells: pd.DataFrame, principal: Principal) -> list[Neighbour]:
    """Responsibility cells that touch the own ones, with who is on duty."""
    others = cells[~cells["cell_code"].isin(principal.cells) & cells["grid_system"].isin([None, "responsibility"])]
    rows = others.sort_values("cell_code").to_dict("records")
    return [
        Neighbour(row["cell_code"], row["cell_name"] or row["cell_code"], row["head_name"] or "", row["phone"] or "")
        for row in rows
        if principal.cells
    ]


def area_bounds(found: Assessment, principal: Principal) -> tuple[float, float, float, float] | None:
    """The box (degrees) of somebody's cells and towns; None where there are none, or where all is theirs."""
    ground = ground_of(principal.area, found.frames)
    if ground.is_empty:
        return None
    west, south, east, north = shapely.bounds(ground).tolist()
    return west, south, east, north
