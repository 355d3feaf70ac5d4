"""Files of tiles: MBTiles and PMTiles v3, written here by hand and read back."""

from __future__ import annotations

import gzip
import sqlite3
import struct
from pathlib import Path

import pytest

from geo.tile_file import TilesUnusable, open_tiles, tile_number

PICTURE = b"\x89PNG\r\n\x1a\n" + b"tile"


def mbtiles(path: Path, kind: str = "png") -> Path:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE metadata(name, value)")
    connection.execute("CREATE TABLE tiles(zoom_level, tile_column, tile_row, tile_data)")
    told = {"format": kind, "bounds": "119,29,120,30", "attribution": "自有"}
    connection.executemany("INSERT INTO metadata VALUES (?, ?)", told.items())
    connection.execute("INSERT INTO tiles VALUES (10, 851, 600, ?)", (PICTURE,))
    connection.commit()
    connection.close()
    return path


def varint(value: int) -> bytes:
    made = b""
    while True:
        value, low = value >> 7, value & 0x7F
        if not value:
            return made + bytes([low])
        made += bytes([low | 0x80])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Entries of number, run, length, offset; gzip, as most writers do."""
    last, parts = 0, [varint(len(entries))]
    for number, *_ in entries:
        parts.append(varint(number - last))
        last = number
    for place in (1, 2):
        parts += [varint(entry[place]) for entry in entries]
    parts += [varint(entry[3] + 1) for entry in entries]
    return gzip.compress(b"".join(parts))


def pmtiles(path: Path, kind: int = 2) -> Path:
    """Three tiles: one alone, two alike in one run, in a leaf below the root."""
    first, run = tile_number(3, 6, 3), tile_number(4, 13, 6)
    leaf = directory([(run, 2, len(PICTURE), 0)])
    root = directory([(first, 1, len(PICTURE), 0), (run, 0, len(leaf), 0)])
    meta = gzip.compress(b'{"attribution": "self-made"}')
    places = [127, len(root), 127 + len(root), len(meta)]
    places += [places[2] + len(meta), len(leaf), places[2] + len(meta) + len(leaf), len(PICTURE)]
    box = [1_190_000_000, 290_000_000, 1_200_000_000, 300_000_000]
    head = b"PMTiles\x03" + struct.pack("<QQQQQQQQQQQBBBBBBiiiiBii", *places, 3, 2, 1, 1, 2, 1, kind, 3, 4, *box, 3, 0, 0)
    path.write_bytes(head + root + meta + leaf + PICTURE)
    return path


def test_tiles_are_numbered_along_a_hilbert_curve() -> None:
    places = ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0))
    assert [tile_number(*place) for place in places] == [0, 1, 2, 3, 4, 5]
    assert tile_number(12, 3423, 1763) == 19_078_479
    for z in (2, 3, 5):
        numbers = sorted(tile_number(z, x, y) for x in range(2**z) for y in range(2**z))
        assert numbers == list(range((4**z - 1) // 3, (4 ** (z + 1) - 1) // 3))


def test_mbtiles_count_their_rows_from_the_south(tmp_path: Path) -> None:
    file = open_tiles(mbtiles(tmp_path / "city.mbtiles"))
    assert (file.media, file.lowest, file.highest, file.attribution) == ("image/png", 10, 10, "自有")
    assert file.bounds == (119, 29, 120, 30)
    assert file.tile(10, 851, 1023 - 600) == PICTURE
    assert file.tile(10, 851, 600) is None
    assert file.tile(11, 0, 0) is None


def test_pmtiles_are_found_through_leaves_and_runs(tmp_path: Path) -> None:
    file = open_tiles(pmtiles(tmp_path / "city.pmtiles"))
    assert (file.media, file.lowest, file.highest, file.attribution) == ("image/png", 3, 4, "self-made")
    assert file.bounds == (119, 29, 120, 30)
    assert file.tile(3, 6, 3) == PICTURE
    run = tile_number(4, 13, 6)
    inside = [(x, y) for x in range(16) for y in range(16) if tile_number(4, x, y) in (run, run + 1)]
    assert [file.tile(4, x, y) for x, y in inside] == [PICTURE, PICTURE]
    assert file.tile(4, 0, 0) is None


def test_other_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    junk, cut = tmp_path / "a.pmtiles", tmp_path / "b.pmtiles"
    junk.write_bytes(b"no tiles")
    cut.write_bytes(pmtiles(tmp_path / "whole.pmtiles").read_bytes()[:140])
    bare = tmp_path / "c.mbtiles"
    sqlite3.connect(bare).executescript("CREATE TABLE a(b)")
    for path in (junk, cut, bare, pmtiles(tmp_path / "v.pmtiles", 1), mbtiles(tmp_path / "v.mbtiles", "pbf"), tmp_path / "none"):
        with pytest.raises(TilesUnusable):
            open_tiles(path)
