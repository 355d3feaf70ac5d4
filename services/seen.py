"""What somebody sees of an assessment: the facilities of their area with everything that belongs to them.

Zones are legal records and public; facilities, their rows and findings are seen where their responsibility cell or
town is in the area. Of the grid, own cells and those touching them are seen, so that neighbours can be called.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.region import Region
from layers._find import load_layers
from layers._layer import Layer
from layers._rows import rows_where
from services._board import Board, Subject, board, facility_layers
from services.assess import Assessment, current
from services.scope import Area, Principal, restrict
from store.open import Store

KEPT = 64
EVERYBODYS = ("air_stations",)
"""Layers without zones that are published anyway."""

_seen: OrderedDict[tuple[str, str], Assessment] = OrderedDict()
_lock = threading.Lock()


def seen_by(assessment: Assessment, principal: Principal) -> Assessment:
    """The part of an assessment somebody may see; all of it for those who see everything."""
    if not principal.view_key:
        return assessment
    key = (assessment.run_hash, principal.view_key)
    with _lock:
        found = _seen.get(key)
        if found is None or found.part_of is not assessment:
            found = _part(assessment, principal)
        _seen[key] = found
        _seen.move_to_end(key)
        while len(_seen) > KEPT:
            _seen.popitem(last=False)
        return found


def keys_seen(store: Store, region: Region, layer: Layer, as_of: dt.date, principal: Principal) -> set[str] | None:
    """The keys of a layer somebody may see on a day; None for all."""
    if principal.area.whole:
        return None
    frame = seen_by(current(store, region, as_of), principal).frames[layer.name]
    return set(frame[layer.key].astype(str))


def _part(assessment: Assessment, principal: Principal) -> Assessment:
    whole = board(assessment)
    if principal.area.whole:
        frames = {name: restrict(frame, load_layers()[name], principal) for name, frame in assessment.frames.items()}
        return dataclasses.replace(assessment, frames=frames, part_of=assessment, scope=principal.view_key)
    keys = facilities_in(whole, principal.area)
    ground = ground_of(principal.area, assessment.frames)
    frames = {
        name: restrict(_rows(load_layers()[name], frame, (keys, whole, ground), principal.area), load_layers()[name], principal)
        for name, frame in assessment.frames.items()
    }
    table = whole.findings
    mine = [pair in keys for pair in zip(table["facility_layer"], table["facility_key"], strict=True)]
    findings = assessment.findings[np.array(mine, dtype=bool)]
    return dataclasses.replace(
        assessment, findings=findings, frames=frames, part_of=assessment, facilities=keys, scope=principal.view_key
    )


def facilities_in(whole: Board, area: Area) -> frozenset[Subject]:
    """The facilities (layer, key) of an area: by the responsibility cell they lie in, or by town."""
    return in_area(whole.facilities, area)


def in_area(table: pd.DataFrame, area: Area) -> frozenset[Subject]:
    """The facilities of a table that lie in an area."""
    rows = zip(table["layer"], table["key"], table["cell"], table["town"], strict=True)
    return frozenset((layer, key) for layer, key, cell, town in rows if cell in area.cells or town in area.towns)


def ground_of(area: Area, frames: dict[str, pd.DataFrame], column: str = "geometry_map") -> Any:
    """The ground of an area: its cells and towns together, in degrees; or in judging metres, by ``column``."""
    cells, towns = frames["grid_cells"], frames["towns"]
    shapes = [
        *(shape for code, shape in zip(cells["cell_code"], cells[column], strict=True) if code in area.cells),
        *(shape for name, shape in zip(towns["town_name"], towns[column], strict=True) if name in area.towns),
    ]
    return shapely.union_all([shape for shape in shapes if shape is not None])


def _rows(layer: Layer, frame: pd.DataFrame, held: tuple[frozenset[Subject], Board, Any], area: Area) -> pd.DataFrame:
    """The rows of a layer that are seen in an area."""
    keys, whole, ground = held
    if layer.zone or layer.name in EVERYBODYS:
        return frame
    if layer.name in facility_layers():
        subjects = ((layer.name, key) for key in frame[layer.key])
        return rows_where(frame, (whole.owners.get(subject, subject) in keys for subject in subjects))
    touching = _touching(frame["geometry_map"], ground)
    if layer.name == "grid_cells":
        touching |= np.array([code in area.cells for code in frame["cell_code"]], dtype=bool)
    return rows_where(frame, touching)


def _touching(shapes: pd.Series, ground: Any) -> npt.NDArray[np.bool_]:
    """Which shapes share a point with the ground (edges belong); none where there is no shape."""
    shapely.prepare(ground)
    found = shapely.intersects(shapes.to_numpy(dtype=object), ground)
    return np.asarray(found, dtype=np.bool_).copy()
