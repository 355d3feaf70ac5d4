"""Laws of a whole run: order does not matter, zones do not help, what is not known never passes."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
import shapely
from _rules_cases import DAY, REGION, findings, no_burn, spot, unit, verdict, world, zone
from hypothesis import given
from hypothesis import strategies as st
from test_rules_catalogue import BOXES, SIDES, UNITS, ZONES

from rules._find import load_rules
from rules._frames import Frames
from rules._run import run
from rules._verdict import RANK
from tests._often import often

D = Decimal
HARMLESS = {"C", "X", "N"}
UNIT_RULES = [rule.key for rule in load_rules().values() if rule.subjects == ("combustion_units",)]
VALUES: dict[str, list[Any]] = {
    "unit_type": ["boiler", "tea_boiler", "drying_kiln", "gas_producer", "hot_air_furnace", "industrial_kiln"],
    "fuel": [("raw_coal",), ("loose_coal",), ("coke",), ("heavy_oil",), ("biomass_pellet",), ("lng",), ("charcoal",)],
    "capacity_tph": [D(4), D(10), D("10.1"), D(20), D("34.9"), D(35)],
    "sulfur_pct": [D("0.4"), D("0.6")],
    "ash_pct": [D(9), D(11)],
    "volatile_pct": [D(4), D(11)],
    "bio_dedicated": ["yes", "no"],
    "dust_removal": ["bag", "cyclone"],
    "built_on": [dt.date(2012, 5, 1), dt.date(2019, 10, 1)],
    "cut_off": ["yes", "no"],
    "ultra_low_retrofit": ["yes", "no"],
    "pm_mg_m3": [D(10), D(11)],
    "so2_mg_m3": [D(35), D(36)],
    "nox_mg_m3": [D(50), D(51)],
    "gas_use": ["fuel", "feedstock"],
    "hearth_diameter_m": [D("2.9"), D(3), D("3.1")],
}
"""Columns in which empty means unknown, with values on both sides of every limit."""
ANY_VALUES = st.fixed_dictionaries({name: st.sampled_from([None, *values]) for name, values in VALUES.items()})
FIXED = st.fixed_dictionaries(
    {
        "status": st.sampled_from([None, "idle", "standby", "removed"]),
        "on_retention_list": st.sampled_from([None, "yes"]),
        "is_heat_source": st.sampled_from([None, "yes"]),
        "exempt_category": st.sampled_from([None, ("chp",)]),
    }
)
SURROUNDINGS = {
    "no_burn_zones": [no_burn(zone_code=grade, zone_class=grade, exemptions=("chp",)) for grade in ("I", "II", "III")],
    "built_up_areas": zone(),
    "heat_networks": zone(),
}
DAYS = st.sampled_from([dt.date(2019, 10, 1), dt.date(2020, 6, 30), DAY])


@often(80)
@given(ANY_VALUES, FIXED, st.sampled_from(sorted(VALUES)), DAYS)
def test_what_is_not_known_never_decides(
    values: dict[str, Any], fixed: dict[str, Any], column: str, day: dt.date
) -> None:
    """A verdict without a value is U, or holds for every value that could stand there."""
    rows = [unit(**values, **fixed) | {"unit_code": "unknown", column: None}]
    rows += [rows[0] | {"unit_code": str(place), column: value} for place, value in enumerate(VALUES[column])]
    found = run(world(combustion_units=rows, **SURROUNDINGS), day, REGION, UNIT_RULES)
    for rule in UNIT_RULES:
        mine = found[found["rule"] == rule].set_index("subject_code")["verdict"].to_dict()
        without = mine.get("unknown", "N")
        completed = {mine.get(str(place), "N") for place in range(len(VALUES[column]))}
        if without in HARMLESS:
            assert completed <= HARMLESS, (rule, column, without, completed)
        elif without != "U":
            assert completed == {without}, (rule, column, without, completed)


@often(50)
@given(UNITS, st.lists(st.tuples(ZONES, BOXES), min_size=1, max_size=4), SIDES, DAYS)
def test_one_more_zone_never_makes_a_certain_place_better(
    values: dict[str, Any], drawn: list[tuple[dict[str, Any], Any]], east: int, day: dt.date
) -> None:
    row = unit(**values) | {"geometry": spot(east / 2)}
    areas = [no_burn(**area) | {"zone_code": f"Z{i}", "geometry": shape} for i, (area, shape) in enumerate(drawn)]
    fewer = verdict(world(combustion_units=row, no_burn_zones=areas[:-1]), "R11-NBZ", day)
    assert RANK[verdict(world(combustion_units=row, no_burn_zones=areas), "R11-NBZ", day)] <= RANK[fewer]


def _crowd() -> dict[str, Any]:
    chance = random.Random(20210701)
    units = []
    for place in range(60):
        given = {name: chance.choice([None, *values]) for name, values in VALUES.items()}
        given |= {"fuel_standby": chance.choice([None, ("raw_coal",)]), "accuracy_m": chance.choice([None, D(15), D(40)])}
        where = spot(chance.randrange(-80, 80), chance.randrange(-80, 80)) if place % 7 else None
        units.append(unit(**given) | {"unit_code": f"U{place:02d}", "geometry": where})
    areas = [
        no_burn(zone_code=f"Z{i}", zone_class=chance.choice(["I", "II", "III"]))
        | {"geometry": spot(chance.randrange(-60, 60)).buffer(chance.randrange(20, 60))}
        for i in range(6)
    ]
    mines = [
        {"mine_code": f"M{i}", "status": "producing", "geometry": shapely.box(100 * i, 0, 100 * i + 90, 90)} for i in range(4)
    ]
    faces = [
        {"face_code": f"F{i}", "mine_code": f"M{i % 3}", "geometry": shapely.box(30 * i, 10, 30 * i + 25, 95)} for i in range(9)
    ]
    return {"combustion_units": units, "no_burn_zones": areas, "heat_networks": zone(), "mines": mines, "mine_faces": faces}


def _shuffled(frames: Frames, seed: int) -> Frames:
    def mix(tables: Any) -> dict[str, pd.DataFrame]:
        return {name: table.sample(frac=1, random_state=seed) for name, table in tables.items()}

    return Frames(mix(frames.subjects), mix(frames.zones))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_leaves_every_byte_of_the_findings(seed: int) -> None:
    frames = world(**_crowd())
    first = run(frames, DAY, REGION).to_csv(index=False)
    assert run(_shuffled(frames, seed), DAY, REGION).to_csv(index=False) == first
    assert first.count("\n") > 60


def test_frames_that_went_through_pandas_give_the_same_findings() -> None:
    frames = world(**_crowd())
    inferred = {name: pd.DataFrame(table.to_dict("list")) for name, table in frames.subjects.items()}
    assert any(str(kind) == "str" for kind in inferred["combustion_units"].dtypes)
    again = Frames(inferred, {name: inferred[name] for name in frames.zones})
    assert run(again, DAY, REGION).to_csv(index=False) == run(frames, DAY, REGION).to_csv(index=False)


def test_a_run_leaves_the_callers_frames_as_they_were() -> None:
    frames = world(**_crowd())
    before = {name: table.copy(deep=True) for name, table in frames.subjects.items()}
    run(frames, DAY, REGION)
    for name, table in frames.subjects.items():
        pd.testing.assert_frame_equal(table, before[name])


def test_one_finding_for_each_rule_and_subject() -> None:
    found = run(world(**_crowd()), DAY, REGION)
    assert not found.duplicated(["rule", "subject_layer", "subject_code"]).any()
    assert found["key"].is_unique
    assert "N" not in set(found["verdict"])


def test_rules_run_alone_find_what_they_find_together() -> None:
    frames = world(**_crowd())
    together = run(frames, DAY, REGION)
    alone = [row for key in load_rules() for row in findings(frames, key)]
    assert alone == together.to_dict("records")
