"""The 83 acceptance records, and every finding of their folder: nothing more, less or different."""

from __future__ import annotations

import csv
import datetime as dt
import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import shape

from geo.raw import RawTable
from geo.region import load_region
from layers._conform import conform
from layers._find import load_layers
from rules._frames import Frames, frames_from
from rules._report import COLUMNS, EXTRA_COLUMNS
from rules._run import run

FOLDER = Path(__file__).parent / "fixtures" / "rules"
DAY = dt.date(2021, 7, 1)
DISTANCE_TOLERANCE_M = 0.3
COMPARED = [name for name in COLUMNS if name not in ("reason", "missing", "edge_distance_m")]


def _raw(file: Path) -> RawTable:
    text = file.read_text("utf-8")
    if file.suffix == ".csv":
        header, *rows = csv.reader(text.splitlines())
        frame = pd.DataFrame(rows, columns=header, dtype=object)
        return RawTable(frame, list(range(2, len(rows) + 2)), driver="CSV")
    features = json.loads(text)["features"]
    geometry = np.empty(len(features), dtype=object)
    geometry[:] = [shape(feature["geometry"]) for feature in features]
    frame = pd.DataFrame([feature["properties"] for feature in features], dtype=object)
    return RawTable(frame, list(range(1, len(features) + 1)), geometry, "EPSG:4490", True, driver="GeoJSON")


@cache
def _frames() -> Frames:
    recorded: dict[str, pd.DataFrame] = {}
    for file in sorted(FOLDER.iterdir()):
        layer = load_layers().get(file.stem)
        if layer is None:
            continue
        frame = conform(_raw(file), layer, load_region()).frame
        frame["version"] = [f"{layer.name}-{row}" for row in range(len(frame))]
        frame["valid_from"] = frame["effective_from"] if layer.zone else None
        frame["valid_to"] = frame["effective_to"] if layer.zone else None
        recorded[layer.name] = frame
    return frames_from(recorded)


@cache
def _findings(day: dt.date) -> pd.DataFrame:
    return run(_frames(), day, load_region())


def _table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


RECORDS = _table("expected.csv")
ALL = _table("expected_all_2021-07-01.csv")


def test_there_are_83_records() -> None:
    assert len(RECORDS) == 83


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: f"{r['rule']} {r['subject_code']}")
def test_every_record_gets_its_verdict(record: dict[str, str]) -> None:
    found = _findings(dt.date.fromisoformat(record["as_of"]))
    row = found[(found["rule"] == record["rule"]) & (found["subject_code"] == record["subject_code"])]
    assert (list(row["verdict"]) or ["N"]) == [record["verdict"]]


def test_the_whole_folder_gives_these_findings_and_no_others() -> None:
    found = {(r["rule"], r["subject_layer"], r["subject_code"]) for r in _findings(DAY).to_dict("records")}
    expected = {(r["rule"], r["subject_layer"], r["subject_code"]) for r in ALL}
    assert found == expected
    assert len(_findings(DAY)) == len(ALL)


@pytest.mark.parametrize("expected", ALL, ids=lambda r: f"{r['rule']} {r['subject_code']}")
def test_every_finding_has_its_values(expected: dict[str, str]) -> None:
    found = _findings(DAY)
    match = (found["rule"] == expected["rule"]) & (found["subject_layer"] == expected["subject_layer"])
    row = found[match & (found["subject_code"] == expected["subject_code"])].iloc[0]
    assert {name: row[name] for name in COMPARED} == {name: expected[name] for name in COMPARED}
    assert set(row["missing"].split(";")) == set(expected["missing"].split(";"))
    assert bool(row["edge_distance_m"]) == bool(expected["edge_distance_m"])
    if expected["edge_distance_m"]:
        assert abs(float(row["edge_distance_m"]) - float(expected["edge_distance_m"])) <= DISTANCE_TOLERANCE_M


def test_columns_are_those_of_the_contract_in_order() -> None:
    assert list(_findings(DAY).columns) == [*COLUMNS, *EXTRA_COLUMNS]


def test_every_cell_is_text() -> None:
    assert _findings(DAY).map(lambda cell: isinstance(cell, str)).to_numpy().all()


def test_every_reason_is_a_sentence_and_names_what_is_missing() -> None:
    for row in _findings(DAY).to_dict("records"):
        assert row["reason"].endswith("。") and "None" not in row["reason"] and "nan" not in row["reason"]
        assert (row["verdict"] == "U") == bool(row["missing"]) == ("待核实" in row["reason"])
