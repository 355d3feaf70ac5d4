"""The live impact of any redrawing is the difference of two whole assessments, for every layer that can be drawn."""

from __future__ import annotations

import os
import random
from typing import Any

import pandas as pd
import pytest
from _impact_cases import EDITED, as_geojson, baseline, city, difference, edited, lawful, verdicts
from _rules_cases import REGION, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from layers._cells import to_text
from layers._find import load_layers
from services._baseline import Baseline
from services.impact import _drawn, drawing_of
from services.scope import local_principal

ROUNDS = 400 if os.environ.get("BLUESKY_SOAK") else 3


def _request(chance: random.Random, layer: str, shapes: list[Any], steps: int) -> dict[str, Any]:
    """A redrawing of one of the zones, or a new zone; now and then with another text."""
    at = chance.randrange(len(shapes) + 1)
    shape = shapes[at % len(shapes)]
    for _ in range(steps):
        shape = edited(chance, shape)
    body: dict[str, Any] = {"layer": layer, "code": f"Z{at}", "geometry": as_geojson(shape)}
    if chance.random() < 0.4 or at == len(shapes):
        columns = load_layers()[layer]
        given = lawful(chance, layer)
        body["props"] = {name: to_text(columns.column(name), value) or None for name, value in given.items()}
        if columns.zone and chance.random() < 0.6:
            body["props"]["effective_from"] = chance.choice(["2019-09-01", "2020-10-01", "2021-12-01"])
            if layer == "no_burn_zones":
                body["props"]["existing_deadline"] = None
        if columns.zone and chance.random() < 0.3:
            body["props"]["edge"] = chance.choice(["include", "exclude"])
        if columns.zone and chance.random() < 0.2:
            body["props"]["repeals"] = [f"Z{(at + 1) % len(shapes)}"]
    return body


def _whole(base: Baseline, layer: str, altered: Any) -> dict[str, pd.DataFrame]:
    """The frames of a city with the zones a request leaves, as an import would store them."""
    table = base.table(layer).frame(altered)
    return {**base.frames, layer: rows(layer, *table.to_dict("records"))}


@pytest.mark.slow
@pytest.mark.parametrize("layer", EDITED)
@settings(max_examples=ROUNDS, deadline=None, derandomize=not os.environ.get("BLUESKY_SOAK"))
@given(seed=st.integers(0, 10**9))
def test_the_impact_is_the_difference_of_two_whole_assessments(layer: str, seed: int) -> None:
    chance = random.Random(f"{layer} {seed}")
    frames, shapes = city(chance, layer)
    _, base = baseline(frames)
    before = verdicts(frames, layer)
    body = _request(chance, layer, shapes, 1)
    for _ in range(4):
        drawing = drawing_of(local_principal(), REGION, body)
        drawn = _drawn(base, base.table(layer), drawing)
        wanted = difference(before, verdicts(_whole(base, layer, drawn.altered), layer))
        assert {key: tuple(value) for key, value in drawn.differs.items()} == wanted
        body |= {"geometry": as_geojson(edited(chance, drawing.filed))}
