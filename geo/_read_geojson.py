"""GeoJSON read by ourselves: no driver that may fetch a link, one bad feature is one bad row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo import crs as systems
from geo._decode import decode
from geo._shapes import ShapeUnusable, count_vertices, from_geojson, oddities
from geo.base_mark import NAME, marks_of
from geo.errors import CRSUnknown, FileUnreadable
from geo.raw import RawTable, RowRemark
from geo.read import ReadOptions

DEEPEST = 60


def read(path: Path, options: ReadOptions) -> RawTable:
    """A FeatureCollection, one Feature or one geometry, as a table.

    Raises:
        FileUnreadable: no JSON (the place is named), no features, a linked coordinate system.
    """
    text, encoding = decode(path.read_bytes(), path.name, options.encoding)
    document = _parse(text, path.name)
    crs, declared = _crs(document, path.name)
    features = _features(document, path.name)
    remarks: list[RowRemark] = []
    shapes: list[Any] = []
    for position, feature in enumerate(features):
        drawn = feature.get("geometry") if isinstance(feature, dict) else None
        try:
            shapes.append(from_geojson(drawn))
            remarks += [RowRemark(position, *oddity) for oddity in oddities(drawn)]
        except ShapeUnusable as fault:
            shapes.append(None)
            zh, _, en = str(fault).partition(" / ")
            remarks.append(RowRemark(position, "geometry_unusable", zh, en or zh, lost=True))
    try:
        count_vertices(shapes)
    except ShapeUnusable as fault:
        raise _refused(path.name, str(fault), str(fault)) from fault
    remarks, notes = _all_clockwise(remarks, sum(shape is not None for shape in shapes))
    records = [_properties(feature) for feature in features]
    headers = list(dict.fromkeys(name for record in records for name in record))
    frame = pd.DataFrame([[r.get(h) for h in headers] for r in records], columns=headers, dtype=object)
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return RawTable(
        frame, list(range(1, len(features) + 1)), geometry, crs, declared, encoding, "GeoJSON",
        _text_or_none(document.get("name")), notes, remarks, marks_of(document.get(NAME) or []),
    )  # fmt: skip


def _all_clockwise(remarks: list[RowRemark], shapes: int) -> tuple[list[RowRemark], list[str]]:
    """Where every shell runs clockwise, as shapefiles have it, that is said once."""
    turned = sum(remark.code == "ring_clockwise" for remark in remarks)
    if turned < shapes or shapes < 2:
        return remarks, []
    note = "外环均为顺时针方向，不影响面积 / every shell runs clockwise; the areas are the same"
    return [remark for remark in remarks if remark.code != "ring_clockwise"], [note]


def _parse(text: str, name: str) -> dict[str, Any]:
    _check_depth(text, name)
    try:
        document = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as fault:
        lines = _one_a_line(text)
        if lines is not None:
            return {"type": "FeatureCollection", "features": lines}
        raise _refused(
            name,
            f"第 {fault.lineno} 行第 {fault.colno} 列不是有效的 JSON",
            f"line {fault.lineno}, column {fault.colno} is no JSON",
        ) from fault
    except (RecursionError, ValueError) as fault:
        raise _refused(name, "JSON 无法解析", "the JSON cannot be parsed") from fault
    if not isinstance(document, dict) or "type" not in document:
        raise _refused(name, "是 JSON，但不是 GeoJSON", "it is JSON, but no GeoJSON")
    return document


def _one_a_line(text: str) -> list[Any] | None:
    """Features written one a line (GeoJSONL); None for anything else."""
    lines = [line.strip("\x1e \t\r") for line in text.lstrip("\ufeff").split("\n")]
    lines = [line for line in lines if line]
    if len(lines) < 2:
        return None
    try:
        features = [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        return None
    return features if all(isinstance(one, dict) and one.get("type") == "Feature" for one in features) else None


def _check_depth(text: str, name: str) -> None:
    """Refuse deep nesting before the parser recurses into it."""
    depth = deepest = 0
    quoted = escaped = False
    if text.count("[") + text.count("{") < DEEPEST:
        return
    for mark in text if len(text) < 2_000_000 else text[:2_000_000]:
        if quoted:
            quoted, escaped = (mark != '"' or escaped), (mark == "\\" and not escaped)
        elif mark == '"':
            quoted = True
        elif mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
        if deepest > DEEPEST:
            raise _refused(name, "JSON 嵌套过深", "the JSON is nested too deep")


def _crs(document: dict[str, Any], name: str) -> tuple[str | None, bool]:
    """The old ``crs`` member where there is one, else longitude and latitude on WGS 84 (RFC 7946)."""
    member = document.get("crs")
    if not isinstance(member, dict):
        return "EPSG:4326", False
    if member.get("type") == "link":
        raise _refused(name, "坐标系以网址给出，出于安全不予读取", "its coordinate system is a link, which is not followed")
    properties = member.get("properties")
    stated = properties.get("name") if isinstance(properties, dict) else None
    try:
        return systems.normalise(str(stated)), True
    except CRSUnknown:
        return str(stated)[:200], True


def _features(document: dict[str, Any], name: str) -> list[Any]:
    kind = document["type"]
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise _refused(name, "没有要素数组 features", "it has no array of features")
        return features
    if kind == "Feature":
        return [document]
    if "coordinates" in document or "geometries" in document:
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    raise _refused(name, "不是 GeoJSON", "it is no GeoJSON")


def _properties(feature: Any) -> dict[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return {}
    return {str(key).strip(): _cell(value) for key, value in properties.items()}


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ";".join(map(str, value))
    return (
        repr(value)
        if isinstance(value, float)
        else str(value)
        if isinstance(value, int)
        else json.dumps(value, ensure_ascii=False)
    )


def _text_or_none(value: Any) -> str | None:
    return str(value)[:200] if isinstance(value, str) else None


def _refused(name: str, reason: str, reason_en: str) -> FileUnreadable:
    return FileUnreadable(name=name, reason=reason, reason_en=reason_en)
