"""Random redrawings of every zone layer, and the difference of two whole assessments to compare them with."""

from __future__ import annotations

import datetime as dt
import json
import random
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import shapely
from _rules_cases import HOME, REGION, rows

from geo import crs as systems
from layers._find import load_layers
from rules._frames import frames_from
from rules._run import run
from services._baseline import Baseline, rules_on
from services.assess import Assessment

D = Decimal
DAY = dt.date(2021, 7, 1)
START = dt.date(2019, 9, 1)
EDITED = ("no_burn_zones", "nrmm_zones", "built_up_areas", "heat_networks", "mixing_ban_areas", "development_zones", "grid_cells")
COMPARED = ("verdict", "zone_code", "due_on", "missing")
FUELS = [("raw_coal",), ("heavy_oil",), ("biomass_pellet",), ("lng",), ("raw_coal", "lng"), None, ("loose_coal",)]
KINDS = ["boiler", "tea_boiler", "grain_dryer", "drying_kiln", "civil_stove", None]


def degrees(shape: Any) -> Any:
    """A shape in judging metres in degrees, rounded as a browser would send it."""
    there = systems.transform(np.array([shape], dtype=object), REGION.judging_crs, REGION.map_crs)[0]
    return shapely.transform(there, lambda xy: np.round(xy, 9))


def metres(shape: Any) -> Any:
    """A shape in degrees as an import would judge it."""
    return systems.to_judging(np.array([shape], dtype=object), REGION.map_crs, REGION.judging_crs)[0]


def blob(chance: random.Random, east: float, north: float, size: float) -> Any:
    """A wobbly polygon in degrees around an offset from home."""
    count = chance.randrange(5, 14)
    turn = np.sort(np.array([chance.uniform(0, 2 * np.pi) for _ in range(count)]))
    if np.diff(np.append(turn, turn[0] + 2 * np.pi)).max() > 3:
        turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    reach = np.array([size * chance.uniform(0.6, 1.3) for _ in range(len(turn))])
    ring = np.column_stack([HOME[0] + east + reach * np.cos(turn), HOME[1] + north + reach * np.sin(turn)])
    return degrees(shapely.Polygon(ring))


def edited(chance: random.Random, shape: Any) -> Any:
    """A shape with something done to it: a vertex moved, added or taken, a hole, all of it moved or another one."""
    what = chance.choice(["move", "move", "nudge", "add", "drop", "shift", "hole", "new", "same"])
    ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.get_parts(shape)[0]))[:-1].copy()
    at = chance.randrange(len(ring))
    step = {"nudge": 2e-6}.get(what, 2e-3)
    if what in ("move", "nudge"):
        ring[at] += [chance.uniform(-step, step), chance.uniform(-step, step)]
    elif what == "add":
        middle = (ring[at] + ring[at - 1]) / 2 + [chance.uniform(-1e-3, 1e-3), chance.uniform(-1e-3, 1e-3)]
        ring = np.insert(ring, at, middle, axis=0)
    elif what == "drop" and len(ring) > 4:
        ring = np.delete(ring, at, axis=0)
    elif what == "shift":
        ring += [chance.uniform(-3e-3, 3e-3), chance.uniform(-3e-3, 3e-3)]
    elif what == "new":
        return blob(chance, chance.uniform(-300, 300), chance.uniform(-300, 300), 400)
    made = shapely.Polygon(np.round(ring, 9))
    if what == "hole":
        made = shapely.difference(made, made.centroid.buffer(chance.uniform(2e-4, 8e-4), quad_segs=3))
    return made if made.is_valid and not made.is_empty and made.geom_type == "Polygon" else shape


def planted(chance: random.Random, shapes: list[Any]) -> list[Any]:
    """Points in judging metres: anywhere, on edges and vertices, and just around the tolerance of 0.2 m."""
    found = [shapely.Point(HOME[0] + chance.uniform(-900, 900), HOME[1] + chance.uniform(-900, 900)) for _ in range(25)]
    for shape in shapes:
        edge = shapely.boundary(metres(shape))
        found += [shapely.line_interpolate_point(edge, chance.random(), normalized=True) for _ in range(4)]
        found += [shapely.Point(xy) for xy in chance.sample(shapely.get_coordinates(edge).tolist(), 2)]
        for gap in (0.19, 0.2, 0.21, 4.99, 5.0, 5.01, 14.9):
            spot = shapely.line_interpolate_point(edge, chance.random(), normalized=True)
            turn = chance.uniform(0, 2 * np.pi)
            found.append(shapely.Point(spot.x + gap * np.cos(turn), spot.y + gap * np.sin(turn)))
    return found


