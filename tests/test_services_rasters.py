"""Rasters in the store: added, listed, removed, painted, measured; who and what lies under zones."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
import python_calamine
import rasterio
import shapely
from PIL import Image

from geo import crs as systems
from geo._raster_make import write_grid
from geo.county import county
from geo.raster import Asked, RasterUnit
from geo.raster_tiles import TileUnknown
from geo.region import Region
from maps.colours import RAMPS, class_of, classes
from services.exposure import draft_exposure, exposure_of, exposure_table, exposure_xlsx
from services.rasters import (
    NameMissing,
    RasterElsewhere,
    RasterTwice,
    RasterUnknown,
    Wanted,
    add_raster,
    every_raster,
    latest,
    record_raster,
    remove_raster,
    series_of,
    tile,
    value,
)
from services.scope import Principal, local_principal
from services.zonal_tables import table_of, table_xlsx
from store import audit, rasters, records
from store.open import Store
from tests._raw import is_postgres

ME = local_principal()
JUNE = dt.date(2021, 6, 1)
DAY = dt.date(2021, 7, 1)
EAST, NORTH = 440_000.0, 3_240_000.0
LON, LAT = 119.46, 29.21


def file(folder: Path, values: np.ndarray, kind: str = "pm25", cell: float = 1000, name: str = "in.tif") -> Path:
    write_grid(values.astype(np.float32), "EPSG:4549", (EAST, NORTH), cell, Asked(kind), folder / name)
    return folder / name


def put(store: Store, folder: Path, values: np.ndarray, wanted: Wanted) -> int:
    made = folder / "made.tif"
    facts = write_grid(values.astype(np.float32), "EPSG:4549", (EAST, NORTH), 1000, Asked(wanted.kind), made)
    return record_raster(store, wanted, ("示例", "0" * 64), facts, made, "test").id


def square(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Kilometres from the raster's south-western corner (20 km)."""
    return shapely.box(EAST + west * 1000, NORTH - 20_000 + south * 1000, EAST + east * 1000, NORTH - 20_000 + north * 1000)


def test_a_raster_is_kept_whole_and_every_step_is_written_down(empty_store: Store, region: Region, tmp_path: Path) -> None:
    path = file(tmp_path, np.full((20, 20), 30.0))
    found = add_raster(empty_store, region, Wanted(" 月均  PM2.5 ", "pm25", day=JUNE), path, "planner")
    assert (found.name, found.on_day, found.facts["unit"], found.facts["mean"]) == ("月均 PM2.5", JUNE, "µg/m³", 30)
    with rasterio.open(rasters.path_of(empty_store, found)) as data:
        assert data.read(1).mean() == 30
    assert records.file_of(empty_store, found.sha256) == rasters.path_of(empty_store, found)
    with pytest.raises(RasterTwice):
        add_raster(empty_store, region, Wanted("月均 PM2.5", "pm25", day=JUNE), path, "planner")
    remove_raster(empty_store, found.id, "错月份", "planner")
    assert every_raster(empty_store, ME) == []
    with pytest.raises(RasterUnknown):
        remove_raster(empty_store, found.id, "", "planner")
    with empty_store.read() as connection:
        actions = [row["action"] for row in audit.about(connection, f"raster {found.id}", 9)]
        assert records.known_files(connection) == {found.sha256}
    assert actions == ["raster_remove", "raster_add"]
    assert audit.verify(empty_store) == []


def test_what_is_refused_leaves_nothing(empty_store: Store, region: Region, tmp_path: Path) -> None:
    fine = file(tmp_path, np.full((20, 20), 30.0))
    write_grid(np.ones((5, 5), np.float32), "EPSG:4549", (10_000.0, 5_000_000.0), 1000, Asked("pm25"), tmp_path / "far.tif")
    for wanted, path, error in (
        (Wanted("", "pm25"), fine, NameMissing), (Wanted("x" * 61, "pm25"), fine, NameMissing),
        (Wanted("a", "pm25", unit="K"), fine, Exception), (Wanted("远", "pm25"), tmp_path / "far.tif", RasterElsewhere),
    ):  # fmt: skip
        with pytest.raises(error):
            add_raster(empty_store, region, wanted, path, "planner")
    assert every_raster(empty_store, ME) == []
    assert records.kept_files(empty_store) == set()
    assert RasterUnit.zh


