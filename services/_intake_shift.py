"""Whether a file looks like GCJ-02 or BD-09: its rows are compared with places that are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.county import county
from geo.region import Region
from geo.shifts import NAMES, Shift, against_lines, against_points
from layers._conform import Conformed, ConformOptions
from layers._conform_faults import Fault
from layers._conform_values import half_width
from layers._find import load_layers
from layers._layer import Layer
from store import features
from store.open import Store

MOST_COMPARED = 3000
_SHIFTED = ("gcj02", "bd09")
_TOWN_ROWS = 20


def shift_doubts(store: Store | None, layer: Layer, conformed: Conformed, region: Region, stated: ConformOptions) -> list[Fault]:
    """Doubts about the datum of a file: against rows recorded before, against towns, against boundaries."""
    if stated.datum in _SHIFTED or not len(conformed.frame):
        return []
    return list(_measured(store, layer, conformed.frame, region))


def _measured(store: Store | None, layer: Layer, frame: pd.DataFrame, region: Region) -> Iterator[Fault]:
    shapes = np.array([*frame["geometry_map"].tolist(), None], dtype=object)[:-1]
    if layer.geometry == "polygon":
        yield from _against_boundaries(shapes, region)
        return
    points = shapely.get_type_id(shapes) == 0
    datum = frame["datum"].tolist() if layer.has("datum") else [None] * len(frame)
    points &= np.array([name not in _SHIFTED for name in datum], dtype=np.bool_)
    at = np.flatnonzero(points)
    if store is None or not len(at):
        return
    found = _against_recorded(store, layer, frame, shapes, at, region)
    if found is None and layer.has("town_name"):
        found = _against_towns(store, frame, shapes, at)
    if found is not None:
        yield found


def _against_boundaries(shapes: npt.NDArray[np.object_], region: Region) -> Iterator[Fault]:
    """Zones drawn along the county's line: their vertices lie on it, or all beside it by the same shift."""
    lonlat = shapely.get_coordinates(shapes)
    if not len(lonlat) >= 20:
        return
    lonlat = lonlat[:: max(1, len(lonlat) // MOST_COMPARED)]
    found = against_lines(lonlat[:, 0], lonlat[:, 1], county(region).lines, region.judging_crs)
    if found is not None:
        yield _fault(found, "行政界线", "the boundaries")


def _against_recorded(
    store: Store, layer: Layer, frame: pd.DataFrame, shapes: npt.NDArray[np.object_], at: npt.NDArray[np.int64], region: Region
) -> Fault | None:
    """The same rows, or enterprises of the same name, as they are recorded."""
    known: dict[str, Any] = {}
    for name in dict.fromkeys((layer.name, "enterprises")):
        other = load_layers()[name]
        recorded = features.recorded(store, other)
        for key, title, place in zip(recorded[other.key], recorded[other.label], recorded["geometry"], strict=True):
            if place is not None and shapely.get_type_id(place) == 0:
                known.setdefault(f"{name}:{key}", place)
                if title and name == "enterprises":
                    known.setdefault(f"name:{_bare(title)}", place)
    codes, labels = frame[layer.key].tolist(), frame[layer.label].tolist()
    pairs = []
    for position in at.tolist():
        place = known.get(f"{layer.name}:{codes[position]}")
        if place is None and layer.name == "enterprises" and labels[position]:
            place = known.get(f"name:{_bare(labels[position])}")
        if place is not None:
            pairs.append((position, place))
    pairs = pairs[:MOST_COMPARED]
    if not pairs:
        return None
    own = shapes[[position for position, _ in pairs]]
    where = shapely.get_coordinates(np.array([place for _, place in pairs], dtype=object))
    found = against_points(shapely.get_x(own), shapely.get_y(own), where, region.judging_crs)
    return _fault(found, "已入库的位置", "the recorded places") if found else None


def _bare(name: object) -> str:
    return "".join(half_width(name).split())


def _against_towns(store: Store, frame: pd.DataFrame, shapes: npt.NDArray[np.object_], at: npt.NDArray[np.int64]) -> Fault | None:
    """Rows that name a town: in how many of them the point lies in it, as said and converted."""
    from geo.datum import to_cgcs2000

    towns = features.recorded(store, load_layers()["towns"])
    areas = {str(name): area for name, area in zip(towns["town_name"], towns["geometry_map"], strict=True) if area is not None}
    names = frame["town_name"].tolist()
    rows = [position for position in at.tolist() if names[position] in areas][:MOST_COMPARED]
    if len(rows) < _TOWN_ROWS:
        return None
    area = np.array([areas[names[position]] for position in rows], dtype=object)
    lon, lat = shapely.get_x(shapes[rows]), shapely.get_y(shapes[rows])
    shares = {datum: float(shapely.contains_xy(area, *to_cgcs2000(datum, lon, lat)).mean()) for datum in ("cgcs2000", *_SHIFTED)}
    best = max(_SHIFTED, key=lambda name: shares[name])
    if shares[best] < shares["cgcs2000"] + 0.05 or shares[best] < 0.9:
        return None
    zh = f"疑似 {NAMES[best]}：按现坐标 {shares['cgcs2000']:.0%} 的点落在所写乡镇内，按 {NAMES[best]} 换算后为 {shares[best]:.0%}"
    en = (
        f"looks like {NAMES[best]}: {shares['cgcs2000']:.0%} of the points lie in the town they name, "
        f"{shares[best]:.0%} when converted"
    )
    return Fault(
        None,
        "datum",
        best,
        zh,
        en,
        f"若确为 {NAMES[best]}，请用 --datum {best} 重新导入",
        "warning",
        "crs_suspect",
        {"datum": best},
    )


def _fault(found: Shift, zh: str, en: str) -> Fault:
    name = NAMES[found.datum]
    reason = (
        f"疑似 {name}：与{zh}的中位偏差 {found.residual_m:.0f} m，按 {name} 换算后为 {found.converted_m:.0f} m"
        f"（比对 {found.compared} 处）"
    )
    reason_en = (
        f"looks like {name}: the median distance from {en} is {found.residual_m:.0f} m, {found.converted_m:.0f} m when converted "
        f"({found.compared} compared)"
    )
    hint = f"若确为 {name}，请用 --datum {found.datum} 重新导入"
    return Fault(None, "datum", found.datum, reason, reason_en, hint, "warning", "crs_suspect", {"datum": found.datum})
