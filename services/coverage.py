"""网格覆盖检查: is every facility in exactly one responsibility cell with a head, and is the ground covered once?

Points follow the contract (dictionary §4.6) as R14-GRID does; areas are measured in judging metres.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.errors import WrongUsage
from geo.grid import gaps, overlaps
from geo.region import Region
from geo.write import xlsx_bytes
from layers._find import load_layers
from layers._rows import rows_where
from rules._cells import cells_of, responsibility_cells
from rules._frames import canonical
from rules._parameters import Parameters
from rules._zones import spots
from services import _ground
from services._board import board
from services._posts import Post, holder, posts
from services.assess import Assessment
from services.scope import Principal
from store.open import Store

AREAS = ("development_zones", "county")
"""Where coverage is asked for; the plan asks it of the development zone."""
UNCOVERED, SEVERAL, HEADLESS, NOWHERE = "uncovered", "several", "headless", "nowhere"
FACILITY_FAULTS = (UNCOVERED, SEVERAL, HEADLESS, NOWHERE)
"""What may be wrong with a facility's cell."""
NO_HEAD, NO_ACCOUNT, DISABLED, OTHER_NAME = "no_head", "no_account", "disabled", "other_name"
POST_FAULTS = (NO_HEAD, NO_ACCOUNT, DISABLED, OTHER_NAME)
"""What may be wrong with a cell's post."""


@dataclass(frozen=True)
class Patch:
    """Ground in no cell, or in two: ``cells`` by code, area in m², its outline and a point of it in degrees."""

    cells: tuple[str, ...]
    area_m2: float
    shape: Any
    lon: float
    lat: float


@dataclass(frozen=True)
class Coverage:
    """What the office has to put right.

    Attributes:
        area: one of ``AREAS``. area_km2: of the ground looked at. cells: responsibility cells.
        facilities: how many were looked at. fine: of them, in exactly one cell with a head.
        faults: facilities that are not: layer, key, name, town, lon, lat, ``fault``, ``cells`` (codes), by fault.
        posts: cells whose post is at fault: code, name, head, account, ``faults``.
        gaps, overlaps: ground, largest first. outlines: (code, shape in degrees) of the cells.
        bounds: of the ground, (west, south, east, north) in degrees, None where there is none.
    """

    area: str
    area_km2: float
    cells: int
    facilities: int
    fine: int
    faults: list[dict[str, Any]]
    posts: list[dict[str, Any]]
    gaps: list[Patch]
    overlaps: list[Patch]
    outlines: list[tuple[str, Any]]
    bounds: tuple[float, float, float, float] | None

    def count(self, fault: str) -> int:
        """How many facilities have a fault."""
        return sum(row["fault"] == fault for row in self.faults)


def coverage(store: Store, found: Assessment, region: Region, area: str, principal: Principal) -> Coverage:
    """Look at every facility, cell and piece of ground somebody sees.

    Args:
        area: ``development_zones`` (those in force) or ``county``.
    Raises:
        WrongUsage: another area.
    """
    if area not in AREAS:
        raise WrongUsage(value=area[:40], hint=" ".join(AREAS))
    cells = responsibility_cells(canonical(found.frames["grid_cells"]))
    ground = _ground.outline(found, region, area, principal)
    rows = located(found, region, cells)
    if area != _ground.COUNTY:
        shapely.prepare(ground)
        rows = rows_where(rows, shapely.intersects_xy(ground, *rows[["x", "y"]].to_numpy(dtype=np.float64).T))
    faults = [row for row in rows.to_dict("records") if row["fault"]]
    with store.read() as connection:
        by_cell = posts(connection)
    inside = _touching(cells, ground)
    holes, doubles = _patches(inside, ground, region)
    ordered = sorted(faults, key=lambda row: (FACILITY_FAULTS.index(row["fault"]), row["layer"], row["name"], row["key"]))
    return Coverage(
        area, float(shapely.area(ground)) / 1e6, len(inside), len(rows), len(rows) - len(faults), ordered,
        post_faults(inside, by_cell, region.today()), holes, doubles, _outlines(inside), _bounds(ground, region),
    )  # fmt: skip


