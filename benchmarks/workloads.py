"""Seeded points and zones for the joins: a city, a province, a nation; edges and vertices planted.

Metres of EPSG:4549. Zones are rings with several octaves of wobble; some are multipolygons, some have
holes, five of the province have some 50,000 vertices, and they overlap (1.4 zones a point).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import shapely

SEED = 330781
CITY = (450_000.0, 3_210_000.0, 500_000.0, 3_260_000.0)
PROVINCE = (300_000.0, 2_990_000.0, 800_000.0, 3_460_000.0)
OCTAVES = 11


def _ring(rng: np.random.Generator, corners: int, middle: Any, reach: float) -> tuple[Any, float]:
    """A simple ring around a place, and how near to the place it comes."""
    step = 2 * np.pi / corners
    turn = np.arange(corners) * step + (rng.random(corners) - 0.5) * step * 0.8
    wobble, share = np.zeros(corners), 1.0
    for octave in range(OCTAVES):
        if 2**octave > corners / 4:
            break
        shift = rng.uniform(0, 7, 2)
        wobble += share * (np.sin(2**octave * turn + shift[0]) + 0.7 * np.sin((2**octave + 1) * turn + shift[1]))
        share *= 0.6
    out = np.exp(0.16 * wobble)
    out *= reach / out.max()
    return np.column_stack([middle[0] + out * np.cos(turn), middle[1] + out * np.sin(turn)]), float(out.min())


def _zone(rng: np.random.Generator, corners: int, middle: Any, reach: float) -> Any:
    outer, inner = _ring(rng, corners, middle, reach)
    holes = [_ring(rng, max(8, corners // 8), middle, inner * 0.9)[0]] if rng.random() < 0.15 else []
    parts = [shapely.Polygon(outer, holes)]
    if rng.random() < 0.12:
        angle, small = rng.uniform(0, 2 * np.pi), reach * rng.uniform(0.15, 0.3)
        aside = np.array(middle) + (reach + small * 1.05) * np.array([np.cos(angle), np.sin(angle)])
        parts.append(shapely.Polygon(_ring(rng, max(8, corners // 4), aside, small)[0]))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


@cache
def zones(name: str) -> Any:
    """Zones by name: ``city`` (20), ``province`` (3,000), ``sites`` (20,000 small ones), ``cells`` (235,000 squares of 1 km)."""
    rng = np.random.default_rng([SEED, sum(name.encode())])
    if name == "cells":
        x, y = np.meshgrid(np.arange(PROVINCE[0], PROVINCE[2], 1000), np.arange(PROVINCE[1], PROVINCE[3], 1000))
        return shapely.box(x.ravel(), y.ravel(), x.ravel() + 1000, y.ravel() + 1000)
    count, box, corners, reach, spread, most = {
        "city": (20, CITY, 200, 4000, 0.5, 9000), "province": (3000, PROVINCE, 500, 4500, 0.75, 40_000),
        "sites": (20_000, PROVINCE, 60, 300, 0.6, 3000),
    }[name]  # fmt: skip
    made = np.empty(count, dtype=object)
    for n in range(count):
        large = name == "province" and n < 5
        vertices = 50_000 if large else int(np.clip(np.exp(rng.normal(np.log(corners) - 0.4, 0.9)), 12, 8000))
        size = rng.uniform(50_000, 80_000) if large else min(most, reach * np.exp(rng.normal(0, spread)))
        made[n] = _zone(rng, vertices, (rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])), size)
    return made


def _middles(name: str) -> Any:
    """The middle of every edge (n, 2)."""
    ends, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(zones(name))), return_index=True)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    return (ends[first] + ends[first + 1]) / 2


@cache
def points(count: int, name: str) -> Any:
    """Points (n, 2), most of them in clusters; one in 2,000 lies on a vertex and one in the middle of an edge of a zone.

    With a count of 0 the middle of every edge.
    """
    if not count:
        return _middles(name)
    rng = np.random.default_rng([SEED, count])
    box, clusters, spread = (CITY, 30, 800) if name == "city" else (PROVINCE, 2000, 3000)
    middles = np.column_stack([rng.uniform(box[0], box[2], clusters), rng.uniform(box[1], box[3], clusters)])
    weight = rng.pareto(1.2, clusters) + 0.1
    near = int(count * 0.7)
    chosen = middles[rng.choice(clusters, near, p=weight / weight.sum())] + rng.normal(0, spread, (near, 2))
    free = np.column_stack([rng.uniform(box[0], box[2], count - near), rng.uniform(box[1], box[3], count - near)])
    found = np.round(np.concatenate([chosen, free]), 2)
    found = rng.permutation(found.clip([box[0], box[1]], [box[2], box[3]]))
    ends = shapely.get_coordinates(zones(name))
    planted = rng.integers(0, len(ends) - 1, max(20, count // 2000))
    found[: len(planted)] = ends[planted]
    found[len(planted) : 2 * len(planted)] = (ends[planted] + ends[planted + 1]) / 2
    return rng.permutation(found)


WORKLOADS = {
    "W1": ("5,000 points × 20 zones", 5_000, "city"),
    "W2": ("1,000,000 points × 3,000 zones", 1_000_000, "province"),
    "W2e": ("the middle of every edge × 3,000 zones", 0, "province"),
    "W3": ("10,000,000 points × 3,000 zones", 10_000_000, "province"),
    "W4": ("1,000,000 points × 235,000 cells of 1 km", 1_000_000, "cells"),
    "W5": ("20,000 sites × 3,000 zones, overlap area", 0, "province"),
}
