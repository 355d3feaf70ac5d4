"""The canonical content of a recorded row: what is stored, hashed and read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers._cells import from_text, to_text
from layers._layer import Layer
from store.errors import StoreBroken

NOTHING = "0" * 64
"""The content hash of a layer without a row."""

HASHED = ("code", "valid_from", "valid_to", "props", "extra", "crs_filed", "geom_filed", "geom_map", "geom_judge")


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_SHAPES = {"geom_filed": "geometry_filed", "geom_map": "geometry_map", "geom_judge": "geometry"}


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same content has the same bytes."""
    return _ENCODER.encode(value)


def stored(cell: Any) -> Any:
    """A cell as every database gives it: SQLite knows no days and no truth values, and hands over text and numbers."""
    if isinstance(cell, bool):
        return int(cell)
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def contents_of(layer: Layer, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The stored columns of conformed rows, geometries as WKB.

    Args:
        layer: the layer. frame: canonical cells, ``row``, ``extra``, ``geometry_filed``, ``crs_filed``,
            ``geometry_map`` (degrees), ``geometry`` (judging metres).
    """
    count = len(frame)
    cells = {name: frame[name].tolist() if name in frame else [None] * count for name in (*frame.columns, "row", "extra")}
    shapes = {name: _objects(cells[source]) for name, source in _SHAPES.items()}
    blobs = {name: _blobs(array) for name, array in shapes.items()}
    same = _blobs(_same(shapes["geom_filed"]))
    bounds = [[None if edge != edge else edge for edge in box] for box in shapely.bounds(shapes["geom_map"]).tolist()]
    days = (cells["effective_from"], cells["effective_to"]) if layer.zone else ([None] * count, [None] * count)
    props = [canonical(row) for row in _props(layer, cells, count)]
    made = []
    for at, code in enumerate(cells[layer.key]):
        west, south, east, north = bounds[at]
        extra = cells["extra"][at]
        content = {
            "layer": layer.name, "code": str(code), "valid_from": days[0][at], "valid_to": days[1][at],
            "row_number": cells["row"][at], "props": props[at],
            "extra": canonical({str(k): str(v) for k, v in extra.items() if v is not None}) if extra else "{}",
            "crs_filed": cells["crs_filed"][at], "geom_filed": blobs["geom_filed"][at], "geom_map": blobs["geom_map"][at],
            "geom_judge": blobs["geom_judge"][at], "west": west, "south": south, "east": east, "north": north,
        }  # fmt: skip
        filed = canonical((content["props"], content["extra"], content["crs_filed"], (same[at] or b"").hex()))
        content["filed_sha256"] = hashlib.sha256(filed.encode()).hexdigest()
        made.append(content)
    return made


def _props(layer: Layer, cells: Mapping[str, list[Any]], count: int) -> list[dict[str, str]]:
    """The canonical cells of each row that are not missing, as text."""
    rows: list[dict[str, str]] = [{} for _ in range(count)]
    for column in layer.columns:
        for row, value in zip(rows, cells[column.name], strict=True):
            if value is not None:
                row[column.name] = value if type(value) is str else to_text(column, value)
    return rows


def _objects(values: list[Any]) -> npt.NDArray[np.object_]:
    return np.array([*values, None], dtype=object)[:-1]


def _blobs(shapes: npt.NDArray[np.object_]) -> list[bytes | None]:
    """WKB of many geometries at once; None stays None."""
    return list(shapely.to_wkb(shapes, byte_order=1).tolist())


def _same(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """One form for the same geometry: formats turn rings round, start them elsewhere, wrap a polygon as multi."""
    form = np.asarray(shapely.normalize(shapes), dtype=object)
    single = (shapely.get_type_id(form) >= 4) & (shapely.get_type_id(form) <= 6) & (shapely.get_num_geometries(form) == 1)
    form[single] = shapely.get_geometry(form[single], 0)
    return form


def _bytes(shape: Any) -> bytes:
    if shape is None:
        return b""
    return shape if isinstance(shape, bytes) else bytes(shapely.to_wkb(shape, byte_order=1))


def sha256_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over everything a version holds, geometry and validity included."""
    digest = hashlib.sha256()
    for name in HASHED:
        piece = _bytes(content[name]) if name.startswith("geom_") else str(content[name] or "").encode()
        digest.update(f"{name}:{len(piece)}:".encode() + piece)
    return digest.hexdigest()


def shifted(state: str, added: Iterable[str], removed: Iterable[str]) -> str:
    """The hash of what a layer holds, after versions came and went.

    A sum of SHA-256 numbers: it depends on what is there, not on the way that led to it.

    Args:
        state: the hash before. added, removed: ``sha256`` of versions.
    """
    total = int(state, 16) + sum(int(one, 16) for one in added) - sum(int(one, 16) for one in removed)
    return f"{total % 2**256:064x}"


READ = (
    "id", "code", "valid_from", "valid_to", "props", "extra", "crs_filed", "geom_filed", "geom_map", "geom_judge",
    "version", "recorded_at", "changeset_id", "row_number",
)  # fmt: skip
"""What a frame is made of."""
AT_ONCE = 5_000
"""Rows that are text and cells at the same time; of a million, only so many."""
KEPT_VALUES = 10_000
"""Values of a column that are made once and shared by all rows that have them."""


def frame_of(layer: Layer, rows: Iterable[Any], by_code: bool = False) -> pd.DataFrame:
    """Stored rows as a frame of canonical cells and geometries.

    Args:
        rows: with the attributes ``READ`` (``id`` only to be ordered), read one after another.
        by_code: order them by code, then validity, then number; else they stay in the order given.
    Raises:
        StoreBroken: a stored row can no longer be read.
    """
    try:
        return _frame_of(layer, rows, by_code)
    except (ValueError, shapely.GEOSException) as fault:
        raise StoreBroken(detail=f"{layer.name}: {fault}") from fault


class _Values(dict[Any, Any]):
    """What a text stands for, made once while it is among the first of its column."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, text: Any) -> Any:
        value = self.read(text)
        if len(self) < KEPT_VALUES:
            self[text] = value
        return value


def _frame_of(layer: Layer, rows: Iterable[Any], by_code: bool) -> pd.DataFrame:
    values = {c.name: _Values(partial(from_text, c)) for c in layer.columns}
    shared, extras = _Values(lambda value: value), _Values(json.loads)
    whole: dict[str, list[Any]] = {}
    order: list[tuple[str, dt.date, int]] = []
    source = iter(rows)
    while (chunk := list(islice(source, AT_ONCE))) or not whole:
        if by_code:
            order += [(row.code, row.valid_from or dt.date.min, row.id) for row in chunk]
        for name, cells in _cells_of(chunk, values, shared, extras).items():
            whole.setdefault(name, []).extend(cells)
    place = np.array(sorted(range(len(order)), key=order.__getitem__), dtype=np.int64)
    made = {}
    for name in list(whole):
        column = _objects(whole.pop(name))
        made[name] = pd.Series(column[place] if by_code else column, dtype=object)
    return pd.DataFrame(made)


def _cells_of(rows: list[Any], values: Mapping[str, _Values], shared: _Values, extras: _Values) -> dict[str, list[Any]]:
    """The columns of some rows; equal values are one object, which nobody changes."""
    columns: dict[str, list[Any]] = {name: [None] * len(rows) for name in values}
    for position, row in enumerate(rows):
        for name, text in json.loads(row.props).items():
            if name in columns:
                columns[name][position] = values[name][text]
    columns |= _shapes_of(rows)
    for name in ("valid_from", "valid_to"):
        columns[name] = [shared[getattr(row, name)] for row in rows]
    columns["version"] = [row.version for row in rows]
    columns["recorded_at"] = [shared[row.recorded_at] for row in rows]
    columns["crs_filed"] = [shared[row.crs_filed] for row in rows]
    columns["changeset"] = [shared[row.changeset_id] for row in rows]
    columns["row"] = [row.row_number for row in rows]
    columns["extra"] = [extras[row.extra] for row in rows]
    return columns


def _shapes_of(rows: list[Any]) -> dict[str, list[Any]]:
    """Geometries in metres, in degrees and as filed; the last is the second where they are the same, byte for byte."""
    blobs = {name: [getattr(row, name) for row in rows] for name in _SHAPES}
    filed = [None if own == mapped else own for own, mapped in zip(blobs["geom_filed"], blobs["geom_map"], strict=True)]
    judged, mapped, own = (list(shapely.from_wkb(_objects(part))) for part in (blobs["geom_judge"], blobs["geom_map"], filed))
    same = [blob is not None and part is None for blob, part in zip(blobs["geom_filed"], filed, strict=True)]
    as_filed = [on_map if shared else shape for on_map, shape, shared in zip(mapped, own, same, strict=True)]
    return {"geometry": judged, "geometry_map": mapped, "geometry_filed": as_filed}


def version_name(code: str, valid_from: dt.date | None, zone: bool, revision: int) -> str:
    """The readable, stable name of a version: ``NBZ2@2019-09-01#3`` for zones, ``U1#3`` for others."""
    return f"{code}@{valid_from or 'always'}#{revision}" if zone else f"{code}#{revision}"
