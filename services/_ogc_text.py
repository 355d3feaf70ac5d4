"""Features as GeoJSON text: written column by column, because a page of them must be there in milliseconds."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from layers._layer import Column
from services._ogc_asked import System
from services._ogc_rows import OWN, Positions, Rows

_encoded = json.JSONEncoder(ensure_ascii=False).encode
_UNDATED = OWN[-1:]
"""Only zones have days in force; ``valid_to`` is earlier than filed where a later version follows."""


def own_columns(rows: Rows) -> tuple[str, ...]:
    """The properties we add to those of the layer."""
    return OWN if rows.layer.zone else _UNDATED


def feature_texts(rows: Rows, chosen: Positions, system: System, hidden: frozenset[str]) -> list[str]:
    """Rows as GeoJSON features.

    Args:
        hidden: columns that are not served. system: of the coordinates, in the order of its axes.
    """
    names = [*(column.name for column in rows.layer.columns if column.name not in hidden), *own_columns(rows)]
    columns = [rows.coded(name) for name in names]
    cells = [column.written[column.codes[chosen]].tolist() for column in columns]
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
