"""A file that comes back, read as rows to compare: what it says, what its format cannot say, what cannot be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo import crs as systems
from geo.raw import RawTable
from geo.region import Region
from layers._conform import Conformed, ConformOptions, Fault, conform, names_key, no_key_column
from layers._conform_places import geometry_crs
from layers._conform_values import is_missing
from layers._layer import Layer
from services._sides import EXTRA, PLACE, Place, as_kept, key_of, moved_to, near, place_columns, side_of
from services._threeway import Cells, Key

_FOREIGN = {
    "KML": {"name", "folder", "description", "timestamp", "begin", "end", "altitudemode", "tessellate", "extrude", "visibility",
            "draworder", "icon"},
}  # fmt: skip
_NUMBERING = {"fid", "ogc_fid", "fid_1", "objectid", "objectid_1", "fid_2"}
"""Columns that programs add to every row when they save a copy."""
_DISPUTED = Fault(
    None, PLACE, None, "图形和坐标列说的不是同一处，且都改过；请只改其中一处，或清空坐标列",
    "the geometry and the coordinate columns say different places, and both were changed; change one, or clear the columns",
    None, "quarantined", "place_disputed",
)  # fmt: skip
_UNDRAWN = Fault(
    None, PLACE, None, "表格没有图形，不能新增区域；请用 GeoPackage、GeoJSON、Shapefile 或 KML 带回",
    "a table has no geometry, so it cannot add an area; bring it back as GeoPackage, GeoJSON, shapefile or KML",
    None, "quarantined", "geometry_missing",
)  # fmt: skip


@dataclass
class Brought:
    """What a file says.

    Attributes:
        cells: rows by key. rows: key → row number. units: what the file can speak of. frame: the rows as conformed.
        held: rows that cannot be compared: row number, code as written, reasons in both languages.
        lost: single values that could not be read and count as untouched: row number, column, reasons.
        silent: why the file says less than the layer has: ``geometry``, ``extra``, ``columns``, ``hidden``, each with
            names where there are some.
    """

    conformed: Conformed
    cells: dict[Key, dict[str, Any]] = field(default_factory=dict)
    rows: dict[Key, int] = field(default_factory=dict)
    units: list[str] = field(default_factory=list)
    held: list[tuple[int, str, str, str]] = field(default_factory=list)
    lost: list[tuple[int, str, str, str]] = field(default_factory=list)
    silent: dict[str, list[str]] = field(default_factory=dict)

    @property
    def held_codes(self) -> set[str]:
        """Codes of rows that stand in the file and cannot be compared: they are not missing."""
        return {code for _, code, _, _ in self.held if code}


@dataclass(frozen=True)
class Reading:
    """How a file is read: its base, and the layer as it stands; extra attributes by the name they were written under.

    Attributes:
        hidden: the file was made, or is brought back, by somebody who does not see personal and unknown columns.
    """

    layer: Layer
    region: Region
    options: ConformOptions
    base: Mapping[Key, Cells]
    ours: Mapping[Key, Cells]
    shown_as: Mapping[str, str]
    hidden: bool = False


def read_brought(raw: RawTable, how: Reading) -> Brought:
    """Rows of a file that comes back.

    Raises:
        KeyColumnMissing: a file of something else. CRSMissing, CRSUnknown, …: as for an import.
    """
    layer, options = how.layer, how.options
    raw = _own_columns(raw, how)
    undrawn = layer.geometry == "polygon" and raw.geometry is None
    if undrawn:
        raw, options = _drawn_anywhere(raw, how.region), dataclasses.replace(options, crs=None, helmert=None)
    conformed = conform(raw, layer, how.region, options)
    if not names_key(layer, conformed.matched):
        raise no_key_column(layer)
    made = Brought(conformed)
    _say_units(made, raw, how, undrawn)
    kept = set(made.units)
    keys = _known_keys(layer, conformed.frame, how)
    for key, cells in zip(keys, side_of(layer, conformed.frame, how.region).values(), strict=True):
        made.cells[key] = {unit: cell for unit, cell in cells.items() if unit in kept}
    made.rows = dict(zip(keys, map(int, conformed.frame["row"]), strict=True))
    _keep_unread(made, how)
    if undrawn:
        _same_places(made, how)
    elif PLACE in kept:
        _settle_places(made, raw, how)
    _say_held(made, layer)
    return made


def _keys(layer: Layer, frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [layer.key, "row", *(["effective_from"] if layer.zone else [])]
    return [dict(record) for record in frame[names].to_dict("records")]


def _own_columns(raw: RawTable, how: Reading) -> RawTable:
    """Without what formats and programs add, and extra attributes under their own names."""
    mine = {_folded(name) for name in (*how.shown_as, *how.shown_as.values())}
    foreign = _NUMBERING | _FOREIGN.get(raw.driver, set())
    headers = [str(header) for header in raw.frame.columns]
    known = {column.name for column in how.layer.columns}
    dropped = [h for h in headers if h.casefold() in foreign and _folded(h) not in mine and h not in known]
    written = {_folded(shown): name for name, shown in how.shown_as.items()}
    back = {h: written[_folded(h)] for h in headers if _folded(h) in written and written[_folded(h)] not in headers}
    frame = raw.frame.drop(columns=dropped).rename(columns=back)
    return dataclasses.replace(raw, frame=frame)


def _folded(header: str) -> str:
    """A header without blanks: tables bring theirs onto one line."""
    return as_kept("".join(header.split()))


def _known_keys(layer: Layer, frame: pd.DataFrame, how: Reading) -> list[Key]:
    """The key of each row; one whose code the format could not keep letter by letter, as it is recorded."""
    kept = {(as_kept(code), first): (code, first) for code, first in (*how.ours, *how.base) if as_kept(code) != code}
    keys = [key_of(layer, record) for record in _keys(layer, frame)]
    return [kept.get((as_kept(code), first), (code, first)) for code, first in keys] if kept else keys


def _drawn_anywhere(raw: RawTable, region: Region) -> RawTable:
    """Some polygon for every row of a register: what passes gets its own back."""
    box = region.bounds
    x, y = (box.west + box.east) / 2, (box.south + box.north) / 2
    shapes = np.empty(len(raw.rows), dtype=object)
    shapes[:] = [shapely.box(x, y, x + 0.001, y + 0.001)] * len(raw.rows)
    return dataclasses.replace(raw, geometry=shapes, crs=region.map_crs, crs_declared=True)


def _say_units(made: Brought, raw: RawTable, how: Reading, undrawn: bool) -> None:
    layer, matched = how.layer, made.conformed.matched
    places = set(place_columns(layer))
    hidden = {column.name for column in layer.columns if column.personal} if how.hidden else set()
    given = [name for name in matched.columns if name not in places and name not in hidden]
    extras = [] if how.hidden else [EXTRA + header for header in (*matched.unknown, *matched.ambiguous)]
    place = [PLACE] if layer.geometry != "none" else []
    made.units = [*given, *extras, *place]
    absent = [c.name for c in layer.columns if c.name not in matched.columns and c.name not in places]
    absent = [name for name in absent if name != layer.key]
    missing = sorted(name for name in how.shown_as if EXTRA + name not in extras)
    table = bool(place) and raw.geometry is None
    if undrawn or (table and (not layer.positioned or any(_drawn(cells) for cells in how.base.values()))):
        made.silent["geometry"] = []
    if missing and not how.hidden:
        made.silent["extra"] = missing
    if absent:
        made.silent["columns"] = absent
    if how.hidden:
        made.silent["hidden"] = sorted(hidden)


def _drawn(cells: Cells) -> bool:
    place = cells.get(PLACE)
    return place is not None and place.shown is not None and place.shown.geom_type != "Point"


def _keep_unread(made: Brought, how: Reading) -> None:
    """A value that cannot be read is no change: an import takes it as missing, here it would wipe what is recorded."""
    at = {row: key for key, row in made.rows.items()}
    headers = made.conformed.matched.columns
    raw = made.conformed.raw
    assert raw is not None
    position = {row: place for place, row in enumerate(raw.rows)}
    for fault in made.conformed.faults:
        key = None if fault.row is None else at.get(fault.row)
        if key is None or fault.row is None or fault.column is None:
            continue
        unit = PLACE if fault.column in (*place_columns(how.layer), "position") else fault.column
        if unit not in made.units or unit.startswith(EXTRA):
            continue
        if unit == PLACE:
            place = made.cells[key].get(PLACE)  # gone where another of its cells could not be read
            lost = place is not None and place.metres is None
        else:
            cell = raw.frame[headers[unit]].iloc[position[fault.row]]
            listed = how.layer.column(unit).kind == "enum_list"
            lost = unit in made.cells[key] and not is_missing(cell) and (listed or not made.cells[key][unit])
        if lost:
            _leave(made, how, key, unit)
            made.lost.append((fault.row, fault.column, fault.reason, fault.reason_en))


def _leave(made: Brought, how: Reading, key: Key, unit: str) -> None:
    """Take a cell as untouched."""
    known = how.base.get(key, how.ours.get(key))
    made.cells[key].pop(unit, None)
    if known is not None and unit in known:
        made.cells[key][unit] = known[unit]


def _same_places(made: Brought, how: Reading) -> None:
    """A register without geometry says nothing about places, and cannot add one."""
    for key in list(made.cells):
        known = how.base.get(key, how.ours.get(key))
        if known is None:
            _hold(made, key, _UNDRAWN)
        else:
            made.cells[key][PLACE] = known[PLACE]


def _hold(made: Brought, key: Key, why: Fault) -> None:
    del made.cells[key]
    made.held.append((made.rows.pop(key), key[0], why.reason, why.reason_en))


def _settle_places(made: Brought, raw: RawTable, how: Reading) -> None:
    """Of points given twice, as columns and as geometry, the one that was changed counts."""
    if not how.layer.positioned:
        return
    drawn: dict[int, tuple[Any, Any]] = {}
    if raw.geometry is not None and bool((~shapely.is_missing(raw.geometry)).any()):
        source = geometry_crs(raw, how.options, how.region)
        degrees = systems.transform(np.asarray(shapely.force_2d(raw.geometry), dtype=object), source, how.region.map_crs)
        metres = systems.transform(degrees, how.region.map_crs, how.region.judging_crs)
        drawn = dict(zip(raw.rows, zip(degrees, metres, strict=True), strict=True))
    stated = [name for name in place_columns(how.layer) if name in made.conformed.matched.columns]
    for key in list(made.cells):
        _settle_one(made, how, key, drawn.get(made.rows[key], (None, None)), stated)


def _settle_one(made: Brought, how: Reading, key: Key, drawn: tuple[Any, Any], stated: list[str]) -> None:
    told: Place | None = made.cells[key].get(PLACE)
    known: Place | None = how.base.get(key, how.ours.get(key, {})).get(PLACE)
    degrees, metres = drawn
    if told is None:
        return
    columns_same = known is not None and _say_the_same(told, known, stated)
    if metres is None or metres.geom_type != "Point":
        if columns_same and degrees is None and known is not None:
            made.cells[key][PLACE] = known  # a table, or a geometry somebody cleared: the columns say where it is
        return
    if near(metres, told.metres):
        return
    if known is not None and (columns_same or near(told.metres, known.metres)):
        made.cells[key][PLACE] = known if near(metres, known.metres) else moved_to(known, degrees, how.region)
    elif known is None or not near(metres, known.metres):
        _hold(made, key, _DISPUTED)


def _say_the_same(told: Place, known: Place, stated: list[str]) -> bool:
    """Whether the position columns of a file stand as they were written."""
    said = dict(zip(("crs", "datum"), zip(told.said, known.said, strict=True), strict=True))
    return all(said[n][0] == said[n][1] if n in said else told.values[n] == known.values[n] for n in stated)


def _say_held(made: Brought, layer: Layer) -> None:
    header = made.conformed.matched.columns.get(layer.key, "")
    reasons: dict[int, list[Fault]] = {}
    for fault in made.conformed.faults:
        if fault.row is not None and fault.severity != "warning":
            reasons.setdefault(fault.row, []).append(fault)
    for record in made.conformed.held.to_dict("records"):
        row, why = int(record["row"]), reasons.get(int(record["row"]), [])
        code = str(record["values"].get(header) or "").strip()
        zh, en = ("；".join(f.reason for f in why), "; ".join(f.reason_en for f in why))
        made.held.append((row, code, zh, en))
    made.held.sort()
