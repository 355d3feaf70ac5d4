"""Polygons and points that are hard to join, and what GEOS says of them."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import shapely
from hypothesis import strategies as st

from geo import _covered, join

Floats = npt.NDArray[np.float64]
Zones = npt.NDArray[np.object_]

PLACES = ((0.0, 0.0, 1.0), (452_000.0, 3_230_000.0, 37.25), (119.46, 29.21, 1e-3), (-1e-9, 1e-9, 1e-9), (1e12, -1e12, 1e6))
"""Offsets and units the same small shapes are moved to: plain, metres, degrees, tiny, huge."""
SMALLEST = float(np.finfo(np.float64).tiny)
"""Beside 0 lie numbers whose products vanish: of a multi-part zone GEOS then says one thing prepared and another not."""
whole = st.integers(-6, 6)


def zones_of(shapes: list[Any]) -> Zones:
    """An object array of shapes, None among them."""
    return np.array([*shapes, None], dtype=object)[:-1]


@st.composite
def polygons(draw: st.DrawFn) -> shapely.Geometry:
    """Hulls, boxes, holes and parts on whole numbers, and stars off them: edges and vertices meet often."""
    spots = draw(st.lists(st.tuples(whole, whole), min_size=3, max_size=8, unique=True))
    hull = shapely.MultiPoint(spots).convex_hull
    shape = hull if hull.geom_type == "Polygon" else shapely.box(spots[0][0], spots[0][1], spots[0][0] + 2, spots[0][1] + 1)
    if draw(st.booleans()):
        x, y = draw(whole), draw(whole)
        shape = shape.difference(shapely.box(x, y, x + 1, y + 2))
    if draw(st.booleans()):
        x, y = draw(whole), draw(whole)
        shape = shape.union(shapely.box(x, y, x + draw(st.integers(1, 3)), y + 1))
    if draw(st.booleans()):
        shape = shape.union(star(draw(st.integers(3, 40)), draw(whole), draw(whole), draw(st.integers(0, 99))))
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0] if parts else shapely.box(0, 0, 1, 1)


def star(corners: int, x: float, y: float, seed: int, reach: float = 4.0, even: float = 0.3) -> shapely.Polygon:
    """A simple ring around a place; its corners lie between ``even`` of the reach and the whole."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    out = reach * rng.uniform(even, 1.0, corners)
    return shapely.Polygon(np.column_stack([x + out * np.cos(turn), y + out * np.sin(turn)]))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Floats, Zones]:
    """Zones at one of the places, and points planted on and around their edges and vertices."""
    shapes = draw(st.lists(polygons(), min_size=1, max_size=6))
    x, y, unit = draw(st.sampled_from(PLACES))
    moved = [shapely.transform(shape, lambda c: c * unit + np.array([x, y])) for shape in shapes]
    zones = zones_of([*(shape for shape in moved if shape.is_valid), None, shapely.Polygon()])
    free = np.array(draw(st.lists(st.tuples(whole, whole), max_size=12)), dtype=np.float64).reshape(-1, 2)
    return np.concatenate([planted(zones, draw(st.integers(0, 2**32 - 1))), free * unit + np.array([x, y]), ODD]), zones


ODD = np.array([[np.nan, 0], [0, np.inf], [-np.inf, np.nan], [1e308, -1e308], [0, 5e-324], [1.7e308, 1.7e308]])


def planted(zones: Zones, seed: int = 0) -> Floats:
    """Every vertex, middles and other places of every edge, and the next numbers around all of them."""
    rng = np.random.default_rng(seed)
    ends, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(zones)), return_index=True)
    same = np.flatnonzero(ring[1:] == ring[:-1])
    first, last = ends[same], ends[same + 1]
    share = rng.uniform(0, 1, (len(same), 1))
    on = np.concatenate([ends, (first + last) / 2, first + share * (last - first)]).reshape(-1, 2)
    beside = np.nextafter(on, np.where(rng.uniform(size=on.shape) < 0.5, -np.inf, np.inf))
    beside[np.abs(beside) < SMALLEST] = 0.0
    half = np.column_stack([on[:, 0], beside[:, 1]])
    return np.concatenate([on, beside, half])


def truth(xy: Floats, zones: Zones) -> list[tuple[int, int]]:
    """Pairs by GEOS, one whole polygon after another, nothing prepared."""
    found = []
    for z, zone in enumerate(zones):
        if zone is not None:
            inside = shapely.intersects_xy(shapely.from_wkb(shapely.to_wkb(zone)), xy[:, 0], xy[:, 1])
            found += [(int(p), z) for p in np.flatnonzero(inside)]
    return sorted(found)


def by_cell() -> AbstractContextManager[Any]:
    """Every join by cell, and every zone with cells answered whole, however small it is."""
    patches = mock.patch.multiple(join, CELLS_FROM=0), mock.patch.multiple(_covered, WORTH_FROM=0)
    stack = ExitStack()
    for patch in patches:
        stack.enter_context(patch)
    return stack
