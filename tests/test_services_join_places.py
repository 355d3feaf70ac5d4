"""Points and zones of a join as cities write them: eastings, other systems, far places, and files that are not what they say."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from geo.crs import transform_xy, usable
from geo.distance import edge_metres
from geo.errors import CRSMissing, CRSUnknown
from services.join import JoinOptions, NotDegrees, ZonesCRSMissing, join_files

LANXI = (119.475519734, 29.213075393)
"""E 449000 N 3233000 in EPSG:4549."""


def zone(path: Path, shape: shapely.Geometry, crs: str | None) -> Path:
    gpd.GeoDataFrame({"zone_id": ["Z"]}, geometry=[shape], crs=crs).to_file(path, engine="pyogrio")
    return path


def table(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def square(tmp_path: Path) -> Path:
    return zone(tmp_path / "square.gpkg", shapely.box(119.4, 29.2, 119.5, 29.3), "EPSG:4490")


def found(points: Path, zones: Path, **options: str) -> list[str]:
    return [point for point, _, _ in join_files(points, zones, JoinOptions(**options)).rows]


def test_eastings_tell_their_system_by_digits_or_by_their_own_column(tmp_path: Path, square: Path) -> None:
    rows = "a,449000,3233000,\nb,40449000,3233000,\n"
    rows += "c,449000,3233000,EPSG:4549\nd,449000,3233000,EPSG:4547\ne,449000,3233000,what\n"
    points = table(tmp_path / "p.csv", "code,easting,northing,crs\n" + rows)
    result = join_files(points, square)
    assert [p for p, _, _ in result.rows] == ["a", "b", "c"]
    assert any("EPSG:4528、EPSG:4549" in note for note in result.notes)
    assert len(result.skipped) == 1 and "what" in result.skipped[0], "EPSG:4547 is a place, and it is elsewhere"


def test_eastings_of_another_citys_system_are_not_guessed(tmp_path: Path) -> None:
    there = zone(tmp_path / "z.gpkg", shapely.box(300_000, 3_000_000, 400_000, 3_100_000), "EPSG:32651")
    points = table(tmp_path / "p.csv", "code,easting,northing\na,350000,3050000\n")
    with pytest.raises(CRSMissing):
        join_files(points, there)
    assert found(points, there, crs="EPSG:32651") == ["a"]


def test_a_table_may_mix_degrees_and_eastings(tmp_path: Path, square: Path) -> None:
    points = table(tmp_path / "p.csv", "code,lon,lat,easting,northing\na,119.45,29.25,,\nb,,,449000,3233000\nc,,,,\n")
    result = join_files(points, square)
    assert [p for p, _, _ in result.rows] == ["a", "b"]
    assert len(result.skipped) == 1


def test_a_stated_map_datum_is_undone(tmp_path: Path) -> None:
    small = zone(tmp_path / "z.gpkg", shapely.Point(*LANXI).buffer(0.0005), "EPSG:4490")
    from geo.datum import cgcs2000_to_gcj02

    x, y = (float(v[0]) for v in cgcs2000_to_gcj02(np.array([LANXI[0]]), np.array([LANXI[1]])))
    rows = f"a,{x!r},{y!r},高德\nb,{x!r},{y!r},\nc,{LANXI[0]},{LANXI[1]},CGCS2000\n"
    assert found(table(tmp_path / "p.csv", "code,lon,lat,datum\n" + rows), small) == ["a", "c"]


def test_numbers_with_exponents_are_numbers(tmp_path: Path) -> None:
    origin = zone(tmp_path / "z.gpkg", shapely.box(0, 0, 1, 1), "EPSG:4326")
    points = table(tmp_path / "p.csv", "id,lon,lat\na,1e-05,.5\nb,5.0E-1,1E0\nc,1_0,0.5\nd,nan,0.5\ne,inf,0.5\n")
    assert found(points, origin) == ["a", "b"]


def test_longitudes_beyond_the_antimeridian_are_what_the_zones_use(tmp_path: Path) -> None:
    fiji = zone(tmp_path / "z.gpkg", shapely.box(179, -18, 181, -17), "EPSG:4326")
    points = table(tmp_path / "p.csv", "id,lon,lat\na,180.5,-17.5\nb,-179.5,-17.5\nc,361,-17.5\n")
    assert found(points, fiji) == ["a"], "edges are the straight lines of the file's numbers"


def test_a_system_without_an_epsg_number_is_used_as_the_file_defines_it(tmp_path: Path) -> None:
    degrees = shapely.box(119.4, 29.2, 119.5, 29.3)
    asia = gpd.GeoDataFrame({"zone_id": ["Z"]}, geometry=[degrees], crs="EPSG:4326").to_crs("ESRI:102012")
    asia.to_file(tmp_path / "z.shp", engine="pyogrio")
    points = table(tmp_path / "p.csv", "id,lon,lat\na,119.45,29.25\nb,119.6,29.25\n")
    result = join_files(points, tmp_path / "z.shp")
    assert [p for p, _, _ in result.rows] == ["a"]
    assert float(result.rows[0][2]) == pytest.approx(4855, rel=0.01), "metres, though this projection stretches"
    assert found(points, tmp_path / "z.shp", zones_crs="ESRI:102012") == ["a"]


def test_a_system_that_leans_on_other_files_is_refused() -> None:
    grid = pyproj.CRS.from_proj4("+proj=tmerc +lon_0=120 +ellps=GRS80 +nadgrids=@somewhere.gsb +type=crs").to_wkt()
    with pytest.raises(CRSUnknown):
        usable(grid)


def test_british_zones_get_the_real_shift_of_datum(tmp_path: Path) -> None:
    x, y = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True).transform(-0.1276, 51.5072)
    small = zone(tmp_path / "z.gpkg", shapely.Point(x, y).buffer(1), "EPSG:27700")
    assert found(table(tmp_path / "p.csv", "id,lon,lat\na,-0.1276,51.5072\n"), small) == ["a"]


def test_single_points_in_multipoints_are_points(tmp_path: Path, square: Path) -> None:
    spot, far = shapely.Point(119.45, 29.25), shapely.Point(0, 0)
    shapes = [shapely.MultiPoint([spot]), shapely.MultiPoint([spot, far]), shapely.MultiPoint()]
    gpd.GeoDataFrame({"id": list("abc")}, geometry=shapes, crs="EPSG:4490").to_file(tmp_path / "p.gpkg", engine="pyogrio")
    result = join_files(tmp_path / "p.gpkg", square)
    assert [p for p, _, _ in result.rows] == ["a"]
    assert len(result.skipped) == 2


def test_zones_whose_numbers_are_no_degrees_are_refused(tmp_path: Path) -> None:
    points = table(tmp_path / "p.csv", "id,lon,lat\na,119.45,29.25\n")
    mercator = zone(tmp_path / "m.geojson", shapely.box(13290000, 3400000, 13300000, 3410000), "EPSG:4326")
    swapped = zone(tmp_path / "s.geojson", shapely.box(29.2, 119.4, 29.3, 119.5), "EPSG:4326")
    for file in (mercator, swapped):
        with pytest.raises(NotDegrees, match="--zones-crs"):
            join_files(points, file)
    assert found(points, mercator, zones_crs="EPSG:3857") == ["a"]
    with pytest.raises(NotDegrees, match="--crs"):
        join_files(points_file(tmp_path, [(29.25, 119.45)]), zone(tmp_path / "z.gpkg", shapely.box(0, 0, 1, 1), "EPSG:4326"))


def points_file(folder: Path, places: list[tuple[float, float]]) -> Path:
    path = folder / "points.gpkg"
    shapes = [shapely.Point(*place) for place in places]
    gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=shapes, crs="EPSG:4326").to_file(path, engine="pyogrio")
    return path


@pytest.mark.filterwarnings("ignore:.*crs.*:UserWarning")
def test_the_question_for_a_system_names_the_right_option(tmp_path: Path) -> None:
    nowhere = zone(tmp_path / "z.shp", shapely.box(440000, 3230000, 450000, 3240000), None)
    points = table(tmp_path / "p.csv", "id,lon,lat\na,119.45,29.25\n")
    with pytest.raises(ZonesCRSMissing, match="--zones-crs"):
        join_files(points, nowhere)


def test_distances_in_web_mercator_are_metres_on_the_ground() -> None:
    xy = transform_xy(np.array([119.45]), np.array([29.25]), "EPSG:4326", "EPSG:3857")
    east, north = xy[0]
    zones = np.array([shapely.box(east - 1000, north - 5000, east + 9000, north + 5000)], dtype=object)
    metres = edge_metres(xy, zones, np.array([0]), np.array([0]), "EPSG:3857")
    assert metres[0] == pytest.approx(1000 * np.cos(np.radians(29.25)), rel=0.002)


def test_many_pairs_in_degrees_measure_as_few_do() -> None:
    rng = np.random.default_rng(3)
    zones = np.array([shapely.Point(120, lat).buffer(1, quad_segs=64) for lat in (0, 45, -60)], dtype=object)
    xy = np.column_stack([rng.uniform(119.2, 120.8, 90), np.repeat([0.0, 45.0, -60.0], 30) + rng.uniform(-0.5, 0.5, 90)])
    pair = np.arange(90), np.repeat(np.arange(3), 30)
    together = edge_metres(xy, zones, *pair, "EPSG:4326")
    alone = [edge_metres(xy, zones, pair[0][i : i + 1], pair[1][i : i + 1], "EPSG:4326")[0] for i in range(90)]
    assert together == pytest.approx(alone, abs=0.001)