def test_rows_of_rasters_only_grow(empty_store: Store, tmp_path: Path) -> None:
    number = put(empty_store, tmp_path, np.full((20, 20), 30.0), Wanted("a", "pm25"))
    again = f"INSERT OR REPLACE INTO raster SELECT * FROM raster WHERE id = {number}"
    gone = "TRUNCATE raster CASCADE" if is_postgres(empty_store) else again
    for statement in ("DELETE FROM raster", "UPDATE raster SET name = 'b'", gone):
        with pytest.raises(Exception, match="append-only"), empty_store.write() as connection:
            connection.exec_driver_sql(statement)


def test_the_raster_of_a_day_is_the_last_one_before_it(empty_store: Store, tmp_path: Path) -> None:
    for month in (4, 5, 6):
        put(empty_store, tmp_path, np.full((20, 20), month), Wanted("a", "pm25", day=dt.date(2021, month, 1)))
    found = every_raster(empty_store, ME, "pm25")
    picked = {day: one.on_day.month for day in (10, 20) for one in [latest(found, dt.date(2021, 5, day))] if one and one.on_day}
    assert picked == {10: 5, 20: 5}
    first = latest(found, dt.date(2020, 1, 1))
    assert first is not None
    assert first.on_day == dt.date(2021, 4, 1)
    assert latest([], DAY) is None
    assert [len(one.items) for one in series_of(found)] == [3]


def test_tiles_show_the_colour_of_the_class_and_nothing_beyond(empty_store: Store, tmp_path: Path) -> None:
    values = np.full((20, 20), 30.0)
    values[:, 10:] = 80.0
    number = put(empty_store, tmp_path, values, Wanted("a", "pm25"))
    z = 14
    west, east = (_tile(EAST + x * 1000, NORTH - 10_000, z) for x in (5, 15))
    colours = [_colour(tile(empty_store, ME, number, (z, *spot), "fixed")[0]) for spot in (west, east)]
    shown = {one["colour"]: (one["low"], one["high"]) for one in classes((15, 25, 35, 45, 55, 75), "warm")}
    assert [shown[colour] for colour in colours] == [(25, 35), (75, None)]
    far = Image.open(io.BytesIO(tile(empty_store, ME, number, (z, 0, 0), "")[0])).convert("RGBA")
    assert far.getextrema()[3] == (0, 0)
    with pytest.raises(TileUnknown):
        tile(empty_store, ME, number, (3, 9, 0), "")
    with pytest.raises(RasterUnknown):
        tile(empty_store, Principal("nobody", frozenset()), number, (z, *west), "")


def _tile(x: float, y: float, z: int) -> tuple[int, int]:
    lon, lat = systems.transform_xy(np.array([x]), np.array([y]), "EPSG:4549", "EPSG:4490")[0].tolist()
    south = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(south * 2**z)


def _colour(picture: bytes) -> str:
    seen = Image.open(io.BytesIO(picture)).convert("RGBA").getcolors()
    assert seen is not None
    (red, green, blue, alpha) = max(seen)[1]
    assert alpha == 255
    return f"#{red:02X}{green:02X}{blue:02X}"


def test_a_value_on_a_limit_belongs_to_the_class_below() -> None:
    assert class_of([15, 15.1, 100, -1], [15, 25]).tolist() == [0, 1, 2, 0]
    assert [one["colour"] for one in classes((1.0,), "warm")] == [RAMPS["warm"][0], RAMPS["warm"][-1]]


def test_the_value_under_the_cursor_is_that_of_its_cell(empty_store: Store, tmp_path: Path) -> None:
    number = put(empty_store, tmp_path, np.arange(400.0).reshape(20, 20), Wanted("a", "other"))
    spots = systems.transform_xy(np.array([EAST + 1500, EAST - 5]), np.array([NORTH - 2500, NORTH - 5]), "EPSG:4549", "EPSG:4490")
    assert [value(empty_store, ME, number, *spot)["value"] for spot in spots.tolist()] == [41.0, None]


