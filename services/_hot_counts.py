"""What lies in regular cells: units, open findings, complaints of a month; and who answers for the ground."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo._order import Floats, Positions
from geo.grid import Squares, column_row
from geo.region import Region
from rules._verdict import TASK, VIOLATION
from services._board import board
from services._points import subject_points
from services.assess import Assessment

OPEN = (VIOLATION, TASK)
GONE = "removed"


@dataclass(frozen=True)
class Counts:
    """Numbers by cell, int64 (n,)."""

    units: Positions
    findings: Positions
    complaints: Positions


def counts_of(found: Assessment, region: Region, cells: Squares, month: dt.date) -> Counts:
    """Count what somebody sees: units that are not removed, findings that are violations or have a deadline, complaints."""
    units = found.frames["combustion_units"]
    spots = subject_points("combustion_units", found.frames, "geometry")
    standing = [
        spots.get(str(code)) for code, status in zip(units["unit_code"], units["status"], strict=True) if status != GONE
    ]
    return Counts(
        _per_cell(cells, _xy(standing)), _per_cell(cells, _finding_places(found, region)),
        _per_cell(cells, _xy(_complaints(found, month))),
    )  # fmt: skip


def _xy(points: list[Any]) -> Floats:
    kept = [point for point in points if point is not None]
    return np.asarray(shapely.get_coordinates(np.array(kept, dtype=object)), dtype=np.float64).reshape(-1, 2)


def _finding_places(found: Assessment, region: Region) -> Floats:
    """Where the facility of every open finding stands."""
    table = board(found)
    open_ones = table.findings[table.findings["verdict"].isin(OPEN)]
    places = {
        (layer, key): (lon, lat)
        for layer, key, lon, lat in zip(*(table.facilities[name] for name in ("layer", "key", "lon", "lat")), strict=True)
    }
    nowhere = (np.nan, np.nan)
    pairs = zip(open_ones["facility_layer"], open_ones["facility_key"], strict=True)
    lonlat = np.array([places.get(pair, nowhere) for pair in pairs], dtype=np.float64).reshape(-1, 2)
    return metres_of(lonlat, region)


def metres_of(lonlat: Floats, region: Region) -> Floats:
    """Places in degrees in judging metres; NaN stays."""
    fine = np.isfinite(lonlat).all(axis=1)
    out = np.full(lonlat.shape, np.nan)
    if fine.any():
        out[fine] = systems.transform_xy(lonlat[fine, 0], lonlat[fine, 1], region.map_crs, region.judging_crs)
    return out


def _complaints(found: Assessment, month: dt.date) -> list[Any]:
    frame = found.frames["complaints"]
    return [
        point
        for point, moment in zip(frame["geometry"], frame["received_at"], strict=True)
        if moment is not None and moment.date().replace(day=1) == month
    ]


def _per_cell(cells: Squares, xy: Floats) -> Positions:
    """How many places lie in each cell: west and south edges belong to it."""
    counts = np.zeros(len(cells), np.int64)
    known = {(c, r): place for place, (c, r) in enumerate(zip(cells.column.tolist(), cells.row.tolist(), strict=True))}
    inside = xy[np.isfinite(xy).all(axis=1)]
    for column, row in column_row(inside, cells.size).tolist():
        place = known.get((column, row))
        if place is not None:
            counts[place] += 1
    return counts


def heads_of(found: Assessment, shapes: list[shapely.Geometry]) -> list[tuple[tuple[str, str, str], ...]]:
    """The responsibility cells (code, name, head) each shape shares ground with, by code."""
    frame = found.frames["grid_cells"]
    mine = frame[frame["grid_system"].isin([None, "responsibility"])]
    grounds: npt.NDArray[np.object_] = mine["geometry"].to_numpy(dtype=object)
    names = [
        (str(code), str(name or code), str(head or ""))
        for code, name, head in zip(mine["cell_code"], mine["cell_name"], mine["head_name"], strict=True)
    ]
    made = []
    for shape in shapes:
        shared = shapely.area(shapely.intersection(grounds, shape)) > 1.0 if len(grounds) else np.zeros(0, dtype=bool)
        made.append(tuple(sorted(names[place] for place in np.flatnonzero(shared))))
    return made
