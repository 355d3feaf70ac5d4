"""Features as GeoJSON text: written column by column, because a page of them must be there in milliseconds."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.region import Region
from layers._cells import to_text
from layers._layer import Column
from services._ogc_asked import System
from services._ogc_rows import Positions, Rows

_encoded = json.JSONEncoder(ensure_ascii=False).encode
_SPANS = ("valid_from", "valid_to")
"""Of a zone: the days it is in force as recorded; ``valid_to`` is earlier than filed where a later version follows."""


def own_columns(rows: Rows) -> tuple[str, ...]:
    """The properties we add to those of the layer."""
    return (*_SPANS, "version") if rows.layer.zone else ("version",)


def feature_texts(rows: Rows, region: Region, chosen: Positions, system: System, hidden: frozenset[str]) -> list[str]:
    """Rows as GeoJSON features.

    Args:
        hidden: columns that are not served. system: of the coordinates, in the order of its axes.
    """
    frame, columns = rows.frame, [column for column in rows.layer.columns if column.name not in hidden]
    cells = [_column(column, frame[column.name].to_numpy(dtype=object)[chosen].tolist(), region) for column in columns]
    cells += [_texts(frame[name].to_numpy(dtype=object)[chosen].tolist()) for name in own_columns(rows)]
    names = [*(column.name for column in columns), *own_columns(rows)]
    form = ",".join(f"{_encoded(name)}:%s" for name in names)
    ids = [_encoded(rows.ids[at]) for at in chosen]
    shapes = geometry_texts(rows.placed(system.crs).shapes[chosen], system.swapped)
    return [
        f'{{"type":"Feature","id":{name},"geometry":{shape},"properties":{{{form % row}}}}}'
        for name, shape, row in zip(ids, shapes, zip(*cells, strict=True), strict=True)
    ]


def geometry_texts(shapes: npt.NDArray[np.object_], swapped: bool) -> list[str]:
    """Geometries as GeoJSON, ``null`` for none."""
    if swapped:
        shapes = np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]), dtype=object)
    return ["null" if text is None else str(text) for text in shapely.to_geojson(shapes).tolist()]


def _column(column: Column, values: Iterable[Any], region: Region) -> list[str]:
    """The cells of a column as JSON: numbers as numbers, everything else as its canonical text, instants with their zone."""
    if column.kind == "number":
        return ["null" if value is None else to_text(column, value) for value in values]
    if column.kind == "datetime":
        return [_encoded(_instant(value, region)) for value in values]
    return _remembered(values, lambda value: _encoded(to_text(column, value)))


def _instant(value: dt.datetime | None, region: Region) -> str | None:
    return None if value is None else value.replace(tzinfo=dt.timezone(region.utc_offset)).isoformat()


def _texts(values: Iterable[Any]) -> list[str]:
    return _remembered(values, lambda value: _encoded(str(value)))


def _remembered(values: Iterable[Any], made: Callable[[Any], str]) -> list[str]:
    """Each value written once: most columns hold few different ones."""
    known: dict[Any, str] = {None: "null"}
    written = []
    for value in values:
        text = known.get(value)
        if text is None:
            text = known[value] = made(value)
        written.append(text)
    return written


def json_schema(column: Column) -> dict[str, Any]:
    """What a property of a column looks like, for the API's description."""
    told: dict[str, Any] = {"title": column.title, "description": " ".join((column.title_en, column.unit)).strip()}
    if column.kind == "number":
        return told | {"type": "number"}
    if column.kind == "date":
        return told | {"type": "string", "format": "date"}
    if column.kind == "enum" and column.vocabulary is not None:
        return told | {"type": "string", "enum": list(column.vocabulary.words)}
    return told | {"type": "string"}
