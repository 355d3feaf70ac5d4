"""The three-way difference 三方比较: what a file changed since its base, beside what the store changed meanwhile.

Pure: three tables of rows by key, each row a cell for every unit that is compared (a column, an extra attribute, the place).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

Key = tuple[str, str]
"""Code, and the first day of a zone's version (empty for other layers and for zones that always held)."""
Cells = Mapping[str, Any]
"""Unit → comparable cell. ``None``, an absent unit and an empty text are one."""
Sides = tuple[Cells | None, Cells | None, Cells | None]
"""One row in the base, in the file and in the store."""
Kind = Literal["added", "changed", "removed", "conflict", "same"]
Clash = Literal["", "cells", "removed_here", "removed_there", "both_added"]
Equal = Callable[[str, Any, Any], bool]

KINDS: tuple[Kind, ...] = ("conflict", "added", "changed", "removed", "same")


@dataclass(frozen=True)
class CellChange:
    """One unit that the file changed: before, in the file, in the store. ``conflict``: the store changed it otherwise."""

    unit: str
    base: Any
    theirs: Any
    ours: Any
    conflict: bool = False


@dataclass(frozen=True)
class RowChange:
    """One row that the file changed.

    Attributes:
        kind: ``same`` where the store made the very same change: nothing to do. cells: of the units concerned.
        clash: why it is a conflict: ``cells`` changed on both sides, ``removed_here`` and changed in the file,
            ``removed_there`` (in the file) and changed here, ``both_added`` with different values.
    """

    key: Key
    kind: Kind
    cells: tuple[CellChange, ...] = ()
    clash: Clash = ""

    @property
    def conflicts(self) -> list[str]:
        """Units of which somebody must choose a side."""
        return [cell.unit for cell in self.cells if cell.conflict]


def three_way(
    base: Mapping[Key, Cells], theirs: Mapping[Key, Cells], ours: Mapping[Key, Cells], *,
    units: Mapping[Key, Collection[str]] | Collection[str], expected: Set[Key], equal: Equal,
) -> list[RowChange]:  # fmt: skip
    """Hold a file against what it was made from and what is recorded now.

    Args:
        base: what the file was made from. theirs: the file. ours: what is recorded now.
        units: those the file can speak of, for all rows or by row. expected: keys the file would hold untouched: only
            those can be missing. equal: whether two cells of a unit are the same.
    Returns:
        Every row the file changed, in the order of keys; a row it did not change is not there, whatever happened here.
    """
    found = []
    for key in sorted({*theirs, *(expected & base.keys())}):
        told = units.get(key, ()) if isinstance(units, Mapping) else units
        change = _row(key, (base.get(key), theirs.get(key), ours.get(key)), told, equal)
        if change is not None:
            found.append(change)
    return found


def _row(key: Key, sides: Sides, units: Iterable[str], equal: Equal) -> RowChange | None:
    base, theirs, ours = sides
    if theirs is None:
        return _missing(key, base or {}, ours, equal)
    if base is None:
        return _extra(key, theirs, ours, units, equal)
    cells = [one for unit in units if (one := _cell(unit, base, theirs, ours or {}, equal)) is not None]
    if not cells:
        return None
    if ours is None:
        return RowChange(key, "conflict", tuple(CellChange(c.unit, c.base, c.theirs, None) for c in cells), "removed_here")
    undone = [cell for cell in cells if cell.conflict or not equal(cell.unit, cell.theirs, cell.ours)]
    if not undone:
        return RowChange(key, "same", tuple(cells))
    clash = any(cell.conflict for cell in undone)
    return RowChange(key, "conflict" if clash else "changed", tuple(undone), "cells" if clash else "")


def _cell(unit: str, base: Cells, theirs: Cells, ours: Cells, equal: Equal) -> CellChange | None:
    """What the file did to one cell; None where it left it alone."""
    was, there, here = base.get(unit), theirs.get(unit), ours.get(unit)
    if equal(unit, was, there):
        return None
    return CellChange(unit, was, there, here, not equal(unit, was, here) and not equal(unit, there, here))


def _missing(key: Key, base: Cells, ours: Cells | None, equal: Equal) -> RowChange:
    """A row that the file has no more. Every unit counts here: what changed where the file cannot see is a change, too."""
    if ours is None:
        return RowChange(key, "same")
    moved = [unit for unit in sorted({*base, *ours}) if not equal(unit, base.get(unit), ours.get(unit))]
    cells = tuple(CellChange(unit, base.get(unit), None, ours.get(unit)) for unit in moved)
    return RowChange(key, "conflict" if moved else "removed", cells, "removed_there" if moved else "")


def _extra(key: Key, theirs: Cells, ours: Cells | None, units: Iterable[str], equal: Equal) -> RowChange:
    """A row that the base had not."""
    if ours is None:
        given = [unit for unit in units if not equal(unit, None, theirs.get(unit))]
        return RowChange(key, "added", tuple(CellChange(unit, None, theirs[unit], None) for unit in given))
    apart = [unit for unit in units if not equal(unit, theirs.get(unit), ours.get(unit))]
    cells = tuple(CellChange(unit, None, theirs.get(unit), ours.get(unit), True) for unit in apart)
    return RowChange(key, "conflict" if apart else "same", cells, "both_added" if apart else "")


def merged(change: RowChange, sides: Sides, chosen: Mapping[str, str]) -> dict[str, Any] | None:
    """The cells of a row when a change is accepted.

    Args:
        sides: the row in the base, in the file and in the store. chosen: ``theirs`` or ``ours`` of every unit in conflict; of
            a row that is there on one side only under ``""``.
    Returns:
        Its cells; None where the row goes, or stays away.
    Raises:
        KeyError: a conflict without a choice.
    """
    base, theirs, ours = sides
    if change.kind == "removed":
        return None
    if change.clash in ("removed_here", "removed_there"):
        taken = chosen[""] == "theirs"
        if change.clash == "removed_there" or not taken:
            return dict(ours) if ours is not None and not taken else None
    start = ours if ours is not None else base if base is not None else theirs
    made = dict(start or {})
    for cell in change.cells:
        if not cell.conflict or chosen[cell.unit] == "theirs":
            made[cell.unit] = cell.theirs
    return made
