"""分区统计表: what a raster holds under the zones, towns or cells of a layer, the weighting named."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import WrongUsage
from geo.raster import KINDS
from geo.region import Region
from geo.write import Sheet, workbook_bytes
from geo.zonal import Zonal, zonal
from layers._layer import Layer
from services.assess import current
from services.overview import in_force
from services.rasters import raster_for
from services.scope import Principal, layer_for, visible_layers
from services.seen import seen_by
from store import rasters
from store.open import Store
from store.rasters import Raster

WEIGHTING = (
    "按像元被区域覆盖的确切面积加权；无数据的像元不参与，其份额另列",
    "weighted by the exact covered area of every cell; cells without data are left out, their share is stated",
)
"""Said in every table."""
HEADS = (
    ("编号", "名称", "面积 km²", "均值", "最大值", "90 百分位", "合计", "超过阈值份额 %", "无数据份额 %", "像元数"),
    ("code", "name", "area km²", "mean", "maximum", "90th percentile", "sum", "share over threshold %", "no data %", "cells"),
)


@dataclass(frozen=True)
class ZonalTable:
    """A raster under the areas of a layer.

    Attributes:
        rows: code, name, area_km2, mean, highest, p90, total, over, nodata, cells; None where there is nothing.
    """

    raster: Raster
    layer: Layer
    day: dt.date
    threshold: float | None
    rows: list[dict[str, Any]]

    @property
    def heads(self) -> dict[str, tuple[str, str]]:
        """What the numbers rest on, Chinese and English."""
        one, unit = self.raster, self.raster.facts["unit"]
        kind = KINDS[one.kind]
        over = "—" if self.threshold is None else f"> {self.threshold:g} {unit}"
        return {
            "栅格": ("raster", f"{kind.title} {one.name} {one.on_day or ''} #{one.id} ({one.sha256[:12]})"),
            "单位": ("unit", unit or "—"),
            "阈值": ("threshold", over),
            "区域": ("areas", f"{self.layer.title} / {self.layer.title_en} {self.day}"),
            "加权": ("weighting", " / ".join(WEIGHTING)),
        }


def area_layers(principal: Principal) -> dict[str, Layer]:
    """Layers whose areas a raster can be measured under."""
    return {name: layer for name, layer in visible_layers(principal).items() if layer.geometry == "polygon"}


def table_of(
    store: Store, region: Region, principal: Principal, number: int, layer_name: str, day: dt.date, threshold: float | None
) -> ZonalTable:
    """Measure a raster under the areas of a layer in force on a day, as far as somebody sees them.

    Args:
        threshold: of the share above it, None for the highest fixed limit of the kind, if it has one.
    Raises:
        RasterUnknown, LayerUnknown. WrongUsage: imagery, no layer of areas, or a threshold that is no number.
    """
    if threshold is not None and not math.isfinite(threshold):
        raise WrongUsage(value=str(threshold), hint="over=35")
    found, layer = raster_for(store, principal, number), layer_for(principal, layer_name)
    if found.kind == "imagery" or layer.geometry != "polygon":
        raise WrongUsage(value=f"{number}, {layer_name}", hint="请选择数值栅格和面图层 / a raster of values and a layer of areas")
    frame = in_force(seen_by(current(store, region, day), principal).frames[layer_name], current(store, region, day))
    if threshold is None and found.kind == "pm25":
        threshold = 35.0
    shapes = frame["geometry"].to_numpy(dtype=object)
    measured = zonal(rasters.path_of(store, found), shapes, region.judging_crs, threshold)
    return ZonalTable(found, layer, day, threshold, rows_of(frame, layer, measured))


def rows_of(frame: pd.DataFrame, layer: Layer, measured: Zonal) -> list[dict[str, Any]]:
    """A row for every area, by code."""
    import shapely

    areas = shapely.area(frame["geometry"].to_numpy(dtype=object)) / 1e6
    parts = {name: getattr(measured, name) for name in ("mean", "highest", "p90", "total", "over", "nodata", "cells")}
    codes, names = frame[layer.key].tolist(), frame[layer.label].tolist()
    rows = [
        {"code": str(code), "name": str(name or code), "area_km2": float(area)}
        | {part: plain(values[place]) for part, values in parts.items()}
        for place, (code, name, area) in enumerate(zip(codes, names, areas, strict=True))
    ]
    return sorted(rows, key=lambda row: row["code"])


def plain(number: Any) -> float | None:
    """A number, None for none."""
    return float(number) if math.isfinite(number) else None


def table_xlsx(made: ZonalTable, english: bool = False) -> bytes:
    """The table as a workbook, with a sheet that says what it rests on."""
    rows = [
        [row["code"], row["name"], *(_round(row[name], 4) for name in ("area_km2", "mean", "highest", "p90", "total")),
         _percent(row["over"]), _percent(row["nodata"]), _round(row["cells"], 3)]
        for row in made.rows
    ]  # fmt: skip
    told = [[told[0] if english else name, told[1]] for name, told in made.heads.items()]
    names = ("zones", "basis") if english else ("分区统计", "依据")
    return workbook_bytes([Sheet(names[0], HEADS[int(english)], rows), Sheet(names[1], ("", ""), told)])


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _percent(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(100 * value, 2)
