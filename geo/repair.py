"""Repairs invalid polygons, and says of each what was wrong and what became of its area."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7

_REASONS = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "边界环自接触",
    "Hole lies outside shell": "内环在外环之外",
    "Holes are nested": "内环互相嵌套",
    "Nested holes": "内环互相嵌套",
    "Nested shells": "图形各部分互相重叠",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "边界环重复",
    "Too few points in geometry component": "顶点太少",
    "Invalid Coordinate": "含无效坐标",
    "Ring is not closed": "边界未闭合",
}


@dataclass(frozen=True)
class Repair:
    """One repaired geometry.

    Attributes:
        position: place in the array given. reason, reason_en: what was wrong.
        area_before, area_after: in square units of the coordinates given.
    """

    position: int
    reason: str
    reason_en: str
    area_before: float
    area_after: float


_NUMBERS = re.compile(r"-?\d+\.\d{7,}")
"""Coordinates with more digits than anybody reads."""


def why_invalid(geometry: shapely.Geometry) -> tuple[str, str]:
    """What is wrong with an invalid geometry, with the place: Chinese and English."""
    english = _NUMBERS.sub(lambda found: f"{float(found.group()):.6f}", str(shapely.is_valid_reason(geometry)))
    cause, _, place = english.partition("[")
    place = f"（约 {place.rstrip(']')}）" if place else ""
    return _REASONS.get(cause.strip(), "图形无效") + place, english


def repair(geoms: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], list[Repair]]:
    """Make polygons valid without inventing area.

    Args:
        geoms: object array (n,) of shapely geometries or None; left as it is.
    Returns:
        A new array in which every geometry that was invalid, or a collection, is a valid polygon or
        multipolygon, or None where no area is left; and one Repair for each that was changed.
    """
    fixed = np.array(geoms, dtype=object)
    kinds = shapely.get_type_id(fixed)
    sick = np.flatnonzero((kinds >= 0) & (~shapely.is_valid(fixed) | (kinds == _COLLECTION)))
    repairs = []
    for position in sick.tolist():
        before = fixed[position]
        after = polygons_only(shapely.make_valid(before, method="structure", keep_collapsed=False))
        fixed[position] = after
        reason, reason_en = _reason(before)
        repairs.append(
            Repair(
                position, reason, reason_en, float(before.area), 0.0 if after is None else float(after.area)
            )
        )
    return fixed, repairs


def _reason(geometry: shapely.Geometry) -> tuple[str, str]:
    if shapely.is_valid(geometry):
        return "图形是混合集合，只保留其中的面", "a mixed collection: only its polygons are kept"
    return why_invalid(geometry)


def polygons_only(geometry: shapely.Geometry) -> shapely.Geometry | None:
    """The polygons of a geometry as one valid polygon or multipolygon; None without any."""
    if shapely.get_type_id(geometry) in (_POLYGON, _MULTIPOLYGON) and shapely.is_valid(geometry):
        return None if shapely.is_empty(geometry) else geometry
    # GEOS 3.14 can answer with parts that share an edge ((0 0, 1 1, 0 1, 0 2, 1 1, 0 1)): dissolve them
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = [part for part in parts if shapely.get_type_id(part) == _POLYGON and not shapely.is_empty(part)]
    return shapely.union_all(parts) if parts else None
