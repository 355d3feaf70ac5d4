"""The canonical content of a recorded row: what is stored, hashed and read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
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


def frame_of(layer: Layer, rows: list[Any]) -> pd.DataFrame:
    """Stored rows as a frame of canonical cells and geometries.

    Raises:
        StoreBroken: a stored row can no longer be read.
    """
    try:
        return _frame_of(layer, rows)
    except (ValueError, shapely.GEOSException) as fault:
        raise StoreBroken(detail=f"{layer.name}: {fault}") from fault


def _frame_of(layer: Layer, rows: list[Any]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {c.name: [None] * len(rows) for c in layer.columns}
    known = {c.name: c for c in layer.columns}
    for position, row in enumerate(rows):
        for name, text in json.loads(row.props).items():
            if name in known:
                columns[name][position] = from_text(known[name], text)
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    for name, source in (("geometry", "geom_judge"), ("geometry_map", "geom_map"), ("geometry_filed", "geom_filed")):
        shapes = shapely.from_wkb([getattr(row, source) for row in rows]) if rows else []
        frame[name] = pd.Series(list(shapes), dtype=object)
    for name in ("valid_from", "valid_to", "version", "recorded_at", "crs_filed"):
        frame[name] = pd.Series([getattr(row, name) for row in rows], dtype=object)
    frame["changeset"] = pd.Series([row.changeset_id for row in rows], dtype=object)
    frame["row"] = pd.Series([row.row_number for row in rows], dtype=object)
    frame["extra"] = pd.Series([json.loads(row.extra) for row in rows], dtype=object)
    return frame


def version_name(code: str, valid_from: dt.date | None, zone: bool, revision: int) -> str:
    """The readable, stable name of a version: ``NBZ2@2019-09-01#3`` for zones, ``U1#3`` for others."""
    return f"{code}@{valid_from or 'always'}#{revision}" if zone else f"{code}#{revision}"
