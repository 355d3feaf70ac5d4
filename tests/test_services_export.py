"""What is written can be taken in again with the same content; findings in every format; no formula runs."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import python_calamine
import shapely

from geo.errors import CRSUnknown, WrongUsage
from geo.write import NotWritten, ShapefileTooNarrow
from layers._find import load_layers
from rules._report import COLUMNS, EXTRA_COLUMNS
from services.assess import assess
from services.export import export_layer, write_findings
from services.intake import ImportOptions, import_file, import_many
from services.scope import Principal, local_principal
from store import features
from store.open import Store, open_store
from tests._store_rows import REGION, put, put_zones, square, table, zone, zones

DAY = dt.date(2021, 7, 1)
LOCAL = local_principal()
VECTORS = ("geojson", "gpkg", "fgb", "parquet", "zip")
NASTY = ["=1+1", "+86 579", "-", "@SUM(A1)", "＝1", "'=quoted", "普通", "a;b,c\"d"]


def _units() -> list[dict[str, str]]:
    """One unit for every way of giving a position, with lists, decimals, dates and an unknown column."""
    own = {"enterprise_code": "E1", "unit_type": "boiler", "fuel": "raw_coal;natural_gas", "sulfur_pct": "0.50"}
    return [
        own | {"unit_code": "U1", "lon": "119.466712345", "lat": "29.214212345", "capacity_tph": "19.9"},
        own | {"unit_code": "U2", "easting": "448142.930", "northing": "3233128.517", "built_on": "2012-05-01"},
        own | {"unit_code": "U3", "lon": "119.47", "lat": "29.21", "datum": "gcj02", "accuracy_m": "15"},
        own | {"unit_code": "U4", "unit_name": "=1+1", "备注": "原有备注"},
    ]


def _round_trip(store: Store, layer: str, out: Path, **options: str) -> tuple[int, int, int]:
    """Export, look at the file as an import would: rows, unchanged rows, rows held back."""
    rows = export_layer(store, REGION, layer, out, LOCAL, **options)
    report = import_file(store, REGION, layer, out, ImportOptions(dry_run=True))
    return rows, report.unchanged, report.quarantined + report.refused


@pytest.mark.parametrize("suffix", [*VECTORS, "csv", "xlsx"])
def test_points_come_back_unchanged(empty_store: Store, tmp_path: Path, suffix: str) -> None:
    rows = _units()
    if suffix == "zip":
        del rows[3]["备注"]  # a shapefile has no room for extra attributes
    put(empty_store, "combustion_units", table(*rows))
    assert _round_trip(empty_store, "combustion_units", tmp_path / f"out.{suffix}") == (len(rows), len(rows), 0)


@pytest.mark.parametrize("suffix", VECTORS)
def test_zones_come_back_unchanged_with_every_version(empty_store: Store, tmp_path: Path, suffix: str) -> None:
    ring = shapely.difference(square(3), shapely.buffer(shapely.centroid(square(3)), 0.002))
    both = shapely.union(square(5), square(7))
    put_zones(
        empty_store,
        zone("A", "2019-01-01", "2030-01-01", doc_no="兰政告〔2020〕9号"),
        zone("A", "2020-01-01", place=1, exemptions="chp;central_heating"),
        zone("B", None) | {"geometry": ring},
        zone("C", "2020-01-01") | {"geometry": both},
    )
    assert _round_trip(empty_store, "no_burn_zones", tmp_path / f"out.{suffix}") == (4, 4, 0)


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_shapefile_of_chinese_text_comes_back(empty_store: Store, tmp_path: Path, encoding: str) -> None:
    put_zones(empty_store, zone("A", "2019-01-01", zone_name="示例二类区"))
    out = tmp_path / "zones.zip"
    assert _round_trip(empty_store, "no_burn_zones", out, encoding=encoding) == (1, 1, 0)
    with zipfile.ZipFile(out) as archive:
        assert "示例二类区".encode(encoding) in archive.read("no_burn_zones.dbf")


@pytest.mark.parametrize(("name", "encoding"), [("𠮷市", "GBK"), ("长" * 85, "UTF-8"), ("长" * 128, "GBK")])
def test_text_that_a_shapefile_would_cut_is_refused(
    empty_store: Store, tmp_path: Path, name: str, encoding: str
) -> None:
    put_zones(empty_store, zone("A", "2019-01-01", zone_name=name))
    with pytest.raises(ShapefileTooNarrow, match="zone_name"):
        export_layer(empty_store, REGION, "no_burn_zones", tmp_path / "z.zip", LOCAL, encoding=encoding)
    assert not (tmp_path / "z.zip").exists()
    assert _round_trip(empty_store, "no_burn_zones", tmp_path / "z.gpkg") == (1, 1, 0)


def test_kml_keeps_content_and_place(empty_store: Store, tmp_path: Path) -> None:
    put_zones(empty_store, zone("A", "2019-01-01", zone_name="示例二类区"))
    export_layer(empty_store, REGION, "no_burn_zones", tmp_path / "z.kml", LOCAL)
    other = open_store(tmp_path / "other.sqlite", create=True)
    assert import_file(other, REGION, "no_burn_zones", tmp_path / "z.kml", ImportOptions()).taken == 1
    one, two = (features.recorded(s, load_layers()["no_burn_zones"]) for s in (empty_store, other))
    assert one["zone_name"].tolist() == two["zone_name"].tolist()
    assert shapely.hausdorff_distance(one["geometry"][0], two["geometry"][0]) < 0.001
    other.close()


def test_the_filed_vertices_are_written_not_the_densified_ones(empty_store: Store, tmp_path: Path) -> None:
    plane = shapely.box(448000, 3233000, 453000, 3238000)
    raw = zones(zone("A", "2019-01-01") | {"geometry": plane})
    filed = type(raw)(raw.frame, raw.rows, raw.geometry, "EPSG:4549", True, "utf-8", "GPKG")
    import_many(empty_store, REGION, [("no_burn_zones", filed)], "t")
    export_layer(empty_store, REGION, "no_burn_zones", tmp_path / "z.gpkg", LOCAL, crs="4549")
    written = gpd.read_file(tmp_path / "z.gpkg")
    same = shapely.equals_exact(shapely.normalize(written.geometry[0]), shapely.normalize(plane))
    assert written.crs.to_epsg() == 4549 and same
    report = import_file(empty_store, REGION, "no_burn_zones", tmp_path / "z.gpkg", ImportOptions(dry_run=True))
    assert report.unchanged == 1
    export_layer(empty_store, REGION, "no_burn_zones", tmp_path / "z.geojson", LOCAL)
    degrees = gpd.read_file(tmp_path / "z.geojson")
    assert shapely.get_num_coordinates(degrees.geometry[0]) == 5 and 119 < degrees.total_bounds[0] < 120
    put_zones(empty_store, zone("B", "2019-01-01"))
    judged = features.recorded(empty_store, load_layers()["no_burn_zones"])["geometry"]
    assert shapely.get_num_coordinates(judged[1]) > 40, "edges of 1 km, at most 100 m apart"
    export_layer(empty_store, REGION, "no_burn_zones", tmp_path / "z.gpkg", LOCAL, crs="4549")
    assert shapely.get_num_coordinates(gpd.read_file(tmp_path / "z.gpkg").geometry).tolist() == [5, 5]


def test_shifted_polygons_are_written_in_the_true_datum_once(empty_store: Store, tmp_path: Path) -> None:
    put_zones(empty_store, zone("A", "2019-01-01"))
    export_layer(empty_store, REGION, "no_burn_zones", tmp_path / "z.geojson", LOCAL)
    import_file(empty_store, REGION, "no_burn_zones", tmp_path / "z.geojson", ImportOptions(datum="gcj02"))
    export_layer(empty_store, REGION, "no_burn_zones", tmp_path / "shifted.geojson", LOCAL)
    written = gpd.read_file(tmp_path / "shifted.geojson")
    assert abs(written.total_bounds[0] - square().bounds[0]) > 0.001, "some hundred metres"
    assert "datum" not in written.columns
    stored = features.recorded(empty_store, load_layers()["no_burn_zones"])["geometry_map"][0]
    import_file(empty_store, REGION, "no_burn_zones", tmp_path / "shifted.geojson", ImportOptions())
    again = features.recorded(empty_store, load_layers()["no_burn_zones"])["geometry_map"][0]
    assert shapely.hausdorff_distance(stored, again) < 1e-9


def test_only_what_is_in_force_on_the_day_is_written(empty_store: Store, tmp_path: Path) -> None:
    put_zones(empty_store, zone("A", "2019-01-01"), zone("A", "2020-01-01", place=1), zone("B", "2022-01-01"))
    out = tmp_path / "z.csv"
    assert export_layer(empty_store, REGION, "no_burn_zones", out, LOCAL, as_of=DAY) == 1
    frame = pd.read_csv(out)
    assert frame[["zone_code", "effective_from"]].to_numpy().tolist() == [["A", "2020-01-01"]]


def test_text_that_looks_like_a_formula_is_text_and_comes_back(empty_store: Store, tmp_path: Path) -> None:
    rows = [{"enterprise_code": f"E{n}", "enterprise_name": text, "注": text} for n, text in enumerate(NASTY)]
    put(empty_store, "enterprises", table(*rows))
    for suffix in ("csv", "xlsx"):
        assert _round_trip(empty_store, "enterprises", tmp_path / f"e.{suffix}") == (len(NASTY), len(NASTY), 0)
    cells = [line.split(",")[1] for line in (tmp_path / "e.csv").read_text("utf-8-sig").splitlines()[1:6]]
    assert cells == ["'=1+1", "'+86 579", "", "'@SUM(A1)", "'＝1"]


def test_a_workbook_has_numbers_where_they_are_exact(empty_store: Store, tmp_path: Path) -> None:
    put(empty_store, "combustion_units", table(*_units()))
    export_layer(empty_store, REGION, "combustion_units", tmp_path / "u.xlsx", LOCAL)
    rows = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "u.xlsx")).get_sheet_by_index(0).to_python()
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["capacity_tph"], first["lon"], first["unit_code"]) == (19.9, 119.466712345, "U1")
    assert "备注" in rows[0]


def test_extra_attributes_never_clash_with_names_of_the_format(empty_store: Store, tmp_path: Path) -> None:
    put(empty_store, "enterprises", table({"enterprise_code": "E1", "fid": "x", "geometry": "y", "甲": "z"}))
    for suffix in ("gpkg", "geojson", "parquet"):
        export_layer(empty_store, REGION, "enterprises", tmp_path / f"e.{suffix}", LOCAL)
    frame = gpd.read_file(tmp_path / "e.gpkg")
    assert frame[["extra_fid", "extra_geometry", "甲"]].to_numpy().tolist() == [["x", "y", "z"]]


def test_without_the_right_names_of_people_are_not_written(empty_store: Store, tmp_path: Path) -> None:
    layer = load_layers()["enterprises"]
    personal = [c.name for c in layer.columns if c.personal]
    assert personal
    put(empty_store, "enterprises", table({"enterprise_code": "E1", "私人电话": "138"} | dict.fromkeys(personal, "张三")))
    guest = Principal("guest", frozenset({"view", "export"}))
    for principal, seen in ((LOCAL, True), (guest, False)):
        export_layer(empty_store, REGION, "enterprises", tmp_path / "e.csv", principal)
        text = (tmp_path / "e.csv").read_text("utf-8")
        assert ("张三" in text, "138" in text) == (seen, seen)


@pytest.mark.parametrize("name", ["out.doc", "out", "out.shp.exe"])
def test_an_unknown_suffix_is_wrong_usage(empty_store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongUsage):
        export_layer(empty_store, REGION, "towns", tmp_path / name, LOCAL)
    with pytest.raises(WrongUsage) as caught:
        write_findings(assess(empty_store, REGION, DAY), REGION, tmp_path / name)
    assert ".parquet" in str(caught.value) and ".kml" not in str(caught.value)
    assert not list(tmp_path.glob("out*"))


def test_what_stood_there_stays_when_writing_fails(empty_store: Store, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("alt")
    with pytest.raises(CRSUnknown):
        export_layer(empty_store, REGION, "towns", tmp_path / "old.geojson", LOCAL, crs="EPSG:999999")
    with pytest.raises(CRSUnknown):
        export_layer(empty_store, REGION, "towns", tmp_path / "old.csv", LOCAL, crs="EPSG:999999")
    with pytest.raises(NotWritten):
        export_layer(empty_store, REGION, "towns", tmp_path / "no" / "folder.csv", LOCAL)
    assert (tmp_path / "old.csv").read_text() == "alt"


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "parquet", "zip", "csv", "xlsx", "kml"])
def test_an_empty_layer_can_be_written(empty_store: Store, tmp_path: Path, suffix: str) -> None:
    assert export_layer(empty_store, REGION, "no_burn_zones", tmp_path / f"z.{suffix}", LOCAL) == 0
    assert (tmp_path / f"z.{suffix}").stat().st_size


@pytest.fixture
def judged(empty_store: Store) -> Store:
    """One boiler with a point of its own, one at its enterprise, one site that is a polygon, one lost."""
    put_zones(empty_store, zone("Z", "2019-01-01"))
    put(empty_store, "enterprises", table({"enterprise_code": "E1", "lon": "119.465", "lat": "29.205"}))
    boiler = {"unit_type": "boiler", "fuel": "raw_coal", "capacity_tph": "4"}
    put(
        empty_store,
        "combustion_units",
        table(
            boiler | {"unit_code": "U1", "enterprise_code": "E1", "lon": "119.467", "lat": "29.207"},
            boiler | {"unit_code": "U2", "enterprise_code": "E1"},
            boiler | {"unit_code": "U3", "enterprise_code": "E9"},
        ),
    )
    sites = zones({"site_code": "S1", "fence_pct": "50", "geometry": square(2)})
    put(empty_store, "construction_sites", sites)
    return empty_store


def test_findings_carry_the_place_of_their_subject(judged: Store, tmp_path: Path) -> None:
    found = assess(judged, REGION, DAY)
    write_findings(found, REGION, tmp_path / "f.geojson")
    told = json.loads((tmp_path / "f.geojson").read_text("utf-8"))
    places = {f["properties"]["subject_code"]: f["geometry"] for f in told["features"]}
    assert np.allclose(places["U1"]["coordinates"], [119.467, 29.207], atol=1e-12)
    assert np.allclose(places["U2"]["coordinates"], [119.465, 29.205], atol=1e-12)
    assert places["U3"] is None
    assert square(2).covers(shapely.Point(places["S1"]["coordinates"]))
    assert set(told["features"][0]["properties"]) == {*COLUMNS, *EXTRA_COLUMNS, "run_hash"}


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "parquet"])
def test_every_format_of_findings_has_every_row_and_column(judged: Store, tmp_path: Path, suffix: str) -> None:
    found = assess(judged, REGION, DAY)
    out = tmp_path / f"f.{suffix}"
    write_findings(found, REGION, out)
    frame = gpd.read_parquet(out) if suffix == "parquet" else gpd.read_file(out)
    assert list(frame.columns)[:-1] == [*COLUMNS, *EXTRA_COLUMNS, "run_hash"]
    assert frame["key"].tolist() == found.findings["key"].tolist()
    assert frame.crs.to_epsg() == 4490


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson", "parquet"])
def test_the_same_findings_are_the_same_bytes(judged: Store, tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        write_findings(assess(judged, REGION, DAY), REGION, tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_a_workbook_of_findings_has_numbers_for_distances(judged: Store, tmp_path: Path) -> None:
    found = assess(judged, REGION, DAY)
    write_findings(found, REGION, tmp_path / "f.xlsx")
    rows = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "f.xlsx")).get_sheet_by_index(0).to_python()
    assert rows[0] == [*COLUMNS, *EXTRA_COLUMNS, "run_hash"] and len(rows) == len(found.findings) + 1
    distances = [row[rows[0].index("edge_distance_m")] for row in rows[1:]]
    assert any(isinstance(cell, float) and cell > 0 for cell in distances)
