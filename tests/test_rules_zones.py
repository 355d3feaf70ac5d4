"""Points against zones: in, near, out, nowhere; several zones; what an uncertain edge leaves open."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any
from unittest import mock

import numpy as np
import pytest
import shapely
from _rules_cases import AROUND, DAY, HOME, box, finding, findings, no_burn, rows, spot, unit, verdict, world, zone

from rules._zones import Ground, in_force, locate, surely_within

D = Decimal
WEST, EAST = box(-1000, -1000, 0, 1000), box(0, -1000, 1000, 1000)
HOLE = shapely.difference(AROUND, box(-100, -100, 100, 100))
LATER = dt.date(2030, 1, 1)


def _states(points: list[dict[str, Any]], zones: list[dict[str, Any]], day: dt.date = DAY) -> list[tuple[Any, ...]]:
    subjects = rows("combustion_units", *[{"unit_code": f"U{i}"} | p for i, p in enumerate(points)])
    days = np.full(len(subjects), day, dtype=object)
    places = locate(Ground.of(subjects), rows("no_burn_zones", *zones), days, 0.20, 100.0)
    return [
        (int(s), int(z), state, round(float(d), 3))
        for s, z, state, d in zip(places.subject, places.zone, places.state, places.distance, strict=True)
    ]


def _at(east: float, accuracy: str | None = None, shape: Any = AROUND, edge: str | None = None) -> list[Any]:
    point = {"geometry": spot(east), "accuracy_m": None if accuracy is None else D(accuracy)}
    return [state[2:] for state in _states([point], [{"zone_code": "Z", "geometry": shape, "edge": edge}])]


@pytest.mark.parametrize(
    ("east", "accuracy", "edge", "expected"),
    [
        (0, None, None, [("in", 1000.0)]),
        (999.9, None, None, [("in", 0.1)]),
        (1000.1, None, "include", [("in", 0.1)]),
        (1000.3, None, "include", []),
        (999.9, None, "exclude", []),
        (1000.1, None, "exclude", []),
        (999.7, None, "exclude", [("in", 0.3)]),
        (1000.0, "0.20", None, [("in", 0.0)]),
        (999.9, "0.21", None, [("near", 0.1)]),
        (990, "15", None, [("near", 10.0)]),
        (1010, "15", "exclude", [("near", 10.0)]),
        (985, "15", None, [("in", 15.0)]),
        (1015, "15", None, []),
    ],
)
def test_states_at_an_edge(east: float, accuracy: str | None, edge: str | None, expected: list[Any]) -> None:
    assert _at(east, accuracy, AROUND, edge) == expected


def test_the_edge_of_a_hole_is_an_edge() -> None:
    assert _at(0, None, HOLE) == []
    assert _at(100, None, HOLE) == [("in", 0.0)]
    assert _at(100, None, HOLE, "exclude") == []
    assert _at(95, "15", HOLE) == [("near", 5.0)]


def test_the_common_edge_of_two_zones_is_in_both() -> None:
    zones = [{"zone_code": "W", "geometry": WEST}, {"zone_code": "E", "geometry": EAST}]
    assert _states([{"geometry": spot()}], zones) == [(0, 0, "in", 0.0), (0, 1, "in", 0.0)]


def test_both_ends_of_the_time_in_force_belong() -> None:
    zones = rows("no_burn_zones", no_burn(effective_to=dt.date(2021, 12, 31)), no_burn(zone_code="open", effective_from=None))
    days = [dt.date(2019, 8, 31), dt.date(2019, 9, 1), dt.date(2021, 12, 31), dt.date(2022, 1, 1)]
    for position, expected in ((0, [False, True, True, False]), (1, [True] * 4)):
        at = np.full(4, position, dtype=np.int64)
        assert in_force(zones, at, np.array(days, dtype=object)).tolist() == expected


def test_what_is_no_point_has_no_position() -> None:
    shapes = [None, shapely.Point(), shapely.LineString([HOME, (HOME[0] + 1, HOME[1])]), spot()]
    subjects = rows("combustion_units", *[{"unit_code": str(i), "geometry": s} for i, s in enumerate(shapes)])
    places = locate(Ground.of(subjects), rows("no_burn_zones", no_burn()), np.full(4, DAY, dtype=object), 0.2, 100.0)
    assert places.nowhere.tolist() == [True, True, True, False]


def test_no_zone_at_all() -> None:
    assert verdict(world(combustion_units=unit()), "R11-NBZ") == "N"
    assert verdict(world(combustion_units=unit(geometry=None)), "R11-NBZ") == "U"
    assert findings(world(), "R11-NBZ") == []


def test_a_disc_across_a_common_edge_is_surely_within_but_not_beside_a_gap() -> None:
    assert surely_within(spot(), 15, [WEST, EAST])
    assert not surely_within(spot(), 15, [WEST])
    assert surely_within(spot(), 15, [WEST, box(0.01, -1000, 1000, 1000)])
    assert not surely_within(spot(), 15, [WEST, box(0.05, -1000, 1000, 1000)])


def test_of_many_parts_within_one_another_only_those_a_disc_meets_are_cut_away() -> None:
    rings, gaps = ([box(-r, -r, r, r).difference(box(1 - r, 1 - r, r - 1, r - 1)) for r in range(n, 400, 2)] for n in (2, 3))
    east = shapely.Point(HOME[0] + 201.5, HOME[1])
    with mock.patch.object(shapely, "difference", wraps=shapely.difference) as cut:
        assert not surely_within(east, 4, [shapely.MultiPolygon(rings)])
    assert cut.call_count == 5, "of 199, for the coarse disc alone"
    assert surely_within(east, 4, [shapely.MultiPolygon(rings), shapely.MultiPolygon(gaps)])


def test_a_large_disc_is_drawn_finely_enough() -> None:
    sharp = box(-1000, -1000, 599.9, 1000)
    cap = 600**2 * np.arccos(599.9 / 600) - 599.9 * np.sqrt(600**2 - 599.9**2)
    assert cap > 0.5
    assert not surely_within(spot(), 600, [sharp])
    assert surely_within(spot(), 600, [box(-1000, -1000, 599.99, 1000)])


def _near(zones: list[dict[str, Any]], east: float = 5.0, day: dt.date = DAY, **values: Any) -> dict[str, str]:
    frames = world(combustion_units=unit(geometry=spot(east), accuracy_m=D(15), **values), no_burn_zones=zones)
    return finding(frames, "R11-NBZ", day)


class TestScenarios:
    """Dictionary §3.2: zones near the point, together, alone, none."""

    def test_one_near_zone_that_would_be_violated_is_unknown_on_either_side(self) -> None:
        for east in (5, -5):
            found = _near([no_burn(geometry=WEST)], east)
            assert (found["verdict"], found["missing"], found["zone_code"]) == ("U", "position", "Z")
            assert found["edge_distance_m"] == "5.00" and found["due_on"] == ""
            assert "边界疑似" in found["reason"]

    def test_one_near_zone_that_is_kept_or_spares_the_unit_stays(self) -> None:
        assert _near([no_burn(geometry=WEST)], capacity_tph=D(20))["verdict"] == "C"
        spared = _near([no_burn(geometry=WEST, exemptions=("chp",))], exempt_category=("chp",))
        assert (spared["verdict"], spared["missing"]) == ("X", "")

    def test_position_joins_what_is_missing_otherwise(self) -> None:
        found = _near([no_burn(geometry=WEST)], capacity_tph=None)
        assert (found["verdict"], found["missing"]) == ("U", "position;capacity_tph")

    def test_two_near_zones_that_share_an_edge_and_agree_stand(self) -> None:
        found = _near([no_burn(zone_code="A", geometry=WEST), no_burn(zone_code="B", geometry=EAST, zone_class="III")])
        assert (found["verdict"], found["zone_code"], found["missing"]) == ("V", "B", "")

    def test_two_near_zones_that_disagree_are_unknown(self) -> None:
        running = no_burn(zone_code="B", geometry=EAST, zone_class="III", existing_deadline=LATER)
        found = _near([no_burn(zone_code="A", geometry=WEST), running])
        assert (found["verdict"], found["zone_code"], found["missing"]) == ("U", "A", "position")

    def test_two_near_zones_with_a_gap_between_leave_the_place_open(self) -> None:
        gap = box(2, -1000, 1000, 1000)
        assert _near([no_burn(zone_code="A", geometry=WEST), no_burn(zone_code="B", geometry=gap)])["verdict"] == "U"

    def test_two_near_zones_with_the_same_question_keep_it_without_position(self) -> None:
        zones = [no_burn(zone_code="A", geometry=WEST), no_burn(zone_code="B", geometry=EAST)]
        found = _near(zones, capacity_tph=None)
        assert (found["verdict"], found["missing"], found["zone_code"]) == ("U", "capacity_tph", "A")

    def test_a_certain_violation_outweighs_a_near_zone(self) -> None:
        zones = [no_burn(zone_code="IN"), no_burn(zone_code="NEAR", geometry=WEST, zone_class="III")]
        found = _near(zones)
        assert (found["verdict"], found["zone_code"], found["missing"]) == ("V", "IN", "")
        assert [other["zone_code"] for other in json.loads(found["inputs"])["others"]] == ["NEAR"]

    def test_a_certain_zone_that_is_kept_is_reported_when_the_near_one_is_kept_too(self) -> None:
        zones = [no_burn(zone_code="IN"), no_burn(zone_code="A-NEAR", geometry=WEST)]
        found = _near(zones, capacity_tph=D(20))
        assert (found["verdict"], found["zone_code"]) == ("C", "IN")

    def test_a_certain_zone_that_is_kept_does_not_hide_a_near_one_that_is_not(self) -> None:
        zones = [no_burn(zone_code="IN"), no_burn(zone_code="NEAR", geometry=WEST, zone_class="III")]
        found = _near(zones, capacity_tph=D(20))
        assert (found["verdict"], found["zone_code"], found["missing"]) == ("U", "NEAR", "position")

    def test_a_near_zone_not_in_force_is_not_there(self) -> None:
        assert _near([no_burn(geometry=WEST, effective_from=LATER)])["verdict"] == "N"


class TestSeveralZones:
    """The worst verdict among certain zones is reported (dictionary §3.2, §5.1)."""

    def case(self, *zones: dict[str, Any], **values: Any) -> dict[str, str]:
        return finding(world(combustion_units=unit(**values), no_burn_zones=list(zones)), "R11-NBZ")

    def test_an_overdue_class_two_zone_under_a_running_class_three_zone(self) -> None:
        running = no_burn(zone_code="III", zone_class="III", existing_deadline=LATER)
        found = self.case(no_burn(zone_code="II"), running)
        assert (found["verdict"], found["zone_code"], found["due_on"]) == ("V", "II", "2020-06-30")

    def test_an_exempting_zone_over_a_violated_one(self) -> None:
        sparing = no_burn(zone_code="III", zone_class="III", exemptions=("chp",))
        found = self.case(no_burn(zone_code="II"), sparing, exempt_category=("chp",))
        assert (found["verdict"], found["zone_code"]) == ("V", "II")

    def test_unknown_in_one_zone_outranks_exempt_in_another(self) -> None:
        sparing = no_burn(zone_code="III", zone_class="III", exemptions=("chp",))
        found = self.case(no_burn(zone_code="II"), sparing, exempt_category=("chp",), capacity_tph=None)
        assert (found["verdict"], found["zone_code"], found["missing"]) == ("U", "II", "capacity_tph")

    def test_ties_strictest_class_then_earliest_deadline_then_smallest_code(self) -> None:
        second, third = no_burn(zone_code="A"), no_burn(zone_code="B", zone_class="III")
        assert self.case(second, third)["zone_code"] == "B"
        earlier = no_burn(zone_code="C", zone_class="III", existing_deadline=dt.date(2020, 1, 1))
        assert self.case(third, earlier)["zone_code"] == "C"
        assert self.case(third, no_burn(zone_code="D", zone_class="III", existing_deadline=None))["zone_code"] == "D"
        assert self.case(no_burn(zone_code="B2"), no_burn(zone_code="B10"))["zone_code"] == "B10"

    def test_only_the_version_in_force_binds(self) -> None:
        old = no_burn(effective_to=dt.date(2020, 12, 31), version="v1")
        new = no_burn(zone_class="I", effective_from=dt.date(2021, 1, 1), version="v2")
        frames = world(combustion_units=unit(capacity_tph=D(4), sulfur_pct=D("0.1"), ash_pct=D(1)), no_burn_zones=[old, new])
        before, after = (finding(frames, "R11-NBZ", day) for day in (dt.date(2020, 12, 31), dt.date(2021, 1, 1)))
        assert (before["verdict"], before["zone_version"]) == ("V", "v1")
        assert (after["verdict"], after["zone_version"]) == ("C", "v2")

    def test_the_worst_fuel_is_sought_in_each_zone_first(self) -> None:
        third = no_burn(zone_code="III", zone_class="III", existing_deadline=LATER)
        found = self.case(no_burn(zone_code="II"), third, fuel=("raw_biomass", "raw_coal"), bio_dedicated="no")
        assert (found["verdict"], found["zone_code"]) == ("V", "II")
        assert json.loads(found["inputs"])["values"]["fuel"] == "raw_coal"

    def test_machines_report_the_strictest_class_among_equals(self) -> None:
        machine = {
            "machine_code": "M", "fuel": "diesel", "power_kw": D(50), "smoke_k": D(3), "geometry": spot(),
            "observed_at": dt.datetime(2021, 7, 1, 8), "accuracy_m": D("0.1"),
        }  # fmt: skip
        areas = [zone(zone_code="A", smoke_class="II"), zone(zone_code="B"), zone(zone_code="C", smoke_class="I")]
        assert finding(world(machines=machine, nrmm_zones=areas), "R18-NRMM")["zone_code"] == "B"


def test_a_unit_without_a_point_takes_that_of_its_enterprise_and_its_accuracy() -> None:
    plant = {"enterprise_code": "E1", "geometry": spot(990), "accuracy_m": D(15)}
    lost = unit(geometry=None, accuracy_m=D("0.1"))
    found = finding(world(combustion_units=lost, enterprises=plant, no_burn_zones=no_burn()), "R11-NBZ")
    assert (found["verdict"], found["accuracy_m"], found["edge_distance_m"]) == ("U", "15", "10.00")
    assert json.loads(found["inputs"])["place_from"] == "enterprise"


def test_an_unknown_accuracy_counts_as_exact_and_is_shown_as_not_stated() -> None:
    found = finding(world(combustion_units=unit(accuracy_m=None, geometry=spot(999)), no_burn_zones=no_burn()), "R11-NBZ")
    assert (found["verdict"], found["accuracy_m"]) == ("V", "")


def test_without_a_position_a_zone_rule_keeps_only_what_no_place_would_change() -> None:
    layers = {"built_up_areas": zone(), "heat_networks": zone()}
    lost: dict[str, Any] = {"geometry": None, "unit_type": "tea_boiler"}
    found = finding(world(combustion_units=unit(**lost), **layers), "R10-BUA")
    assert (found["verdict"], found["missing"], found["zone_layer"]) == ("U", "position", "")
    assert verdict(world(combustion_units=unit(**lost, status="removed"), **layers), "R10-BUA") == "C"
    assert verdict(world(combustion_units=unit(geometry=None, is_heat_source="yes"), **layers), "R10-HEATNET") == "X"
    assert verdict(world(combustion_units=unit(**lost, fuel=("electricity",)), **layers), "R10-BUA") == "N"
