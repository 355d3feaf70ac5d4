"""Vector tiles of points: which points lie in a tile, thinned to what a screen can show, written as MVT.

Mapbox Vector Tile specification 2.1. Tiles follow the usual pyramid in EPSG:3857: display only, nothing is
measured in it. One feature for each kind of point, all its places in one multi-point: a tile of 10,000 points
has some 40 kB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo._order import CellOrder, cell_order
from geo.errors import NotFound

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

EXTENT, PIXELS = 4096, 256
BUFFER = EXTENT // 16
"""A symbol at the edge of a tile is drawn in its neighbour as well."""
THINNED_BELOW = 11
CROWDED = ((30_000, 8), (4_000, 4), (0, 2))
"""From so many points in a tile, one of each kind is kept in cells of so many pixels: a symbol is some eight wide."""
MAX_ZOOM = 22
MAX_LATITUDE = 85.0511287798066


class TileMissing(NotFound):
    """An address outside the pyramid."""


@dataclass(frozen=True)
class PointMap:
    """Points in cell order, ready for boxes and tiles.

    Attributes:
        order: of the points that have a place, in degrees. kind: uint8 of every point given.
    """

    order: CellOrder | None
    kind: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, lonlat: Floats, kind: npt.NDArray[np.uint8]) -> PointMap:
        """Of places (n, 2) in degrees, NaN for none, and a kind each; a smaller kind is drawn above."""
        placed = np.flatnonzero(np.isfinite(lonlat).all(axis=1))
        return cls(cell_order(lonlat, placed), kind)

    def within(self, box: tuple[float, float, float, float]) -> tuple[Whole, Floats]:
        """Positions and places of the points in a box (west, south, east, north), its edges included, by position."""
        found, lonlat = self._near(box)
        by_position = np.argsort(found)
        return found[by_position], lonlat[by_position]

    def count(self, box: tuple[float, float, float, float]) -> int:
        """How many points a box holds, its edges included."""
        return 0 if self.order is None else self.order.count(np.array(box, dtype=np.float64))

    def every(self) -> tuple[Floats, npt.NDArray[np.uint8]]:
        """Places (n, 2) and kinds of all points that have a place, in cell order."""
        if self.order is None:
            return np.empty((0, 2)), np.empty(0, np.uint8)
        return np.column_stack([self.order.x, self.order.y]), self.kind[self.order.order]

    def _near(self, box: tuple[float, float, float, float]) -> tuple[Whole, Floats]:
        """As :meth:`within`, in cell order."""
        if self.order is None:
            return np.empty(0, np.int64), np.empty((0, 2))
        found, lon, lat = self.order.within(np.array(box, dtype=np.float64))
        return found, np.column_stack([lon, lat])


def tile_box(zoom: int, x: int, y: int, buffer: float = 0.0) -> tuple[float, float, float, float]:
    """A tile's box in degrees (west, south, east, north), widened by a share of its side.

    Raises:
        TileMissing: there is no such tile.
    """
    side = 2**zoom if 0 <= zoom <= MAX_ZOOM else 0
    if not (0 <= x < side and 0 <= y < side):
        raise TileMissing(what=f"{zoom}/{x}/{y}")

    def lat(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * min(max(row, 0.0), side) / side))))

    west, east = (x - buffer) / side * 360 - 180, (x + 1 + buffer) / side * 360 - 180
    return max(west, -180.0), lat(y + 1 + buffer), min(east, 180.0), lat(y - buffer)


def in_tile(lonlat: Floats, zoom: int, x: int, y: int) -> Whole:
    """Whole tile coordinates (n, 2) of places; 0 to EXTENT inside, y downwards."""
    side = 2**zoom
    sine = np.sin(np.radians(lonlat[:, 1].clip(-MAX_LATITUDE, MAX_LATITUDE)))
    across = (lonlat[:, 0] + 180) / 360 * side - x
    down = (0.5 - np.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * side - y
    places: Whole = np.floor(np.column_stack([across, down]) * EXTENT).astype(np.int64)
    return places


def point_tile(points: PointMap, zoom: int, x: int, y: int, names: list[str], layer: str) -> bytes:
    """One tile of points.

    Args:
        names: of the kinds, by number; the value of the tag ``kind``.
    Returns:
        MVT bytes; below zoom 11, and in crowded tiles, at most one point of each kind in cells of a few pixels. Empty
        where nothing lies.
    Raises:
        TileMissing: there is no such tile.
    """
    found, lonlat = points._near(tile_box(zoom, x, y, BUFFER / EXTENT))
    if not len(found):
        return b""
    at, kind = in_tile(lonlat, zoom, x, y), points.kind[found]
    pixels = next(cell for count, cell in CROWDED if len(found) >= count)
    if zoom < THINNED_BELOW or len(found) >= CROWDED[1][0]:
        kept = _thinned(at, kind, pixels)
        at, kind = at[kept], kind[kept]
    features = [_feature(number, at[kind == number]) for number in np.unique(kind).tolist()]
    values = b"".join(_field(4, _field(1, name.encode())) for name in names)
    body = b"\x78\x02" + _field(1, layer.encode()) + b"".join(features) + _field(3, b"kind") + values
    return _field(3, body + b"\x28" + _varint(EXTENT))


def _thinned(at: Whole, kind: npt.NDArray[np.uint8], pixels: int) -> Whole:
    """The first point of each kind in every cell of a few pixels."""
    cell = np.maximum(at + BUFFER, 0) // (EXTENT // PIXELS * pixels)
    across, down = int(cell[:, 0].max()) + 1, int(cell[:, 1].max()) + 1
    key = (kind * np.int64(across) + cell[:, 0]) * down + cell[:, 1]
    first = np.full((int(kind.max()) + 1) * across * down, -1, np.int64)
    first[key[::-1]] = np.arange(len(key) - 1, -1, -1)  # of those in one cell, the first is written last
    return np.sort(first[first >= 0])


def _feature(kind: int, at: Whole) -> bytes:
    """A multi-point: its tag, its type, one command that moves to each place in turn."""
    steps = np.diff(at, axis=0, prepend=np.zeros((1, 2), np.int64))
    zigzag = ((steps << 1) ^ (steps >> 63)).ravel()
    geometry = _varint((len(at) << 3) | 1) + varints(zigzag.astype(np.uint64))
    return _field(2, _field(2, _varint(0) + _varint(kind)) + b"\x18\x01" + _field(4, geometry))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def varints(values: npt.NDArray[np.uint64]) -> bytes:
    """Protocol-buffer varints of many numbers below 2**35, one after another."""
    width = max(1, -(-int(values.max(initial=0)).bit_length() // 7))
    groups, used = np.empty((len(values), width), np.uint8), np.empty((len(values), width), bool)
    rest = values
    for place in range(width):
        used[:, place] = rest > 0 if place else True
        low, rest = (rest & np.uint64(0x7F)).astype(np.uint8), rest >> np.uint64(7)
        groups[:, place] = low | (rest > 0).astype(np.uint8) << 7
    return groups[used].tobytes()
