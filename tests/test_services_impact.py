"""Live impact on the example city: what it tells is what an import of the same drawing changes, and who may see it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from _impact_cases import COMPARED, EDITED, as_geojson

from geo.errors import WrongUsage
from geo.raw import RawTable
from geo.region import Region
from layers._cells import to_text
from layers._find import load_layers
from services._draft_rows import (
    ColumnNeeded,
    DeadlineBeforeStart,
    EndBeforeStart,
    RepealUnknown,
    TwoInForce,
)
from services._drawing import (
    LeavesCounty,
    NoArea,
    NoGeometry,
    NotDegrees,
    NotDrawn,
    NotValid,
    OtherCode,
    PropertyUnknown,
    TooDeep,
    TooManyVertices,
    WordUnknown,
    parse,
    shape_of,
)
from services.assess import Assessment, current
from services.impact import KINDS, impact
from services.intake import import_many
from services.scope import Area, LayerUnknown, Principal, local_principal
from store.open import Store

DAY = dt.date(2021, 7, 1)
ME = local_principal()
CONTRACT = (
    "rule", "subject_layer", "subject_code", "enterprise_code", "name", "zone_before", "zone_after", "verdict_before",
    "verdict_after", "due_on", "missing",
)  # fmt: skip


def record(store: Store, region: Region, layer: str, code: str | None = None) -> dict[str, Any]:
    """One zone in force on the day."""
    frame = current(store, region, DAY).frames[layer]
    key = load_layers()[layer].key
    for row in frame.to_dict("records"):
        on = not load_layers()[layer].zone or ((row["valid_from"] or DAY) <= DAY and (row["valid_to"] or DAY) >= DAY)
        if on and code in (None, row[key]):
            return {str(name): value for name, value in row.items()}
    raise AssertionError(code)


def pulled(shape: Any, metres: float) -> Any:
    """A shape with a quarter of its vertices drawn towards or away from its middle."""
    middle = shapely.get_coordinates(shape.centroid)[0]

    def move(xy: Any) -> Any:
        away = xy - middle
        east = (away[:, 0] > 0) & (away[:, 1] > 0)
        return np.round(np.where(east[:, None], middle + away * (1 + metres / 5000), xy), 9)

    made = shapely.transform(shape, move)
    return made if made.is_valid else shapely.make_valid(made, method="structure", keep_collapsed=False)


def ask(store: Store, region: Region, layer: str, code: str, shape: Any, props: Any = None, who: Any = ME) -> Any:
    body = {"layer": layer, "code": code, "geometry": shape if isinstance(shape, dict) else as_geojson(shape), "props": props}
    return impact(store, region, who, json.dumps(body).encode(), DAY)


def filed(layer: str, row: dict[str, Any], shape: Any) -> RawTable:
    """A zone as a GeoJSON file of it would be read."""
    columns = load_layers()[layer].columns
    texts = {c.name: to_text(c, row[c.name]) or None for c in columns}
    shapes = np.empty(1, dtype=object)
    shapes[:] = [shape]
    return RawTable(pd.DataFrame([texts], dtype=object), [1], shapes, None, False, "utf-8", "GeoJSON")


def told(assessment: Assessment) -> dict[tuple[str, str, str], tuple[str, ...]]:
    rows = assessment.findings.to_dict("records")
    return {(r["rule"], r["subject_layer"], r["subject_code"]): tuple(r[name] for name in COMPARED) for r in rows}


@pytest.mark.parametrize("layer", EDITED)
@pytest.mark.parametrize("metres", [900.0, -1500.0])
def test_an_import_of_the_same_drawing_changes_just_that(layer: str, metres: float, demo_copy: Store, region: Region) -> None:
    findings = current(demo_copy, region, DAY).findings
    cells = findings[findings["zone_layer"] == "grid_cells"]["zone_code"]
    row = record(demo_copy, region, layer, cells.mode()[0] if layer == "grid_cells" else None)
    code, shape = row[load_layers()[layer].key], pulled(row["geometry_map"], metres)
    if layer == "grid_cells" and metres < 0:
        shape = shapely.box(*shape.bounds).intersection(shapely.affinity.scale(shape, 0.2, 0.2))
    answer = ask(demo_copy, region, layer, code, shape)
    before = told(current(demo_copy, region, DAY))
    report = import_many(demo_copy, region, [(layer, filed(layer, row, shape))], "test")[0]
    assert (report.taken, report.problems) == (1, report.problems)
    after = told(current(demo_copy, region, DAY))
    nothing = ("N", "", "", "")
    wanted = {k: (before.get(k, nothing), after.get(k, nothing)) for k in {*before, *after} if before.get(k) != after.get(k)}
    found = {}
    for kind in KINDS:
        for e in answer[kind]:
            assert tuple(e)[: len(CONTRACT)] == CONTRACT
            key = (e["rule"], e["subject_layer"], e["subject_code"])
            was, now = e["verdict_before"] != "N", e["verdict_after"] != "N"
            assert kind == ("changed" if was and now else "entering" if now else "leaving") and key not in found
            found[key] = (
                (e["verdict_before"], e["zone_before"], e["due_before"], e["missing_before"]),
                (e["verdict_after"], e["zone_after"], e["due_on"], e["missing"]),
            )
    assert found == wanted
    if layer == "no_burn_zones" or (layer == "grid_cells" and metres < 0):
        assert wanted, "a change nobody feels shows nothing"


def test_another_class_is_judged_against_all_zones(demo_store: Store, region: Region) -> None:
    row = record(demo_store, region, "no_burn_zones", "NBZ-01")
    other = {"zone_class": "I" if row["zone_class"] != "I" else "III"}
    answer = ask(demo_store, region, "no_burn_zones", "NBZ-01", row["geometry_map"], other)
    assert answer["changed"] and answer["area_km2"] == pytest.approx(0, abs=1e-6)
    assert answer["totals"]["units"] == len({e["subject_code"] for kind in KINDS for e in answer[kind]})
    assert {e["rule"] for kind in KINDS for e in answer[kind]} == {"R11-NBZ"}


def test_an_unknown_code_is_a_new_zone_and_nothing_is_stored(demo_store: Store, region: Region) -> None:
    before = current(demo_store, region, DAY)
    box = as_geojson(shapely.box(119.44, 29.18, 119.48, 29.22))
    answer = ask(demo_store, region, "no_burn_zones", "NEW", box, {"class": "III", "effective_from": "2019-01-01"})
    assert answer["area_km2"] == pytest.approx(17.2, abs=0.5)
    every = [e for kind in KINDS for e in answer[kind]]
    assert every and all(e["zone_after"] in ("NEW", e["zone_before"]) for e in answer["changed"])
    assert current(demo_store, region, DAY) is before
    later = ask(demo_store, region, "no_burn_zones", "NEW", box, {"class": "III", "effective_from": "2022-01-01"})
    assert [later[kind] for kind in KINDS] == [[], [], []], "not in force on the day"


def test_totals_count_a_facility_once(demo_store: Store, region: Region) -> None:
    box = as_geojson(shapely.box(119.42, 29.16, 119.50, 29.24))
    totals = ask(demo_store, region, "no_burn_zones", "NEW", box, {"zone_class": "III"})["totals"]
    assert {"by_rule", "facilities", "units", "t_h"} <= set(totals)
    every = [totals[kind] for kind in KINDS]
    assert totals["facilities"] <= sum(one["facilities"] for one in every)
    assert totals["units"] == sum(one["units"] for one in every) and totals["t_h"] == pytest.approx(sum(o["t_h"] for o in every))
    bands = totals["by_band"]["entering"]
    assert sum(band["units"] for band in bands.values()) == totals["entering"]["units"]
    assert totals["by_rule"]["R11-NBZ"]["entering"] == totals["entering"]["units"]
    assert 0 <= totals["unsupplied"]["heat_networks"] <= totals["units"]


def test_shares_of_towns_and_built_up_area(demo_store: Store, region: Region) -> None:
    town = record(demo_store, region, "towns")
    answer = ask(demo_store, region, "no_burn_zones", "NEW", town["geometry_map"], {"zone_class": "II"})
    shares = {one["town_code"]: one for one in answer["shares"]["towns"]}
    assert shares[town["town_code"]]["share_after"] == pytest.approx(1, abs=1e-4)
    assert shares[town["town_code"]]["share_before"] == 0
    assert 0 <= answer["shares"]["built_up"]["share_after"] <= 1


def test_only_facilities_of_the_own_area_are_named(demo_store: Store, region: Region) -> None:
    box = as_geojson(shapely.box(119.42, 29.16, 119.52, 29.26))
    whole = ask(demo_store, region, "no_burn_zones", "NEW", box, {"zone_class": "III"})
    towns = {e["town"] for e in whole["entering"]}
    assert len(towns) > 1
    own = min(towns)
    narrow = Principal("p", frozenset({"public", "view", "redraw", "personal"}), Area(False, frozenset({own}), frozenset()))
    part = ask(demo_store, region, "no_burn_zones", "NEW", box, {"zone_class": "III"}, narrow)
    assert part["entering"] and {e["town"] for e in part["entering"]} == {own}
    assert part["totals"]["units"] < whole["totals"]["units"]


BOX = as_geojson(shapely.box(119.44, 29.18, 119.48, 29.22))
BOW = {"type": "Polygon", "coordinates": [[[119.44, 29.18], [119.48, 29.22], [119.48, 29.18], [119.44, 29.22], [119.44, 29.18]]]}
REFUSED = [
    (BOW, None, NotValid), (None, None, NoGeometry), ({"type": "Point", "coordinates": [119.4, 29.2]}, None, NoGeometry),
    ({"type": "Polygon", "coordinates": [[[119.4, "29"], [1, 2], [3, 4]]]}, None, NoGeometry),
    ({"type": "Polygon", "coordinates": []}, None, NoGeometry),
    ({"type": "Polygon", "coordinates": [[[119.4, 29.2], [119.5, 29.3], [119.6, 29.4], [119.4, 29.2]]]}, None, NoArea),
    ({"type": "Polygon", "coordinates": [[[119.4, 29.2], [119.5, 29.2], [119.4, 29.2], [119.4, 29.2]]]}, None, NoArea),
    (as_geojson(shapely.box(448000, 3233000, 449000, 3234000)), None, NotDegrees),
    (as_geojson(shapely.box(29.18, 119.44, 29.22, 119.48)), None, NotDegrees),
    (as_geojson(shapely.box(121.0, 30.0, 121.1, 30.1)), None, LeavesCounty),
    (as_geojson(shapely.box(-170, -80, 170, 80)), None, LeavesCounty),
    (BOX, {"zone_class": "IV"}, WordUnknown), (BOX, {"colour": "red"}, PropertyUnknown), (BOX, {"zone_code": "OTHER"}, OtherCode),
    (BOX, {"existing_deadline": "yesterday"}, WordUnknown), (BOX, "II", WrongUsage), (BOX, {"repeals": "NBZ-02"}, WrongUsage),
    (BOX, {"effective_from": "2020-01-01", "existing_deadline": "2019-12-31"}, DeadlineBeforeStart),
    (BOX, {"effective_from": "2020-01-01", "effective_to": "2019-12-31"}, EndBeforeStart),
    (BOX, {"repeals": ["NO-SUCH"]}, RepealUnknown),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "props", "fault"), REFUSED)
def test_each_bad_input_has_its_own_sentence(
    shape: Any, props: Any, fault: type[Exception], demo_store: Store, region: Region
) -> None:
    body = {"layer": "no_burn_zones", "code": "NBZ-01", "geometry": shape, "props": props}
    with pytest.raises(fault):
        impact(demo_store, region, ME, json.dumps(body).encode(), DAY)


def test_a_crossing_is_shown_with_its_place_and_a_repair(demo_store: Store, region: Region) -> None:
    with pytest.raises(NotValid) as caught:
        ask(demo_store, region, "no_burn_zones", "NBZ-01", BOW)
    issue = caught.value.members["issues"][0]
    assert issue["lonlat"] == pytest.approx([119.46, 29.20]) and issue["repair"] == {"op": "make_valid"}


def test_two_versions_are_never_in_force_at_once(demo_store: Store, region: Region) -> None:
    frame = current(demo_store, region, DAY).frames["no_burn_zones"]
    later = frame[frame["zone_code"].duplicated()].iloc[0]
    code, start = later["zone_code"], later["valid_from"]
    props = {"effective_from": "2015-01-01", "effective_to": start.isoformat(), "existing_deadline": None}
    with pytest.raises(TwoInForce):
        ask(demo_store, region, "no_burn_zones", code, BOX, props)
    ask(demo_store, region, "no_burn_zones", code, BOX, {"effective_from": "2015-01-01"})


def test_layers_that_are_not_drawn_and_new_zones_without_a_class(demo_store: Store, region: Region) -> None:
    with pytest.raises(NotDrawn):
        ask(demo_store, region, "enterprises", "E1", BOX)
    with pytest.raises(LayerUnknown):
        ask(demo_store, region, "nothing", "E1", BOX)
    with pytest.raises(ColumnNeeded):
        ask(demo_store, region, "no_burn_zones", "NEW", BOX)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", WrongUsage), (b"[1]", WrongUsage), (b"{", WrongUsage), (b'{"a":' + b"[" * 200_000, TooDeep),
        (b"[[" + b"[1,2]," * 2_000_001 + b"]]", TooManyVertices),
    ],
)
def test_size_and_depth_are_looked_at_before_anything_is_read(body: bytes, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        parse(body)


@pytest.mark.parametrize("wrap", [lambda shape: shape, lambda shape: {"type": "Feature", "properties": {}, "geometry": shape}])
def test_a_large_drawing_is_read_as_a_small_one(wrap: Any) -> None:
    rings = [shapely.Point(119.46, 29.2).buffer(0.01, quad_segs=60), shapely.Point(119.56, 29.2).buffer(0.01, quad_segs=60)]
    holed = shapely.difference(rings[0], shapely.Point(119.46, 29.2).buffer(0.002))
    for shape in (rings[0], holed, shapely.MultiPolygon([holed, rings[1]])):
        body = {"layer": "x", "geometry": wrap(as_geojson(shape)), "props": {"name": 'a "coordinates": [1] b'}, "as_of": None}
        found = parse(json.dumps(body).encode())
        assert shapely.equals_exact(shape_of(found["geometry"]), shape_of(body["geometry"]), 0.0)
        assert {**found, "geometry": None} == {**body, "geometry": None}
    broken = json.dumps(body)[:-1]
    with pytest.raises(WrongUsage):
        parse(broken.encode())


def test_a_page_may_ask_for_few_names_and_still_hears_how_many_there_are(demo_store: Store, region: Region) -> None:
    shape = as_geojson(shapely.box(119.4, 29.17, 119.5, 29.25))
    body: dict[str, Any] = {"layer": "no_burn_zones", "code": "NEW", "geometry": shape, "props": {"zone_class": "III"}}
    full, few = (impact(demo_store, region, ME, json.dumps(body | more).encode(), DAY) for more in ({}, {"most": 2}))
    assert full["rows"] == {kind: len(full[kind]) for kind in ("entering", "leaving", "changed")} == few["rows"]
    assert len(full["entering"]) > 2 and few["entering"] == full["entering"][:2] and few["totals"] == full["totals"]
    for wrong in ("all", -1, True):
        with pytest.raises(WrongUsage):
            impact(demo_store, region, ME, json.dumps(body | {"most": wrong}).encode(), DAY)
