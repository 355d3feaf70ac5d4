"""Names of coordinate systems, and geometry from one to another."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import crs
from geo.errors import CRSUnknown

ESRI_ZONE_40 = (
    'PROJCS["CGCS2000_3_Degree_GK_Zone_40",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",40500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("4549", "EPSG:4549"),
        (4549, "EPSG:4549"),
        ("EPSG:4490", "EPSG:4490"),
        (" epsg:4490 ", "EPSG:4490"),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("http://www.opengis.net/def/crs/EPSG/0/4528", "EPSG:4528"),
        (ESRI_ZONE_40, "EPSG:4528"),
    ],
)
def test_known_names(name: str | int, expected: str) -> None:
    assert crs.normalise(name) == expected


@pytest.mark.parametrize(
    "name", ["", "junk", "99999", "EPSG:4978", "EPSG:5773", "+proj=longlat", "x" * 30_000]
)
def test_unknown_names_are_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(CRSUnknown) as caught:
        crs.normalise(name)
    assert "EPSG" in caught.value.sentence("en")


def test_a_known_point_lands_where_the_survey_says() -> None:
    """E 448 142.930 N 3 233 128.517 (EPSG:4549), with the zone number 40 in EPSG:4528."""
    degrees = crs.transform_xy([448142.930], [3233128.517], "EPSG:4549", "EPSG:4490")
    assert degrees[0] == pytest.approx([119.466692, 29.214198], abs=1e-4)
    prefixed = crs.transform_xy(degrees[:, 0], degrees[:, 1], "EPSG:4490", "EPSG:4528")
    assert prefixed[0] == pytest.approx([40448142.930, 3233128.517], abs=1e-3)


def test_wgs84_and_cgcs2000_are_the_same_numbers() -> None:
    point = np.array([shapely.Point(119.5, 29.2)], dtype=object)
    assert crs.transform(point, "EPSG:4326", "EPSG:4490")[0].equals(point[0])


def test_long_edges_stay_straight_in_the_filed_system() -> None:
    """A parallel of latitude 0.2° long bulges in metres: the midpoint must follow it."""
    strip = np.array([shapely.box(119.4, 29.2, 119.6, 29.3), None], dtype=object)
    judged = crs.to_judging(strip, "EPSG:4490", "EPSG:4549")
    middle = shapely.Point(crs.transform_xy([119.5], [29.2], "EPSG:4490", "EPSG:4549")[0])
    assert judged[1] is None
    assert judged[0].exterior.distance(middle) < 0.01
    naive = crs.transform(strip, "EPSG:4490", "EPSG:4549")
    assert naive[0].exterior.distance(middle) > 1  # the twin: without densifying it is metres off


@pytest.mark.parametrize("system", ["EPSG:4490", "EPSG:4528", "EPSG:3857"])
def test_no_edge_is_longer_than_100_m_after_densifying(system: str) -> None:
    box = np.array([shapely.box(119.4, 29.2, 119.5, 29.3)], dtype=object)
    filed = crs.transform(box, "EPSG:4490", system)
    corners = shapely.get_coordinates(crs.to_judging(filed, system, "EPSG:4549"))
    assert np.hypot(*np.diff(corners, axis=0).T).max() <= 100.01


def test_vertices_after_densifying_are_foreseen() -> None:
    box = np.array([shapely.box(449000, 3232000, 450000, 3233000)], dtype=object)
    real = shapely.get_num_coordinates(crs.densify(box, "EPSG:4549"))[0]
    assert real <= crs.vertices_after(box, "EPSG:4549")[0] <= real + 5


def test_eastings_tell_the_system() -> None:
    assert crs.easting_range("EPSG:4549") == (100_000, 900_000)
    assert crs.easting_range("EPSG:4528") == (40_100_000, 40_900_000)


def test_old_datums_are_not_tied() -> None:
    assert crs.well_tied("EPSG:4549")
    assert crs.well_tied("EPSG:32650")
    assert not crs.well_tied("EPSG:2385")  # Xi'an 80
    assert not crs.well_tied("EPSG:2437")  # Beijing 54


@given(st.floats(119.0, 120.0), st.floats(28.9, 29.7))
def test_degrees_and_metres_round_trip(lon: float, lat: float) -> None:
    metres = crs.transform_xy([lon], [lat], "EPSG:4490", "EPSG:4549")
    back = crs.transform_xy(metres[:, 0], metres[:, 1], "EPSG:4549", "EPSG:4490")
    assert back[0] == pytest.approx([lon, lat], abs=1e-11)
