"""Units by fuel, their capacity and their standing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from _rules_cases import finding, findings, no_burn, rows, unit, verdict, world

from rules._units import by_fuel, effective_capacity, with_enterprise_place

D = Decimal


@pytest.mark.parametrize(
    ("tph", "mw", "expected"),
    [
        (None, "7", "10"),
        (None, "14", "20"),
        (None, "24.5", "35"),
        (None, "4.2", "6"),
        ("8", "7", "8"),
        ("0", "7", "10"),
        ("-1", "7", "10"),
        ("-1", "0", None),
        (None, None, None),
    ],
)
def test_capacity(tph: str | None, mw: str | None, expected: str | None) -> None:
    found = effective_capacity(None if tph is None else D(tph), None if mw is None else D(mw))
    assert found == (None if expected is None else D(expected))


@pytest.mark.parametrize(
    ("mw", "ten", "band", "large"),
    [("7", "V", "N", "N"), ("7.01", "N", "V", "N"), ("24.49", "N", "V", "N"), ("24.5", "N", "N", "U")],
)
def test_megawatts_are_exact_at_the_limits(mw: str, ten: str, band: str, large: str) -> None:
    frames = world(combustion_units=unit(capacity_tph=None, capacity_mw=D(mw)))
    assert [verdict(frames, rule) for rule in ("R10-LE10", "R10-10-35", "R10-GE35")] == [ten, band, large]


def test_fourteen_megawatts_are_twenty_tonnes_in_class_two() -> None:
    for mw, expected in (("13.99", "V"), ("14", "C")):
        frames = world(combustion_units=unit(capacity_tph=None, capacity_mw=D(mw)), no_burn_zones=no_burn())
        assert verdict(frames, "R11-NBZ") == expected


def _expanded(**values: Any) -> list[tuple[Any, str]]:
    frame = by_fuel(rows("combustion_units", unit(**values)))
    return list(zip(frame["fuel_now"], frame["status_now"], strict=True))


def test_one_row_a_fuel_main_before_standby() -> None:
    assert _expanded(fuel=("coke", "lng"), fuel_standby=("raw_coal",)) == [
        ("coke", "in_use"),
        ("lng", "in_use"),
        ("raw_coal", "standby"),
    ]
    assert _expanded(fuel=None, status="idle") == [(None, "idle")]
    assert _expanded(fuel=("lng",), fuel_standby=("coke",), status="removed")[1] == ("coke", "removed")


def test_an_unknown_fuel_stays_none_beside_known_ones() -> None:
    frame = by_fuel(rows("combustion_units", unit(fuel=None), unit(unit_code="U2")))
    assert frame["fuel_now"].tolist() == [None, "raw_coal"]
    assert frame["fuel_now"].dtype == object


def test_a_unit_of_an_unknown_enterprise_stays_without_place() -> None:
    units = rows("combustion_units", unit(geometry=None), unit(unit_code="U2"))
    placed = with_enterprise_place(units, rows("enterprises"))
    assert placed["place_from"].tolist() == [None, "own"]
    assert "place_from" not in units


STANDBY = {"fuel": ("natural_gas",), "fuel_standby": ("raw_coal",)}


@pytest.mark.parametrize(
    ("values", "expected", "missing"),
    [
        (STANDBY, "U", "cut_off"),
        (STANDBY | {"cut_off": "yes"}, "C", ""),
        (STANDBY | {"cut_off": "no"}, "V", ""),
        (STANDBY | {"status": "removed"}, "C", ""),
        ({"fuel": ("natural_gas", "raw_coal")}, "V", ""),
        ({"fuel": ("raw_coal",), "fuel_standby": ("unknown",)}, "V", ""),
        ({"fuel": ("natural_gas",), "fuel_standby": ("unknown",), "cut_off": "no"}, "U", "fuel"),
    ],
)
def test_the_worst_fuel_decides_and_standby_fuel_is_standby_equipment(
    values: dict[str, Any], expected: str, missing: str
) -> None:
    for rule in ("R10-LE10", "R11-NBZ"):
        found = finding(world(combustion_units=unit(**values), no_burn_zones=no_burn()), rule)
        assert (found["verdict"], found["missing"]) == (expected, missing)


def test_of_equal_fuels_the_first_listed_is_reported() -> None:
    frames = world(combustion_units=unit(fuel=("coke", "raw_coal"), fuel_standby=("briquette",), cut_off="no"))
    assert json.loads(finding(frames, "R10-LE10")["inputs"])["values"]["fuel"] == "coke"


def test_units_are_judged_one_by_one_never_summed() -> None:
    frames = world(combustion_units=[unit(unit_code=code, capacity_tph=D(10)) for code in ("A", "B")])
    assert [row["verdict"] for row in findings(frames, "R10-LE10")] == ["V", "V"]
    assert findings(frames, "R10-10-35") == []
