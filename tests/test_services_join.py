"""Joining any two files: ids, coordinate systems, edges, and every row accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from geo.errors import CRSMissing, WrongUsage
from services.join import JoinOptions, NoPoints, NoPolygons, NotMetres, join_files

Row = tuple[str, str]


def polygons(path: Path, shapes: list[shapely.Geometry], ids: list[str], crs: str | None = None) -> Path:
    features = [
        {"type": "Feature", "properties": {"name": f"第{i}区", "zone_id": i}, "geometry": json.loads(shapely.to_geojson(shape))}
        for i, shape in zip(ids, shapes, strict=True)
    ]
    document: dict[str, object] = {"type": "FeatureCollection", "features": features}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def points(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def rows(found: object) -> list[Row]:
    return [(p, z) for p, z, _ in found.rows]  # type: ignore[attr-defined]  # a JoinResult


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    return polygons(tmp_path / "zones.geojson", [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], ["A", "B"])


def test_edges_belong_and_duplicate_ids_stay_apart(tmp_path: Path, squares: Path) -> None:
    table = points(tmp_path / "p.csv", "shop_code,lon,lat\nP1,0.5,0.5\nP1,1,0.5\nP2,2,1\nP3,2.1,1\n")
    found = join_files(table, squares)
    assert rows(found) == [("P1", "A"), ("P1", "A"), ("P1", "B"), ("P2", "B")]
    assert (found.points, found.zones) == (4, 2)


def test_within_leaves_edges_out(tmp_path: Path, squares: Path) -> None:
    table = points(tmp_path / "p.csv", "id,lon,lat\n1,0.5,0.5\n2,1,0.5\n3,2,1\n")
    assert rows(join_files(table, squares, JoinOptions(predicate="within"))) == [("1", "A")]


def test_rows_without_coordinates_are_named(tmp_path: Path, squares: Path) -> None:
    table = points(tmp_path / "p.csv", "id,经度,纬度\n1,0.5,0.5\n2,,\n3,无,0.5\n4,0°30′00″,0°30′00″\n")
    found = join_files(table, squares)
    assert rows(found) == [("1", "A"), ("4", "A")]
    assert [line.split(" ")[1] for line in found.skipped] == ["3", "4"]


def test_ids_fall_back_to_row_numbers(tmp_path: Path, squares: Path) -> None:
    table = points(tmp_path / "p.csv", "title,lon,lat\nx,0.5,0.5\ny,1.5,0.5\n")
    assert rows(join_files(table, squares)) == [("2", "A"), ("3", "B")]
    assert rows(join_files(table, squares, JoinOptions(point_id="title", zone_id="name"))) == [("x", "第A区"), ("y", "第B区")]
    with pytest.raises(WrongUsage, match="title"):
        join_files(table, squares, JoinOptions(point_id="nothing"))


def test_points_are_brought_to_the_system_of_the_zones(tmp_path: Path) -> None:
    zones = polygons(tmp_path / "z.geojson", [shapely.box(448000, 3232000, 450000, 3234000)], ["N"], "urn:ogc:def:crs:EPSG::4549")
    table = points(tmp_path / "p.csv", "id,lon,lat\nin,119.475519734,29.213075393\nout,119.40,29.21\n")
    found = join_files(table, zones)
    assert rows(found) == [("in", "N")]
    assert float(found.rows[0][2]) == pytest.approx(1000, abs=0.01)
    planar = points(tmp_path / "q.csv", "id,x,y\n1,40449000,3233000\n2,40451000,3233000\n")
    with pytest.raises(CRSMissing):
        join_files(planar, zones)
    assert rows(join_files(planar, zones, JoinOptions(crs="EPSG:4528"))) == [("1", "N")]


def test_distances_in_degrees_follow_the_ellipsoid(tmp_path: Path) -> None:
    zones = polygons(tmp_path / "z.geojson", [shapely.box(10, 60, 11, 61)], ["N"])
    table = points(tmp_path / "p.csv", "id,lon,lat\n1,10.01,60.5\n")
    found = join_files(table, zones)
    expected = pyproj.Geod(ellps="WGS84").inv(10.01, 60.5, 10.0, 60.5)[2]
    assert float(found.rows[0][2]) == pytest.approx(expected, abs=0.01)


def test_invalid_zones_are_repaired_and_said(tmp_path: Path) -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    zones = polygons(tmp_path / "z.geojson", [bow], ["bow"])
    table = points(tmp_path / "p.csv", "id,lon,lat\nl,0.2,1\nr,1.8,1\nt,1,1.9\n")
    found = join_files(table, zones)
    assert rows(found) == [("l", "bow"), ("r", "bow")]
    assert any("修复" in note for note in found.notes)


def test_kml_zones_with_all_folders(tmp_path: Path) -> None:
    def place(name: str, west: float) -> str:
        ring = " ".join(f"{x},{y},0" for x, y in [(west, 0), (west + 1, 0), (west + 1, 1), (west, 1), (west, 0)])
        outer = f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
        return f"<Placemark><name>{name}</name><Polygon>{outer}</Polygon></Placemark>"

    folders = f"<Folder><name>甲</name>{place('一', 0)}</Folder><Folder><name>乙</name>{place('二', 1)}</Folder>"
    text = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'
    zones = points(tmp_path / "z.kml", text)
    table = points(tmp_path / "p.csv", "id,lon,lat\n1,0.5,0.5\n2,1,0.5\n")
    assert rows(join_files(table, zones, JoinOptions(zone_id="name"))) == [("1", "一"), ("2", "一"), ("2", "二")]


def test_files_of_the_wrong_kind(tmp_path: Path, squares: Path) -> None:
    with pytest.raises(NoPoints):
        join_files(points(tmp_path / "p.csv", "id,name\n1,x\n"), squares)
    table = points(tmp_path / "q.csv", "id,lon,lat\n1,0.5,0.5\n")
    with pytest.raises(NoPolygons):
        join_files(table, table)


def test_vector_files_of_other_systems_give_the_pairs_of_geopandas(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    spots = np.column_stack([rng.uniform(500_000, 510_000, 300), rng.uniform(5_700_000, 5_710_000, 300)])
    zones = gpd.GeoDataFrame(
        {"site_code": [f"Z{i}" for i in range(9)]},
        geometry=[
            shapely.box(x, y, x + 3500, y + 3500)
            for x, y in ((500_000 + 3000 * (i % 3), 5_700_000 + 3000 * (i // 3)) for i in range(9))
        ],
        crs="EPSG:32633",
    )  # fmt: skip
    facilities = gpd.GeoDataFrame({"fac_id": range(300)}, geometry=shapely.points(spots), crs="EPSG:32633").to_crs("EPSG:4326")
    zones.to_file(tmp_path / "z.gpkg", engine="pyogrio")
    facilities.to_file(tmp_path / "p.shp", engine="pyogrio")
    found = join_files(tmp_path / "p.shp", tmp_path / "z.gpkg")
    moved = gpd.read_file(tmp_path / "p.shp", engine="pyogrio").to_crs("EPSG:32633")
    joined = gpd.sjoin(moved, zones, predicate="intersects").sort_values(["fac_id", "index_right"])
    assert sorted(rows(found)) == sorted((str(a), str(b)) for a, b in zip(joined["fac_id"], joined["site_code"], strict=True))


def test_polygons_and_points_that_are_none_are_named_and_the_rest_is_exact(tmp_path: Path) -> None:
    """Bow tie, nothing at all, two vertices, a line there and back, a ring that touches itself, numbers beyond the earth."""
    rings = [
        [(0, 0), (4, 0), (4, 4), (0, 4)], [(0, 0), (4, 4), (4, 0), (0, 4)], [], [(0, 0), (4, 0)], [(0, 0), (4, 0), (2, 0)],
        [(0, 0), (4, 0), (2, 2), (4, 4), (0, 4), (2, 2)], [(1e308, 1e308), (-1e308, 1e308), (0, -1e308)],
    ]  # fmt: skip
    shapes = [{"type": "Polygon", "coordinates": [[*ring, *ring[:1]]] if ring else []} for ring in rings]
    features = [{"type": "Feature", "properties": {"zone_id": f"Z{n}"}, "geometry": shape} for n, shape in enumerate(shapes)]
    zones = tmp_path / "zones.geojson"
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    table = points(tmp_path / "p.csv", "id,lon,lat\na,2,0.5\nb,nan,1\nc,inf,1\nd,1e308,1e308\ne,-inf,1\nf,0,0\n")
    found = join_files(table, zones)
    assert rows(found) == [("a", "Z0"), ("a", "Z5"), ("f", "Z0"), ("f", "Z1"), ("f", "Z5")]
    assert [line.split(" 行")[0] for line in found.skipped] == ["第 3", "第 4", "第 5", "第 6"]
    told = " ".join(found.notes)
    assert all(f"第 {n} 个" in told for n in (2, 3, 4, 5, 6, 7))


def test_a_plane_polygon_beyond_the_earth_is_left_out_and_a_file_of_such_refused(tmp_path: Path) -> None:
    far, near = shapely.box(1e200, 0, 1e201, 1e200), shapely.box(500_000, 3_200_000, 501_000, 3_201_000)
    table = points(tmp_path / "p.csv", "id,easting,northing\n1,500000,3200000\n")
    mixed = polygons(tmp_path / "mixed.geojson", [far, near], ["F", "N"], "EPSG:4549")
    found = join_files(table, mixed, JoinOptions(crs="EPSG:4549"))
    assert rows(found) == [("1", "N")]
    assert any("第 1 个面的坐标不在地球范围内" in note for note in found.notes)
    with pytest.raises(NotMetres):
        join_files(table, polygons(tmp_path / "far.geojson", [far], ["F"], "EPSG:4549"), JoinOptions(crs="EPSG:4549"))
