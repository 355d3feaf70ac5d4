"""Rows as the three-way difference compares them: texts by column and extra attribute, and the place as one thing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo import crs as systems
from geo.region import Region
from geo.same_shape import TOLERANCE_M, same_shapes
from layers._cells import from_text, to_text
from layers._layer import Layer
from layers._sets import POSITION_COLUMNS
from services._threeway import Cells, Key

PLACE = "@place"
"""The unit that holds where a row is: its position columns and its geometry, which change together."""
EXTRA = "+"
"""Before the name of an extra attribute."""
POSITIONS = tuple(column.name for column in POSITION_COLUMNS if column.name != "accuracy_m")
SHAPES = ("geometry_filed", "crs_filed", "geometry_map", "geometry")
_SAID = ("crs", "datum")


@dataclass(frozen=True)
class Place:
    """Where a row is.

    Attributes:
        values: position columns (of layers that have them) and geometries, as they are recorded.
        said: system and datum as a file of the row would say them. metres: the drawn geometry in the metre system, or None.
    """

    values: Mapping[str, Any]
    said: tuple[str, ...]
    metres: Any

    @property
    def shown(self) -> Any:
        """The geometry in degrees, or None."""
        return self.values["geometry_map"]


def place_columns(layer: Layer) -> tuple[str, ...]:
    """The columns of a layer that belong to the place."""
    return POSITIONS if layer.positioned else ()


def key_of(layer: Layer, record: Mapping[str, Any]) -> Key:
    """By what a row is known again: its code, and of a zone its first day."""
    first = record["effective_from"] if layer.zone else None
    return str(record[layer.key]), "" if first is None else first.isoformat()


def first_day(key: Key) -> dt.date | None:
    """The first day of a key's version."""
    return dt.date.fromisoformat(key[1]) if key[1] else None


def side_of(layer: Layer, frame: pd.DataFrame, region: Region) -> dict[Key, dict[str, Any]]:
    """Rows as cells by key.

    Args:
        frame: recorded or conformed rows.
    """
    plain = [column for column in layer.columns if column.name not in place_columns(layer)]
    cells = {column.name: [to_text(column, value) for value in frame[column.name]] for column in plain}
    places = list(places_of(layer, frame, region)) if layer.geometry != "none" else []
    made: dict[Key, dict[str, Any]] = {}
    for at, extra in enumerate(frame["extra"]):
        row: dict[str, Any] = {name: texts[at] for name, texts in cells.items()}
        row |= {EXTRA + name: text for name, text in extra.items()}
        if places:
            row[PLACE] = places[at]
        first = frame["effective_from"].iloc[at] if layer.zone else None
        made[str(row[layer.key]), "" if first is None else first.isoformat()] = row
    return made


def places_of(layer: Layer, frame: pd.DataFrame, region: Region) -> Iterator[Place]:
    """The place of each row."""
    names = [*place_columns(layer), *SHAPES]
    drawn = systems.transform(frame["geometry_map"].to_numpy(dtype=object), region.map_crs, region.judging_crs)
    for values, metres in zip(zip(*(frame[name].tolist() for name in names), strict=True), drawn, strict=True):
        yield place_from(dict(zip(names, values, strict=True)), metres)


def place_from(values: dict[str, Any], metres: Any) -> Place:
    """A place of its values; systems that nothing ties to CGCS2000 are said in every file, others are not."""
    filed = values["crs_filed"]
    loose = filed if filed is not None and not systems.well_tied(filed) else None
    datum = values.get("datum") or ""
    said = (as_kept(loose or values.get("crs")), "" if datum == "cgcs2000" else str(datum))
    return Place(values, said if "datum" in values else (), metres)


def moved_to(place: Place, degrees: Any, region: Region) -> Place:
    """A place whose geometry was moved on a map: its columns follow, in the kind of numbers they had.

    Args:
        degrees: the geometry in the map's system.
    """
    values, filed = dict(place.values), region.map_crs
    shape = degrees
    if values.get("lon") is None and values.get("easting") is not None and systems.well_tied(str(values["crs_filed"])):
        filed = str(values["crs_filed"])
        shape = _rounded(_one(systems.transform(_array(degrees), region.map_crs, filed)), 4)
        values |= _numbers(("easting", "northing"), shape, 4)
    elif values.get("lon") is not None or values.get("easting") is not None:
        shape = _rounded(degrees, 9)
        values |= dict.fromkeys(POSITIONS) | _numbers(("lon", "lat"), shape, 9)
    filed_array = _array(shape)
    values |= {"geometry_filed": shape, "crs_filed": filed}
    values["geometry_map"] = _one(systems.transform(filed_array, filed, region.map_crs))
    values["geometry"] = _one(systems.to_judging(filed_array, filed, region.judging_crs))
    return place_from(values, _one(systems.transform(filed_array, filed, region.judging_crs)))


def _rounded(point: Any, digits: int) -> Any:
    """The point that numbers of so many digits say."""
    return shapely.Point(round(shapely.get_x(point), digits), round(shapely.get_y(point), digits))


def _numbers(names: tuple[str, str], point: Any, digits: int) -> dict[str, Any]:
    texts = (f"{shapely.get_x(point):.{digits}f}", f"{shapely.get_y(point):.{digits}f}")
    columns = {column.name: column for column in POSITION_COLUMNS}
    return {name: from_text(columns[name], text) for name, text in zip(names, texts, strict=True)}


def _array(shape: Any) -> Any:
    made = np.empty(1, dtype=object)
    made[0] = shape
    return made


def _one(shapes: Any) -> Any:
    return shapes[0]


def near(one: Any, other: Any) -> bool:
    """Whether two geometries in metres are the same to a millimetre."""
    if one is None or other is None:
        return one is other
    if one.geom_type == other.geom_type == "Point":
        return bool(one.distance(other) <= TOLERANCE_M)
    return bool(same_shapes(_array(one), _array(other))[0])


def equal(unit: str, one: Any, other: Any) -> bool:
    """Whether two cells are the same: texts but for blanks around them and marks no file keeps, places to a millimetre."""
    if one is other:
        return True
    if unit != PLACE:
        return one == other or as_kept(one) == as_kept(other)
    if one is None or other is None:
        return (one or other).metres is None
    return bool(one.said == other.said and near(one.metres, other.metres))


def as_kept(text: Any) -> str:
    """A text as every format keeps it: without blanks around it, control characters and kinds of line ends."""
    lines = str(text or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(c for c in lines if c >= " " or c in "\t\n")


def record_with(layer: Layer, start: Mapping[str, Any] | None, cells: Cells) -> dict[str, Any]:
    """A row to record: one that stands, or none yet, with its cells set.

    Args:
        start: canonical cells, ``extra`` and geometries. cells: of every unit.
    """
    names = [*(column.name for column in layer.columns), *SHAPES]
    record: dict[str, Any] = {name: start[name] if start is not None else None for name in names}
    for column in layer.columns:
        if column.name in cells and (start is None or to_text(column, start[column.name]) != cells[column.name]):
            record[column.name] = from_text(column, cells[column.name])
    if PLACE in cells and cells[PLACE] is not None:
        record |= cells[PLACE].values
    record["extra"] = {unit[1:]: text for unit, text in cells.items() if unit.startswith(EXTRA) and text}
    return record
