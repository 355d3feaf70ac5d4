"""A seeded city of any size for measurements: boilers with their own points among 20 zones of every kind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.raw import RawTable
from geo.region import Region

SEED = 330781
ZONES = 20
CORNERS = 400
FUELS = np.array(["raw_coal", "natural_gas", "biomass_pellet", "light_diesel", "electricity", "heavy_oil"])
KINDS = np.array(["boiler", "boiler", "boiler", "industrial_kiln", "tea_boiler"])


def tables(region: Region, facilities: int) -> list[tuple[str, RawTable]]:
    """Raw tables of a city: ``facilities`` enterprises with a unit each, and 20 zones.

    Args:
        facilities: number of enterprises, each with one combustion unit at its own point.
    Returns:
        (layer name, table) in the order of import.
    """
    rng = np.random.default_rng(SEED)
    box = region.bounds
    lon = rng.uniform(box.west + 0.2, box.east - 0.2, facilities)
    lat = rng.uniform(box.south + 0.2, box.north - 0.2, facilities)
    spots = {"lon": [f"{x:.9f}" for x in lon], "lat": [f"{y:.9f}" for y in lat], "accuracy_m": ["5"] * facilities}
    return [*_zones(rng, region), ("enterprises", _enterprises(spots)), ("combustion_units", _units(rng, spots))]


def _raw(columns: dict[str, list[Any]], name: str, shapes: list[Any] | None = None) -> RawTable:
    frame = pd.DataFrame(columns, dtype=object)
    rows = list(range(2, len(frame) + 2))
    if shapes is None:
        return RawTable(frame, rows, encoding="UTF-8", driver="CSV", source_layer=name)
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return RawTable(frame, rows, geometry, "EPSG:4490", True, driver="GeoJSON", source_layer=name)


def _zones(rng: np.random.Generator, region: Region) -> list[tuple[str, RawTable]]:
    shares = {"no_burn_zones": ZONES - 4, "built_up_areas": 1, "heat_networks": 3}
    found = []
    for layer, count in shares.items():
        codes = [f"{layer[:2].upper()}{n}" for n in range(count)]
        columns: dict[str, list[Any]] = {
            "zone_code": codes, "zone_name": [f"示例{code}" for code in codes], "doc_no": ["示例〔2019〕1号"] * count,
            "effective_from": ["2019-03-01"] * count,
        }  # fmt: skip
        if layer == "no_burn_zones":
            columns |= {
                "zone_class": [("I", "II", "III")[n % 3] for n in range(count)],
                "existing_deadline": [dt.date(2020, 6, 30).isoformat()] * count,
            }
        found.append((layer, _raw(columns, layer, [_blob(rng, region) for _ in codes])))
    return found


def _blob(rng: np.random.Generator, region: Region) -> shapely.Polygon:
    """A wobbly polygon of 400 corners, some 3 to 10 km across."""
    box = region.bounds
    middle = rng.uniform((box.west + 0.3, box.south + 0.3), (box.east - 0.3, box.north - 0.3))
    turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    reach = rng.uniform(0.015, 0.05) * (1 + 0.15 * np.sin(5 * turn) + rng.uniform(-0.03, 0.03, CORNERS))
    return shapely.Polygon(np.column_stack([middle[0] + reach * np.cos(turn), middle[1] + reach * np.sin(turn)]))


def _enterprises(spots: dict[str, list[str]]) -> RawTable:
    count = len(spots["lon"])
    codes = {"enterprise_code": [f"E{n:06d}" for n in range(count)], "enterprise_name": [f"示例企业{n}" for n in range(count)]}
    return _raw(codes | spots, "enterprises")


def _units(rng: np.random.Generator, spots: dict[str, list[str]]) -> RawTable:
    count = len(spots["lon"])
    columns = {
        "unit_code": [f"U{n:06d}" for n in range(count)],
        "enterprise_code": [f"E{n:06d}" for n in range(count)],
        "unit_type": rng.choice(KINDS, count).tolist(),
        "fuel": rng.choice(FUELS, count).tolist(),
        "capacity_tph": [f"{value:.1f}" for value in rng.uniform(0.5, 60, count)],
        "status": rng.choice(["in_use", "in_use", "in_use", "idle"], count).tolist(),
        "built_on": [f"{year}-05-01" for year in rng.integers(1998, 2022, count)],
    }
    return _raw(columns | spots, "combustion_units")
