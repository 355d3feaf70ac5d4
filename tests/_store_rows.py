"""Hand-made rows for the tests of the store: squares with visible coordinates, tables of a few cells."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry import box

from geo.raw import RawTable
from geo.region import load_region
from layers._find import load_layers
from services.intake import ImportReport, import_many
from store import features
from store.open import Store

REGION = load_region()
ZONES = load_layers()["no_burn_zones"]
WEST, SOUTH, STEP = 119.46, 29.20, 0.01


def day(text: str | None) -> dt.date | None:
    """ISO text → date; None stays."""
    return None if text is None else dt.date.fromisoformat(text)


def square(place: int = 0) -> Any:
    """A square of 0.01° (about 1 km), the place-th to the east."""
    west = WEST + place * STEP
    return box(west, SOUTH, west + STEP, SOUTH + STEP)


def zone(code: str, start: str | None, end: str | None = None, place: int = 0, **cells: str) -> dict[str, Any]:
    """One zone as a file would give it."""
    filed = {"zone_code": code, "zone_class": "II", "effective_from": start, "effective_to": end}
    return filed | cells | {"geometry": square(place)}


def zones(*rows: dict[str, Any]) -> RawTable:
    """Zones as a read GeoJSON file."""
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row["geometry"] for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row if name != "geometry"))
    frame = pd.DataFrame([[row.get(name) for name in names] for row in rows], columns=names, dtype=object)
    return RawTable(frame, list(range(1, len(rows) + 1)), shapes, "EPSG:4490", True, "utf-8", "GeoJSON")


def table(*rows: dict[str, str]) -> RawTable:
    """Rows as a read CSV file; the first line is the header."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    frame = pd.DataFrame([[row.get(name) for name in names] for row in rows], columns=names, dtype=object)
    return RawTable(frame, list(range(2, len(rows) + 2)), encoding="utf-8", driver="CSV")


def put(store: Store, layer: str, raw: RawTable) -> ImportReport:
    """Import one table into a layer."""
    return import_many(store, REGION, [(layer, raw)], "test")[0]


def put_zones(store: Store, *rows: dict[str, Any]) -> ImportReport:
    """Import zones as one file."""
    return put(store, "no_burn_zones", zones(*rows))


def validity(store: Store, code: str | None = None, known_at: dt.datetime | None = None) -> list[tuple[str, ...]]:
    """(code, first day, last day) of every zone version known, ``-`` for open."""
    frame = features.recorded(store, ZONES, known_at=known_at)
    rows = zip(frame["zone_code"], frame["valid_from"], frame["valid_to"], strict=True)
    found = [(str(name), str(start or "-"), str(end or "-")) for name, start, end in rows]
    return [row for row in found if code in (None, row[0])]


def in_force(store: Store, on: str, known_at: dt.datetime | None = None) -> list[str]:
    """Versions of zones in force on a day."""
    return list(features.recorded(store, ZONES, day=dt.date.fromisoformat(on), known_at=known_at)["version"])
