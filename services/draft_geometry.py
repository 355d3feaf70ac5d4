"""Operations on a drawn geometry: 并入, 扣除, 分割, merge, simplify, clip, buffer, paint by unit, snap and the doctor's repairs.

A preview: the answer is the geometry afterwards with its change of area; nothing is stored and nothing is applied.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo import crs as systems
from geo._shapes import ShapeUnusable, from_geojson
from geo.errors import WrongUsage
from geo.redraw import (
    common,
    cut,
    filled,
    holes_of,
    joined,
    on_anchors,
    snapped,
    split,
    thinned,
    tied,
    vertices_dropped,
    without,
)
from geo.region import Region
from geo.repair import repair
from geo.topology import GAP_M, SLIVER_M, SMALL_HOLE_M2, SMALL_PART_M2, doubled, spikes, widths
from layers._layer import Layer
from services._draft_rows import ZoneTable, in_force_among
from services._drawing import DrawingRefused, drawable, not_valid, parse, shape_of, text_of
from services.assess import recorded_frames
from services.doctor import METRES_PER_DEGREE, county_degrees
from services.scope import Principal, layer_for
from store.open import Store

TIE_DEGREES = 2e-7
"""New vertices this near (2 cm) to one of a neighbour take its very coordinates."""
FARTHEST_M, COARSEST_M = 20_000.0, 1_000.0
MOST_CODES = 2_000
GROUND_LAYERS = ("towns",)

Shape = Any
"""A polygon or multipolygon in degrees (shapely carries no types)."""


class OperationUnknown(WrongUsage):
    """An operation there is not."""

    zh = "没有操作“{value}”，可用：{hint}。"
    en = "There is no operation “{value}”; there are: {hint}."


class NothingLeft(DrawingRefused):
    """An operation that leaves no area."""

    zh = "操作之后没有剩余面积，未作改动。"
    en = "The operation leaves no area; nothing was changed."


class NotSplit(DrawingRefused):
    """A line that does not divide the area."""

    zh = "分割线没有把图形分成两块，请让它完整穿过图形。"
    en = "The line does not divide the area; draw it right across."


class NoSuchRows(DrawingRefused):
    """Units or neighbours that do not exist."""

    zh = "“{layer}”中没有可用的图形“{codes}”，请核对编号。"
    en = "“{layer_en}” has no usable area “{codes}”; check the codes."


class BadNumber(DrawingRefused):
    """A distance or tolerance out of range."""

    zh = "{name} 应为 {low:g} 到 {high:g} 之间的数（米或平方米）。"
    en = "{name} must be a number from {low:g} to {high:g} (m or m²)."


@dataclass(frozen=True)
class Work:
    """One request for an operation.

    Attributes:
        layer, code: what is drawn. shape: as drawn, degrees. body: the request.
    """

    store: Store
    region: Region
    principal: Principal
    layer: Layer
    code: str
    shape: Shape
    body: dict[str, Any]
    day: dt.date

    def other(self, name: str = "other") -> Shape:
        """Another geometry of the request, which must be valid."""
        shape = shape_of(self.body.get(name))
        if not shapely.is_valid(shape):
            raise not_valid(shape)
        return shape

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """A number of the request within limits."""
        value = self.body.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not low <= value <= high:
            raise BadNumber(name=name, low=low, high=high)
        return float(value)

    def metres(self, shape: Shape) -> Shape:
        """A shape vertex by vertex in metres."""
        return systems.transform(np.array([shape], dtype=object), self.region.map_crs, self.region.judging_crs)[0]

    def area(self, shape: Shape) -> float:
        """m² as judged."""
        one = np.array([shape], dtype=object)
        return float(shapely.area(systems.to_judging(one, self.region.map_crs, self.region.judging_crs)[0]))

    def rows(self, layer: Layer, codes: list[str] | None) -> dict[str, Shape]:
        """Areas of a layer in force on the day, by code: some, or all.

        Raises:
            NoSuchRows: one of them is not there.
        """
        table = ZoneTable(layer, _in_degrees(recorded_frames(self.store)[layer.name]))
        wanted = table.codes if codes is None else codes
        found = {code: in_force_among(table.records(code), self.day) for code in wanted}
        shapes = {code: record["geometry"] for code, record in found.items() if record and record["geometry"] is not None}
        missing = [code for code in codes or () if code not in shapes]
        if missing:
            raise NoSuchRows(layer=layer.title, layer_en=layer.title_en, codes="、".join(missing[:5])[:120])
        return shapes

    def neighbours(self) -> dict[str, Shape]:
        """The other areas of the layer: those named, or all in force."""
        codes = self.body.get("codes")
        named = None if codes is None else code_list(codes)
        return {code: shape for code, shape in self.rows(self.layer, named).items() if code != self.code}

    def anchors(self) -> npt.NDArray[np.float64]:
        """Vertices that borders may be shared with: neighbours, towns, the county, what was drawn before."""
        shapes = [self.shape, county_degrees(self.region), *self.rows(self.layer, None).values()]
        for name in GROUND_LAYERS:
            shapes += self.rows(layer_for(self.principal, name), None).values()
        return np.unique(shapely.get_coordinates([shape for shape in shapes if shape is not None]), axis=0)


def _in_degrees(frame: Any) -> Any:
    return frame.assign(geometry=frame["geometry_map"])


def code_list(value: Any) -> list[str]:
    """Codes of a request.

    Raises:
        WrongUsage: no list of texts.
    """
    if not isinstance(value, list) or not value or len(value) > MOST_CODES or not all(isinstance(one, str) for one in value):
        raise WrongUsage(value="codes", hint='["NBZ2"]')
    return list(dict.fromkeys(value))


def _union(work: Work) -> list[Shape]:
    return [joined([work.shape, work.other()])]


def _difference(work: Work) -> list[Shape]:
    return [cut(work.shape, work.other())]


def _split(work: Work) -> list[Shape]:
    try:
        line = from_geojson(work.body.get("line"))
    except ShapeUnusable:
        line = None
    if line is None or not line.geom_type.endswith("LineString"):
        raise WrongUsage(value="line", hint="LineString")
    pieces = split(work.shape, line)
    if len(pieces) <= shapely.get_num_geometries(work.shape):
        raise NotSplit()
    return pieces


def _merge(work: Work) -> list[Shape]:
    others = work.body.get("geometries")
    if not isinstance(others, list) or not 0 < len(others) <= MOST_CODES:
        raise WrongUsage(value="geometries", hint="[Polygon, …]")
    shapes = [shape_of(one) for one in others]
    for shape in shapes:
        if not shapely.is_valid(shape):
            raise not_valid(shape)
    return [joined([*([work.shape] if work.shape is not None else []), *shapes])]


def _simplify(work: Work) -> list[Shape]:
    tolerance = work.number("tolerance_m", 0.01, COARSEST_M)
    shared = [county_degrees(work.region), *work.neighbours().values()]
    for name in GROUND_LAYERS:
        shared += work.rows(layer_for(work.principal, name), None).values()
    anchors = np.unique(shapely.get_coordinates(shared), axis=0)
    fixed = on_anchors(shapely.get_coordinates(work.shape), anchors, TIE_DEGREES / 100) >= 0
    return [thinned(work.shape, work.metres(work.shape), fixed, tolerance)]


def _clip_county(work: Work) -> list[Shape]:
    return [common(work.shape, county_degrees(work.region))]


def _clip_neighbours(work: Work) -> list[Shape]:
    return [cut(work.shape, shapely.union_all(list(work.neighbours().values())))]


def _buffer(work: Work) -> list[Shape]:
    distance = work.number("distance_m", -FARTHEST_M, FARTHEST_M)
    wide = shapely.buffer(work.metres(work.shape), distance, quad_segs=8)
    there = systems.transform(np.array([wide], dtype=object), work.region.judging_crs, work.region.map_crs)
    return [None if shapely.is_empty(wide) else there[0]]


def _units(work: Work) -> list[Shape]:
    """Whole units of a polygon layer, with what is drawn already where there is something."""
    units = work.body.get("units")
    if not isinstance(units, dict):
        raise WrongUsage(value="units", hint='{"layer": "towns", "codes": ["330781001"]}')
    layer = layer_for(work.principal, text_of(units, "layer"))
    shapes = list(work.rows(layer, code_list(units.get("codes"))).values())
    if any(shapely.get_type_id(shape) not in (3, 6) for shape in shapes):
        raise NoSuchRows(layer=layer.title, layer_en=layer.title_en, codes="Point")
    return [joined([*([work.shape] if work.shape is not None else []), *shapes])]


def _snap(work: Work) -> list[Shape]:
    tolerance, shape = work.number("tolerance_m", 0.01, 200.0, GAP_M) / METRES_PER_DEGREE, work.shape
    for neighbour in work.neighbours().values():
        if shapely.dwithin(shape, neighbour, tolerance):
            shape = snapped(shape, neighbour, tolerance)
    return [repair(np.array([shape], dtype=object))[0][0]]


def _make_valid(work: Work) -> list[Shape]:
    return [repair(np.array([work.shape], dtype=object))[0][0]]


def _drop_parts(work: Work, slivers: bool) -> list[Shape]:
    parts = shapely.get_parts(work.metres(work.shape))
    least = work.number("min_m2", 0.0, 1e9, SMALL_PART_M2)
    return [without(work.shape, widths(parts) < SLIVER_M if slivers else shapely.area(parts) < least)]


def _fill(work: Work, tiny_only: bool) -> list[Shape]:
    holes = holes_of(work.metres(work.shape))
    large = (shapely.area(holes) >= SMALL_HOLE_M2) & (widths(holes) >= SLIVER_M) if len(holes) else np.zeros(0, dtype=np.bool_)
    return [filled(work.shape, large if tiny_only else np.zeros(len(holes), dtype=np.bool_))]


def _drop_spikes(work: Work) -> list[Shape]:
    return [vertices_dropped(work.shape, spikes(work.metres(work.shape)) > 0)]


def _drop_duplicates(work: Work) -> list[Shape]:
    return [vertices_dropped(work.shape, doubled(work.shape, METRES_PER_DEGREE))]


OPERATIONS: dict[str, Callable[[Work], list[Shape]]] = {
    "union": _union, "difference": _difference, "split": _split, "merge": _merge, "simplify": _simplify,
    "clip_county": _clip_county, "clip_neighbours": _clip_neighbours, "buffer": _buffer, "units": _units, "snap": _snap,
    "make_valid": _make_valid, "drop_small_parts": lambda work: _drop_parts(work, False),
    "drop_slivers": lambda work: _drop_parts(work, True), "fill_holes": lambda work: _fill(work, False),
    "fill_small_holes": lambda work: _fill(work, True), "drop_spikes": _drop_spikes, "drop_duplicates": _drop_duplicates,
}  # fmt: skip
FROM_NOTHING = ("units", "merge")
"""Operations that can begin without a drawing."""
OF_NEIGHBOURS = ("union", "difference", "split", "merge", "clip_county", "clip_neighbours", "snap")
"""Operations whose new vertices may fall on those of a neighbour."""


def operate(store: Store, region: Region, principal: Principal, asked: bytes, day: dt.date) -> dict[str, Any]:
    """A drawn geometry after one operation.

    Args:
        asked: JSON with ``op``, ``layer``, ``code``, ``geometry`` and what the operation needs (``other``, ``line``,
            ``geometries``, ``units``, ``codes``, ``tolerance_m``, ``distance_m``, ``min_m2``).
    Returns:
        ``geometry``, ``parts`` (of a split, the largest first), ``area_km2`` (±), ``area``, ``vertices``.
    Raises:
        DrawingRefused: the drawing or the result cannot be used. WrongUsage, LayerUnknown.
    """
    started, body = time.perf_counter(), parse(asked)
    name = text_of(body, "op")
    if name not in OPERATIONS:
        raise OperationUnknown(value=name[:40], hint="、".join(OPERATIONS))
    shape = None if name in FROM_NOTHING and body.get("geometry") is None else shape_of(body.get("geometry"))
    if shape is not None and name != "make_valid" and not shapely.is_valid(shape):
        raise not_valid(shape)
    layer = drawable(principal, text_of(body, "layer"))
    work = Work(store, region, principal, layer, text_of(body, "code"), shape, body, day)
    made = [_finished(work, one, name) for one in OPERATIONS[name](work)]
    return _told(work, name, made) | {"ms": round((time.perf_counter() - started) * 1e3, 2)}


def _finished(work: Work, shape: Shape | None, name: str) -> Shape:
    """A result with shared borders exact.

    Raises:
        NothingLeft: no area. NotValid: the operation broke it.
    """
    if shape is None or shapely.is_empty(shape):
        raise NothingLeft()
    if name in OF_NEIGHBOURS:
        shape = tied(shape, _close(work.anchors(), shape), TIE_DEGREES)
    if not shapely.is_valid(shape):
        raise not_valid(shape)
    return shape


def _close(anchors: npt.NDArray[np.float64], shape: Shape) -> npt.NDArray[np.float64]:
    west, south, east, north = shapely.bounds(shape)
    low, high = np.array([west, south]) - TIE_DEGREES, np.array([east, north]) + TIE_DEGREES
    return anchors[((anchors >= low) & (anchors <= high)).all(axis=1)]


def _told(work: Work, name: str, made: list[Shape]) -> dict[str, Any]:
    before = 0.0 if work.shape is None else work.area(work.shape)
    areas = [work.area(shape) for shape in made]
    after = sum(areas)
    parts = [{"geometry": as_geojson(shape), "area_km2": round(area / 1e6, 6)} for shape, area in zip(made, areas, strict=True)]
    count = 0 if work.shape is None else int(shapely.get_num_coordinates(work.shape))
    return {
        "op": name, "geometry": parts[0]["geometry"], "parts": parts if len(parts) > 1 else [],
        "area_km2": round((after - before) / 1e6, 6) + 0.0,
        "area": {"before": round(before / 1e6, 6), "after": round(after / 1e6, 6)},
        "vertices": {"before": count, "after": int(shapely.get_num_coordinates(made).sum())},
        "units": work.body.get("units"),
    }  # fmt: skip


def as_geojson(shape: Shape) -> dict[str, Any]:
    """A shape with every digit of its coordinates."""
    found: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return found
