"""Laws of the three-way difference: nothing is invented, nothing is lost, who changed what is told rightly."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services._threeway import Key, RowChange, merged, three_way
from tests._often import often

UNITS = ("a", "b", "c")
Rows = dict[Key, dict[str, Any]]

_cells = st.fixed_dictionaries({unit: st.sampled_from(["", "x", "y", "z"]) for unit in UNITS})
_rows = st.dictionaries(st.sampled_from([(code, "") for code in "ABCDE"]), _cells, max_size=5)


def equal(_: str, one: Any, other: Any) -> bool:
    return (one or "") == (other or "")


def changes(base: Rows, theirs: Rows, ours: Rows, units: Any = UNITS, expected: set[Key] | None = None) -> list[RowChange]:
    keys = set(base) if expected is None else expected
    return three_way(base, theirs, ours, units=units, expected=keys, equal=equal)


def taken(base: Rows, theirs: Rows, ours: Rows, side: str) -> Rows:
    """The rows when everything is accepted."""

    class Always(dict[str, str]):
        def __missing__(self, unit: str) -> str:
            return side

    made = {key: dict(cells) for key, cells in ours.items()}
    for change in changes(base, theirs, ours):
        if change.kind == "same":
            continue
        row = merged(change, (base.get(change.key), theirs.get(change.key), ours.get(change.key)), Always())
        made.pop(change.key, None)
        if row is not None:
            made[change.key] = row
    return made


@often(80)
@given(_rows, _rows)
def test_an_untouched_file_changes_nothing_whatever_happened_here(base: Rows, ours: Rows) -> None:
    assert changes(base, base, ours) == []


@often(80)
@given(_rows, _rows)
def test_where_nothing_happened_here_there_is_no_conflict_and_the_file_is_taken_whole(base: Rows, theirs: Rows) -> None:
    assert not any(change.kind in ("conflict", "same") for change in changes(base, theirs, base))
    assert taken(base, theirs, base, "none") == theirs


@often(80)
@given(_rows, _rows, _rows)
def test_after_taking_theirs_nothing_is_left_to_take(base: Rows, theirs: Rows, ours: Rows) -> None:
    now = taken(base, theirs, ours, "theirs")
    assert all(change.kind == "same" for change in changes(base, theirs, now))


@often(80)
@given(_rows, _rows, _rows)
def test_with_ours_in_every_conflict_no_change_made_here_is_lost(base: Rows, theirs: Rows, ours: Rows) -> None:
    now = taken(base, theirs, ours, "ours")
    for key in {*base, *ours}:
        was, here = base.get(key, {}), ours.get(key)
        if here is None:
            assert key not in now, "removed here stays removed"
        elif any(not equal(unit, was.get(unit), here[unit]) for unit in UNITS):
            assert key in now
            assert all(now[key][unit] == here[unit] for unit in UNITS if not equal(unit, was.get(unit), here[unit]))


@often(80)
@given(_rows, _rows, _rows)
def test_both_sides_see_the_same_conflicts(base: Rows, theirs: Rows, ours: Rows) -> None:
    one = {change.key: change for change in changes(base, theirs, ours) if change.kind == "conflict"}
    other = {change.key: change for change in changes(base, ours, theirs) if change.kind == "conflict"}
    assert one.keys() == other.keys()
    for key, change in one.items():
        assert sorted(change.conflicts) == sorted(other[key].conflicts)


@often(80)
@given(_rows, _rows, _rows, st.sets(st.sampled_from(UNITS)))
def test_what_a_format_cannot_hold_is_neither_changed_nor_removed(
    base: Rows, theirs: Rows, ours: Rows, held: set[str]
) -> None:
    narrow = {key: {unit: cell for unit, cell in cells.items() if unit in held} for key, cells in theirs.items()}
    found = changes(base, narrow, ours, units=held, expected=set())
    assert not any(change.kind == "removed" or change.clash == "removed_there" for change in found)
    assert all(cell.unit in held for change in found for cell in change.cells)


def test_every_kind_by_hand() -> None:
    row = {"a": "x", "b": "", "c": ""}
    base = {(code, ""): row for code in "ABCDEF"}
    theirs = {("A", ""): row | {"a": "y"}, ("B", ""): row | {"a": "y"}, ("C", ""): row, ("E", ""): row, ("G", ""): row,
              ("F", ""): row | {"b": "y"}}  # fmt: skip
    ours = {("A", ""): row | {"a": "z"}, ("B", ""): row | {"a": "y"}, ("D", ""): row, ("E", ""): row | {"a": "q"},
            ("G", ""): row | {"c": "z"}}  # fmt: skip
    told = [(change.key[0], change.kind, change.clash) for change in changes(base, theirs, ours)]
    assert told == [
        ("A", "conflict", "cells"), ("B", "same", ""), ("D", "removed", ""), ("F", "conflict", "removed_here"),
        ("G", "conflict", "both_added"),
    ]  # fmt: skip
