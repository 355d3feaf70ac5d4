"""Which coordinate system numbers may be in: every candidate of the region is tried backwards.

Nothing is decided here: the caller proposes what is found and asks. The datum cannot be told from numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geo import crs as systems
from geo.county import surroundings
from geo.region import Bounds, Region

ENOUGH = 0.95
"""Share of the vertices that must fall among the region and its neighbours."""
MOST_TRIED = 4000
_DEGREES = "EPSG:4490"
_MERCATOR = "EPSG:3857"

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """A system that puts the numbers into the region.

    Attributes:
        crs: ``EPSG:…``. swapped: with x and y exchanged. share: of the vertices that fall into the region's own box.
    """

    crs: str
    swapped: bool
    share: float

    @property
    def zh(self) -> str:
        """How it is named in a Chinese sentence."""
        return f"{self.crs}（横纵坐标互换）" if self.swapped else self.crs

    @property
    def en(self) -> str:
        """How it is named in an English sentence."""
        return f"{self.crs} with the axes swapped" if self.swapped else self.crs


@cache
def candidates_for(bounds: Bounds) -> tuple[str, ...]:
    """Systems in use around a place: degrees, CGCS2000 in 3° and 6° zones with and without prefix, UTM, Mercator."""
    found = [_DEGREES]
    middle = (bounds.west + bounds.east) / 2
    three, six = round(middle / 3), int(middle // 6) + 1
    own = {round(bounds.west / 3), three, round(bounds.east / 3)}
    for zone in sorted(own | {three - 1, three + 1}, key=lambda zone: abs(zone - three)):
        if 25 <= zone <= 45:
            found.append(f"EPSG:{4513 + zone - 25}")
            if zone in own:  # a neighbouring zone without its number is one of 6° or UTM by its looks
                found.append(f"EPSG:{4534 + zone - 25}")
    for zone in sorted({int(bounds.west // 6) + 1, six, int(bounds.east // 6) + 1}, key=lambda z: abs(z - six)):
        if 13 <= zone <= 23:
            found += [f"EPSG:{4491 + zone - 13}", f"EPSG:{4502 + zone - 13}", f"EPSG:{32630 + zone}"]
    return (*dict.fromkeys(found), _MERCATOR)


def share_inside(xy: Points, crs: str, region: Region) -> float:
    """Share of points (n, 2) in ``crs`` that lie in the region's box; 0 for none at all."""
    inside = _inside(xy[:, 0], xy[:, 1], crs, surroundings(region))
    return float(inside.mean()) if len(inside) else 0.0


def _inside(x: Any, y: Any, crs: str, box: Bounds) -> npt.NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        if systems.is_degrees(crs):
            lon, lat = x, y
        else:
            lon, lat = systems.transform_xy(x, y, crs, _DEGREES).T
        return np.asarray((lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north), dtype=np.bool_)


def propose(xy: Points, region: Region) -> list[Candidate]:
    """Candidates for coordinates, best first; of equals those with a name in the region file come first.

    Args:
        xy: float64 (n, 2), not necessarily finite.
    """
    finite = xy[np.isfinite(xy).all(axis=1)]
    finite = finite[(finite != 0).any(axis=1)]
    if not len(finite):
        return []
    step = max(1, len(finite) // MOST_TRIED)
    x, y = finite[::step, 0], finite[::step, 1]
    found = []
    for crs in candidates_for(region.bounds):
        for swapped in (False, True):
            pair = (y, x) if swapped else (x, y)
            if float(_inside(*pair, crs, surroundings(region)).mean()) >= ENOUGH:
                found.append(Candidate(crs, swapped, float(_inside(*pair, crs, region.bounds).mean())))
    known = (region.map_crs, *region.plane_crs)
    return sorted(found, key=lambda one: (-round(one.share, 3), one.swapped, one.crs not in known))
