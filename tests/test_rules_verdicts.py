"""Every rule with every verdict it can give, one tiny case each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from _rules_cases import DAY, IN_TIME, box, finding, findings, no_burn, region, spot, unit, verdict, world, zone

D = Decimal
NEW = dt.date(2019, 5, 10)


def _unit_case(rule: str, day: dt.date = DAY, **values: Any) -> dict[str, str]:
    zones = {"no_burn_zones": no_burn(), "built_up_areas": zone(), "heat_networks": zone()}
    return finding(world(combustion_units=unit(**values), **zones), rule, day)


UNIT_CASES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("R10-LE10", "V", "", {"capacity_tph": D("10.0")}),
    ("R10-LE10", "N", "", {"capacity_tph": D("10.1")}),
    ("R10-LE10", "N", "", {"unit_type": "tea_boiler"}),
    ("R10-LE10", "C", "", {"status": "removed"}),
    ("R10-LE10", "C", "", {"status": "idle", "cut_off": "yes"}),
    ("R10-LE10", "U", "cut_off", {"status": "idle"}),
    ("R10-LE10", "V", "", {"status": "standby", "cut_off": "no"}),
    ("R10-LE10", "U", "capacity_tph", {"capacity_tph": None}),
    ("R10-LE10", "U", "unit_type", {"unit_type": "unknown"}),
    ("R10-LE10", "U", "fuel", {"fuel": None}),
    ("R10-LE10", "U", "fuel;unit_type;capacity_tph", {"fuel": ("unknown",), "unit_type": None, "capacity_tph": None}),
    ("R10-LE10", "N", "", {"fuel": None, "unit_type": "tea_boiler"}),
    ("R10-10-35", "N", "", {"capacity_tph": D("10.0")}),
    ("R10-10-35", "V", "", {"capacity_tph": D("10.1")}),
    ("R10-10-35", "V", "", {"capacity_tph": D("34.9")}),
    ("R10-10-35", "N", "", {"capacity_tph": D("35.0")}),
    ("R10-10-35", "X", "", {"capacity_tph": D("20"), "on_retention_list": "yes"}),
    ("R10-10-35", "X", "", {"capacity_tph": None, "on_retention_list": "yes"}),
    ("R10-10-35", "C", "", {"capacity_tph": D("20"), "status": "removed", "on_retention_list": "yes"}),
    ("R10-10-35", "U", "capacity_tph", {"capacity_tph": None}),
    ("R10-GE35", "N", "", {"capacity_tph": D("34.9")}),
    ("R10-GE35", "V", "", {"capacity_tph": D("35.0"), "ultra_low_retrofit": "no"}),
    ("R10-GE35", "V", "", {"capacity_tph": D(75), "pm_mg_m3": D("10.1"), "ultra_low_retrofit": "yes"}),
    ("R10-GE35", "C", "", {"capacity_tph": D(75), "ultra_low_retrofit": "yes"}),
    (
        "R10-GE35", "C", "",
        {"capacity_tph": D(75), "pm_mg_m3": D(10), "so2_mg_m3": D(35), "nox_mg_m3": D(50), "ultra_low_retrofit": "no"},
    ),
    (
        "R10-GE35", "U", "ultra_low_retrofit;so2_mg_m3;nox_mg_m3",
        {"capacity_tph": D(75), "pm_mg_m3": D(10)},
    ),
    ("R10-GE35", "V", "", {"capacity_tph": D(75), "fuel": ("heavy_oil",), "nox_mg_m3": D(51)}),
    ("R10-GE35", "N", "", {"capacity_tph": D(75), "fuel": ("raw_biomass",)}),
    ("R10-BUA", "V", "", {"unit_type": "grain_dryer"}),
    ("R10-BUA", "C", "", {"unit_type": "commercial_stove", "status": "removed"}),
    ("R10-BUA", "U", "unit_type", {"unit_type": None}),
    ("R10-BUA", "N", "", {"unit_type": "tea_boiler", "fuel": ("charcoal",)}),
    ("R10-BUA", "N", "", {"unit_type": "tea_boiler", "geometry": spot(1001)}),
    ("R10-BUABIO", "V", "", {"fuel": ("raw_biomass",), "ultra_low_retrofit": "no"}),
    ("R10-BUABIO", "C", "", {"fuel": ("raw_biomass",), "ultra_low_retrofit": "yes"}),
    ("R10-BUABIO", "U", "ultra_low_retrofit;pm_mg_m3;so2_mg_m3;nox_mg_m3", {"fuel": ("biomass_pellet",)}),
    ("R10-BUABIO", "N", "", {"fuel": ("biomass_pellet",), "unit_type": "tea_boiler"}),
    ("R10-HEATNET", "V", "", {}),
    ("R10-HEATNET", "V", "", {"unit_type": "civil_stove", "fuel": ("briquette",)}),
    ("R10-HEATNET", "V", "", {"unit_type": "industrial_kiln", "fuel": ("loose_coal",)}),
    ("R10-HEATNET", "N", "", {"unit_type": "industrial_kiln", "fuel": ("raw_coal",)}),
    ("R10-HEATNET", "N", "", {"unit_type": "drying_kiln", "fuel": ("loose_coal",)}),
    ("R10-HEATNET", "U", "unit_type", {"unit_type": None, "fuel": ("loose_coal",)}),
    ("R10-HEATNET", "U", "unit_type", {"unit_type": None, "fuel": ("raw_coal",)}),
    ("R10-HEATNET", "N", "", {"unit_type": None, "fuel": ("natural_gas",)}),
    ("R10-HEATNET", "U", "fuel", {"unit_type": "industrial_kiln", "fuel": None}),
    ("R10-HEATNET", "N", "", {"unit_type": "drying_kiln", "fuel": None}),
    ("R10-HEATNET", "X", "", {"is_heat_source": "yes"}),
    ("R10-HEATNET", "X", "", {"is_heat_source": "yes", "unit_type": None}),
    ("R10-HEATNET", "C", "", {"status": "removed", "is_heat_source": "yes"}),
    ("R34-HEATKILN", "V", "", {"unit_type": "drying_kiln", "fuel": ("loose_coal",)}),
    ("R34-HEATKILN", "V", "", {"unit_type": "heating_furnace"}),
    ("R34-HEATKILN", "N", "", {"unit_type": "industrial_kiln"}),
    ("R34-HEATKILN", "X", "", {"unit_type": "heating_furnace", "is_heat_source": "yes"}),
    ("R34-HEATKILN", "U", "fuel", {"unit_type": "drying_kiln", "fuel": None}),
    ("R34-HEATKILN", "C", "", {"unit_type": "drying_kiln", "status": "removed"}),
    ("R09-NEW35", "V", "", {"built_on": dt.date(2019, 1, 1)}),
    ("R09-NEW35", "N", "", {"built_on": dt.date(2018, 12, 31)}),
    ("R09-NEW35", "V", "", {"built_on": None, "approved_on": NEW}),
    ("R09-NEW35", "V", "", {"built_on": dt.date(2012, 1, 1), "approved_on": NEW}),
    ("R09-NEW35", "N", "", {"built_on": dt.date(2012, 1, 1), "expanded_on": NEW}),
    ("R09-NEW35", "U", "built_on", {"built_on": None, "approved_on": dt.date(2012, 1, 1)}),
    ("R09-NEW35", "N", "", {"built_on": NEW, "capacity_tph": D("35.0")}),
    ("R09-NEW35", "U", "capacity_tph", {"built_on": NEW, "capacity_tph": None}),
    ("R09-NEW35", "C", "", {"built_on": NEW, "status": "removed"}),
    ("R34-GAS3M", "V", "", {"unit_type": "gas_producer", "gas_use": "fuel", "hearth_diameter_m": D("2.99")}),
    ("R34-GAS3M", "B", "", {"unit_type": "gas_producer", "gas_use": "fuel", "hearth_diameter_m": D("3.00")}),
    ("R34-GAS3M", "N", "", {"unit_type": "gas_producer", "gas_use": "fuel", "hearth_diameter_m": D("3.01")}),
    ("R34-GAS3M", "N", "", {"unit_type": "gas_producer", "gas_use": "feedstock"}),
    ("R34-GAS3M", "U", "gas_use;hearth_diameter_m", {"unit_type": "gas_producer"}),
    (
        "R34-GAS3M", "C", "",
        {"unit_type": "gas_producer", "gas_use": "fuel", "hearth_diameter_m": D(3), "status": "removed"},
    ),
    ("R34-HOTAIR", "V", "", {"unit_type": "hot_air_furnace"}),
    ("R34-HOTAIR", "N", "", {"unit_type": "hot_air_furnace", "fuel": ("light_diesel",)}),
    ("R34-HOTAIR", "U", "unit_type", {"unit_type": None}),
    ("R34-HOTAIR", "C", "", {"unit_type": "hot_air_furnace", "status": "standby", "cut_off": "yes"}),
    ("R11-NBZ", "V", "", {}),
    ("R11-NBZ", "C", "", {"capacity_tph": D(20)}),
    ("R11-NBZ", "U", "capacity_tph", {"capacity_tph": None}),
    ("R11-NBZ", "U", "unit_type", {"unit_type": None}),
    ("R11-NBZ", "U", "fuel", {"fuel": None}),
    ("R11-NBZ", "N", "", {"geometry": spot(2000)}),
    ("R11-NBZ", "U", "cut_off", {"status": "standby"}),
    ("R11-NBZ", "C", "", {"status": "standby", "cut_off": "yes"}),
    ("R11-NBZ", "C", "", {"status": "removed", "fuel": None}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "expected", "missing", "values"), UNIT_CASES)
def test_combustion_units(rule: str, expected: str, missing: str, values: dict[str, Any]) -> None:
    found = _unit_case(rule, **values)
    assert found["verdict"] == expected
    assert set(found["missing"].split(";")) == set(missing.split(";"))


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("R10-LE10", {}),
        ("R10-10-35", {"capacity_tph": D(20)}),
        ("R10-GE35", {"capacity_tph": D(40), "ultra_low_retrofit": "no"}),
        ("R10-BUA", {"unit_type": "tea_boiler"}),
        ("R10-BUABIO", {"fuel": ("raw_biomass",), "ultra_low_retrofit": "no"}),
        ("R10-HEATNET", {}),
        ("R34-HEATKILN", {"unit_type": "drying_kiln"}),
        ("R34-GAS3M", {"unit_type": "gas_producer", "gas_use": "fuel", "hearth_diameter_m": D("2.6")}),
        ("R34-HOTAIR", {"unit_type": "hot_air_furnace"}),
    ],
)
def test_a_fault_is_a_task_through_the_last_day_of_the_plan(rule: str, values: dict[str, Any]) -> None:
    on_the_day = _unit_case(rule, IN_TIME, **values)
    after = _unit_case(rule, IN_TIME + dt.timedelta(days=1), **values)
    assert (on_the_day["verdict"], on_the_day["due_on"]) == ("T", "2020-12-31")
    assert (after["verdict"], after["due_on"]) == ("V", "2020-12-31")


def test_a_new_boiler_is_a_violation_at_once_and_has_no_deadline() -> None:
    found = _unit_case("R09-NEW35", dt.date(2019, 6, 1), built_on=NEW)
    assert (found["verdict"], found["due_on"]) == ("V", "")


def test_a_value_on_the_open_limit_stays_so_on_any_day_and_names_both_readings() -> None:
    values = {"unit_type": "gas_producer", "gas_use": "fuel", "hearth_diameter_m": D("3.0")}
    for day in (dt.date(2019, 6, 1), DAY):
        found = _unit_case("R34-GAS3M", day, **values)
        assert found["verdict"] == "B" and found["due_on"] == ""
        assert "不含本数" in found["reason"] and "，含本数" in found["reason"]


def test_unknown_capacity_gives_one_row_for_each_band() -> None:
    bands = ("R10-LE10", "R10-10-35", "R10-GE35")
    assert [_unit_case(rule, capacity_tph=None)["verdict"] for rule in bands] == ["U", "U", "U"]


class TestNoBurnDates:
    """What follows from a prohibited fuel (dictionary §4.1)."""

    def case(self, day: dt.date, zone_values: dict[str, Any] | None = None, **values: Any) -> dict[str, str]:
        frames = world(combustion_units=unit(**values), no_burn_zones=no_burn(**(zone_values or {})))
        return finding(frames, "R11-NBZ", day)

    def test_in_time_on_the_deadline_day_and_overdue_after(self) -> None:
        assert [self.case(dt.date(2020, 6, day))["verdict"] for day in (1, 30)] == ["T", "T"]
        assert self.case(dt.date(2020, 7, 1))["verdict"] == "V"
        assert self.case(dt.date(2020, 7, 1))["due_on"] == "2020-06-30"

    def test_no_deadline_is_no_grace(self) -> None:
        found = self.case(dt.date(2019, 9, 1), {"existing_deadline": None})
        assert (found["verdict"], found["due_on"]) == ("V", "")

    def test_built_or_expanded_on_the_first_day_in_force_is_new(self) -> None:
        for column in ("built_on", "expanded_on"):
            found = self.case(dt.date(2020, 1, 1), **{column: dt.date(2019, 9, 1)})
            assert (found["verdict"], found["due_on"]) == ("V", "")
        assert self.case(dt.date(2020, 1, 1), built_on=dt.date(2019, 8, 31))["verdict"] == "T"

    def test_undated_before_the_deadline_is_unknown_after_it_a_violation(self) -> None:
        before = self.case(dt.date(2020, 1, 1), built_on=None)
        assert (before["verdict"], before["missing"]) == ("U", "built_on")
        assert self.case(DAY, built_on=None)["verdict"] == "V"

    def test_an_exemption_needs_the_unit_and_the_zone(self) -> None:
        both = self.case(DAY, {"exemptions": ("central_heating", "chp")}, exempt_category=("chp",))
        assert both["verdict"] == "X"
        assert self.case(DAY, {"exemptions": ("central_heating",)}, exempt_category=("chp",))["verdict"] == "V"
        assert self.case(DAY, {"exemptions": ("chp",)})["verdict"] == "V"

    def test_exempt_comes_before_unknown(self) -> None:
        values = {"exempt_category": ("chp",), "capacity_tph": None}
        assert self.case(DAY, {"exemptions": ("chp",)}, **values)["verdict"] == "X"

    def test_a_zone_without_class_never_lets_coal_pass(self) -> None:
        found = self.case(DAY, {"zone_class": None})
        assert (found["verdict"], found["missing"]) == ("U", "zone_class")
        assert self.case(DAY, {"zone_class": None}, fuel=("petcoke",))["verdict"] == "V"

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({}, ("U", "position")),
            ({"fuel": ("natural_gas", "charcoal")}, ("N", "")),
            ({"fuel": ("natural_gas",), "fuel_standby": ("raw_coal",)}, ("U", "position")),
            ({"status": "removed"}, ("C", "")),
            ({"status": "idle", "cut_off": "yes"}, ("U", "position")),
        ],
    )
    def test_without_position(self, values: dict[str, Any], expected: tuple[str, str]) -> None:
        found = self.case(DAY, geometry=None, accuracy_m=None, **values)
        assert (found["verdict"], found["missing"]) == expected
        assert found["zone_code"] == "" and found["edge_distance_m"] == ""


def _machine(**values: Any) -> dict[str, Any]:
    base = {
        "machine_code": "M1", "fuel": "diesel", "power_kw": D(110), "smoke_k": D("0.62"), "geometry": spot(),
        "accuracy_m": D("0.1"), "observed_at": dt.datetime(2021, 7, 1, 9, 30),
    }  # fmt: skip
    return base | values


def _machine_case(zone_values: dict[str, Any] | None = None, **values: Any) -> dict[str, str]:
    area = zone(effective_from=dt.date(2021, 6, 1), smoke_class="III") | (zone_values or {})
    return finding(world(machines=_machine(**values), nrmm_zones=area), "R18-NRMM")


MACHINE_CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("V", "", {}),
    ("C", "", {"smoke_k": D("0.50")}),
    ("V", "", {"smoke_k": D("0.51")}),
    ("C", "", {"smoke_k": D("0.80"), "power_kw": D("36.9")}),
    ("V", "", {"smoke_k": D("0.80"), "power_kw": D(37)}),
    ("V", "", {"smoke_k": D("0.81"), "power_kw": None}),
    ("C", "", {"smoke_k": D("0.50"), "power_kw": None}),
    ("U", "power_kw", {"smoke_k": D("0.60"), "power_kw": None}),
    ("V", "", {"smoke_k": None, "ringelmann": D(2)}),
    ("U", "smoke_k", {"smoke_k": None, "ringelmann": D(1)}),
    ("U", "smoke_k", {"smoke_k": None, "power_kw": None}),
    ("N", "", {"fuel": "electric"}),
    ("N", "", {"fuel": "hybrid"}),
    ("U", "fuel", {"fuel": None}),
    ("U", "observed_at", {"observed_at": None}),
    ("U", "fuel;observed_at", {"fuel": None, "observed_at": None}),
    ("N", "", {"emergency": "yes"}),
    ("N", "", {"emergency": "yes", "fuel": None}),
    ("N", "", {"observed_at": dt.datetime(2021, 5, 31, 23, 59)}),
    ("V", "", {"observed_at": dt.datetime(2021, 6, 1, 0, 0)}),
    ("N", "", {"observed_at": dt.datetime(2021, 7, 2, 0, 0)}),
    ("N", "", {"geometry": spot(1500)}),
    ("U", "position", {"geometry": None}),
    ("C", "", {"geometry": None, "smoke_k": D("0.2")}),
    ("N", "", {"geometry": None, "emergency": "yes"}),
]


@pytest.mark.parametrize(("expected", "missing", "values"), MACHINE_CASES)
def test_machines(expected: str, missing: str, values: dict[str, Any]) -> None:
    found = _machine_case(**values)
    assert found["verdict"] == expected
    assert set(found["missing"].split(";")) == set(missing.split(";"))
    assert found["due_on"] == ""


def test_machine_limits_by_class_and_emergencies_the_zone_does_not_spare() -> None:
    assert _machine_case({"smoke_class": None})["verdict"] == "V"
    assert _machine_case({"smoke_class": "I"})["verdict"] == "C"
    assert _machine_case({"smoke_class": "II"}, smoke_k=D("0.81"))["verdict"] == "V"
    assert _machine_case({"exempt_emergency": "no"}, emergency="yes")["verdict"] == "V"


MEASURES = ("fence_pct", "cover_pct", "wet_pct", "hardened_pct", "wash_pct", "sealed_truck_pct", "greening_pct")


def _site(**values: Any) -> dict[str, Any]:
    base = dict.fromkeys(MEASURES, D(100)) | {
        "site_code": "S1", "online_monitor": "yes", "video": "yes", "onsite_mixing": "no", "geometry": spot(),
        "accuracy_m": D("0.1"),
    }  # fmt: skip
    return base | values


SITE_CASES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("R21-SITE7", "C", "", {}),
    ("R21-SITE7", "C", "", {"greening_pct": "na"}),
    ("R21-SITE7", "V", "", {"wet_pct": D("99.9")}),
    ("R21-SITE7", "V", "", {"wet_pct": D(0), "wash_pct": None}),
    ("R21-SITE7", "U", "wash_pct;wet_pct", {"wash_pct": None, "wet_pct": None}),
    ("R21-SITE7", "C", "", {"stage": "suspended"}),
    ("R21-SITE7", "N", "", {"stage": "completed", "wet_pct": D(0)}),
    ("R21-SITE7", "N", "", {"stage": "not_started"}),
    ("R21-ONLINE", "C", "", {}),
    ("R21-ONLINE", "V", "", {"video": "no", "online_monitor": None}),
    ("R21-ONLINE", "U", "video", {"video": None}),
    ("R21-ONLINE", "N", "", {"stage": "completed", "video": "no"}),
    ("R21-MIX", "C", "", {}),
    ("R21-MIX", "V", "", {"onsite_mixing": "yes"}),
    ("R21-MIX", "U", "onsite_mixing", {"onsite_mixing": None}),
    ("R21-MIX", "C", "", {"onsite_mixing": "yes", "geometry": spot(1001)}),
    ("R21-MIX", "C", "", {"onsite_mixing": None, "geometry": spot(1001)}),
    ("R21-MIX", "U", "position", {"onsite_mixing": "yes", "geometry": None}),
    ("R21-MIX", "U", "position;onsite_mixing", {"onsite_mixing": None, "geometry": None}),
    ("R21-MIX", "C", "", {"geometry": None}),
    ("R21-MIX", "U", "position", {"onsite_mixing": "yes", "geometry": spot(990), "accuracy_m": D(15)}),
    ("R21-MIX", "U", "position", {"onsite_mixing": "yes", "geometry": spot(1010), "accuracy_m": D(15)}),
    ("R21-MIX", "C", "", {"geometry": spot(990), "accuracy_m": D(15)}),
    ("R21-MIX", "N", "", {"stage": "not_started", "onsite_mixing": "yes"}),
]


@pytest.mark.parametrize(("rule", "expected", "missing", "values"), SITE_CASES)
def test_sites(rule: str, expected: str, missing: str, values: dict[str, Any]) -> None:
    found = finding(world(construction_sites=_site(**values), mixing_ban_areas=zone()), rule)
    assert found["verdict"] == expected
    assert set(found["missing"].split(";")) == set(missing.split(";"))
    assert found["due_on"] == ""
    if rule == "R21-MIX" and expected == "C":
        assert found["zone_layer"] == found["zone_code"] == found["edge_distance_m"] == ""


def test_a_polygon_site_is_inside_above_a_hundred_square_metres() -> None:
    def case(width: float) -> dict[str, str]:
        site = _site(onsite_mixing="yes", geometry=box(1000 - width, 0, 1050, 10), accuracy_m=None)
        return finding(world(construction_sites=site, mixing_ban_areas=zone()), "R21-MIX")

    assert case(10)["verdict"] == "C"
    inside = case(10.5)
    assert (inside["verdict"], inside["zone_code"], inside["edge_distance_m"]) == ("V", "Z", "")
    assert inside["accuracy_m"] == ""


def test_a_site_in_two_ban_areas_reports_the_smallest_code() -> None:
    areas = [zone(zone_code="B"), zone(zone_code="A")]
    found = finding(world(construction_sites=_site(onsite_mixing="yes"), mixing_ban_areas=areas), "R21-MIX")
    assert (found["verdict"], found["zone_code"]) == ("V", "A")


def _mine_case(face: Any = "inside", day: dt.date = DAY, **values: Any) -> dict[str, str]:
    mine = {"mine_code": "M", "status": "producing", "geometry": box(0, 0, 100, 100)} | values
    shapes = {"inside": box(10, 10, 50, 50), "none": None}
    shape = shapes.get(face, face) if isinstance(face, str) else face
    faces = [] if shape is None else [{"face_code": "F", "mine_code": "M", "geometry": shape}]
    return finding(world(mines=mine, mine_faces=faces), "R24-MINE", day)


MINE_CASES: list[tuple[str, str, Any, dict[str, Any]]] = [
    ("C", "", "inside", {}),
    ("C", "", box(90, 0, 110, 10), {}),
    ("V", "", box(90, 0, 110.1, 10), {}),
    ("U", "mine_faces", "none", {}),
    ("U", "status", "inside", {"status": None}),
    ("C", "", box(200, 0, 300, 100), {"status": "restored"}),
    ("C", "", "none", {"status": "owner_lost", "restored_pct": D(100)}),
    ("T", "", "none", {"status": "owner_lost", "restored_pct": D("99.9")}),
    ("U", "restored_pct", "none", {"status": "owner_lost"}),
    ("V", "", "inside", {"status": "suspended", "is_active": "yes"}),
    ("C", "", box(200, 0, 300, 100), {"status": "suspended", "is_active": "no"}),
    ("U", "is_active", "inside", {"status": "closed"}),
    ("V", "", "inside", {"status": "closed", "is_active": "yes", "accepted_on": dt.date(2021, 1, 1)}),
    ("C", "", "inside", {"status": "suspended", "is_active": "yes", "accepted_on": DAY}),
    ("V", "", "inside", {"status": "suspended", "is_active": "yes", "accepted_on": DAY + dt.timedelta(days=1)}),
    ("V", "", box(200, 0, 300, 100), {"status": "suspended", "is_active": "no", "accepted_on": DAY}),
]


@pytest.mark.parametrize(("expected", "missing", "face", "values"), MINE_CASES)
def test_mines(expected: str, missing: str, face: Any, values: dict[str, Any]) -> None:
    found = _mine_case(face, **values)
    assert (found["verdict"], found["missing"]) == (expected, missing)
    assert found["due_on"] == ("2020-12-31" if expected == "T" else "")
    assert found["enterprise_code"] == found["accuracy_m"] == found["zone_code"] == ""


def test_the_faces_of_a_mine_count_together() -> None:
    mine = {"mine_code": "M", "status": "producing", "geometry": box(0, 0, 100, 100)}
    parts = [
        {"face_code": f"F{i}", "mine_code": "M", "geometry": box(95, 10 * i, 107, 10 * i + 10)} for i in range(2)
    ]
    assert [r["verdict"] for r in findings(world(mines=mine, mine_faces=parts[:1]), "R24-MINE")] == ["C"]
    assert [r["verdict"] for r in findings(world(mines=mine, mine_faces=parts), "R24-MINE")] == ["V"]


def test_faces_without_a_mine() -> None:
    faces = [
        {"face_code": "lawless", "geometry": box(200, 0, 220, 20)},
        {"face_code": "stranger", "mine_code": "X", "geometry": box(95, 0, 105, 20)},
        {"face_code": "owned", "mine_code": "M", "geometry": box(10, 10, 20, 20)},
    ]
    mine = {"mine_code": "M", "status": "producing", "geometry": box(0, 0, 100, 100)}
    found = {
        row["subject_code"]: (row["verdict"], row["missing"])
        for row in findings(world(mines=mine, mine_faces=faces), "R24-MINE")
        if row["subject_layer"] == "mine_faces"
    }
    assert found == {"lawless": ("V", ""), "stranger": ("U", "mine_code")}


CRUSH_CASES: list[tuple[str, dict[str, Any]]] = [
    ("C", {"crushing": "closed"}),
    ("C", {"crushing": "wet"}),
    ("C", {"crushing": "none"}),
    ("V", {"crushing": "open_dry"}),
    ("U", {}),
    ("N", {"crushing": "open_dry", "status": "gone"}),
]


@pytest.mark.parametrize(("expected", "values"), CRUSH_CASES)
def test_crushing(expected: str, values: dict[str, Any]) -> None:
    yard = {"yard_code": "Y", "yard_type": "sand_stone_yard", "geometry": spot()} | values
    mine = {"mine_code": "M", "status": "producing", "geometry": box(0, 0, 9, 9)} | values
    for status in ("closed", "restored", "owner_lost") if "status" in values else ("producing",):
        mine["status"] = status
        assert verdict(world(mines=mine), "R24-CRUSH") == expected
    yard["status"] = "removed" if "status" in values else "idle"
    found = finding(world(yards=yard), "R24-CRUSH")
    assert (found["verdict"], found["missing"]) == (expected, "crushing" if expected == "U" else "")


def test_crushing_until_the_end_of_the_plan_and_only_in_sand_yards() -> None:
    yard = {"yard_code": "Y", "yard_type": "sand_stone_yard", "crushing": "open_dry"}
    assert verdict(world(yards=yard), "R24-CRUSH", IN_TIME) == "T"
    assert verdict(world(yards=yard | {"yard_type": "coal_yard"}), "R24-CRUSH") == "N"


@pytest.mark.parametrize(
    ("expected", "day", "values"),
    [
        ("C", DAY, {"hall_enclosed": "yes"}),
        ("V", DAY, {"hall_enclosed": "no"}),
        ("T", IN_TIME, {"hall_enclosed": "no", "status": "standby"}),
        ("U", DAY, {}),
        ("N", DAY, {"hall_enclosed": "no", "status": "removed"}),
        ("N", DAY, {"hall_enclosed": "no", "yard_type": "sand_stone_yard"}),
    ],
)
def test_mixing_plants(expected: str, day: dt.date, values: dict[str, Any]) -> None:
    yard = {"yard_code": "Y", "yard_type": "mixing_plant"} | values
    assert verdict(world(yards=yard), "R24-MIXPLANT", day) == expected


CELLS = [
    {"cell_code": "G1", "head_name": "张三", "geometry": box(-1000, -1000, 0, 1000)},
    {"cell_code": "G2", "head_name": "李四", "geometry": box(0, -1000, 500, 1000), "grid_system": "responsibility"},
    {"cell_code": "G3", "geometry": box(500, -1000, 800, 0)},
    {"cell_code": "G4", "head_name": "王五", "geometry": box(400, 100, 600, 200)},
    {"cell_code": "H1", "head_name": "赵六", "geometry": box(500, 0, 1000, 1000), "grid_system": "hot"},
]


def _grid_case(east: float, north: float, day: dt.date = DAY, **values: Any) -> dict[str, str]:
    plant = {"enterprise_code": "E", "grid_person": "钱七", "geometry": spot(east, north), "accuracy_m": D("0.1")}
    return finding(world(enterprises=plant | values, development_zones=zone(), grid_cells=CELLS), "R14-GRID", day)


GRID_CASES: list[tuple[str, str, str, tuple[float, float], dict[str, Any]]] = [
    ("C", "grid_cells", "G1", (-500, 0), {}),
    ("V", "grid_cells", "G1", (-500, 0), {"grid_person": None}),
    ("V", "grid_cells", "G3", (600, -500), {}),
    ("V", "development_zones", "Z", (900, 500), {}),
    ("V", "development_zones", "Z", (450, 150), {}),
    ("C", "grid_cells", "G2", (0, 500), {}),
    ("C", "grid_cells", "G2", (-0.1, 500), {}),
    ("C", "grid_cells", "G1", (-0.3, 500), {}),
    ("C", "grid_cells", "G2", (500.1, 500), {}),
    ("N", "", "", (1500, 0), {}),
    ("N", "", "", (-500, 0), {"status": "closed"}),
    ("C", "grid_cells", "G1", (-500, 0), {"status": "suspended"}),
    ("U", "grid_cells", "G1", (-990, 0), {"accuracy_m": D(15), "grid_person": None}),
    ("C", "grid_cells", "G1", (-990, 0), {"accuracy_m": D(15)}),
    ("U", "", "", (0, 0), {"geometry": None}),
]


@pytest.mark.parametrize(("expected", "layer", "code", "place", "values"), GRID_CASES)
def test_grid(expected: str, layer: str, code: str, place: tuple[float, float], values: dict[str, Any]) -> None:
    found = _grid_case(*place, **values)
    assert found["verdict"] == expected
    if expected != "N":
        assert (found["zone_layer"], found["zone_code"]) == (layer, code)
        assert ("position" in found["missing"]) == (expected == "U")


def test_grid_until_the_end_of_the_plan_and_distance_to_the_development_zone() -> None:
    found = _grid_case(-500, 0, IN_TIME, grid_person=None)
    assert (found["verdict"], found["due_on"], found["edge_distance_m"]) == ("T", "2020-12-31", "500.00")


def test_where_three_cells_touch_the_first_that_covers_the_nudged_point_counts() -> None:
    corner = [
        {"cell_code": "A", "head_name": "甲", "geometry": box(-100, -100, 0, 100)},
        {"cell_code": "C", "head_name": "丙", "geometry": box(0, 0, 100, 100)},
        {"cell_code": "B", "head_name": "乙", "geometry": box(0, 0, 100, 90)},
    ]
    plant = {"enterprise_code": "E", "grid_person": "钱七", "geometry": spot()}
    frames = world(enterprises=plant, development_zones=zone(), grid_cells=corner)
    assert finding(frames, "R14-GRID")["zone_code"] == "B"


def test_no_name_of_a_person_reaches_a_finding() -> None:
    found = _grid_case(-500, 0)
    assert "钱七" not in found["reason"] + found["inputs"] and "已登记" in found["reason"]


def test_quality_mode_all_needs_every_limit_exceeded() -> None:
    frames = world(
        combustion_units=unit(sulfur_pct=D("0.6"), ash_pct=D(8)), no_burn_zones=no_burn(zone_class="I")
    )
    assert verdict(frames, "R11-NBZ") == "V"
    assert verdict(frames, "R11-NBZ", where=region(class1_quality_mode="all")) == "C"
