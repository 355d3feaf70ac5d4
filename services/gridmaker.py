"""网格生成: regular cells over the county or a part of it, looked at first, then stored the way every import is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.errors import Refused, WrongUsage
from geo.grid import Squares, how_many, overlaps, squares
from geo.raw import RawTable
from geo.region import Region
from geo.write import geo_frame, write_table, write_vector
from layers._cells import to_text
from layers._find import load_layers
from layers._shapefile import field_names
from layers._vocabulary import GRID_LEVEL, GRID_SYSTEM
from rules._parameters import Parameters
from services import _ground
from services.assess import Assessment
from services.cases import follow
from services.intake import ImportReport, import_many
from services.scope import Principal
from store.open import Store

LAYER = "grid_cells"
SIZES = (1000, 500, 3000)
MOST_CELLS = 20_000
LETTERS = {"responsibility": "Z", "hot": "R", "patrol": "X"}
"""First letter of generated codes: 责任 Z, 热点 R, 巡查 X."""
PLANE = (".gpkg", ".fgb", ".zip", ".shp", ".parquet")
"""Files that carry their coordinate system: in them the cells keep their round metres."""
NEW, SAME, OTHER = "new", "same", "other"
"""A generated cell against what is recorded: not there yet, there with this outline, there with another one."""
SAME_M2 = 0.01
"""Two outlines are the same when no more ground than this lies in one of them alone."""


class GridTooFine(Refused):
    """More cells than anybody can handle."""

    zh = "这样会生成约 {count} 个网格，超过上限 {most}；请选择更大的网格或更小的范围。"
    en = "This would make about {count} cells, more than {most}; choose larger cells or less ground."


class GridEmpty(Refused):
    """Nothing to cut cells from, or nothing new in them."""

    zh = "没有可写入的网格：范围内没有地面，或这些网格都已存在。"
    en = "There is nothing to store: no ground, or these cells exist already."


@dataclass(frozen=True)
class Wish:
    """Which grid is wanted.

    Attributes:
        size: metres. system: of ``grid_system``. clip: ``county``, a layer of ``_ground.CLIPS`` or ``layer/key``.
        level: of ``level``, empty for none. replace: give recorded cells of the same code the new outline.
    """

    size: int = 1000
    system: str = "patrol"
    clip: str = _ground.COUNTY
    level: str = ""
    replace: bool = False

    def __post_init__(self) -> None:
        """Raises WrongUsage: a size, system or level there is not."""
        if self.size not in SIZES:
            raise WrongUsage(value=str(self.size), hint=" ".join(map(str, SIZES)))
        if self.system not in GRID_SYSTEM.words:
            raise WrongUsage(value=self.system[:30], hint=" ".join(GRID_SYSTEM.words))
        if self.level and self.level not in GRID_LEVEL.words:
            raise WrongUsage(value=self.level[:30], hint=" ".join(GRID_LEVEL.words))


@dataclass(frozen=True)
class Made:
    """A grid that was worked out; nothing is stored.

    Attributes:
        cells: outlines in judging metres. codes: of each cell. states: ``new``, ``same`` or ``other`` of each.
        area_km2: of the ground; the cells together have exactly it. whole: cells that are not clipped.
        smallest_m2: of the cells. doubled: pairs of a new and a recorded cell of the same system that overlap.
        revision: of the layer it was compared with.
    """

    wish: Wish
    cells: Squares
    codes: list[str]
    states: list[str]
    area_km2: float
    whole: int
    smallest_m2: float
    doubled: int
    revision: int

    def count(self, state: str) -> int:
        """How many cells are in a state."""
        return self.states.count(state)

    def conflicts(self, most: int = 50) -> list[str]:
        """Codes recorded with another outline."""
        return [code for code, state in zip(self.codes, self.states, strict=True) if state == OTHER][:most]

    @property
    def to_store(self) -> int:
        """How many cells storing would write."""
        return self.count(NEW) + (self.count(OTHER) if self.wish.replace else 0)


def code_of(system: str, size: int, column: int, row: int) -> str:
    """The code of a cell: the same square has the same code whatever it is cut from."""
    return f"{LETTERS[system]}{size}-{column:03d}-{row:04d}"


def choices(found: Assessment) -> list[tuple[str, str]]:
    """(choice, name) of the ground a grid may be cut to, beside the county."""
    return _ground.clips(found)


def work_out(found: Assessment, region: Region, wish: Wish, principal: Principal) -> Made:
    """Cut the cells out of the ground somebody sees and compare them with what is recorded.

    Args:
        found: the whole assessment: a code may be taken by a cell on ground they do not see.
    Raises:
        WrongUsage: no such ground. GridTooFine, GridEmpty: nothing can be made of it.
    """
    ground = _ground.outline(found, region, wish.clip, principal)
    count = how_many(ground, wish.size)
    if count > MOST_CELLS * 2:  # a box may be twice its county
        raise GridTooFine(count=count, most=MOST_CELLS)
    cells = squares(ground, wish.size)
    if not len(cells):
        raise GridEmpty()
    codes = [code_of(wish.system, wish.size, int(c), int(r)) for c, r in zip(cells.column, cells.row, strict=True)]
    recorded = found.frames[LAYER]
    states = _states(cells, codes, recorded)
    areas = shapely.area(cells.shapes)
    return Made(
        wish, cells, codes, states, float(shapely.area(ground)) / 1e6, int((areas >= wish.size**2 * (1 - 1e-12)).sum()),
        float(areas.min()), _doubled(cells, codes, states, recorded, wish, region), found.revisions.get(LAYER, 0),
    )  # fmt: skip


def _states(cells: Squares, codes: list[str], recorded: pd.DataFrame) -> list[str]:
    before = dict(zip(recorded["cell_code"], recorded["geometry"], strict=True))
    made = []
    for code, shape in zip(codes, cells.shapes, strict=True):
        old = before.get(code)
        alike = old is not None and shapely.area(shapely.symmetric_difference(old, shape)) <= SAME_M2
        made.append(NEW if code not in before else SAME if alike else OTHER)
    return made


def _doubled(
    cells: Squares, codes: list[str], states: list[str], recorded: pd.DataFrame, wish: Wish, region: Region
) -> int:
    """Pairs of a new cell and a recorded one of another code and the same system that overlap."""
    fresh = cells.shapes[np.array(states) == NEW]
    own = set(codes)
    rows = zip(recorded["cell_code"], recorded["grid_system"], recorded["geometry"], strict=True)
    old = [shape for code, system, shape in rows if (system or "responsibility") == wish.system and code not in own and shape]
    if not len(fresh) or not old:
        return 0
    both = np.array([*fresh, *old], dtype=object)
    shared = overlaps(both, float(Parameters(region)["edge_tolerance_m"]))
    return len({(a, b) for a, b, _ in shared if a < len(fresh) <= b})


def raw_table(made: Made, found: Assessment, region: Region) -> RawTable:
    """The cells that storing would write, as a file of them would come in: filed in judging metres.

    A recorded cell that gets another outline keeps everything else that is said of it.
    """
    wanted = {NEW, OTHER} if made.wish.replace else {NEW}
    return _table(made, found, region, wanted)


def _table(made: Made, found: Assessment, region: Region, wanted: set[str]) -> RawTable:
    layer, recorded = load_layers()[LAYER], found.frames[LAYER]
    before = {row["cell_code"]: row for row in recorded.to_dict("records")} if OTHER in made.states else {}
    fresh = {"grid_system": made.wish.system, "level": made.wish.level or None}
    rows, shapes = [], []
    for code, state, shape in zip(made.codes, made.states, made.cells.shapes, strict=True):
        if state not in wanted:
            continue
        kept = before.get(code)
        told = {column.name: to_text(column, kept[column.name]) or None for column in layer.columns} if kept else fresh
        rows.append({"cell_code": code} | told | (kept["extra"] if kept else {}))
        shapes.append(shape)
    names = list(dict.fromkeys([*(column.name for column in layer.columns), *(name for row in rows for name in row)]))
    frame = pd.DataFrame([[row.get(name) for name in names] for row in rows], columns=names, dtype=object)
    title = f"网格 {made.wish.size} m {made.wish.clip}"
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return RawTable(frame, list(range(1, len(rows) + 1)), geometry, region.judging_crs, True, "utf-8", "grid", title)


def store_grid(
    store: Store, region: Region, made: Made, found: Assessment, principal: Principal, revision: int | None = None
) -> ImportReport:
    """Record a grid in one changeset, the way an import is recorded.

    Args:
        revision: of the layer that was looked at; None for that of ``made``.
    Raises:
        GridEmpty: nothing to write. Conflict: somebody changed the cells meanwhile; nothing was stored.
    """
    if not made.to_store:
        raise GridEmpty()
    expected = made.revision if revision is None else revision
    report = import_many(store, region, [(LAYER, raw_table(made, found, region))], principal.name, revision=expected)[0]
    if made.wish.system == "responsibility":
        follow(store, region, "grid", actor=principal.name)
    return report


def grid_geojson(made: Made, region: Region) -> dict[str, Any]:
    """The cells as features in degrees, each with its state."""
    shapes = shapely.transform(_ground.in_degrees(made.cells.shapes, region), lambda xy: np.round(xy, 7))
    rows = zip(made.codes, made.states, shapes, shapely.area(made.cells.shapes), strict=True)
    features = [
        {
            "type": "Feature", "properties": {"code": code, "state": state, "area_m2": round(float(area), 1)},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for code, state, shape, area in rows
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def write_grid(made: Made, found: Assessment, region: Region, out: Path) -> int:
    """Write every cell of a grid to a file, by suffix (in judging metres where the format can say so); returns how many."""
    table = _table(made, found, region, {NEW, SAME, OTHER})
    columns = {str(name): [None if cell is None else str(cell) for cell in table.frame[name]] for name in table.frame}
    if out.suffix.lower() in (".csv", ".xlsx"):
        write_table(list(columns), [list(row) for row in zip(*columns.values(), strict=True)], out)
    else:
        plane = out.suffix.lower() in PLANE
        if out.suffix.lower() in (".zip", ".shp"):
            short = field_names(load_layers()[LAYER], "UTF-8")
            columns = {short[name]: cells for name, cells in columns.items() if name in short}
        shapes = made.cells.shapes if plane else _ground.in_degrees(made.cells.shapes, region)
        write_vector(geo_frame(columns, list(shapes), region.judging_crs if plane else region.map_crs), out, LAYER)
    return len(made.codes)
