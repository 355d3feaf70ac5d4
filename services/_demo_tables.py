"""Point tables of the example city in the many ways offices write coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geo import crs as systems
from geo.datum import cgcs2000_to_gcj02
from geo.raw import RawTable
from geo.region import Region
from services._demo_places import DEGREES


def place(spot: Any, region: Region, style: int = 0) -> dict[str, str]:
    """Coordinate cells of a point, by style: decimal degrees, DMS, GCJ-02, or plane metres.

    Args:
        spot: (easting, northing) in judging metres, or None for a row without position.
        style: 0-5 decimal degrees; 6 degrees, minutes, whole seconds; 7 GCJ-02; 8 EPSG:4549; 9 EPSG:4528.
    """
    if spot is None:
        return {}
    east, north = float(spot[0]), float(spot[1])
    if style == 8:
        return {"东坐标": f"{east:.2f}", "北坐标": f"{north:.2f}", "坐标系": "EPSG:4549", "坐标精度(m)": "2"}
    if style == 9:
        return {"东坐标": f"{east + 40_000_000:.2f}", "北坐标": f"{north:.2f}", "坐标系": "EPSG:4528", "坐标精度(m)": "2"}
    lon, lat = systems.transform_xy(np.array([east]), np.array([north]), region.judging_crs, DEGREES)[0].tolist()
    if style == 6:
        return {"经度": _dms(lon), "纬度": _dms(lat)}
    if style == 7:
        shifted = [float(axis[0]) for axis in cgcs2000_to_gcj02(np.array([lon]), np.array([lat]))]
        return {"经度": f"{shifted[0]:.7f}", "纬度": f"{shifted[1]:.7f}", "坐标基准": "高德", "坐标精度(m)": "5"}
    return {"经度": f"{lon:.9f}", "纬度": f"{lat:.9f}", "坐标精度(m)": ("0.1", "1", "3", "5", "8", "")[style]}


def _dms(value: float) -> str:
    seconds = round(value * 3600)
    return f"{seconds // 3600}°{seconds % 3600 // 60:02d}′{seconds % 60:02d}″"


def table(rows: list[dict[str, Any]], name: str) -> RawTable:
    """A raw table from rows of different columns, as a CSV would give."""
    headers = list(dict.fromkeys(header for row in rows for header in row))
    cells = [[row.get(header) or None for header in headers] for row in rows]
    frame = pd.DataFrame(cells, columns=headers, dtype=object)
    return RawTable(frame, list(range(2, len(rows) + 2)), encoding="UTF-8", driver="CSV", source_layer=f"示例{name}")