def _outlines(cells: pd.DataFrame) -> list[tuple[str, Any]]:
    return [(str(code), shape) for code, shape in zip(cells["cell_code"], cells["geometry_map"], strict=True)]


def _bounds(ground: Any, region: Region) -> tuple[float, float, float, float] | None:
    if shapely.is_empty(ground):
        return None
    west, south, east, north = shapely.bounds(_ground.in_degrees([ground], region)[0]).tolist()
    return west, south, east, north


def _touching(cells: pd.DataFrame, ground: Any) -> pd.DataFrame:
    """The cells that share ground with the area looked at."""
    shapely.prepare(ground)
    return rows_where(cells, shapely.intersects(ground, cells["geometry"].to_numpy(dtype=object))).reset_index(drop=True)


def located(found: Assessment, region: Region, cells: pd.DataFrame) -> pd.DataFrame:
    """Facilities of the board with ``x``, ``y`` (judging metres), ``cells`` (codes) and ``fault``.

    Args:
        cells: responsibility cells, by code.
    """
    rows = board(found).facilities[["layer", "key", "name", "town", "lon", "lat", "verdict", "near"]].copy()
    xy = _exact(rows, found, region)
    shapes = cells["geometry"].to_numpy(dtype=object)
    owners = cells_of(xy, shapes, float(Parameters(region)["edge_tolerance_m"]))
    codes, heads = cells["cell_code"].tolist(), cells["head_name"].tolist()
    rows["x"], rows["y"] = xy[:, 0], xy[:, 1]
    rows["cells"] = pd.Series([tuple(codes[one] for one in mine) for mine in owners], index=rows.index, dtype=object)
    placed: npt.NDArray[np.bool_] = np.asarray(np.isfinite(xy).all(axis=1))
    rows["fault"] = [_fault(mine, heads, bool(here)) for mine, here in zip(owners, placed.tolist(), strict=True)]
    return rows


def _exact(rows: pd.DataFrame, found: Assessment, region: Region) -> npt.NDArray[np.float64]:
    """Points as R14-GRID takes them, from the judging geometry; polygons by their point on the map."""
    xy = _ground.metres(rows, region)
    for layer in rows["layer"].unique():
        frame = found.frames[layer]
        filed = spots(frame["geometry"].to_numpy(dtype=object))
        by_key = dict(zip(frame[load_layers()[layer].key].astype(str), filed, strict=True))
        for place in np.flatnonzero((rows["layer"] == layer).to_numpy()):
            point = by_key.get(str(rows["key"].iloc[place]))
            if point is not None and np.isfinite(point).all():
                xy[place] = point
    return xy


def _fault(owners: Sequence[int], heads: Sequence[str | None], placed: bool) -> str:
    if not placed:
        return NOWHERE
    if len(owners) != 1:
        return SEVERAL if owners else UNCOVERED
    return "" if heads[owners[0]] else HEADLESS


def post_faults(cells: pd.DataFrame, by_cell: dict[str, list[Post]], day: dt.date) -> list[dict[str, Any]]:
    """Cells without a head, or whose head's account is missing, closed, or of another name."""
    made = []
    for row in cells[["cell_code", "cell_name", "head_name"]].to_dict("records"):
        post = holder(by_cell.get(row["cell_code"], []), day)
        faults = [NO_HEAD] if not row["head_name"] else []
        if post is None:
            faults.append(NO_ACCOUNT)
        elif not post.usable:
            faults.append(DISABLED)
        elif row["head_name"] and post.account.display_name != row["head_name"]:
            faults.append(OTHER_NAME)
        if faults:
            names = (post.account.name, post.account.display_name) if post else ("", "")
            made.append(
                {"code": row["cell_code"], "name": row["cell_name"] or row["cell_code"], "head": row["head_name"] or "",
                 "account": names[0], "display_name": names[1], "faults": tuple(faults)}
            )  # fmt: skip
    return sorted(made, key=lambda row: (min(POST_FAULTS.index(fault) for fault in row["faults"]), row["code"]))


