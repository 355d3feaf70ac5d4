"""The acceptance files of the rules are clean: every row is taken, nothing is remarked."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import shape

from geo.raw import RawTable
from geo.region import load_region
from layers._conform import conform
from layers._find import load_layers

FOLDER = Path(__file__).parent / "fixtures" / "rules"
FILES = sorted(file.name for file in FOLDER.iterdir() if file.stem in load_layers())


def _raw(file: Path) -> RawTable:
    text = file.read_text("utf-8")
    if file.suffix == ".csv":
        header, *rows = csv.reader(text.splitlines())
        return RawTable(
            pd.DataFrame(rows, columns=header, dtype=object), list(range(2, len(rows) + 2)), driver="CSV"
        )
    features = json.loads(text)["features"]
    geometry = np.empty(len(features), dtype=object)
    geometry[:] = [shape(feature["geometry"]) for feature in features]
    frame = pd.DataFrame([feature["properties"] for feature in features], dtype=object)
    return RawTable(frame, list(range(1, len(features) + 1)), geometry, "EPSG:4490", True, driver="GeoJSON")


def test_there_are_fourteen_files() -> None:
    assert len(FILES) == 14


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_taken(name: str) -> None:
    raw = _raw(FOLDER / name)
    done = conform(raw, load_layers()[Path(name).stem], load_region())
    assert len(done.frame) == done.rows_in == len(raw.rows) > 0
    assert done.faults == []
    assert done.held.empty
