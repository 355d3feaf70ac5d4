"""Positions of point tables and polygons of vector files (dictionary §1.5 to §1.7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geo import crs as systems
from geo import datum
from geo.errors import CRSMissing, CRSUnknown
from geo.raw import RawTable
from geo.region import load_region
from layers._conform import Conformed, ConformOptions, conform
from layers._conform_polygons import PolygonsMissing
from layers._find import load_layers

REGION = load_region()
LAYERS = load_layers()
PLACE = {"lon": "119.466692", "lat": "29.214198"}
SQUARE = shapely.box(119.46, 29.21, 119.47, 29.22)
BOW_TIE = shapely.Polygon([(119.46, 29.21), (119.47, 29.22), (119.47, 29.21), (119.46, 29.22)])


def points(*rows: dict[str, Any], layer: str = "enterprises", **options: str) -> Conformed:
    key = LAYERS[layer].key
    filled = [{key: f"K{n}"} | row for n, row in enumerate(rows)]
    raw = RawTable(pd.DataFrame(filled, dtype=object), list(range(2, len(rows) + 2)), driver="CSV")
    return conform(raw, LAYERS[layer], REGION, ConformOptions(**options))


def features(
    layer: str, geoms: list[Any], rows: list[dict[str, Any]] | None = None, **more: Any
) -> Conformed:
    key = LAYERS[layer].key
    rows = rows or [{} for _ in geoms]
    frame = pd.DataFrame([{key: f"K{n}"} | row for n, row in enumerate(rows)], dtype=object)
    array = np.empty(len(geoms), dtype=object)
    array[:] = geoms
    options = more.pop("options", ConformOptions())
    source = {"crs": "EPSG:4490", "crs_declared": True, "driver": "GPKG"} | more
    return conform(
        RawTable(frame, list(range(1, len(geoms) + 1)), array, **source), LAYERS[layer], REGION, options
    )


def with_corner(value: float) -> shapely.Geometry:
    """The square with an impossible northern edge."""
    return shapely.transform(SQUARE, lambda xy: np.where(xy > 29.215, np.where(xy < 30, value, xy), xy))


def severities(done: Conformed) -> list[str]:
    return [fault.severity for fault in done.faults]


class TestPoints:
    def test_degrees(self) -> None:
        row = points(PLACE).frame.iloc[0]
        assert row["geometry_filed"].equals(shapely.Point(119.466692, 29.214198))
        assert row["crs_filed"] == "EPSG:4490"
        assert row["geometry_map"].equals(row["geometry_filed"])
        assert (row["geometry"].x, row["geometry"].y) == pytest.approx((448142.9, 3233128.5), abs=1)
        assert row["lon"] == Decimal("119.466692")
        assert row["accuracy_m"] is None

    @pytest.mark.parametrize("name", ["cgcs2000", "WGS84", "GPS", "未注明", None, "国家2000"])
    def test_datums_that_are_the_same_numbers(self, name: str | None) -> None:
        row = points({**PLACE, "datum": name}).frame.iloc[0]
        assert row["geometry_map"].equals(shapely.Point(119.466692, 29.214198))

    @pytest.mark.parametrize("name", ["gcj02", "高德", "火星", "GCJ-02"])
    def test_gcj02_is_converted_before_any_test(self, name: str) -> None:
        row = points({**PLACE, "datum": name}).frame.iloc[0]
        lon, lat = datum.gcj02_to_cgcs2000([119.466692], [29.214198])
        assert row["geometry_filed"].equals(shapely.Point(119.466692, 29.214198))
        assert row["crs_filed"] == "EPSG:4490"
        assert row["datum"] == "gcj02"
        assert row["geometry_map"].equals(shapely.Point(lon[0], lat[0]))
        metres = systems.transform_xy(lon, lat, "EPSG:4490", "EPSG:4549")[0]
        assert (row["geometry"].x, row["geometry"].y) == pytest.approx(metres)

    def test_what_the_user_declares_goes_before_the_column(self) -> None:
        row = points({**PLACE, "datum": "wgs84"}, datum="bd09").frame.iloc[0]
        lon, _ = datum.bd09_to_cgcs2000([119.466692], [29.214198])
        assert row["geometry_map"].x == lon[0]
        assert row["datum"] == "bd09"

    def test_whole_seconds_are_known_to_15_m(self) -> None:
        done = points(
            {"lon": "119°27′35″", "lat": "29°12′51″"},
            {"lon": "119度27分35秒", "lat": "29.2142"},
            {"lon": "119°27′35.2″", "lat": "29°12′51.3″"},
            {"lon": "119°27′35″", "lat": "29°12′51″", "accuracy_m": "3"},
        )
        assert done.frame["accuracy_m"].tolist() == [Decimal(15), Decimal(15), None, Decimal(3)]
        assert done.frame.iloc[0]["geometry_filed"].x == 119 + (27 * 60 + 35) / 3600

    @pytest.mark.parametrize(
        ("easting", "stated", "crs"),
        [
            ("448142.930", None, "EPSG:4549"),
            ("448142.930", "EPSG:4549", "EPSG:4549"),
            ("40448142.930", None, "EPSG:4528"),
            ("40448142.930", "4528", "EPSG:4528"),
            ("４０４４８１４２．９３０", None, "EPSG:4528"),
        ],
    )
    def test_plane_coordinates(self, easting: str, stated: str | None, crs: str) -> None:
        done = points({"Y坐标": easting, "X坐标": "3233128.517", "坐标系": stated})
        row = done.frame.iloc[0]
        assert done.faults == []
        assert row["crs_filed"] == crs
        assert (row["geometry"].x, row["geometry"].y) == pytest.approx((448142.930, 3233128.517), abs=1e-3)
        assert (row["geometry_map"].x, row["geometry_map"].y) == pytest.approx(
            (119.466692, 29.214198), abs=1e-4
        )

    @pytest.mark.parametrize(
        "row",
        [
            {"easting": "40448142.9", "northing": "3233128.5", "crs": "EPSG:4549"},
            {"easting": "448142.9", "northing": "3233128.5", "crs": "EPSG:4528"},
            {"easting": "39448142.9", "northing": "3233128.5"},
            {"easting": "3233128.5", "northing": "448142.9"},
            {"easting": "448142.9", "northing": "3233128.5", "crs": "EPSG:3857"},
            {"easting": "448142.9", "northing": "3233128.5", "crs": "某坐标系"},
            {"easting": "448142.9"},
            {"lon": "119.4"},
            {"lon": "29.2", "lat": "119.4"},
            {"lon": "0", "lat": "0"},
            {"lon": "东一环", "lat": "29.2"},
            {"lon": "449000", "lat": "3233000"},
        ],
    )
    def test_a_position_that_cannot_be_is_no_position(self, row: dict[str, str]) -> None:
        done = points(row)
        taken = done.frame.iloc[0]
        assert [taken[name] for name in ("geometry_filed", "crs_filed", "geometry_map", "geometry")] == [
            None
        ] * 4
        assert set(severities(done)) == {"warning"}
        assert len(done.frame) == 1

    def test_no_pair_is_no_position_and_no_fault(self) -> None:
        done = points({"lon": None, "lat": "-"}, PLACE)
        assert done.faults == []
        assert done.frame.iloc[0]["geometry"] is None

    def test_swapped_columns_are_proposed(self) -> None:
        assert "互换" in str(points({"lon": "29.2", "lat": "119.4"}).faults[0].suggestion)
        assert "互换" in str(points({"easting": "3233128.5", "northing": "448142.9"}).faults[0].suggestion)

    def test_outside_the_region_is_taken_and_named(self) -> None:
        done = points({"lon": "120.1551", "lat": "30.2741"}, PLACE)
        assert [(fault.row, fault.column, fault.severity) for fault in done.faults] == [
            (2, "position", "warning")
        ]
        assert done.frame.iloc[0]["geometry"] is not None

    def test_degrees_go_before_plane_coordinates(self) -> None:
        done = points({**PLACE, "easting": "449000", "northing": "3233000"})
        assert done.frame.iloc[0]["crs_filed"] == "EPSG:4490"

    def test_a_datum_does_not_shift_plane_coordinates_in_silence(self) -> None:
        done = points({"easting": "448142.930", "northing": "3233128.517", "datum": "gcj02"})
        assert severities(done) == ["warning"]
        assert done.frame.iloc[0]["geometry"].x == pytest.approx(448142.930)

    def test_a_declared_plane_system_of_another_city(self) -> None:
        row = points({"easting": "500000", "northing": "3233128"}, crs="EPSG:4548").frame.iloc[0]
        assert row["crs_filed"] == "EPSG:4548"
        assert row["geometry_map"].x == pytest.approx(117, abs=1e-6)

    def test_accuracy_below_zero_is_missing(self) -> None:
        done = points({**PLACE, "accuracy_m": "-1"})
        assert done.frame.iloc[0]["accuracy_m"] is None
        assert severities(done) == ["warning"]


class TestPointsOfVectorFiles:
    def test_points_fill_the_columns(self) -> None:
        row = features("enterprises", [shapely.Point(119.46, 29.21)]).frame.iloc[0]
        assert (row["lon"], row["lat"]) == (Decimal("119.46"), Decimal("29.21"))
        assert row["geometry"] is not None

    def test_plane_points_fill_the_plane_columns(self) -> None:
        done = features("enterprises", [shapely.Point(448142.93, 3233128.517, 5)], crs="EPSG:4549")
        row = done.frame.iloc[0]
        assert (row["easting"], row["northing"], row["crs"]) == (
            Decimal("448142.93"),
            Decimal("3233128.517"),
            "EPSG:4549",
        )
        assert (row["lon"], row["crs_filed"], row["geometry"].has_z) == (None, "EPSG:4549", False)

    def test_coordinate_columns_go_first(self) -> None:
        done = features("enterprises", [shapely.Point(119.5, 29.5)], [PLACE])
        assert done.frame.iloc[0]["geometry_filed"].x == 119.466692

    def test_rows_without_a_point_are_taken(self) -> None:
        done = features("enterprises", [None, shapely.Point(), shapely.MultiPoint([(119.5, 29.2)])])
        assert [place is None for place in done.frame["geometry"]] == [True, True, False]
        assert [(fault.row, fault.code) for fault in done.faults] == [(None, "geometry_missing")], "counted aloud, once"

    @pytest.mark.parametrize(
        "geometry", [SQUARE, shapely.MultiPoint([(119.5, 29.2), (119.6, 29.2)]), SQUARE.exterior]
    )
    def test_other_geometry_is_quarantined(self, geometry: shapely.Geometry) -> None:
        done = features("enterprises", [geometry, shapely.Point(119.46, 29.21)])
        assert (len(done.frame), done.quarantined) == (1, 1)

    def test_without_a_system_the_file_is_refused(self) -> None:
        with pytest.raises(CRSMissing):
            features("enterprises", [shapely.Point(119.46, 29.21)], crs=None, crs_declared=False)

    def test_the_datum_of_the_user_moves_them(self) -> None:
        done = features("enterprises", [shapely.Point(119.46, 29.21)], options=ConformOptions(datum="gcj02"))
        row = done.frame.iloc[0]
        assert row["datum"] == "gcj02"
        assert row["geometry_filed"].x == 119.46
        assert row["geometry_map"].x == datum.gcj02_to_cgcs2000([119.46], [29.21])[0][0]


class TestPolygons:
    def test_a_polygon_is_kept_as_filed_and_densified_for_judging(self) -> None:
        row = features("towns", [SQUARE], [{"town_name": "示例镇"}]).frame.iloc[0]
        assert row["geometry_filed"] == SQUARE
        assert row["geometry_map"].equals(SQUARE)
        corners = shapely.get_coordinates(row["geometry"])
        assert np.hypot(*np.diff(corners, axis=0).T).max() <= 100

    def test_geojson_that_says_nothing_is_4490(self) -> None:
        done = features("mine_faces", [SQUARE], crs=None, crs_declared=False, driver="GeoJSON")
        assert done.frame.iloc[0]["crs_filed"] == "EPSG:4490"

    @pytest.mark.parametrize(
        ("geometry", "hint"),
        [
            (SQUARE, "4490"),
            (shapely.box(40448000, 3233000, 40449000, 3234000), "EPSG:4528"),
            (shapely.box(448000, 3233000, 449000, 3234000), "EPSG:4549"),
            (shapely.box(3233000, 448000, 3234000, 449000), "axes swapped"),
        ],
    )
    def test_other_formats_must_say_and_the_numbers_propose(
        self, geometry: shapely.Geometry, hint: str
    ) -> None:
        with pytest.raises(CRSMissing) as caught:
            features("mine_faces", [geometry], crs=None, crs_declared=False)
        assert hint in caught.value.sentence("en")

    def test_numbers_that_propose_nothing(self) -> None:
        with pytest.raises(CRSMissing):
            features("mine_faces", [shapely.box(9e6, 9e6, 9.1e6, 9.1e6)], crs=None, crs_declared=False)

    def test_an_unknown_system_is_refused(self) -> None:
        with pytest.raises(CRSUnknown):
            features("mine_faces", [SQUARE], crs="not a projection")

    def test_what_the_user_declares_goes_first(self) -> None:
        box = shapely.box(448000, 3233000, 449000, 3234000)
        done = features("mine_faces", [box], crs=None, crs_declared=False, options=ConformOptions(crs="4549"))
        assert done.frame.iloc[0]["crs_filed"] == "EPSG:4549"
        assert done.frame.iloc[0]["geometry"].equals(box)

    def test_a_table_is_refused(self) -> None:
        raw = RawTable(pd.DataFrame([{"face_code": "F"}], dtype=object), [2], driver="CSV")
        with pytest.raises(PolygonsMissing):
            conform(raw, LAYERS["mine_faces"], REGION)

    @pytest.mark.parametrize(
        "geometry",
        [
            None,
            shapely.Polygon(),
            shapely.Point(119.46, 29.21),
            SQUARE.exterior,
            with_corner(np.nan),
            with_corner(np.inf),
            shapely.box(29.21, 119.46, 29.22, 119.47),
            shapely.box(13299500, 3407000, 13299600, 3407100),
            shapely.Polygon([(119.46, 29.21), (119.47, 29.21), (119.465, 29.21)]),
        ],
    )
    def test_rows_without_a_usable_polygon_are_quarantined(self, geometry: Any) -> None:
        done = features("mine_faces", [geometry, SQUARE])
        assert (len(done.frame), done.quarantined) == (1, 1)
        held = [fault for fault in done.faults if fault.row == 1]
        assert [(fault.column, fault.severity) for fault in held] == [("geometry", "quarantined")]

    @pytest.mark.parametrize(
        ("geometry", "hint"),
        [
            (shapely.box(29.21, 119.46, 29.22, 119.47), "互换"),
            (shapely.box(13299500, 3407000, 13299600, 3407100), "米制"),
        ],
    )
    def test_what_the_numbers_may_have_been_is_proposed(self, geometry: shapely.Geometry, hint: str) -> None:
        assert hint in str(features("mine_faces", [geometry]).faults[0].suggestion)

    def test_edges_too_long_to_be_real_do_not_fill_the_memory(self) -> None:
        done = features("mine_faces", [shapely.box(0, 0, 1e12, 1e12)], crs="EPSG:3857")
        assert done.quarantined == 1

    def test_swapped_axes_in_the_plane_are_quarantined(self) -> None:
        done = features("mine_faces", [shapely.box(3233000, 448000, 3234000, 449000)], crs="EPSG:4549")
        assert done.quarantined == 1

    def test_other_layers_are_repaired_and_told(self) -> None:
        done = features("mine_faces", [BOW_TIE, SQUARE])
        assert done.frame.iloc[0]["geometry"].is_valid
        assert done.frame.iloc[0]["geometry"].area > 100
        fault = done.faults[0]
        assert (len(done.frame), fault.row, fault.severity) == (2, 1, "warning")
        assert "m²" in fault.reason

    def test_a_legal_zone_is_never_repaired(self) -> None:
        done = features("built_up_areas", [BOW_TIE, SQUARE])
        assert done.frame["zone_code"].tolist() == ["K1"]
        assert "不作修复" in done.faults[0].reason
        assert done.faults[0].suggestion

    def test_a_collection_is_no_legal_zone(self) -> None:
        mixed = shapely.GeometryCollection([SQUARE, shapely.Point(119.4, 29.2)])
        assert features("built_up_areas", [mixed]).quarantined == 1
        assert len(features("mine_faces", [mixed]).frame) == 1

    def test_a_polygon_of_a_phone_map_is_moved(self) -> None:
        done = features("built_up_areas", [SQUARE], options=ConformOptions(datum="gcj02"))
        row = done.frame.iloc[0]
        moved = datum.gcj02_to_cgcs2000([119.46], [29.21])
        assert row["geometry_filed"] == SQUARE
        assert shapely.get_coordinates(row["geometry_map"])[:, 0].min() == pytest.approx(
            moved[0][0], abs=1e-5
        )
        assert row["extra"] == {"datum": "gcj02"}
        assert shapely.get_num_coordinates(row["geometry"]) > 20

    def test_old_systems_are_taken_with_a_warning(self) -> None:
        done = features("mine_faces", [shapely.box(448000, 3233000, 449000, 3234000)], crs="EPSG:2385")
        assert len(done.frame) == 1
        assert [(fault.row, fault.column) for fault in done.faults] == [(None, "crs")]

    def test_outside_the_region_is_taken_and_named(self) -> None:
        done = features("mine_faces", [shapely.box(116, 39, 116.1, 39.1)])
        assert (len(done.frame), severities(done)) == (1, ["warning"])


class TestZones:
    def test_the_key_is_code_and_first_day(self) -> None:
        rows = [
            {"zone_code": "A", "effective_from": "2019-09-01"},
            {"zone_code": "A", "effective_from": "2021-01-01"},
            {"zone_code": "A", "effective_from": "2019年9月1日"},
            {"zone_code": "A"},
        ]
        done = features("built_up_areas", [SQUARE] * 4, rows)
        assert done.frame["row"].tolist() == [1, 2, 4]
        assert severities(done) == ["quarantined"]

    def test_a_class_is_required(self) -> None:
        done = features("no_burn_zones", [SQUARE, SQUARE], [{"zone_class": "Ⅱ类"}, {"zone_class": "四类"}])
        assert done.frame["zone_class"].tolist() == ["II"]
        assert done.quarantined == 1

    def test_the_old_catalogue_is_named(self) -> None:
        rows = [
            {"zone_class": "I", "catalogue_version": "2001"},
            {"zone_class": "I", "catalogue_version": "2017"},
        ]
        done = features("no_burn_zones", [SQUARE, SQUARE], rows)
        assert [(fault.row, fault.column, fault.severity) for fault in done.faults] == [
            (1, "catalogue_version", "warning")
        ]

    def test_a_zone_that_ends_before_it_begins(self) -> None:
        rows = [{"effective_from": "2021-01-01", "effective_to": day} for day in ("2020-12-31", "2021-01-01")]
        done = features("built_up_areas", [SQUARE, SQUARE], rows)
        assert done.frame["row"].tolist() == [2]
        assert severities(done) == ["quarantined"]


class TestSites:
    """Construction sites are points or polygons."""

    def test_polygons_and_points_in_one_file(self) -> None:
        geoms = [SQUARE, shapely.Point(119.46, 29.21), None, SQUARE.exterior]
        done = features("construction_sites", geoms, [{}, {}, PLACE, {}])
        assert [place.geom_type for place in done.frame["geometry"]] == ["Polygon", "Point", "Point"]
        assert severities(done) == ["quarantined"]

    def test_a_table_of_points(self) -> None:
        assert points(PLACE, layer="construction_sites").frame.iloc[0]["geometry"].geom_type == "Point"

    def test_a_site_polygon_is_repaired(self) -> None:
        done = features("construction_sites", [BOW_TIE])
        assert done.frame.iloc[0]["geometry"].is_valid
        assert severities(done) == ["warning"]