def _patches(cells: pd.DataFrame, ground: Any, region: Region) -> tuple[list[Patch], list[Patch]]:
    tolerance = float(Parameters(region)["edge_tolerance_m"])
    shapes, codes = cells["geometry"].to_numpy(dtype=object), cells["cell_code"].tolist()
    holes = [((), part) for part in gaps(ground, shapes, tolerance)]
    clipped = np.asarray(shapely.intersection(shapes, ground), dtype=object)
    doubles = [((codes[a], codes[b]), part) for a, b, part in overlaps(clipped, tolerance)]
    return [_patch(*one, region) for one in holes], [_patch(*one, region) for one in doubles]


def _patch(codes: tuple[str, ...], part: Any, region: Region) -> Patch:
    shape, spot = _ground.in_degrees([part, shapely.point_on_surface(part)], region)
    return Patch(codes, float(shapely.area(part)), shape, float(spot.x), float(spot.y))


def coverage_geojson(told: Coverage) -> dict[str, Any]:
    """Cells, gaps, overlaps and facilities at fault as features in degrees."""
    features = [
        {"type": "Feature", "properties": {"kind": "cell", "code": code}, "geometry": json.loads(shapely.to_geojson(shape))}
        for code, shape in told.outlines
    ]
    for kind, patches in (("gap", told.gaps), ("overlap", told.overlaps)):
        for number, patch in enumerate(patches, start=1):
            rounded = shapely.transform(patch.shape, lambda xy: np.round(xy, 7))
            facts = {"kind": kind, "number": number, "cells": list(patch.cells), "area_m2": round(patch.area_m2, 1)}
            features.append({"type": "Feature", "properties": facts, "geometry": json.loads(shapely.to_geojson(rounded))})
    for row in told.faults:
        if np.isfinite(row["lon"]):
            facts = {name: row[name] for name in ("layer", "key", "name", "town", "verdict")}
            facts |= {"kind": row["fault"], "cells": list(row["cells"]), "near": bool(row["near"])}
            point = {"type": "Point", "coordinates": _place(row)}
            features.append({"type": "Feature", "properties": facts, "geometry": point})
    return {"type": "FeatureCollection", "features": features}


HEADERS = ("检查项", "编号", "名称", "乡镇 / 网格长", "所在网格", "面积(m²)", "经度", "纬度")
WORDS = {
    UNCOVERED: "设施不在任何责任网格内", SEVERAL: "设施同时落入多个责任网格", HEADLESS: "设施所在网格没有网格长",
    NOWHERE: "设施没有坐标", NO_HEAD: "网格没有网格长", NO_ACCOUNT: "网格没有在岗账号", DISABLED: "网格长账号已停用或无权限",
    OTHER_NAME: "账号姓名与网格长不一致",
    "gap": "地面空白", "overlap": "地面重叠",
}  # fmt: skip


def coverage_rows(told: Coverage) -> list[list[object]]:
    """Everything to put right, as rows under ``HEADERS``."""
    rows: list[list[object]] = [
        [WORDS[row["fault"]], row["key"], row["name"], row["town"], "、".join(row["cells"]), None, *_place(row)]
        for row in told.faults
    ]
    for post in told.posts:
        rows += [[WORDS[fault], post["code"], post["name"], post["head"], post["account"]] for fault in post["faults"]]
    for kind, patches in (("gap", told.gaps), ("overlap", told.overlaps)):
        for number, patch in enumerate(patches, start=1):
            place = _place({"lon": patch.lon, "lat": patch.lat})
            rows.append([WORDS[kind], number, "", "", "、".join(patch.cells), round(patch.area_m2, 1), *place])
    return rows


def _place(row: dict[str, Any]) -> list[object]:
    return [round(row["lon"], 6), round(row["lat"], 6)] if np.isfinite(row["lon"]) else [None, None]


def coverage_xlsx(told: Coverage) -> bytes:
    """Everything to put right, as a workbook."""
    return xlsx_bytes(HEADERS, coverage_rows(told), "网格覆盖检查")
