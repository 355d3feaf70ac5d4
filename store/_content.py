"""The canonical content of a recorded row: what is stored, hashed and read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import shapely

from layers._cells import from_text, to_text
from layers._layer import Layer
from store.errors import StoreBroken

NOTHING = "0" * 64
"""The content hash of a layer without a row."""

HASHED = ("code", "valid_from", "valid_to", "props", "extra", "crs_filed", "geom_filed", "geom_map", "geom_judge")


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same content has the same bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def stored(cell: Any) -> Any:
    """A cell as every database gives it: SQLite knows no days and no truth values, and hands over text and numbers."""
    if isinstance(cell, bool):
        return int(cell)
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def content_of(layer: Layer, record: Mapping[str, Any]) -> dict[str, Any]:
    """The stored columns of one conformed row.

    Args:
        layer: the layer. record: canonical cells, ``row``, ``extra``, ``geometry_filed``, ``crs_filed``,
            ``geometry_map`` (degrees), ``geometry`` (judging metres).
    """
    props = {c.name: to_text(c, record[c.name]) for c in layer.columns if record[c.name] is not None}
    west, south, east, north = _bounds(record["geometry_map"])
    content = {
        "layer": layer.name,
        "code": str(record[layer.key]),
        "valid_from": record["effective_from"] if layer.zone else None,
        "valid_to": record["effective_to"] if layer.zone else None,
        "row_number": record.get("row"),
        "props": canonical(props),
        "extra": canonical({str(k): str(v) for k, v in (record.get("extra") or {}).items() if v is not None}),
        "crs_filed": record["crs_filed"],
        "geom_filed": record["geometry_filed"],
        "geom_map": record["geometry_map"],
        "geom_judge": record["geometry"],
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }
    filed = (content["props"], content["extra"], content["crs_filed"], _bytes(_same(content["geom_filed"])).hex())
    return content | {"filed_sha256": hashlib.sha256(canonical(filed).encode()).hexdigest()}


def _same(shape: Any) -> Any:
    """One form for the same geometry: formats turn rings round, start them elsewhere, wrap a polygon as multi."""
    if shape is None:
        return None
    form = shapely.normalize(shape)
    single = form.geom_type.startswith("Multi") and shapely.get_num_geometries(form) == 1
    return shapely.get_geometry(form, 0) if single else form


def _bounds(shape: Any) -> tuple[float | None, float | None, float | None, float | None]:
    if shape is None or shapely.is_empty(shape):
        return None, None, None, None
    west, south, east, north = shapely.bounds(shape).tolist()
    return west, south, east, north


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
