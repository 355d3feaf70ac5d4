"""A column of well-known text (WKT) in a plain table is its geometry."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import shapely

from geo._shapes import count_vertices
from geo.raw import RawTable, RowRemark

HEADERS = ("wkt", "geometry", "geom", "the_geom", "shape", "几何", "图形", "坐标串")
LONGEST_TEXT = 60_000_000
_WKT = re.compile(
    r"^\s*(?:SRID=(\d+);)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)|^\s*(?:SRID=(\d+);)?\s*GEOMETRYCOLLECTION",
    re.IGNORECASE,
)
_DEEPEST = 8
_UNREADABLE = ("geometry_unusable", "WKT 读不出图形", "the WKT is no geometry")


def with_wkt(table: RawTable) -> RawTable:
    """The table with its WKT column as geometry; as it is where it has none."""
    for header in table.frame.columns:
        if str(header).strip().casefold() in HEADERS:
            cells = table.frame[header].tolist()
            written = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
            if written and sum(bool(_WKT.match(cell)) for cell in written) * 2 >= len(written):
                return _drawn(table, str(header), cells)
    return table


def _drawn(table: RawTable, header: str, cells: list[object]) -> RawTable:
    geometry = np.full(len(cells), None, dtype=object)
    remarks = list(table.remarks)
    systems = set()
    for position, cell in enumerate(cells):
        text = cell.strip() if isinstance(cell, str) else ""
        if not text:
            continue
        found = _WKT.match(text)
        if found and (found.group(1) or found.group(2)):
            systems.add(found.group(1) or found.group(2))
        geometry[position] = _shape(text.partition(";")[2] if text[:5].upper() == "SRID=" else text)
        if geometry[position] is None:
            remarks.append(RowRemark(position, *_UNREADABLE, lost=True))
    count_vertices(list(geometry))
    crs = f"EPSG:{systems.pop()}" if len(systems) == 1 else None
    note = f"图形取自“{header}”列（WKT） / the geometry comes from the column {header} (WKT)"
    frame = table.frame.drop(columns=[header])
    return replace(
        table, frame=frame, geometry=geometry, crs=crs, crs_declared=crs is not None, notes=[*table.notes, note], remarks=remarks
    )


def _shape(text: str) -> shapely.Geometry | None:
    """A geometry; None for what is none, or nested too deep to parse safely."""
    depth = deepest = 0
    if len(text) > LONGEST_TEXT:
        return None
    for mark in text[:200]:
        depth += (mark == "(") - (mark == ")")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or text.upper().count("GEOMETRYCOLLECTION") > _DEEPEST:
        return None
    try:
        shape = shapely.force_2d(shapely.from_wkt(text, on_invalid="ignore"))
    except Exception:  # GEOS says it in many ways
        return None
    return None if shape is None or shapely.is_empty(shape) else shape
