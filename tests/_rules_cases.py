"""Tiny worlds for the tests of the rules: rows by hand, boxes in judging metres."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import shapely

from geo.region import Region, load_region
from layers._find import load_layers
from rules._frames import Frames, frames_from
from rules._run import run

DAY = dt.date(2021, 7, 1)
IN_TIME = dt.date(2020, 12, 31)
HOME = (449000.0, 3233000.0)
EXACT = Decimal("0.1")
REGION = load_region()
ENDS = ("geometry", "version", "valid_from", "valid_to")


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A box by its offsets in metres from ``HOME``."""
    return shapely.box(HOME[0] + west, HOME[1] + south, HOME[0] + east, HOME[1] + north)


AROUND = box(-1000, -1000, 1000, 1000)
"""A box with ``HOME`` in its middle."""


def spot(east: float = 0.0, north: float = 0.0) -> shapely.Point:
    """A point by its offset in metres from ``HOME``."""
    return shapely.Point(HOME[0] + east, HOME[1] + north)


def rows(layer: str, *records: dict[str, Any]) -> pd.DataFrame:
    """A recorded frame of a layer from a few values; everything else is None."""
    known = load_layers()[layer]
    names = [column.name for column in known.columns]
    made = []
    for place, given in enumerate(records):
        assert set(given) <= {*names, *ENDS}, set(given) - {*names, *ENDS}
        record: dict[str, Any] = dict.fromkeys([*names, *ENDS]) | given
        record[known.key] = record[known.key] or f"{layer}-{place}"
        record["version"] = record["version"] or f"{record[known.key]}@{record.get('effective_from') or ''}"
        if known.zone:
            record["valid_from"] = record["valid_from"] or record["effective_from"]
            record["valid_to"] = record["valid_to"] or record["effective_to"]
        made.append(record)
    return pd.DataFrame(made, columns=[*names, *ENDS], dtype=object)


def unit(**values: Any) -> dict[str, Any]:
    """A coal boiler of 4 t/h at ``HOME``, exact position, with other values as given."""
    base: dict[str, Any] = {
        "unit_code": "U1", "enterprise_code": "E1", "unit_type": "boiler", "fuel": ("raw_coal",),
        "capacity_tph": Decimal(4), "built_on": dt.date(2012, 5, 1), "geometry": spot(), "accuracy_m": EXACT,
    }  # fmt: skip
    return base | values


def no_burn(**values: Any) -> dict[str, Any]:
    """A class II zone around ``HOME``, in force since 2019-09-01, deadline 2020-06-30."""
    base: dict[str, Any] = {
        "zone_code": "Z", "zone_class": "II", "effective_from": dt.date(2019, 9, 1),
        "existing_deadline": dt.date(2020, 6, 30), "geometry": AROUND,
    }  # fmt: skip
    return base | values


def zone(**values: Any) -> dict[str, Any]:
    """A plain zone around ``HOME``."""
    return {"zone_code": "Z", "geometry": AROUND} | values


def world(**layers: Any) -> Frames:
    """Frames from lists of records (or one record) by layer."""
    tables = {name: given if isinstance(given, list) else [given] for name, given in layers.items()}
    return frames_from({name: rows(name, *records) for name, records in tables.items()})


def region(**parameters: Any) -> Region:
    """The region with overridden parameters."""
    return dataclasses.replace(REGION, parameters=parameters)


def findings(frames: Frames, rule: str, day: dt.date = DAY, where: Region = REGION) -> list[dict[str, str]]:
    """All findings of one rule."""
    return [{str(k): v for k, v in row.items()} for row in run(frames, day, where, [rule]).to_dict("records")]


def finding(frames: Frames, rule: str, day: dt.date = DAY, where: Region = REGION) -> dict[str, str]:
    """The one finding of a rule; verdict N and empty columns where there is none."""
    found = findings(frames, rule, day, where)
    assert len(found) <= 1
    return found[0] if found else {"verdict": "N", "missing": "", "zone_code": "", "due_on": "", "edge_distance_m": ""}


def verdict(frames: Frames, rule: str, day: dt.date = DAY, where: Region = REGION) -> str:
    """The one verdict of a rule, N where there is no finding."""
    return finding(frames, rule, day, where)["verdict"]