def subjects(chance: random.Random, spots: list[Any]) -> dict[str, pd.DataFrame]:
    """Units, enterprises, machines and sites at some points, some without a place, some with an area."""
    def place() -> dict[str, Any]:
        return {"geometry": chance.choice(spots), "accuracy_m": chance.choice([None, D("0.1"), D(5), D(15)])}

    firms = [place() | {"enterprise_code": f"E{n}", "grid_person": chance.choice([None, "甲"])} for n in range(40)]
    units = [
        {
            "unit_code": f"U{n:03d}", "enterprise_code": f"E{n % 44}", "unit_type": chance.choice(KINDS),
            "fuel": chance.choice(FUELS), "fuel_standby": chance.choice([None, None, ("raw_coal",)]),
            "capacity_tph": chance.choice([D(4), D(20), D(36), None]), "sulfur_pct": chance.choice([D("0.6"), None]),
            "built_on": chance.choice([dt.date(2012, 5, 1), dt.date(2020, 1, 1), None]),
            "status": chance.choice([None, "idle", "removed"]), "cut_off": chance.choice([None, "yes"]),
            "exempt_category": chance.choice([None, ("chp",)]), **(place() if n % 5 else {}),
        }
        for n in range(len(spots))
    ]  # fmt: skip
    machines = [
        {
            "machine_code": f"M{n}", "fuel": chance.choice(["diesel", None]),
            "smoke_k": chance.choice([D("0.4"), D("0.9"), D("2.5"), None]),
            "power_kw": chance.choice([D(30), D(110), None]), "emergency": chance.choice([None, "yes"]),
            "observed_at": chance.choice([None, dt.datetime(2021, 6, 1, 9), dt.datetime(2019, 1, 1, 9)]),
            **(place() if n % 9 else {}),
        }
        for n in range(60)
    ]  # fmt: skip
    sites = []
    for n in range(40):
        spot = place()
        if n % 3 == 0:
            spot["geometry"] = spot["geometry"].buffer(chance.uniform(4, 60), quad_segs=2)
        sites.append(spot | {"site_code": f"S{n}", "onsite_mixing": chance.choice(["yes", "no", None])})
    return {
        "enterprises": rows("enterprises", *firms), "combustion_units": rows("combustion_units", *units),
        "machines": rows("machines", *machines), "construction_sites": rows("construction_sites", *sites),
    }  # fmt: skip


def zone_rows(chance: random.Random, layer: str, shapes: list[Any]) -> pd.DataFrame:
    """Zones of a layer with these drawings in degrees."""
    made = []
    for n, shape in enumerate(shapes):
        record: dict[str, Any] = {load_layers()[layer].key: f"Z{n}", "geometry": metres(shape)}
        if layer == "grid_cells":
            record |= {"head_name": chance.choice([None, "乙"]), "grid_system": chance.choice([None, "responsibility", "hot"])}
        else:
            record |= {"effective_from": START, "edge": chance.choice([None, "include", "exclude"])}
        made.append(record | lawful(chance, layer))
    return rows(layer, *made)


def lawful(chance: random.Random, layer: str) -> dict[str, Any]:
    """Legal columns of a zone of a layer."""
    if layer == "no_burn_zones":
        return {
            "zone_class": chance.choice(["I", "II", "III"]), "exemptions": chance.choice([None, ("chp",)]),
            "existing_deadline": chance.choice([None, dt.date(2020, 6, 30), dt.date(2022, 6, 30)]),
        }  # fmt: skip
    return {"smoke_class": chance.choice([None, "II", "III"])} if layer == "nrmm_zones" else {}


def city(chance: random.Random, edited_layer: str) -> tuple[dict[str, pd.DataFrame], list[Any]]:
    """Frames of a small city, and the drawings of the layer that is edited."""
    shapes = [blob(chance, chance.uniform(-400, 400), chance.uniform(-400, 400), chance.uniform(150, 500)) for _ in range(4)]
    frames: dict[str, pd.DataFrame] = {name: rows(name) for name in load_layers()}
    frames |= subjects(chance, planted(chance, shapes)) | {edited_layer: zone_rows(chance, edited_layer, shapes)}
    if edited_layer == "grid_cells":
        frames["development_zones"] = zone_rows(chance, "development_zones", [blob(chance, 0, 0, 700)])
    for frame in frames.values():
        shapes_map = [None if shape is None else degrees(shape) for shape in frame["geometry"]]
        frame["geometry_map"] = pd.Series(shapes_map, dtype=object)
    return frames, shapes


def assessed(frames: dict[str, pd.DataFrame]) -> Assessment:
    """An assessment of frames without a store."""
    findings = run(frames_from(frames), DAY, REGION)
    return Assessment(findings, DAY, (), "", str(id(frames)), {}, 0.0, frames, 0.2)


def baseline(frames: dict[str, pd.DataFrame]) -> tuple[Assessment, Baseline]:
    """An assessment with its baseline."""
    found = assessed(frames)
    return found, Baseline(found, REGION)


Told = dict[tuple[str, str, str], tuple[str, ...]]


def verdicts(frames: dict[str, pd.DataFrame], layer: str) -> Told:
    """(rule, layer, code) → what is compared, of one whole run of every rule that looks at a layer."""
    found = run(frames_from(frames), DAY, REGION, list({rule.key for rule, _ in rules_on(layer)})).to_dict("records")
    return {(r["rule"], r["subject_layer"], r["subject_code"]): tuple(r[name] for name in COMPARED) for r in found}


def difference(before: Told, after: Told) -> Told:
    """What two whole runs differ in: the verdict afterwards."""
    nothing = ("N", "", "", "")
    return {key: after.get(key, nothing) for key in {*before, *after} if before.get(key, nothing) != after.get(key, nothing)}


def as_geojson(shape: Any) -> Any:
    """A shape as a request carries it."""
    return json.loads(shapely.to_geojson(shape))
