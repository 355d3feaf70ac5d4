"""How much of the towns and of the built-up area a zone covers, and which units no network reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.change import Change
from layers._find import load_layers
from services._baseline import Baseline, Drawn
from services._draft_rows import Record, in_force_among

BUILT_UP = "built_up_areas"
NETWORKS = ("heat_networks", "gas_networks")
"""Layers whose areas supply units; one that is not declared yet is left out."""


def grounds(base: Baseline) -> dict[str, tuple[str, shapely.Geometry, float]]:
    """Towns (by code) and the built-up area in force (``""``): name, ground in metres, m²."""
    return base.once(("grounds",), lambda: _grounds(base))


def _grounds(base: Baseline) -> dict[str, tuple[str, shapely.Geometry, float]]:
    towns = base.frames["towns"]
    rows = zip(towns["town_code"], towns["town_name"], towns["geometry"], strict=True)
    found = {str(code): (str(name), shape, float(shapely.area(shape))) for code, name, shape in rows if shape is not None}
    built = in_force_shapes(base, BUILT_UP, {})
    if built:
        whole = shapely.union_all(built)
        found[""] = ("", whole, float(shapely.area(whole)))
    return found


def in_force_shapes(base: Baseline, layer: str, altered: dict[str, list[Record]]) -> list[shapely.Geometry]:
    """The areas of a layer in force on the day, some codes altered."""
    table = base.table(layer)
    states = [altered.get(code) or table.records(code) for code in dict.fromkeys((*table.codes, *altered))]
    found = [in_force_among(records, base.as_of) for records in states]
    return [record["geometry"] for record in found if record is not None and record["geometry"] is not None]


def covered(base: Baseline, shape: shapely.Geometry | None, before: Drawn | None, changes: list[Change]) -> dict[str, float]:
    """m² of each ground a zone covers; grounds that no change reaches keep what they had."""
    if shape is None:
        return dict.fromkeys(grounds(base), 0.0)
    found = {}
    for code, (_, ground, _) in grounds(base).items():
        if before is not None and code in before.covered and not any(change.touches(ground) for change in changes):
            found[code] = before.covered[code]
        else:
            found[code] = _shared(shape, ground)
    return found


def _shared(shape: shapely.Geometry, ground: shapely.Geometry) -> float:
    shapely.prepare(ground)
    if not shapely.intersects(ground, shape):
        return 0.0
    return float(shapely.area(shape if shapely.covers(ground, shape) else shapely.intersection(ground, shape)))


def shares(base: Baseline, before: dict[str, float], after: dict[str, float]) -> dict[str, Any]:
    """Shares of the built-up area and of each town that a zone covered and covers; towns it never touches are left out."""
    told: dict[str, Any] = {"built_up": None, "towns": []}
    for code, (name, _, area) in grounds(base).items():
        was, now = before.get(code, 0.0), after.get(code, 0.0)
        share = {
            "km2_before": round(was / 1e6, 6), "km2_after": round(now / 1e6, 6),
            "share_before": round(was / area, 6) if area else 0.0, "share_after": round(now / area, 6) if area else 0.0,
        }  # fmt: skip
        if not code:
            told["built_up"] = share
        elif was or now:
            told["towns"].append({"town_code": code, "town_name": name, **share})
    return told


def unsupplied(base: Baseline, edited: str, altered: dict[str, list[Record]], units: list[int]) -> dict[str, int]:
    """How many of some combustion units (positions) lie outside every area of each network that is recorded."""
    xy = base.situation.ground("combustion_units").xy[np.array(units, dtype=np.int64)]
    found = {}
    for layer in (name for name in NETWORKS if name in load_layers()):
        if layer == edited:
            shapes = in_force_shapes(base, layer, altered)
        else:
            shapes = base.once(("networks", layer), lambda layer=layer: in_force_shapes(base, layer, {}))  # type: ignore[misc]  # bound at once
        if shapes:
            found[layer] = int((~_within_any(shapes, xy) & np.isfinite(xy).all(axis=1)).sum())
    return found


def _within_any(shapes: list[shapely.Geometry], xy: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(xy), dtype=np.bool_)
    for shape in shapes:
        shapely.prepare(shape)
        inside |= shapely.intersects_xy(shape, xy[:, 0], xy[:, 1])
    return inside
