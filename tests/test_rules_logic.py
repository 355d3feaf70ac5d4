"""Three-valued logic: the laws of Kleene, decimals, unknown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules._logic import compares, empty, is_one_of, refuted, sure, truth, unsure
from rules._verdict import NOT_APPLICABLE, TITLES, WORST_FIRST, worst

THREE = st.sampled_from([True, False, None])
COLUMNS = st.lists(st.tuples(THREE, THREE, THREE), min_size=1, max_size=12)


def _array(values: list[bool | None]) -> Any:
    mask = np.array([bool(value) for value in values])
    return truth(mask, np.array([value is None for value in values]))


def _list(value: Any) -> list[bool | None]:
    return [None if cell is None else bool(cell) for cell in value.to_numpy(dtype=object, na_value=None)]


def _and(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


@given(COLUMNS)
def test_and_or_not_are_those_of_kleene(rows: list[tuple[bool | None, ...]]) -> None:
    a, b, _ = (list(column) for column in zip(*rows, strict=True))
    left, right = _array(a), _array(b)
    assert _list(left & right) == [_and(x, y) for x, y in zip(a, b, strict=True)]
    assert _list(left | right) == [_not(_and(_not(x), _not(y))) for x, y in zip(a, b, strict=True)]
    assert _list(~left) == [_not(x) for x in a]


@given(COLUMNS)
def test_laws(rows: list[tuple[bool | None, ...]]) -> None:
    a, b, c = (_array(list(column)) for column in zip(*rows, strict=True))
    assert _list(~(a & b)) == _list(~a | ~b)
    assert _list(a & (b | c)) == _list((a & b) | (a & c))
    assert _list(a | (b & c)) == _list((a | b) & (a | c))
    assert _list(~~a) == _list(a)


@given(COLUMNS)
def test_every_cell_is_exactly_one_of_sure_refuted_unsure(rows: list[tuple[bool | None, ...]]) -> None:
    value = _array([row[0] for row in rows])
    together = sure(value).astype(int) + refuted(value).astype(int) + unsure(value).astype(int)
    assert together.tolist() == [1] * len(rows)


def _cells(*values: Any) -> Any:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def test_decimals_are_compared_exactly() -> None:
    assert Decimal("0.1") + Decimal("0.2") == Decimal("0.3")
    cells = _cells(Decimal("10.0"), Decimal("10.0000000000000000001"), Decimal("9.9999999999999999999"), None)
    assert _list(compares(cells, "<=", Decimal(10))) == [True, False, True, None]
    assert _list(compares(cells, ">", Decimal(10))) == [False, True, False, None]
    assert _list(compares(cells, "==", Decimal(10))) == [True, False, False, None]


def test_dates_and_words() -> None:
    day = dt.date(2019, 1, 1)
    assert _list(compares(_cells(day, None, dt.date(2018, 12, 31)), ">=", day)) == [True, None, False]
    assert _list(is_one_of(_cells("a", "b", None, "unknown"), ("a",), ("unknown",))) == [True, False, None, None]
    assert empty(_cells(None, "", 0)).tolist() == [True, False, False]


@pytest.mark.parametrize(("verdicts", "expected"), [([], "N"), (["C", "X"], "X"), (["B", "U"], "U"), (["V", "T"], "V")])
def test_worst(verdicts: list[str], expected: str) -> None:
    assert worst(verdicts) == expected


def test_seven_verdicts_have_names_in_two_languages() -> None:
    assert set(TITLES) == set(WORST_FIRST) and len(WORST_FIRST) == 7
    assert WORST_FIRST[-1] == NOT_APPLICABLE
    assert all(zh and en for zh, en in TITLES.values())
