"""Where the rows of a file lie, for a preview map."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from layers._conform import Conformed

MOST_SHOWN = 1500


def places_of(conformed: Conformed) -> list[dict[str, Any]]:
    """Row number, longitude, latitude, kind (``held``, ``doubtful``, ``taken``) and the first reason of rows with a place."""
    reasons: dict[int, str] = {}
    repairs: dict[int, dict[str, str]] = {}
    for fault in conformed.faults:
        if fault.row is not None:
            reasons.setdefault(fault.row, fault.reason)
            repairs.setdefault(fault.row, {}).update(fault.repair or {})
    found = [
        _spot(row, shape, "held", reasons, repairs)
        for row, shape in zip(conformed.held["row"].tolist(), conformed.held["on_map"].tolist(), strict=True)
    ]
    for row, shape in zip(conformed.frame["row"].tolist(), conformed.frame["geometry_map"].tolist(), strict=True):
        found.append(_spot(row, shape, "doubtful" if row in reasons else "taken", reasons, repairs))
    order = {"held": 0, "doubtful": 1, "taken": 2}
    there = [spot for spot in found if spot is not None]
    return sorted(there, key=lambda spot: order[spot["kind"]])[:MOST_SHOWN]


def _spot(row: int, shape: Any, kind: str, reasons: dict[int, str], repairs: dict[int, dict[str, str]]) -> dict[str, Any] | None:
    """One row; without a place of its own that of the repair proposed."""
    proposed = repairs.get(row, {})
    if shape is not None and not shapely.is_empty(shape):
        middle = shapely.point_on_surface(shape) if shapely.get_dimensions(shape) else shape
        lon, lat = float(shapely.get_x(middle)), float(shapely.get_y(middle))
    else:
        try:
            lon, lat = float(proposed["lon"]), float(proposed["lat"])
        except (KeyError, ValueError):
            return None
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return None
    return {"row": row, "lon": round(lon, 6), "lat": round(lat, 6), "kind": kind, "reason": reasons.get(row, "")}


def labels_of(conformed: Conformed, key: str, label: str) -> dict[str, list[str]]:
    """Row number → key and name, of rows with something to look at."""
    wanted = {fault.row for fault in conformed.faults if fault.row is not None}
    found: dict[str, list[str]] = {}
    headers = [conformed.matched.columns.get(name, "") for name in (key, label)]
    for row, values in zip(conformed.held["row"].tolist(), conformed.held["values"].tolist(), strict=True):
        found[str(row)] = [str(values.get(header) or "") for header in headers]
    frame = conformed.frame
    for row, code, name in zip(frame["row"].tolist(), frame[key].tolist(), frame[label].tolist(), strict=True):
        if row in wanted:
            found[str(row)] = [str(code), "" if name is None else str(name)]
        if len(found) > MOST_SHOWN:
            break
    return found
