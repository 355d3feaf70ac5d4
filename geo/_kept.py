"""Indexes of zone versions: kept in memory by the zones themselves, and on disk by their content."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from geo import _numba
from geo._order import Floats, Positions
from geo.grids import RegularGrid, regular_grid

if TYPE_CHECKING:
    from geo._table import Table

Zones = npt.NDArray[np.object_]

KEPT = 24
FINER = 4
"""A table that is kept has so many times the cells of one made for a single question: its making is paid once."""
FEW_CHANGED = 1 / 8
"""Share of new zones up to which a table made before is used on, and only they are looked at anew."""


class ZoneIndex:
    """What is known of one version of zones.

    Attributes:
        zones: object array (m,), not changed. boxes: their bounds. grid: the regular grid they are, if any.
        table: covered and edge cells (``geo/_table.py``), once somebody asked for it.
        numbers: position now of each zone of the table, -1 for those that are gone. fresh: positions it does not know.
    """

    def __init__(self, zones: Zones) -> None:
        self.zones = zones.copy()
        self.grid: RegularGrid | None = regular_grid(zones)
        self.boxes: Floats = shapely.bounds(zones) if self.grid is None else self.grid.boxes
        self.table: Table | None = None
        self.numbers: Positions | None = None
        self.fresh: Positions = np.empty(0, np.int64)
        self._digests: list[bytes] | None = None

    def replaced(self, position: int, shape: shapely.Geometry | None) -> ZoneIndex:
        """The index with one zone's outline changed; everything known of the others is used on."""
        zones = self.zones.copy()
        zones[position] = shape
        made = ZoneIndex.__new__(ZoneIndex)
        made.zones, made.grid, made.boxes = zones, None, self.boxes.copy()
        made.boxes[position] = shapely.bounds(shape)
        made.table, made.numbers, made._digests = self.table, _numbers(self), None
        if made.numbers is not None:
            made.numbers[made.numbers == position] = -1
        made.fresh = np.union1d(self.fresh, [position]).astype(np.int64)
        return made

    @property
    def digests(self) -> list[bytes]:
        """A hash of each zone's content."""
        if self._digests is None:
            shapes = shapely.to_wkb(self.zones)
            self._digests = [hashlib.blake2b(shape or b"", digest_size=16).digest() for shape in shapes]
        return self._digests

    def with_table(self, points: int, folder: Path | None = None, *, finer: bool = False) -> bool:
        """Have a table of about so many cells as points ready: from memory, from disk, or built (and kept on disk).

        Args:
            finer: it will be asked often.
        Returns:
            Whether there is one; not without numba, and not for zones that do not suit it.
        """
        if self.table is not None or self.grid is not None or not _numba.installed():
            return self.table is not None
        from geo import _table, _table_file

        if folder is not None:
            name = hashlib.blake2b(b"".join(self.digests), digest_size=16).hexdigest()
            self.table = _table_file.load(folder, name)
        if self.table is None:
            made = _table.build(self.zones, FINER * points if finer else min(points, _table.MOST_CELLS_ONCE))
            if made is not None and folder is not None:
                _table_file.save(folder, name, made)
            self.table = made
        return self.table is not None

    def take_over(self, before: ZoneIndex) -> bool:
        """Use the table of an earlier version on, where most zones are the same by content."""
        if before.table is None or before.numbers is not None or len(before.fresh) or self.grid is not None:
            return False
        where = {digest: position for position, digest in enumerate(self.digests)}
        numbers = np.array([where.get(digest, -1) for digest in before.digests], dtype=np.int64)
        known = np.unique(numbers[numbers >= 0])
        if len(known) != np.count_nonzero(numbers >= 0) or len(self.zones) - len(known) > max(1, FEW_CHANGED * len(self.zones)):
            return False
        self.table, self.numbers = before.table, numbers
        self.fresh = np.setdiff1d(np.arange(len(self.zones), dtype=np.int64), known)
        return True


def _numbers(index: ZoneIndex) -> Positions | None:
    if index.table is None:
        return None
    return np.arange(len(index.zones), dtype=np.int64) if index.numbers is None else index.numbers.copy()


_kept: OrderedDict[bytes, ZoneIndex] = OrderedDict()
_lock = threading.RLock()


def index_of(zones: Zones) -> tuple[ZoneIndex, bool]:
    """The index of these very zones (the same geometry objects in the same order), and whether it was there.

    A kept index holds on to its zones, so no other geometry can take their place in memory meanwhile.
    """
    key = zones.tobytes()  # of an array of objects: their addresses
    with _lock:
        found = _kept.get(key)
        known = found is not None
        if found is None:
            found = _kept[key] = ZoneIndex(zones)
        _kept.move_to_end(key)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
        return found, known


def prepare(zones: Zones, points: int, folder: Path | None) -> ZoneIndex:
    """The index of a zone version with its table, taken over from an earlier version where little changed."""
    with _lock:
        index, _ = index_of(zones)
        if index.table is None and index.grid is None and _numba.ready():
            earlier = [one for one in reversed(_kept.values()) if one is not index and one.table is not None]
            if not any(index.take_over(one) for one in earlier[:3]):
                index.with_table(points, folder, finer=True)
        return index


def forget() -> None:
    """Let go of every kept index."""
    with _lock:
        _kept.clear()
