"""Cases on a map, however many there are: as points, or as what a window shows of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import pandas as pd

from services.assess import Assessment
from services.casebook import Row, Wish, book
from services.mapview import Crowd
from services.scope import Principal
from store import cases
from store.open import Store

KEPT = 8
_COLUMNS = ("layer", "key", "case", "name", "verdict", "state", "town", "due_on", "bases", "lon", "lat", "near")

_kept: OrderedDict[tuple[Any, ...], tuple[str, Crowd]] = OrderedDict()
_lock = threading.Lock()


def case_row(row: Row) -> dict[str, Any]:
    """What a map shows of a case."""
    case = row.case
    told = (
        case.facility_layer, case.facility_key, case.id, case.name, case.verdict, case.state, case.town, str(case.due_on or ""),
        len(row.bases), case.lon, case.lat, False,
    )  # fmt: skip
    return dict(zip(_COLUMNS, told, strict=True))


def case_feature(row: dict[str, Any]) -> dict[str, Any]:
    """A case as a GeoJSON feature; without a place its geometry is null."""
    placed = not pd.isna(row["lon"]) and not pd.isna(row["lat"])
    place = {"type": "Point", "coordinates": [round(row["lon"], 6), round(row["lat"], 6)]} if placed else None
    names = ("layer", "key", "case", "name", "verdict", "state", "town", "due_on")
    properties = {name: row[name] for name in names} | {"counts": {row["verdict"]: row["bases"]}, "near": False}
    return {"type": "Feature", "id": f"case/{row['case']}", "properties": properties, "geometry": place}


def case_crowd(store: Store, found: Assessment, principal: Principal, wish: Wish) -> tuple[str, Crowd]:
    """The cases somebody sees and asks for, in cell order, with a mark of their state; kept while no case changes.

    Args:
        found: what they see of the assessment of the day.
    """
    with store.read() as connection:
        state = cases.stamp(connection)
    key = (store.place.identity, found.run_hash, str(found.as_of), principal.seen_as, principal.team, wish)
    with _lock:
        known = _kept.get(key)
        if known is not None and known[0] == state:
            _kept.move_to_end(key)
            return known
    rows = [case_row(row) for row in book(store, found, principal, wish).every]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"lon": float, "lat": float, "near": bool})
    made = state, Crowd(frame, case_feature)
    with _lock:
        _kept[key] = made
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made
