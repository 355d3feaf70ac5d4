"""Coordinates read as a whole are those the JSON parser gives; whatever is unusual is left to it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo._rings import coordinates_of

NUMBERS = st.floats(1, 180) | st.floats(-180, -1) | st.integers(1, 180) | st.floats(1e-7, 1e300).map(lambda x: -x)
RINGS = st.lists(st.lists(st.tuples(NUMBERS, NUMBERS).map(list), min_size=1, max_size=6), min_size=1, max_size=3)


def plain(found: Any) -> Any:
    return found.tolist() if isinstance(found, np.ndarray) else [plain(one) for one in found]


@given(RINGS | st.lists(RINGS, min_size=1, max_size=3), st.sampled_from([None, 1]))
def test_every_number_is_the_one_of_the_parser(rings: list[object], indent: int | None) -> None:
    found = coordinates_of(json.dumps(rings, indent=indent).encode())
    if found is not None:
        assert plain(found) == json.loads(json.dumps(rings), parse_int=float)
    else:
        assert any(text in json.dumps(rings) for text in ("[0", " 0", "[-0", " -0"))


@pytest.mark.parametrize(
    "text",
    [
        "[[[119.5,29.5],[119.6]]]", "[[[119.5,29.5,3],[119.6,29.5,3]]]", "[[[119.5 29.5]]]", "[[[119.5,29.5][119.6,29.5]]]",
        "[[[119.5,29.5],]]", "[[119.5,29.5]]", "[119.5,29.5]", "[]", "[[]]", "[[[1.,2]]]", "[[[.5,2]]]", "[[[+1,2]]]",
        "[[[01,2]]]",
        "[[[1,2]],[]]", "[[[1e999,2]]]", "[[[1-2,2]]]", "[[[1,2e]]]", "[[[NaN,2]]]", "[[[null,2]]]", '[[["1",2]]]', "[[[1,2]]",
        "[[[[1,2]]],[[1,2]]]", "",
    ],
)  # fmt: skip
def test_anything_else_is_left_to_the_parser(text: str) -> None:
    assert coordinates_of(text.encode()) is None
