"""Vector tiles of areas and places with their properties, written as MVT all at once instead of feature by feature.

Mapbox Vector Tile specification 2.1: each ring is a MoveTo, a LineTo and a ClosePath, in steps from the place before;
outer rings have a positive area where y points down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from geo.tiles import EXTENT, bytes_of, field, varint, varints

Shapes = npt.NDArray[np.object_]
Whole = npt.NDArray[np.int64]

MOVE_ONCE, LINE, CLOSE = 9, 2, 15
POINT, AREA = 1, 3


def area_tile(name: str, shapes: Shapes, told: Sequence[Mapping[str, str | int]]) -> bytes:
    """One tile.

    Args:
        name: of its layer. shapes: points, polygons and multi-polygons in whole units of the tile, none empty.
        told: the properties of each.
    Returns:
        MVT bytes; empty where there is no shape.
    """
    if not len(shapes):
        return b""
    geometry = _geometry(shapes)
    areas = shapely.get_dimensions(shapes) == AREA - 1
    keys: dict[str, int] = {}
    values: dict[str | int, int] = {}
    features = []
    for row, area, drawn in zip(told, areas.tolist(), geometry, strict=True):
        tags = b"".join(varint(keys.setdefault(k, len(keys))) + varint(values.setdefault(v, len(values))) for k, v in row.items())
        features.append(field(2, field(2, tags) + bytes((24, AREA if area else POINT)) + field(4, drawn)))
    words = b"".join(field(3, key.encode()) for key in keys) + b"".join(field(4, _value(value)) for value in values)
    return field(3, b"\x78\x02" + field(1, name.encode()) + b"".join(features) + words + b"\x28" + varint(EXTENT))


def _value(value: str | int) -> bytes:
    return field(1, value.encode()) if isinstance(value, str) else b"\x20" + varint(value)


def _geometry(shapes: Shapes) -> list[bytes]:
    """The commands of each shape."""
    parts, shape_of = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    areas = shapely.get_dimensions(parts) == AREA - 1
    rings, area_of = shapely.get_rings(parts[areas], return_index=True)
    lines = np.concatenate([rings, parts[~areas]])
    owner = np.concatenate([shape_of[areas][area_of], shape_of[~areas]])
    by_shape = np.argsort(owner, kind="stable")
    numbers, sizes = _commands(lines[by_shape], owner[by_shape])
    ends = np.cumsum(np.bincount(owner, weights=sizes[np.argsort(by_shape)], minlength=len(shapes)).astype(np.int64))
    places = np.concatenate([[0], np.cumsum(bytes_of(numbers))])[np.concatenate([[0], ends])].tolist()
    text = varints(numbers)
    return [text[start:end] for start, end in pairwise(places)]


def _commands(lines: Shapes, owner: Whole) -> tuple[npt.NDArray[np.uint64], Whole]:
    """The numbers of all rings and points one after another, and how many each has; of a ring its last place is left out."""
    ring = shapely.get_dimensions(lines) > 0
    at, of = shapely.get_coordinates(lines, return_index=True)
    kept = np.append(of[1:] == of[:-1], False) | ~ring[of]
    at, of = at[kept].astype(np.int64), of[kept]
    steps = np.diff(at, axis=0, prepend=np.zeros((1, 2), np.int64))
    fresh = np.append(True, owner[of][1:] != owner[of][:-1])
    steps[fresh] = at[fresh]
    count = np.bincount(of, minlength=len(lines))
    first = np.cumsum(count) - count
    sizes = np.where(ring, 2 * count + 3, 3)
    start = np.cumsum(sizes) - sizes
    numbers = np.zeros(int(sizes.sum()), np.uint64)
    place = start[of] + 1 + 2 * (np.arange(len(of)) - first[of])
    place += (np.arange(len(of)) > first[of]).astype(np.int64)
    zigzag = ((steps << 1) ^ (steps >> 63)).astype(np.uint64)
    numbers[place], numbers[place + 1] = zigzag[:, 0], zigzag[:, 1]
    numbers[start] = MOVE_ONCE
    numbers[start[ring] + 3] = ((count[ring] - 1) << 3) | LINE
    numbers[start[ring] + sizes[ring] - 1] = CLOSE
    return numbers, sizes
