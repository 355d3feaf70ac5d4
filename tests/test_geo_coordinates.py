"""Longitudes and latitudes as people write them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coordinates import CoordinateUnreadable, parse, parse_many

SPELLINGS = {
    "119.459777": (119.459777, False),
    " 119.459777\t": (119.459777, False),
    "１１９．４１": (119.41, False),
    "+119.5": (119.5, False),
    "-119.5": (-119.5, False),
    "−119.5": (-119.5, False),
    "E119.5": (119.5, False),
    "119.5W": (-119.5, False),
    "东经119.5": (119.5, False),
    "119°30′": (119.5, True),
    "119°30′00″": (119.5, True),
    "119°30′36″E": (119.51, True),
    "119°30'36\"": (119.51, True),
    "119°30’36”": (119.51, True),
    "119º30'36''": (119.51, True),
    "119度30分36秒": (119.51, True),
    "东经119度30分36秒": (119.51, True),
    "１１９°３０′３６″": (119.51, True),
    "119 30 36": (119.51, True),
    "119:30:36": (119.51, True),
    "119°30′36.0″": (119.51, False),
    "119度30分36.00秒": (119.51, False),
    "119°30.6′": (119.51, False),
    "119.51°": (119.51, False),
}


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_read(text: str) -> None:
    degrees, whole = SPELLINGS[text]
    reading = parse(text, "lon")
    assert reading.degrees == degrees
    assert reading.whole_seconds is whole


@pytest.mark.parametrize(
    "text",
    ["", "abc", "无", "119,4716", "119.5°30′", "119°60′00″", "119°30′60″", "E119W", "-119W", "119 30", "1e2",
     "180.1", "40543210.5", "N29.2", "nan", "inf", "9" * 400],
)  # fmt: skip
def test_what_is_no_longitude_is_refused(text: str) -> None:
    with pytest.raises(CoordinateUnreadable) as caught:
        parse(text, "lon")
    assert "经度" in caught.value.sentence("zh")
    assert "longitude" in caught.value.sentence("en")


@pytest.mark.parametrize(
    ("text", "axis", "hint"),
    [("119,4716", "lon", "119.4716"), ("119.5", "lat", "互换"), ("N29.2", "lon", "互换"), ("449000", "lon", "easting")],
)  # fmt: skip
def test_a_proposal_is_made_where_one_offers_itself(text: str, axis: str, hint: str) -> None:
    with pytest.raises(CoordinateUnreadable) as caught:
        parse(text, axis)  # type: ignore[arg-type]  # a plain str from the table
    assert hint in str(caught.value.suggestion)


def test_digits_of_decimal_degrees_are_kept() -> None:
    reading = parse("119.466712345", "lon")
    assert reading.value == Decimal("119.466712345")
    assert reading.degrees == float("119.466712345")


def test_a_column_is_read_with_faults_by_position() -> None:
    readings = parse_many(["29.5", None, "nonsense", "29°30′36″"], "lat")
    assert np.array_equal(readings.degrees, [29.5, np.nan, np.nan, 29.51], equal_nan=True)
    assert readings.whole_seconds.tolist() == [False, False, False, True]
    assert list(readings.faults) == [2]
    assert readings.values[1] is None


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59))
def test_sexagesimal_spellings_agree(degree: int, minute: int, second: int) -> None:
    signs = parse(f"{degree}°{minute}′{second}″", "lon")
    words = parse(f"{degree}度{minute}分{second}秒", "lon")
    assert signs == words
    assert signs.degrees == pytest.approx(degree + minute / 60 + second / 3600, abs=1e-12)


@given(st.decimals(-180, 180, places=9))
def test_decimal_degrees_are_read_as_float_reads_them(value: Decimal) -> None:
    assert parse(str(format(value, "f")), "lon").degrees == float(value)
