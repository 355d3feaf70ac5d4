"""KML and KMZ read by ourselves: every folder, Chinese attribute names kept, no entity and no link followed."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from defusedxml import DefusedXmlException
from defusedxml import ElementTree as Xml

from geo._decode import decode
from geo._shapes import ShapeUnusable, count_vertices
from geo._unzip import unpack
from geo.base_mark import NAME, BaseMark, marks_in
from geo.errors import FileUnreadable
from geo.raw import RawTable, RowRemark
from geo.read import ReadOptions

LONGEST_DESCRIPTION = 4000
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


def read(path: Path, options: ReadOptions) -> RawTable:
    """Every placemark of every folder as a row: ``name``, ``folder``, its extended data, its geometry."""
    text, encoding = decode(_document(path), path.name, options.encoding)
    try:
        root = Xml.fromstring(_DECLARED.sub("", text.lstrip("\ufeff")), forbid_dtd=True)
    except (Xml.ParseError, DefusedXmlException) as fault:
        raise FileUnreadable(name=path.name, reason="不是完整的 KML", reason_en="it is no whole KML document") from fault
    records: list[dict[str, Any]] = []
    shapes: list[Any] = []
    remarks: list[RowRemark] = []
    notes = _links(root)
    for folder, mark in _placemarks(root, ()):
        try:
            shape = _geometry(mark)
        except (ShapeUnusable, ValueError, shapely.errors.ShapelyError) as fault:
            shape = None
            zh, _, en = str(fault).partition(" / ")
            words = (zh, en) if isinstance(fault, ShapeUnusable) else ("坐标读不出", "its coordinates cannot be read")
            remarks.append(RowRemark(len(records), "geometry_unusable", *words, lost=True))
        if shape is None and _drawn(mark) and (not remarks or remarks[-1].position != len(records)):
            said = ("geometry_empty", "地标没有坐标", "the placemark has no coordinates")
            remarks.append(RowRemark(len(records), *said, lost=True))
        records.append(_attributes(mark, folder))
        shapes.append(shape)
    if not records:
        raise FileUnreadable(name=path.name, reason="没有任何地标（Placemark）", reason_en="it holds no placemark")
    try:
        count_vertices(shapes)
    except ShapeUnusable as fault:
        raise FileUnreadable(name=path.name, reason=str(fault), reason_en=str(fault)) from fault
    headers = list(dict.fromkeys(name for record in records for name in record))
    frame = pd.DataFrame([[r.get(h) for h in headers] for r in records], columns=headers, dtype=object)
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    return RawTable(
        frame, list(range(1, len(records) + 1)), geometry, "EPSG:4326", True, encoding, "KML", None, notes, remarks, _marks(root)
    )


def _document(path: Path) -> bytes:
    if path.suffix.lower() != ".kmz":
        return path.read_bytes()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        found = [file for file in unpack(path, Path(folder)) if file.suffix.lower() == ".kml"]
        if not found:
            raise FileUnreadable(name=path.name, reason="压缩包内没有 KML", reason_en="it holds no KML")
        found.sort(key=lambda file: (file.name.lower() != "doc.kml", file.name))
        return found[0].read_bytes()


def _links(root: Any) -> list[str]:
    """Said when a part of the map lies elsewhere: it is never fetched."""
    if any(_tag(element) == "NetworkLink" for element in root.iter()):
        return ["含网络链接，链接的内容未读取 / it holds network links, which are not followed"]
    return []


def _marks(root: Any) -> list[BaseMark]:
    """What the document says it was made from, in its own extended data."""
    for document in [root, *root]:
        for element in document:
            for data in element if _tag(element) == "ExtendedData" else ():
                if data.get("name") == NAME:
                    return marks_in(_child_text(data, "value") or "")
    return []


def _drawn(mark: Any) -> bool:
    """Whether a placemark was meant to have a place."""
    return any(_tag(element) in ("Point", "LineString", "Polygon", "MultiGeometry") for element in mark)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _placemarks(element: Any, folder: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    stack: list[tuple[Any, tuple[str, ...]]] = [(element, folder)]
    while stack:
        node, path = stack.pop()
        for child in node:
            if _tag(child) == "Placemark":
                found.append((path, child))
        nested = [child for child in node if _tag(child) in ("Folder", "Document", "kml")]
        for child in reversed(nested):
            name = _child_text(child, "name") if _tag(child) == "Folder" else None
            stack.append((child, (*path, name) if name else path))
    return found


def _child_text(element: Any, tag: str) -> str | None:
    for child in element:
        if _tag(child) == tag and child.text and child.text.strip():
            return str(child.text).strip()
    return None


def _attributes(mark: Any, folder: tuple[str, ...]) -> dict[str, Any]:
    record: dict[str, Any] = {"name": _child_text(mark, "name")}
    if folder:
        record["folder"] = "/".join(folder)
    described = _child_text(mark, "description")
    if described:
        record["description"] = described[:LONGEST_DESCRIPTION]
    for element in mark.iter():
        if _tag(element) == "Data" and element.get("name"):
            record[str(element.get("name")).strip()] = _child_text(element, "value")
        elif _tag(element) == "SimpleData" and element.get("name"):
            record[str(element.get("name")).strip()] = (element.text or "").strip() or None
    return record


def _geometry(mark: Any) -> shapely.Geometry | None:
    parts = [shape for element in mark for shape in _shapes(element)]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    kinds = {part.geom_type for part in parts}
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon(parts)
    return shapely.GeometryCollection(parts)


def _shapes(element: Any) -> list[shapely.Geometry]:
    tag = _tag(element)
    if tag == "MultiGeometry":
        return [shape for child in element for shape in _shapes(child)]
    if tag == "Point":
        spots = _coordinates(element)
        return [shapely.Point(spots[0])] if spots else []
    if tag == "LineString":
        spots = _coordinates(element)
        return [shapely.LineString(spots)] if len(spots) > 1 else []
    if tag != "Polygon":
        return []
    rings = {"outerBoundaryIs": [], "innerBoundaryIs": []}  # type: dict[str, list[Any]]
    for child in element:
        if _tag(child) in rings:
            rings[_tag(child)].append(_coordinates(child))
    shells = [ring for ring in rings["outerBoundaryIs"] if ring]
    if not shells:
        return []
    if len(shells[0]) < 3:
        raise ShapeUnusable("边界顶点少于三个 / a ring has fewer than three vertices")
    return [shapely.Polygon(shells[0], [ring for ring in rings["innerBoundaryIs"] if len(ring) > 2])]


def _coordinates(element: Any) -> list[tuple[float, float]]:
    for node in element.iter():
        if _tag(node) == "coordinates" and node.text:
            spots = [piece.split(",") for piece in node.text.split()]
            return [(float(spot[0]), float(spot[1])) for spot in spots if len(spot) > 1]
    return []
