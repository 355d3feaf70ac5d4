"""The text form of canonical cells, and the way back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers._cells import from_text, to_text
from layers._conform_values import to_datetime, to_decimal
from layers._layer import Column

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1)
WORDS = st.lists(TEXTS.filter(lambda word: ";" not in word), min_size=1).map(tuple)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "enum": TEXTS,
    "text_list": WORDS,
    "enum_list": WORDS,
    "number": NUMBERS,
    "percent": st.one_of(NUMBERS, st.just("na")),
    "date": st.dates(),
    "datetime": st.datetimes(),
}


def _column(kind: Any) -> Column:
    return Column("c", ("列",), "Column", kind)


@given(st.data())
@pytest.mark.parametrize("kind", VALUES)
def test_text_form_and_back(kind: str, data: st.DataObject) -> None:
    value = data.draw(st.one_of(st.none(), VALUES[kind]))
    column = _column(kind)
    text = to_text(column, value)
    assert from_text(column, text) == value
    assert to_text(column, from_text(column, text)) == text


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("number", Decimal("1E+2"), "100"),
        ("number", Decimal("19.90"), "19.9"),
        ("number", Decimal("-0.0"), "0"),
        ("number", Decimal("1E-7"), "0.0000001"),
        ("percent", "na", "na"),
        ("enum_list", ("raw_coal", "coke"), "raw_coal;coke"),
        ("date", dt.date(2021, 7, 1), "2021-07-01"),
        ("datetime", dt.datetime(2021, 7, 1, 9, 30), "2021-07-01 09:30:00"),
        ("text", None, ""),
    ],
)
def test_the_form_itself(kind: str, value: Any, text: str) -> None:
    assert to_text(_column(kind), value) == text


@pytest.mark.parametrize(
    ("kind", "text"), [("number", "ten"), ("percent", "NA"), ("date", "1 May"), ("datetime", "x")]
)
def test_another_text_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError):
        from_text(_column(kind), text)


@given(NUMBERS)
def test_the_importer_reads_the_form(value: Decimal) -> None:
    assert to_decimal(to_text(_column("number"), value)) == value


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)))
def test_the_importer_reads_moments(value: dt.datetime) -> None:
    whole = value.replace(microsecond=0)
    assert to_datetime(to_text(_column("datetime"), whole)) == whole
