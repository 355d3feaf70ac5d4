"""Looks at rows beside each other and beside the region: what can be taken and should still be looked at.

Everything here is a warning: the row is taken, and listed as doubtful.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.county import GENERALISED_M, county
from geo.region import Region
from layers._codes import plain_code
from layers._conform_faults import Fault
from layers._conform_values import half_width
from layers._layer import Layer

SAME_PLACE_ROWS = 5
"""Rows of different owners on one coordinate from which it is said: probably the middle of a town."""
SAME_NAME_M = 50.0
_OVERLAP_M2, _GAP_M2, _AREA_SHARE = 1.0, 0.5, 0.01
_MOST_POLYGONS, _MOST_VERTICES = 3000, 1_000_000
_MOST_LISTED = 500

Places = npt.NDArray[np.float64]


def doubts(frame: pd.DataFrame, layer: Layer, region: Region) -> list[Fault]:
    """What is odd about conformed rows (``Conformed.frame``) taken together."""
    found: list[Fault] = []
    if not len(frame):
        return found
    shapes = np.asarray([*frame["geometry"].tolist(), None], dtype=object)[:-1]
    kinds = shapely.get_type_id(shapes)
    xy = np.full((len(frame), 2), np.nan)
    points = kinds == 0
    xy[points] = np.column_stack([shapely.get_x(shapes[points]), shapely.get_y(shapes[points])])
    found += _outside(frame, shapes, xy, region)
    if layer.positioned:
        found += _one_coordinate(frame, layer, xy)
    if layer.name == "enterprises":
        found += _twice(frame, "uscc", "统一社会信用代码", "unified social credit code", "duplicate_uscc")
    if not layer.has("enterprise_code") or layer.name == "enterprises":
        found += _near_namesakes(frame, layer, xy)
    if layer.has("stated_area_km2"):
        found += _stated_areas(frame, shapes)
    polygons = np.flatnonzero(np.isin(kinds, (3, 6)))
    few = 1 < len(polygons) <= _MOST_POLYGONS and int(shapely.get_num_coordinates(shapes[polygons]).sum()) <= _MOST_VERTICES
    if layer.geometry == "polygon" and few:
        found += _overlaps(frame, layer, shapes, polygons)
        found += _gaps(shapes[polygons])
    return found


def _fault(row: int, value: str | None, code: str, zh: str, en: str, hint: str) -> Fault:
    return Fault(row, "position", value, zh, en, hint, "warning", code)


def _outside(frame: pd.DataFrame, shapes: npt.NDArray[np.object_], xy: Places, region: Region) -> Iterator[Fault]:
    home, rows = county(region), frame["row"].tolist()
    away = home.distance_outside(xy)
    beyond = np.flatnonzero(away > 0)
    for at, there in zip(beyond.tolist(), home.places(xy[beyond]), strict=True):
        metres = float(away[at])
        shown = f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"
        if metres <= GENERALISED_M:
            zh = f"坐标在{region.name}界线外 {shown}，界线为概化线，请核对"
            en = f"{shown} outside the drawn line of {region.name_en}, which is generalised"
            yield _fault(rows[at], shown, "near_boundary", zh, en, "请核对是否属于本市")
        else:
            zh = f"坐标落在{region.name}界外 {shown}" + (f"（{there}）" if there else "")
            en = f"{shown} outside {region.name_en}"
            yield _fault(rows[at], shown, "outside_boundary", zh, en, "请核对坐标、坐标系和坐标基准")
    shaped = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    apart = shaped[~shapely.intersects(home.area, shapes[shaped])] if len(shaped) else shaped
    for at in apart.tolist():
        zh, en = f"区域全部在{region.name}之外", f"the area lies wholly outside {region.name_en}"
        yield _fault(rows[at], None, "outside_boundary", zh, en, "请核对坐标系")


def _one_coordinate(frame: pd.DataFrame, layer: Layer, xy: Places) -> Iterator[Fault]:
    there = np.flatnonzero(np.isfinite(xy).all(axis=1))
    if len(there) < SAME_PLACE_ROWS:
        return
    _, place, counts = np.unique(np.round(xy[there], 3), axis=0, return_inverse=True, return_counts=True)
    owner = frame["enterprise_code"].tolist() if layer.name != "enterprises" and layer.has("enterprise_code") else None
    owners: dict[int, set[Any]] = {}
    crowded = counts[place.ravel()] >= SAME_PLACE_ROWS
    for at, where in zip(there[crowded].tolist(), place.ravel()[crowded].tolist(), strict=True):
        owners.setdefault(where, set()).add(owner[at] if owner else at)
    for at, where in zip(there[crowded].tolist(), place.ravel()[crowded].tolist(), strict=True):
        if len(owners[where]) >= SAME_PLACE_ROWS:
            number = len(owners[where])
            zh, en = f"{number} 家的坐标完全相同，可能是乡镇中心点", f"{number} share this coordinate, probably a town's middle"
            yield _fault(int(frame["row"].iloc[at]), None, "same_place", zh, en, "请现场或在地图上重新定位")


def _twice(frame: pd.DataFrame, column: str, title: str, title_en: str, code: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for at, value in enumerate(frame[column].tolist()):
        if value is None:
            continue
        plain = plain_code(str(value))
        if plain in first:
            row = int(frame["row"].iloc[first[plain]])
            zh, en = f"{title}与第 {row} 行相同", f"the same {title_en} as row {row}"
            yield Fault(int(frame["row"].iloc[at]), column, str(value), zh, en, "请核对是否为同一家", "warning", code)
        first.setdefault(plain, at)


def _near_namesakes(frame: pd.DataFrame, layer: Layer, xy: Places) -> Iterator[Fault]:
    known: dict[str, list[int]] = {}
    for at, name in enumerate(frame[layer.label].tolist()):
        if name is None or not np.isfinite(xy[at]).all():
            continue
        others = known.setdefault("".join(half_width(name).split()), [])
        for other in others[:20]:
            metres = float(np.hypot(*(xy[at] - xy[other])))
            if metres <= SAME_NAME_M:
                row = int(frame["row"].iloc[other])
                zh = f"与第 {row} 行名称相同，相距 {metres:.0f} m，可能是同一家"
                en = f"the same name as row {row}, {metres:.0f} m away"
                yield Fault(
                    int(frame["row"].iloc[at]), layer.label, str(name), zh, en, "请合并或改正", "warning", "duplicate_name"
                )
                break
        others.append(at)


def _stated_areas(frame: pd.DataFrame, shapes: npt.NDArray[np.object_]) -> Iterator[Fault]:
    for at, stated in enumerate(frame["stated_area_km2"].tolist()):
        if stated is None or shapes[at] is None:
            continue
        drawn = float(shapely.area(shapes[at])) / 1e6
        if abs(drawn - float(stated)) > _AREA_SHARE * float(stated):
            off = (drawn / float(stated) - 1) * 100
            zh = f"公告面积 {stated} km²，图形面积 {drawn:.4f} km²，相差 {off:+.1f}%"
            en = f"stated {stated} km², drawn {drawn:.4f} km², {off:+.1f} %"
            row = int(frame["row"].iloc[at])
            yield Fault(row, "stated_area_km2", str(stated), zh, en, "请核对界线或公告", "warning", "area_differs")


def _overlaps(frame: pd.DataFrame, layer: Layer, shapes: npt.NDArray[np.object_], at: npt.NDArray[np.int64]) -> Iterator[Fault]:
    polygons = shapes[at]
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = [(a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True) if a < b][:20_000]
    codes = frame[layer.key].tolist()
    listed = 0
    for a, b in pairs:
        first, second = int(at[a]), int(at[b])
        if codes[first] == codes[second] or not _together(frame, layer, first, second):
            continue
        shared = float(shapely.area(shapely.intersection(polygons[a], polygons[b])))
        if shared > _OVERLAP_M2 and listed < _MOST_LISTED:
            listed += 1
            row = int(frame["row"].iloc[first])
            zh, en = (
                f"与第 {row} 行（{codes[first]}）重叠 {shared:.0f} m²",
                f"overlaps row {row} ({codes[first]}) by {shared:.0f} m²",
            )
            yield Fault(int(frame["row"].iloc[second]), "geometry", None, zh, en, "请核对两区界线", "warning", "overlap")


def _together(frame: pd.DataFrame, layer: Layer, first: int, second: int) -> bool:
    """Whether two rows are ever in force on the same day."""
    if not layer.zone:
        return True
    start, end = frame["effective_from"].tolist(), frame["effective_to"].tolist()
    for one, other in ((first, second), (second, first)):
        if end[one] is not None and start[other] is not None and end[one] < start[other]:
            return False
    return True


def _gaps(polygons: npt.NDArray[np.object_]) -> list[Fault]:
    """Holes that only neighbours leave between them."""
    whole = shapely.union_all(polygons)
    own = _holes(polygons)
    gaps = [hole for hole in _holes(np.array([whole], dtype=object)) if shapely.area(hole) > _GAP_M2]
    if own:
        holes = shapely.union_all(np.array(own, dtype=object))
        gaps = [gap for gap in gaps if shapely.area(shapely.difference(gap, holes)) > _GAP_M2]
    if not gaps:
        return []
    area = float(sum(shapely.area(gap) for gap in gaps))
    zh = f"相邻区域之间有 {len(gaps)} 处缝隙，共 {area:.0f} m²"
    en = f"{len(gaps)} gaps between neighbouring areas, {area:.0f} m² together"
    return [Fault(None, "geometry", None, zh, en, "请核对公共边界", "warning", "gap")]


def _holes(polygons: npt.NDArray[np.object_]) -> list[shapely.Geometry]:
    """The inner rings of polygons, as polygons."""
    return [shapely.Polygon(ring) for part in shapely.get_parts(polygons) for ring in part.interiors]
