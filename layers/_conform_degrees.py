"""Longitudes and latitudes of a table: read in every spelling, and a repair proposed for what was meant otherwise."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from geo import coordinates
from geo import crs as systems
from geo.infer import Candidate, propose
from geo.region import Region
from layers._conform_faults import Sheet
from layers._conform_places import DEGREES, ConformOptions
from layers._conform_values import half_width, is_missing, to_decimal
from layers._layer import Remark

AXES: tuple[coordinates.Axis, ...] = ("lon", "lat")
_PACKED = re.compile(r"(\d{1,3})\.([0-5]\d)([0-5]\d)(\d*)")
_PACKED_ROWS = 8
"""Rows that must all look like ddd.mmss before it is said (chance: below one in a million)."""
_PAIRS = (("lon", "lat"), ("easting", "northing"))


def exchange(sheet: Sheet) -> None:
    """Take the cells of each pair of columns for those of the other."""
    for first, second in _PAIRS:
        one, other = sheet.cells.pop(first, None), sheet.cells.pop(second, None)
        sheet.cells.update({name: cells for name, cells in ((second, one), (first, other)) if cells is not None})


def read_degrees(sheet: Sheet, options: ConformOptions, region: Region) -> npt.NDArray[np.bool_]:
    """Read ``lon`` and ``lat``; unreadable ones are warned of, with a repair where one offers itself.

    Returns:
        Which rows were written in degrees, minutes and whole seconds.
    """
    whole = np.zeros(len(sheet.rows), dtype=np.bool_)
    texts = {axis: _texts(sheet, axis, options) for axis in AXES if axis in sheet.cells}
    for axis, column in texts.items():
        readings = coordinates.parse_many(column, axis)
        sheet.values[axis] = list(readings.values)
        whole |= readings.whole_seconds
        for position, fault in readings.faults.items():
            _report(sheet, position, axis, fault, texts, region)
    if len(texts) == len(AXES) and not options.packed:
        _doubt_decimals(sheet, texts)
    return whole


def _texts(sheet: Sheet, axis: str, options: ConformOptions) -> list[str | None]:
    cells = [None if is_missing(cell) else str(cell) for cell in sheet.cells[axis]]
    return [_unpacked(cell) for cell in cells] if options.packed else cells


def _unpacked(cell: str | None) -> str | None:
    """``119.2735`` as 119°27′35″."""
    found = _PACKED.fullmatch(half_width(cell)) if cell else None
    if found is None:
        return cell
    degrees, minutes, seconds, rest = found.groups()
    return f"{degrees}°{minutes}′{seconds}{'.' + rest if rest else ''}″"


def _doubt_decimals(sheet: Sheet, texts: dict[coordinates.Axis, list[str | None]]) -> None:
    """Decimal degrees of which no fraction ever exceeds 59 minutes and 59 seconds are none."""
    plain = [half_width(text) for column in texts.values() for text in column if text]
    if len(plain) >= 2 * _PACKED_ROWS and all(_PACKED.fullmatch(text) for text in plain):
        remark = Remark(
            "经纬度疑似“度.分秒”写法（ddd.mmss），现按十进制度读取",
            "the longitudes and latitudes look like ddd.mmss; they are read as decimal degrees",
            "若确为度分秒，请加 --packed-degrees 重新导入",
            "packed_degrees",
            {"packed": "1"},
        )
        sheet.report(None, "lon", plain[0], remark)


def _report(
    sheet: Sheet,
    position: int,
    axis: coordinates.Axis,
    fault: coordinates.CoordinateUnreadable,
    texts: dict[coordinates.Axis, list[str | None]],
    region: Region,
) -> None:
    other = {name: column[position] for name, column in texts.items()}
    code, hint, repair = _meant(axis, other, fault.suggestion, region)
    remark = Remark(fault.sentence("zh") + "，按无位置处理", fault.sentence("en") + "; taken as no position", hint, code, repair)
    sheet.report(position, axis, sheet.cells[axis][position], remark)


def _meant(
    axis: coordinates.Axis, texts: dict[coordinates.Axis, str | None], proposal: str | None, region: Region
) -> tuple[str, str | None, dict[str, str] | None]:
    """What a row may have meant: code, suggestion, repair."""
    lon, lat = texts.get("lon"), texts.get("lat")
    if lon and lat:
        if _readable(lat, "lon") and _readable(lon, "lat"):
            return "coord_swapped", f"经纬度可能互换：是否为 {lat}, {lon}？", {"lon": lat, "lat": lon}
        plane = _from_plane(lon, lat, region)
        if plane is not None:
            crs, repair = plane
            return "coord_plane", f"像 {crs} 平面坐标，换算为 {repair['lon']}, {repair['lat']}", repair
    if proposal and to_decimal(proposal) is not None:
        return "bad_coordinate", f"是否为 {proposal}？", {axis: proposal}
    return "bad_coordinate", proposal, None


def _readable(text: str, axis: coordinates.Axis) -> bool:
    try:
        coordinates.parse(text, axis)
    except coordinates.CoordinateUnreadable:
        return False
    return True


def _by_prefix(pair: Any, region: Region) -> list[Candidate]:
    """Beyond the region's box: an easting of eight digits still names its zone."""
    found = []
    for crs in region.plane_crs:
        low, high = systems.easting_range(crs)
        for east, north, turned in ((pair[0, 0], pair[0, 1], False), (pair[0, 1], pair[0, 0], True)):
            if low > 1e7 and low <= east <= high and 2e6 <= north <= 6e6:
                found.append(Candidate(crs, turned, 0.0))
    return found


def _from_plane(lon: str, lat: str, region: Region) -> tuple[str, dict[str, str]] | None:
    """Plane coordinates that got into the columns of degrees, where exactly one system puts them into the region."""
    numbers = [to_decimal(lon), to_decimal(lat)]
    if None in numbers:
        return None
    pair: Any = np.array([[float(number or Decimal(0)) for number in numbers]])
    found = [one for one in propose(pair, region) if not systems.is_degrees(one.crs)] or _by_prefix(pair, region)
    if not found or (len(found) > 1 and found[0].swapped == found[1].swapped):
        return None
    x, y = pair[0, ::-1] if found[0].swapped else pair[0]
    degrees = systems.transform_xy(np.array([x]), np.array([y]), found[0].crs, DEGREES)[0]
    return found[0].zh, {"lon": f"{degrees[0]:.7f}", "lat": f"{degrees[1]:.7f}"}
