"""Tiles kept in one file: MBTiles (a SQLite database) and PMTiles v3; raster tiles in the web map's squares."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import struct
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from geo.errors import FileUnreadable

MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}
LARGEST_TILE, LARGEST_PART = 4_000_000, 20_000_000
_PM_TYPES = {2: "png", 3: "jpg", 4: "webp"}
_MAGIC = b"PMTiles\x03"
_HEADER = struct.Struct("<QQQQQQQQQQQBBBBBBiiiiBii")
_GZIP = 2
_DEEPEST_STEP = 4


class TilesUnusable(FileUnreadable):
    """A file of tiles that holds no raster tiles, or is damaged."""

    zh = "底图文件“{name}”不可用：{reason}"
    en = "The base map “{name}” cannot be used: {reason_en}"


@dataclass(frozen=True)
class TileFile:
    """A file of raster tiles.

    Attributes:
        media: MIME type of its tiles. bounds: west, south, east, north in degrees. lowest, highest: zoom levels there are.
    """

    path: Path
    media: str
    bounds: tuple[float, float, float, float]
    lowest: int
    highest: int
    attribution: str = ""
    header: dict[str, int] = field(default_factory=dict)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """One tile; None where the file has none.

        Raises:
            TilesUnusable: the file is damaged.
        """
        if not (self.lowest <= z <= self.highest and 0 <= x < 2**z and 0 <= y < 2**z):
            return None
        try:
            return _from_pmtiles(self, tile_number(z, x, y)) if self.header else _from_mbtiles(self.path, z, x, y)
        except (OSError, ValueError, StopIteration, EOFError, sqlite3.Error) as fault:
            raise TilesUnusable(name=self.path.name, reason="内容损坏", reason_en="it is damaged") from fault


def open_tiles(path: Path) -> TileFile:
    """Look into a file of tiles; what it starts with says which kind it is.

    Raises:
        TilesUnusable: none of ours, vector tiles, or damaged.
    """
    try:
        with path.open("rb") as file:
            start = file.read(127)
        if start.startswith(_MAGIC):
            return _pmtiles(path, start)
        if start.startswith(b"SQLite format 3\x00"):
            return _mbtiles(path)
    except (OSError, ValueError, struct.error, sqlite3.Error, UnicodeDecodeError) as fault:
        raise TilesUnusable(name=path.name, reason="打不开或内容损坏", reason_en="it cannot be opened or is damaged") from fault
    raise TilesUnusable(name=path.name, reason="不是 MBTiles 或 PMTiles v3", reason_en="it is neither MBTiles nor PMTiles v3")


def _refuse_vector(path: Path, kind: str) -> str:
    if kind not in MEDIA:
        told = "只支持 PNG、JPEG、WebP 瓦片", "only PNG, JPEG and WebP tiles are shown"
        raise TilesUnusable(name=path.name, reason=told[0], reason_en=told[1])
    return MEDIA[kind]


# --- MBTiles -------------------------------------------------------------------------------------------------------


def _connect(path: Path) -> sqlite3.Connection:
    quoted = str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = sqlite3.connect(f"file:{quoted}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _mbtiles(path: Path) -> TileFile:
    with closing(_connect(path)) as connection:
        told = {str(name): str(value) for name, value in connection.execute("SELECT name, value FROM metadata LIMIT 200")}
        zooms = connection.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
    if zooms[0] is None:
        raise TilesUnusable(name=path.name, reason="没有瓦片", reason_en="it holds no tile")
    parts = [float(part) for part in told.get("bounds", "-180,-85,180,85").split(",")]
    west, south, east, north = parts
    media = _refuse_vector(path, told.get("format", "png").lower())
    return TileFile(path, media, (west, south, east, north), int(zooms[0]), int(zooms[1]), told.get("attribution", "")[:200])


def _from_mbtiles(path: Path, z: int, x: int, y: int) -> bytes | None:
    with closing(_connect(path)) as connection:
        query = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        found = connection.execute(query, (z, x, 2**z - 1 - y)).fetchone()  # rows count from the south
    return None if found is None else bytes(found[0])[:LARGEST_TILE]


# --- PMTiles v3 ----------------------------------------------------------------------------------------------------


def tile_number(z: int, x: int, y: int) -> int:
    """The number of a tile: levels one after the other, each along a Hilbert curve."""
    number: int = (4**z - 1) // 3
    side: int = 2**z // 2
    while side > 0:
        right, down = int(x & side > 0), int(y & side > 0)
        number += side * side * ((3 * right) ^ down)
        if down == 0:
            if right == 1:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
        side //= 2
    return number


def _pmtiles(path: Path, start: bytes) -> TileFile:
    parts = _HEADER.unpack(start[8 : 8 + _HEADER.size])
    names = ("root", "root_bytes", "meta", "meta_bytes", "leaves", "leaves_bytes", "data", "data_bytes")
    header = dict(zip(names, parts[:8], strict=True)) | {"packed": parts[12], "tiles_packed": parts[13]}
    media = _refuse_vector(path, _PM_TYPES.get(parts[14], "mvt"))
    west, south, east, north = (value / 1e7 for value in parts[17:21])
    if header["packed"] not in (1, _GZIP):
        told_by = "目录的压缩方式不支持", "its directories are packed in a way not read here"
        raise TilesUnusable(name=path.name, reason=told_by[0], reason_en=told_by[1])
    told: dict[str, Any] = json.loads(_part(path, header["meta"], header["meta_bytes"], header["packed"]) or b"{}")
    attribution = str(told.get("attribution", ""))[:200] if isinstance(told, dict) else ""
    return TileFile(path, media, (west, south, east, north), parts[15], parts[16], attribution, header)


def _part(path: Path, offset: int, size: int, packed: int) -> bytes:
    if size > LARGEST_PART:
        raise ValueError("size")
    with path.open("rb") as file:
        file.seek(offset)
        found = file.read(size)
    if len(found) != size:
        raise ValueError("cut")
    if packed != _GZIP or not found:
        return found
    with gzip.open(io.BytesIO(found)) as packed_file:
        return packed_file.read(LARGEST_PART)


Directory = tuple[list[int], list[int], list[int], list[int]]
"""Numbers, runs, lengths and offsets of entries."""


def _numbers(content: bytes) -> Iterator[int]:
    """Numbers of seven bits a byte, the low ones first."""
    value = shift = 0
    for byte in content:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0


@lru_cache(maxsize=64)
def _directory(path: Path, changed: int, offset: int, size: int, packed: int) -> Directory:
    """The entries of a directory."""
    number = partial(next, _numbers(_part(path, offset, size, packed)))
    count = number()
    if count > LARGEST_PART:
        raise ValueError("count")
    numbers, last = [], 0
    for _ in range(count):
        last += number()
        numbers.append(last)
    runs, lengths = [number() for _ in range(count)], [number() for _ in range(count)]
    offsets: list[int] = []
    for place in range(count):
        told = number()
        offsets.append(offsets[-1] + lengths[place - 1] if told == 0 and place else told - 1)
    return numbers, runs, lengths, offsets


def _from_pmtiles(file: TileFile, wanted: int) -> bytes | None:
    head, changed = file.header, file.path.stat().st_mtime_ns
    offset, size = head["root"], head["root_bytes"]
    for _ in range(_DEEPEST_STEP):
        numbers, runs, lengths, offsets = _directory(file.path, changed, offset, size, head["packed"])
        place = bisect_right(numbers, wanted) - 1
        if place < 0:
            return None
        if runs[place] > 0:
            if wanted - numbers[place] >= runs[place] or lengths[place] > LARGEST_TILE:
                return None
            return _part(file.path, head["data"] + offsets[place], lengths[place], head["tiles_packed"])
        offset, size = head["leaves"] + offsets[place], lengths[place]
    return None
