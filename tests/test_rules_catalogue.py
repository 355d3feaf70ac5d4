"""R11 against an independent reading of its table: one unit, one zone, plain Python, no arrays."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import shapely
from _rules_cases import AROUND, HOME, finding, no_burn, region, unit, world
from hypothesis import given
from hypothesis import strategies as st

from tests._often import often

D = Decimal
GROUP = {
    "raw_coal": "COAL", "briquette": "COAL", "coke": "COAL", "semi_coke": "COAL", "coal_slime": "COAL",
    "petcoke": "OIL", "coal_tar": "OIL", "biomass_pellet": "BIO", "raw_biomass": "BIO", "natural_gas": "CLEAN",
    "electricity": "CLEAN", "light_diesel": "OTHER", "charcoal": "OTHER", "unknown": "UNKNOWN", None: "UNKNOWN",
}  # fmt: skip
STOVES = ["civil_stove", "tea_boiler", "commercial_stove"]
KILNS = ["industrial_kiln", "heating_furnace", "drying_kiln", "gas_producer", "hot_air_furnace", "grain_dryer"]
WORST = "VTUBXCN"
STRICT = {"III": 0, "II": 1, "I": 2}
QUALITY = {
    "briquette": {"sulfur_pct": D("0.5"), "volatile_pct": D("12.0")},
    "coke": {"sulfur_pct": D("0.5"), "ash_pct": D("10.0"), "volatile_pct": D("5.0")},
    "semi_coke": {"sulfur_pct": D("0.5"), "ash_pct": D("10.0"), "volatile_pct": D("10.0")},
}
OTHER_COAL = {"sulfur_pct": D("0.5"), "ash_pct": D("10.0")}

Answer = tuple[str, tuple[str, ...], dt.date | None]


def capacity(row: dict[str, Any]) -> Decimal | None:
    """t/h of the unit."""
    if row["capacity_tph"] is not None and row["capacity_tph"] > 0:
        return Decimal(row["capacity_tph"])
    if row["capacity_mw"] is not None and row["capacity_mw"] > 0:
        return Decimal(row["capacity_mw"]) / D("0.7")
    return None


def quality(row: dict[str, Any], fuel: str, mode: str) -> tuple[str, list[str]]:
    """over / not over / unknown, and the empty values."""
    limits = QUALITY.get(fuel, OTHER_COAL)
    known = [row[name] > limit for name, limit in limits.items() if row[name] is not None]
    vacant = [name for name in limits if row[name] is None]
    if mode == "any":
        answer = "over" if any(known) else "unknown" if vacant else "not over"
    else:
        answer = "not over" if not all(known) else "unknown" if vacant else "over"
    return answer, vacant


def coal(row: dict[str, Any], fuel: str, grade: str, mode: str) -> tuple[str, list[str]]:
    """The COAL rows of the table."""
    kind = row["unit_type"]
    if grade == "III":
        return "P", []
    if kind in (None, "unknown"):
        return "U", ["unit_type"]
    if kind in KILNS:
        return ("A", []) if grade == "I" else ("P", [])
    answer, vacant = quality(row, fuel, mode)
    by_quality = {"over": "P", "not over": "A", "unknown": "U"}[answer]
    if kind in STOVES:
        return ("P", []) if grade == "II" else (by_quality, vacant if by_quality == "U" else [])
    tph = capacity(row)
    if tph is not None and tph >= 20:
        return "A", []
    if tph is None:
        if grade == "I" and answer == "not over":
            return "A", []
        return "U", ["capacity_tph", *(vacant if grade == "I" and answer == "unknown" else [])]
    return ("P", []) if grade == "II" else (by_quality, vacant if by_quality == "U" else [])


def biomass(row: dict[str, Any], grade: str) -> tuple[str, list[str]]:
    """The BIO rows of the table."""
    kind, dedicated, dust = row["unit_type"], row["bio_dedicated"], row["dust_removal"]
    if grade != "III":
        return "A", []
    if kind in (None, "unknown"):
        return "U", ["unit_type"]
    if kind != "boiler" or dedicated == "no" or dust in ("cyclone", "wet", "none"):
        return "P", []
    if dedicated == "yes" and dust in ("bag", "electrostatic_bag"):
        return "A", []
    missing = ["bio_dedicated"] if dedicated is None else []
    return "U", missing + (["dust_removal"] if dust in (None, "electrostatic") else [])


def table(row: dict[str, Any], fuel: str | None, grade: str, mode: str) -> tuple[str, list[str]]:
    """P, A or U."""
    group = GROUP[fuel]
    if group == "COAL":
        return coal(row, str(fuel), grade, mode)
    if group == "BIO":
        return biomass(row, grade)
    return {"OIL": ("P", []), "UNKNOWN": ("U", ["fuel"])}.get(group, ("A", []))  # type: ignore[return-value]  the letters are the alias


def one_fuel(
    row: dict[str, Any], fuel: str | None, status: str, area: dict[str, Any], day: dt.date, mode: str
) -> Answer:
    """The steps of §4.1 for one fuel in one zone."""
    answer, missing = table(row, fuel, area["zone_class"], mode)
    resting = status in ("idle", "standby")
    if status == "removed" or answer == "A":
        return "C", (), None
    if set(row["exempt_category"] or ()) & set(area["exemptions"] or ()):
        return "X", (), None
    if resting and row["cut_off"] == "yes":
        return "C", (), None
    if answer == "U":
        return "U", tuple(missing), None
    if resting and row["cut_off"] is None:
        return "U", ("cut_off",), None
    dates = [date for date in (row["built_on"], row["expanded_on"]) if date]
    deadline = area["existing_deadline"]
    if dates and area["effective_from"] and max(dates) >= area["effective_from"]:
        return "V", (), None
    if deadline is None or day > deadline:
        return "V", (), deadline
    if not dates:
        return "U", ("built_on",), None
    return "T", (), deadline


def in_zone(row: dict[str, Any], area: dict[str, Any], day: dt.date, mode: str) -> Answer:
    """The worst fuel in one zone, the first listed among equals."""
    status = row["status"] or "in_use"
    fuels = [(fuel, status) for fuel in row["fuel"] or (None,)]
    fuels += [(fuel, "removed" if status == "removed" else "standby") for fuel in row["fuel_standby"] or ()]
    answers = [one_fuel(row, fuel, now, area, day, mode) for fuel, now in fuels]
    return min(answers, key=lambda a: WORST.index(a[0]))


def worst(candidates: list[tuple[dict[str, Any], Answer]]) -> tuple[dict[str, Any], Answer]:
    """The zone with the worst verdict, ties as in §3.2."""
    return min(
        candidates,
        key=lambda c: (
            WORST.index(c[1][0]), STRICT[c[0]["zone_class"]], c[0]["existing_deadline"] or dt.date.min, c[0]["zone_code"],
        ),
    )  # fmt: skip


def state(row: dict[str, Any], area: dict[str, Any], day: dt.date) -> str:
    """in, near or out of one zone."""
    start, end = area["effective_from"], area["effective_to"]
    if (start and day < start) or (end and day > end):
        return "out"
    point, shape = row["geometry"], area["geometry"]
    distance, accuracy = shapely.distance(point, shapely.boundary(shape)), float(row["accuracy_m"] or 0)
    if accuracy > 0.20 and distance < accuracy:
        return "near"
    if distance <= 0.20:
        return "out" if area["edge"] == "exclude" else "in"
    return "in" if shapely.intersects(point, shape) else "out"


def r11(row: dict[str, Any], areas: list[dict[str, Any]], day: dt.date, mode: str) -> tuple[str, set[str], str]:
    """Verdict, missing and zone of one unit among several zones (§3.2)."""
    states = [(area, state(row, area, day)) for area in areas]
    sure = [(area, in_zone(row, area, day, mode)) for area, where in states if where == "in"]
    near = [(area, in_zone(row, area, day, mode)) for area, where in states if where == "near"]
    if not near:
        if not sure:
            return "N", set(), ""
        area, answer = worst(sure)
        return answer[0], set(answer[1]), area["zone_code"]
    everything = worst(sure + near)
    verdicts = [everything[1][0], *(worst([*sure, one])[1][0] for one in near)]
    disc = row["geometry"].buffer(float(row["accuracy_m"]), quad_segs=512)
    beyond = shapely.difference(disc, shapely.union_all([area["geometry"] for area, _ in near]))
    none_possible = beyond.area > 0.5
    if none_possible:
        verdicts.append(worst(sure)[1][0] if sure else "N")
    if len(set(verdicts)) == 1 or set(verdicts) <= set("CXN"):
        area, answer = worst(sure) if none_possible and sure else everything
        return answer[0], set(answer[1]), area["zone_code"]
    return "U", {"position", *everything[1][1]}, everything[0]["zone_code"]


def some(*values: Any) -> st.SearchStrategy[Any]:
    """One of some values, or nothing."""
    return st.sampled_from([None, *values])


DATES = some(dt.date(2012, 5, 1), dt.date(2019, 8, 31), dt.date(2019, 9, 1), dt.date(2020, 3, 1))
STATED_FUELS = [fuel for fuel in GROUP if fuel]
FUELS = st.lists(st.sampled_from(STATED_FUELS), min_size=1, max_size=3, unique=True).map(tuple)
UNITS = st.fixed_dictionaries(
    {
        "unit_type": some("boiler", "boiler", "unknown", *STOVES, *KILNS),
        "fuel": st.one_of(st.none(), st.sampled_from(STATED_FUELS).map(lambda fuel: (fuel,)), FUELS),
        "fuel_standby": st.one_of(st.none(), st.none(), FUELS),
        "capacity_tph": some(D(-1), D("19.9"), D("20.0"), D(4)),
        "capacity_mw": some(D("13.99"), D(14), D(0)),
        "sulfur_pct": some(D("0.5"), D("0.51")),
        "ash_pct": some(D("10.0"), D("10.1")),
        "volatile_pct": some(D("5.0"), D("5.1"), D("10.0"), D("12.0"), D("12.1")),
        "bio_dedicated": some("yes", "no"),
        "dust_removal": some("bag", "electrostatic_bag", "electrostatic", "cyclone", "wet", "none"),
        "built_on": DATES,
        "expanded_on": DATES,
        "status": some("in_use", "idle", "standby", "removed"),
        "cut_off": some("yes", "no"),
        "exempt_category": some(("chp",), ("central_heating", "chp")),
    }
)
ZONES = st.fixed_dictionaries(
    {
        "zone_class": st.sampled_from(["I", "II", "III"]),
        "effective_from": some(dt.date(2019, 9, 1)),
        "effective_to": some(dt.date(2020, 12, 31)),
        "existing_deadline": some(dt.date(2020, 6, 30), dt.date(2021, 12, 31)),
        "exemptions": some(("chp",), ("sludge_incineration",)),
        "edge": some("include", "exclude"),
    }
)
DAYS = st.sampled_from(
    [dt.date(2019, 8, 31), dt.date(2020, 1, 1), dt.date(2020, 6, 30), dt.date(2020, 7, 1), dt.date(2021, 7, 1)]
)
MODES = st.sampled_from(["any", "all"])
SIDES = st.sampled_from([-60, -20, -10, 0, 10, 20, 60])
BOXES = st.tuples(SIDES, SIDES, SIDES, SIDES).map(
    lambda s: shapely.box(HOME[0] + min(s[0], s[1] - 5), HOME[1] + min(s[2], s[3] - 5), HOME[0] + s[1], HOME[1] + s[3])
)
ACCURACIES = some(D("0.1"), D("0.20"), D("0.25"), D(15), D(40))


def _judged(row: dict[str, Any], areas: list[dict[str, Any]], day: dt.date, mode: str) -> tuple[str, set[str], str]:
    frames = world(combustion_units=row, no_burn_zones=areas)
    found = finding(frames, "R11-NBZ", day, region(class1_quality_mode=mode))
    return found["verdict"], set(filter(None, found["missing"].split(";"))), found["zone_code"]


@often(150)
@given(UNITS, ZONES, DAYS, MODES)
def test_one_zone_as_the_table_says(values: dict[str, Any], area: dict[str, Any], day: dt.date, mode: str) -> None:
    row, zone = unit(**values), no_burn(**area) | {"geometry": AROUND}
    assert _judged(row, [zone], day, mode) == r11(row, [zone], day, mode)


@often(150)
@given(UNITS, st.lists(st.tuples(ZONES, BOXES), max_size=4), ACCURACIES, SIDES, DAYS, MODES)
def test_several_zones_as_the_scenarios_say(
    values: dict[str, Any], drawn: list[tuple[dict[str, Any], Any]], accuracy: Any, east: int, day: dt.date, mode: str
) -> None:
    row = unit(**values) | {"geometry": shapely.Point(HOME[0] + east / 2, HOME[1]), "accuracy_m": accuracy}
    areas = [
        no_burn(**area) | {"zone_code": f"Z{place}", "geometry": shape} for place, (area, shape) in enumerate(drawn)
    ]
    if areas:
        assert _judged(row, areas, day, mode) == r11(row, areas, day, mode)
