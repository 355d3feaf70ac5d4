"""Hot cells as a map, as a legend and as a workbook."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import shapely

from geo import crs as systems
from geo._order import Floats
from geo.errors import WrongUsage
from geo.region import Region
from geo.write import Sheet, workbook_bytes
from maps.colours import class_of, classes, colours
from services.hotcells import HotCell, HotGrid
from services.zonal_tables import WEIGHTING

SHOWN = ("pm25", "yoy", "mom", "units", "findings", "complaints")
SCHEMES = ("fixed", "quantile", "jenks")
FIXED: dict[str, tuple[float, ...]] = {
    "pm25": (15, 25, 35, 45, 55, 75), "yoy": (-5, -2, -0.5, 0.5, 2, 5), "mom": (-5, -2, -0.5, 0.5, 2, 5),
    "units": (0, 2, 5, 10, 20), "findings": (0, 2, 5, 10, 20), "complaints": (0, 1, 2, 5),
}  # fmt: skip
RAMP = {"pm25": "warm", "yoy": "change", "mom": "change", "units": "plain", "findings": "plain", "complaints": "plain"}
CLASSES, SAMPLE = 6, 250


def breaks_of(made: HotGrid, name: str, scheme: str) -> list[float]:
    """Inner limits of the classes of one number.

    Raises:
        WrongUsage: a number or a scheme there is not.
    """
    if name not in SHOWN or scheme not in SCHEMES:
        raise WrongUsage(value=f"{name}, {scheme}"[:40], hint=f"{' '.join(SHOWN)}; {' '.join(SCHEMES)}")
    if scheme == "fixed":
        return list(FIXED[name])
    values = np.array([value for cell in made.cells if (value := cell.value(name)) is not None], dtype=np.float64)
    different = len(np.unique(values))
    if different < 2:
        return []
    found = _limits(np.sort(values), min(CLASSES, different), scheme)
    return sorted({round(float(limit), 1) for limit in found[:-1]})


def _limits(values: Floats, count: int, scheme: str) -> Floats:
    """Upper limits of classes of sorted values; natural breaks of many of them from an even sample, which keeps both ends."""
    import mapclassify

    if scheme == "quantile":
        return np.asarray(mapclassify.Quantiles(values, k=count).bins)
    place = np.linspace(0, len(values) - 1, min(len(values), SAMPLE)).round().astype(np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it regrets that it was not compiled
        return np.asarray(mapclassify.FisherJenks(values[place], k=count).bins)


def hot_geojson(made: HotGrid, region: Region, name: str, scheme: str) -> dict[str, Any]:
    """Cells as GeoJSON in degrees, each with its colour, and the legend."""
    breaks, ramp = breaks_of(made, name, scheme), RAMP[name]
    shapes = np.array([cell.shape for cell in made.cells], dtype=object)
    degrees = systems.transform(shapes, region.judging_crs, region.map_crs) if len(shapes) else shapes
    texts = shapely.to_geojson(shapely.set_precision(degrees, 1e-6, mode="pointwise")) if len(shapes) else []
    shown = colours(ramp, len(breaks) + 1)
    features = [_feature(cell, text, name, breaks, shown) for cell, text in zip(made.cells, texts, strict=True)]
    return {
        "type": "FeatureCollection", "features": features, "classes": classes(breaks, ramp), "month": f"{made.wish.month:%Y-%m}",
        "months": [f"{month:%Y-%m}" for month in made.months], "basis": made.basis,
    }  # fmt: skip


def _feature(cell: HotCell, text: str, name: str, breaks: list[float], shown: tuple[str, ...]) -> dict[str, Any]:
    value = cell.value(name)
    told = {part: getattr(cell, part) for part in (*SHOWN, "code", "km2", "nodata", "stations", "lists")}
    heads = [" ".join(part for part in (title, head) if part) for _, title, head in cell.heads]
    colour = None if value is None else shown[int(class_of(value, breaks))]
    properties = told | {"value": value, "colour": colour, "heads": heads}
    return {"type": "Feature", "id": cell.code, "properties": properties, "geometry": json.loads(text)}


_HEADS = (
    ("网格编号", "面积 km²", "PM2.5 µg/m³", "同比 µg/m³", "环比 µg/m³", "无数据 %", "站点数", "设备数", "违规和限期整改", "投诉",
     "清单", "责任网格与网格长"),
    ("cell", "area km²", "PM2.5 µg/m³", "against a year ago", "against last month", "no data %", "stations", "units",
     "open findings", "complaints", "lists", "responsibility cells and heads"),
)  # fmt: skip
LIST_WORDS = {
    "high": ("浓度最高", "Highest"), "yoy": ("同比恶化", "Worst year-on-year"), "mom": ("环比恶化", "Worst month-on-month"),
}  # fmt: skip


def hot_xlsx(made: HotGrid, english: bool = False) -> bytes:
    """The three lists, every cell, and what they rest on, as a workbook."""
    place = int(english)
    heads = _HEADS[place]
    sheets = [Sheet(words[place], heads, [_line(cell, place) for cell in made.lists[name]]) for name, words in LIST_WORDS.items()]
    sheets.append(Sheet("all cells" if english else "全部网格", heads, [_line(cell, place) for cell in made.cells]))
    basis = [[name, text or "—"] for name, text in made.basis.items()]
    names = ("month", "size", "weighting") if english else ("月份", "边长", "加权")
    told = (f"{made.wish.month:%Y-%m}", f"{made.wish.size} m", basis_words(made)[place])
    basis += [list(pair) for pair in zip(names, told, strict=True)]
    return workbook_bytes([*sheets, Sheet("basis" if english else "依据", ("", ""), basis)])


def basis_words(made: HotGrid) -> tuple[str, str]:
    """How values came about, Chinese and English."""
    if made.wish.source == "raster":
        return WEIGHTING
    limit = f"{made.wish.limit_km:g} km"
    return (
        f"站点月均按距离平方反比插值到网格中心，只用 {limit} 以内最多 8 个站，超出不插值；站点数逐格列出",
        f"monthly means of stations by inverse squared distance to the cell's middle, at most 8 within {limit}, never beyond",
    )


def _line(cell: HotCell, place: int) -> list[Any]:
    numbers = [None if value is None else round(value, 2) for value in (cell.pm25, cell.yoy, cell.mom)]
    lists = "、".join(LIST_WORDS[name][place] for name in cell.lists)
    heads = "；".join(" ".join(part for part in head if part) for head in cell.heads)
    return [
        cell.code, round(cell.km2, 4), *numbers, round(100 * cell.nodata, 2), cell.stations, cell.units, cell.findings,
        cell.complaints, lists, heads,
    ]  # fmt: skip