def test_people_and_air_inside_and_outside_a_shape(empty_store: Store, region: Region, tmp_path: Path) -> None:
    air = np.full((20, 20), 20.0)
    air[10:, :10] = 40.0
    put(empty_store, tmp_path, air, Wanted("a", "pm25", day=JUNE))
    put(empty_store, tmp_path, np.full((20, 20), 100.0), Wanted("p", "population"))
    found = exposure_of(empty_store, region, ME, square(0, 0, 10, 5.5), DAY)
    assert found["people"] == pytest.approx(100 * 55)
    assert (found["pm25"], found["nodata"]["pm25"]) == (pytest.approx(40), 0)
    whole = shapely.area(shapely.intersection(county(region).area, square(0, 0, 20, 20))) / 1e6
    hot = shapely.area(shapely.intersection(county(region).area, square(0, 0, 10, 10))) / 1e6
    rest = (40 * hot + 20 * (whole - hot) - 40 * 55) / (whole - 55)
    assert found["pm25_outside"] == pytest.approx(rest, abs=1e-3)
    assert found["people_share"] == pytest.approx(55 / whole, rel=1e-4)
    assert found["sources"]["pm25"]["day"] == "2021-06-01"
    assert "面积加权" in found["weighting"]["zh"]
    told = found["statistics"]["pm25"]
    assert (told["highest"], told["p90"], told["over"], told["threshold"]) == (40, 40, 1, 35)


def test_a_density_of_people_is_multiplied_by_the_area(empty_store: Store, region: Region, tmp_path: Path) -> None:
    made = tmp_path / "d.tif"
    facts = write_grid(np.full((40, 40), 200.0, np.float32), "EPSG:4549", (EAST, NORTH), 500, Asked("population", "人/km²"), made)
    facts = type(facts)(**facts.__dict__ | {"unit": "人/km²"})
    record_raster(empty_store, Wanted("p", "population"), ("x", "0" * 64), facts, made, "test")
    found = exposure_of(empty_store, region, ME, square(1, 1, 3, 2.5), DAY)
    assert found["people"] == pytest.approx(200 * 3)
    assert (found["pm25"], found["pm25_outside"], found["sources"]["pm25"]) == (None, None, None)


def test_every_version_of_every_zone_has_its_row(demo_store: Store, region: Region) -> None:
    made = exposure_table(demo_store, region, ME, DAY)
    core = [row for row in made.rows if row["code"] == "NBZ-01"]
    assert [row["valid_from"] for row in core] == ["2018-07-01", "2019-09-01"]
    assert [row["in_force"] for row in core] == [False, True]
    assert core[1]["people"] > core[0]["people"] > 10_000
    assert core[1]["units"] > core[0]["units"] > 0
    assert 20 < core[1]["pm25"] < 45
    assert core[1]["t_h"] > 0
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(exposure_xlsx(made)))
    assert book.sheet_names == ["暴露", "依据"]
    assert len(book.get_sheet_by_name("暴露").to_python()) == len(made.rows) + 1
    assert "面积加权" in str(book.get_sheet_by_name("依据").to_python())


def test_a_grid_head_sees_fewer_units_in_a_zone(demo_store: Store, region: Region) -> None:
    from services.scope import Area

    head = Principal("head", frozenset(("public", "view", "export")), Area(cells=frozenset(("P-20",))))
    mine = exposure_table(demo_store, region, head, DAY, ("no_burn_zones", "NBZ-01")).rows[-1]
    every = exposure_table(demo_store, region, ME, DAY, ("no_burn_zones", "NBZ-01")).rows[-1]
    assert mine["units"] < every["units"]
    assert mine["people"] == every["people"]


def test_a_draft_is_asked_by_its_number(demo_copy: Store, region: Region) -> None:
    from services import draft_starts
    from services.drafts import DraftUnknown, Table

    number = draft_starts.from_zone(Table(demo_copy, region, ME), "no_burn_zones", "NBZ-01", "甲", DAY)
    shape = json.loads(shapely.to_geojson(shapely.box(LON, LAT, LON + 0.02, LAT + 0.02)))
    asked = json.dumps({"geometry": shape}).encode()
    found = draft_exposure(demo_copy, region, ME, number, asked, DAY)
    assert found["people"] > 0
    assert found["pm25"] > found["pm25_outside"]
    with pytest.raises(DraftUnknown):
        draft_exposure(demo_copy, region, ME, number + 9, asked, DAY)


def test_towns_share_out_the_whole_population(demo_store: Store, region: Region) -> None:
    number = every_raster(demo_store, ME, "population")[0].id
    made = table_of(demo_store, region, ME, number, "towns", DAY, None)
    assert len(made.rows) == 16
    inside = sum(row["total"] for row in made.rows)
    assert inside == pytest.approx(every_raster(demo_store, ME, "population")[0].facts["mean"] * 5731, rel=0.25)
    assert all(row["nodata"] < 1e-3 for row in made.rows)
    assert "加权" in " ".join(made.heads)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(table_xlsx(made, True)))
    assert book.sheet_names == ["zones", "basis"]
