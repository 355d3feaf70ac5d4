"""Where a draft begins: the zone in force, whole towns or cells, a buffer, an uploaded file, or an empty sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo import crs as systems
from geo.child import read_untrusted
from geo.errors import Refused, WrongUsage
from geo.read import ReadOptions
from layers._cells import to_text
from layers._conform_places import ConformOptions, geometry_crs
from layers._layer import Layer
from services._drawing import NoArea, NoGeometry, not_valid
from services.drafts import Table, drawn_layer, named
from services.scope import layer_for
from services.sketches import in_degrees, in_metres
from store import audit, changes, features
from store.drafts import Sketch
from store.errors import FeatureMissing

SET_ANEW = ("effective_from", "effective_to", "doc_no", "stated_area_km2")
"""Facts that every publication states anew."""
MOST_METRES = 20_000.0
DIGITS = 9
"""Of degrees that we work out ourselves: some 0.1 mm."""


class CodeTaken(Refused):
    """A new zone under a code that is in use."""

    zh = "编号“{code}”已有区域，请从该区域起草，或换一个编号。"
    en = "The code “{code}” is in use; draft from that zone, or choose another code."


def from_zone(table: Table, layer_name: str, code: str, name: str, day: dt.date) -> int:
    """A draft from the version of a zone in force on a day, or from its latest one; returns the draft's number.

    Raises:
        FeatureMissing: no such zone.
    """
    layer = drawn_layer(table.principal, layer_name)
    record = standing(table, layer, code, day)
    if record is None:
        raise FeatureMissing(layer=layer.title, what=code)
    origin = {"kind": "zone", "version": record["version"]}
    return _begin(table, layer, code, name, Sketch(record["geometry_map"], facts_of(layer, record)), origin, record["version"])


def standing(table: Table, layer: Layer, code: str, day: dt.date) -> dict[str, Any] | None:
    """The version of a code in force on a day, or the latest; None where there is none."""
    with table.store.read() as connection:
        frame = features.read_versions(connection, layer)
    mine = frame[frame[layer.key] == code]
    if not len(mine):
        return None
    return (_in_force(mine, day) or mine.to_dict("records"))[-1]


def _in_force(frame: pd.DataFrame, day: dt.date) -> list[dict[str, Any]]:
    return [
        row for row in frame.to_dict("records")
        if (row["valid_from"] or dt.date.min) <= day <= (row["valid_to"] or dt.date.max)
    ]  # fmt: skip


def facts_of(layer: Layer, record: dict[str, Any]) -> dict[str, str]:
    """The record of a version as the props of a draft; what every publication states anew is left out."""
    kept = [c for c in layer.columns if c.name not in (layer.key, *SET_ANEW) and record[c.name] is not None]
    return {column.name: to_text(column, record[column.name]) for column in kept}


def blank(table: Table, layer_name: str, code: str, name: str) -> int:
    """An empty sheet for a new zone."""
    return _new(table, layer_name, code, name, None, {"kind": "blank"})


def from_units(table: Table, layer_name: str, code: str, name: str, units: Sequence[tuple[str, str]]) -> int:
    """A new zone of whole units: towns, cells, or rows of any polygon layer. The list stays with the draft."""
    shape = together(table, units)
    return _new(table, layer_name, code, name, shape, {"kind": "units"}, tuple(units))


def together(table: Table, units: Sequence[tuple[str, str]]) -> shapely.Geometry:
    """Whole units as one polygon in degrees; their own vertices are kept.

    Raises:
        FeatureMissing: a unit there is not. WrongUsage: none.
    """
    if not units:
        raise WrongUsage(value="units", hint="请至少选一个单元 / choose at least one unit")
    shapes = []
    frames: dict[str, pd.DataFrame] = {}
    for layer_name, key in units:
        layer = layer_for(table.principal, layer_name)
        if layer_name not in frames:
            frames[layer_name] = features.recorded(table.store, layer)
        mine = frames[layer_name][frames[layer_name][layer.key] == key]
        found = [shape for shape in mine["geometry_map"] if shape is not None and shapely.get_dimensions(shape) == 2]
        if not found:
            raise FeatureMissing(layer=layer.title, what=key)
        shapes.append(found[-1])
    return shapely.union_all(shapes)


def from_buffer(table: Table, layer_name: str, code: str, name: str, around: tuple[str, str], metres: float) -> int:
    """A new zone around a row of a layer: everything within a distance in metres (negative: within its edge).

    Raises:
        FeatureMissing: no such row, or one without a place. WrongUsage: a distance that is none.
    """
    if not (0 < abs(metres) <= MOST_METRES):
        raise WrongUsage(value=f"{metres:g}", hint=f"距离须为 1 到 {MOST_METRES:.0f} 米 / metres up to {MOST_METRES:.0f}")
    source = layer_for(table.principal, around[0])
    frame = features.recorded(table.store, source)
    found = [shape for shape in frame[frame[source.key] == around[1]]["geometry_map"] if shape is not None]
    if not found:
        raise FeatureMissing(layer=source.title, what=around[1])
    wide = shapely.buffer(in_metres(found[-1], table.region), metres)
    if shapely.is_empty(wide):
        raise NoArea()
    shape = rounded(in_degrees(wide, table.region))
    origin = {"kind": "buffer", "around": list(around), "metres": metres}
    return _new(table, layer_name, code, name, shape, origin)


def from_part(table: Table, number: int, code: str, name: str, shape: shapely.Geometry) -> int:
    """A new zone from a part that was split off a draft, with the draft's record; it may then have another class.

    Raises:
        DraftUnknown: there is no such draft. CodeTaken: the code is in use.
    """
    sheet = table.sheet(number)
    made = _new(table, sheet.layer.name, code, name, shape, {"kind": "part", "draft": number})
    record = {key: text for key, text in sheet.now.sketch.props.items() if sheet.layer.has(key) and key not in SET_ANEW}
    fresh = table.sheet(made)
    table.save(made, fresh.draft.revision, Sketch(shape, record | fresh.now.sketch.props), "props")
    return made


@dataclass(frozen=True)
class Start:
    """What a request says of a draft to begin.

    Attributes:
        how: ``zone``, ``draft``, ``units``, ``buffer``, ``part`` or ``blank``. draft: number of another draft.
        units: whole units. around, metres: of a buffer. shape: of a part.
    """

    how: str
    layer: str
    code: str
    name: str
    draft: int = 0
    units: tuple[tuple[str, str], ...] = ()
    around: tuple[str, str] = ("", "")
    metres: float = 0.0
    shape: shapely.Geometry | None = None


def begin(table: Table, start: Start, day: dt.date) -> int:
    """Begin a draft in one of several ways; returns its number.

    Raises:
        WrongUsage: another way. FeatureMissing, CodeTaken, DraftUnknown: see each way.
    """
    layer, code, name = start.layer, start.code, start.name
    ways = {
        "zone": lambda: from_zone(table, layer, code, name, day), "draft": lambda: table.fork(start.draft, name),
        "units": lambda: from_units(table, layer, code, name, start.units),
        "buffer": lambda: from_buffer(table, layer, code, name, start.around, start.metres),
        "part": lambda: from_part(table, start.draft, code, name, start.shape), "blank": lambda: blank(table, layer, code, name),
    }  # fmt: skip
    if start.how not in ways:
        raise WrongUsage(value=start.how[:20], hint="、".join(ways))
    return ways[start.how]()


def rounded(shape: shapely.Geometry) -> shapely.Geometry:
    """Degrees that were worked out, with as many digits as mean something."""
    return shapely.transform(shape, lambda xy: np.round(xy, DIGITS))


def from_file(table: Table, layer_name: str, code: str, name: str, path: Path, crs: str = "") -> int:
    """A draft from the polygons of an uploaded file, read in the locked child.

    A code that is in use gives a draft upon that zone, with its record and the file's shape.

    Args:
        crs: what the user says of the file's coordinate system; empty for what the file says.
    Raises:
        FileUnreadable, CRSMissing, CRSUnknown: the file. NoGeometry: no polygon in it.
    """
    layer = drawn_layer(table.principal, layer_name)
    shape = file_shape(table, path, crs)
    origin = {"kind": "file", "file": path.name}
    base = standing(table, layer, code, table.region.today())
    if base is None:
        return _new(table, layer_name, code, name, shape, origin)
    return _begin(table, layer, code, name, Sketch(shape, facts_of(layer, base)), origin, base["version"])


def file_shape(table: Table, path: Path, crs: str = "") -> shapely.Geometry:
    """The polygons of a file as one, in degrees."""
    raw = read_untrusted(path, ReadOptions())
    shapes = [] if raw.geometry is None else [one for one in raw.geometry if one is not None and shapely.get_dimensions(one) == 2]
    if not shapes:
        raise NoGeometry(detail="Polygon, MultiPolygon")
    system = geometry_crs(raw, ConformOptions(crs or None), table.region)
    moved = systems.transform(np.array([shapely.force_2d(one) for one in shapes], dtype=object), system, table.region.map_crs)
    if len(moved) == 1 and moved[0].geom_type in ("Polygon", "MultiPolygon"):
        return moved[0]
    for one in moved:
        if not shapely.is_valid(one):
            raise not_valid(one)
    return shapely.union_all(moved)


def _new(
    table: Table, layer_name: str, code: str, name: str, shape: shapely.Geometry | None, origin: dict[str, Any],
    units: tuple[tuple[str, str], ...] = (),
) -> int:  # fmt: skip
    """A draft of a zone that does not exist yet."""
    layer = drawn_layer(table.principal, layer_name)
    if not code.strip():
        raise WrongUsage(value="code", hint="请填写编号 / a code is needed")
    if standing(table, layer, code.strip(), table.region.today()) is not None:
        raise CodeTaken(code=code.strip())
    return _begin(table, layer, code.strip()[:80], name, Sketch(shape, {layer.label: named(name)}, units), origin, None)


def _begin(
    table: Table, layer: Layer, code: str, name: str, sketch: Sketch, origin: dict[str, Any], base: str | None
) -> int:
    with table.store.write() as connection:
        facts = {
            "layer": layer.name, "code": code, "name": named(name or sketch.props.get(layer.label) or code), "parent_id": None,
            "origin": origin, "base_version": base, "base_revision": changes.revision(connection, layer.name),
        }  # fmt: skip
        number = table.begin(connection, facts, sketch, changes.moment(connection))
    audit.anchor(table.store)
    return number
