"""Seven parameters 七参数: from Beijing 54 or Xi'an 80 to CGCS2000, as a surveying office gives them for one county.

No public parameters exist for these datums; whoever has them states them with their file. Units: shifts in metres,
rotations in seconds of arc, scale in parts per million. The signs of the rotations depend on the convention:
``position_vector`` (布尔沙 Bursa-Wolf as Chinese offices write it, EPSG method 9606) or ``coordinate_frame`` (9607).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geo import crs as systems
from geo.errors import Refused

Convention = Literal["position_vector", "coordinate_frame"]
CONVENTIONS: tuple[Convention, ...] = ("position_vector", "coordinate_frame")
NAMES = ("dx", "dy", "dz", "rx", "ry", "rz", "scale")
LARGEST = (2000.0, 2000.0, 2000.0, 60.0, 60.0, 60.0, 200.0)
"""Beyond these no parameters of a Chinese county lie: probably another unit."""
_NUMBER = re.compile(r"[+-]?\d{1,6}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?")
_SHORT = {"pv": "position_vector", "cf": "coordinate_frame", "": "position_vector"}
_GRS80 = "+ellps=GRS80"


class ParametersUnreadable(Refused):
    """Seven parameters that are not seven numbers, or too large for their units."""

    zh = (
        "七参数“{text}”不可用：请依次填写 dx,dy,dz（米）、rx,ry,rz（秒）、尺度（ppm）七个数，"
        "旋转约定写 position_vector（布尔沙，默认）或 coordinate_frame。"
    )
    en = (
        "The seven parameters “{text}” cannot be used: write dx,dy,dz in metres, rx,ry,rz in seconds of arc and the scale in "
        "ppm, then position_vector (default) or coordinate_frame."
    )


class ParametersNeedless(Refused):
    """Seven parameters for a file that is tied to CGCS2000 already."""

    zh = "坐标系 {crs} 与 CGCS2000 一致，不需要七参数；请去掉七参数，或用 --crs 指明北京 54 / 西安 80 的坐标系。"
    en = "{crs} needs no seven parameters; leave them out, or name the Beijing 54 or Xi'an 80 system with --crs."


@dataclass(frozen=True)
class Helmert:
    """Shifts in metres, rotations in seconds of arc, scale in ppm, and what the signs of the rotations mean."""

    dx: float
    dy: float
    dz: float
    rx: float
    ry: float
    rz: float
    scale: float
    convention: Convention = "position_vector"

    def __str__(self) -> str:
        """As :func:`parse` reads it."""
        return ",".join([*(f"{getattr(self, name):.15g}" for name in NAMES), self.convention])


def parse(text: str) -> Helmert:
    """``dx,dy,dz,rx,ry,rz,scale[,convention]`` with commas, semicolons or spaces between.

    Raises:
        ParametersUnreadable: not seven numbers, an unknown convention, or beyond what such parameters can be.
    """
    parts = [part for part in re.split(r"[\s,，;；]+", text.strip()) if part]
    said = parts.pop().casefold() if len(parts) == len(NAMES) + 1 else ""
    convention = _SHORT.get(said, said)
    if len(parts) != len(NAMES) or convention not in CONVENTIONS or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ParametersUnreadable(text=text.strip()[:120])
    numbers = [float(part) for part in parts]
    if any(abs(number) > most for number, most in zip(numbers, LARGEST, strict=True)):
        raise ParametersUnreadable(text=text.strip()[:120])
    dx, dy, dz, rx, ry, rz, scale = numbers
    return Helmert(dx, dy, dz, rx, ry, rz, scale, cast(Convention, convention))


def to_cgcs2000(geoms: npt.NDArray[np.object_], crs: str, parameters: Helmert) -> npt.NDArray[np.object_]:
    """Geometries in a system of Beijing 54 or Xi'an 80 → longitude and latitude in CGCS2000, vertex by vertex.

    Args:
        geoms: object array of shapely geometries or None, in ``crs``; heights are taken as 0 on the old ellipsoid.
    Returns:
        New array in EPSG:4490; None stays None.
    """
    pipeline = _pipeline(crs, parameters)

    def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        lon, lat = systems.to_degrees(xy, crs).T
        moved = pipeline.transform(lon, lat, np.zeros(len(xy)))
        return np.column_stack(moved[:2])

    flat = shapely.force_2d(np.asarray(geoms, dtype=object))
    return np.asarray(shapely.transform(flat, move), dtype=object)


@cache
def _pipeline(crs: str, p: Helmert) -> pyproj.Transformer:
    ellipsoid = systems.ellipsoid(crs)
    return pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=cart +a={ellipsoid[0]!r} +rf={ellipsoid[1]!r} "
        f"+step +proj=helmert +x={p.dx!r} +y={p.dy!r} +z={p.dz!r} +rx={p.rx!r} +ry={p.ry!r} +rz={p.rz!r} +s={p.scale!r} "
        f"+convention={p.convention} +step +inv +proj=cart {_GRS80} +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
