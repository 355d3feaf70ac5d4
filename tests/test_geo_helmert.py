"""Seven parameters: against the formula, both conventions, and what is no parameter."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from geo import crs as systems
from geo.helmert import Helmert, ParametersUnreadable, parse, to_cgcs2000

GIVEN = "-15.415,157.025,94.74,0.312,0.08,0.102,-1.465"
XY = np.array([[545_000.0, 3_232_000.0], [560_123.4, 3_245_678.9]])
ARC = np.pi / 180 / 3600


def _by_hand(lonlat: np.ndarray, p: Helmert) -> np.ndarray:
    """The formula of EPSG method 9606 in full, on Krassovsky's ellipsoid and CGCS2000's."""
    a, rf = 6378245.0, 298.3
    e2 = 2 / rf - 1 / rf**2
    lon, lat = np.radians(lonlat).T
    n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    xyz = np.array([n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - e2) * np.sin(lat)])
    sign = 1 if p.convention == "position_vector" else -1
    rx, ry, rz = sign * p.rx * ARC, sign * p.ry * ARC, sign * p.rz * ARC
    turn = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    x, y, z = np.array([[p.dx], [p.dy], [p.dz]]) + (1 + p.scale * 1e-6) * turn @ xyz
    back = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +inv +proj=cart +ellps=GRS80 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    return np.column_stack(back.transform(x, y, z)[:2])


@pytest.mark.parametrize("convention", ["position_vector", "coordinate_frame"])
def test_points_agree_with_the_formula_to_a_millimetre(convention: str) -> None:
    given = parse(f"{GIVEN} {convention}")
    points = np.array([*shapely.points(XY), None], dtype=object)
    found = to_cgcs2000(points, "EPSG:2437", given)
    assert found[2] is None
    wanted = _by_hand(systems.to_degrees(XY, "EPSG:2437"), given)
    off = (shapely.get_coordinates(found) - wanted) * 111_000
    assert np.abs(off).max() < 0.001
    plain = shapely.get_coordinates(systems.transform(points[:2], "EPSG:2437", "EPSG:4490"))
    assert 40 < np.hypot(*((wanted - plain) * (97_000, 111_000)).T).min() < 200, "the shift itself is tens of metres"


def test_no_shift_on_the_same_ellipsoid_is_no_shift() -> None:
    points = shapely.points(np.array([[119.46, 29.21]]))
    found = to_cgcs2000(points, "EPSG:4490", parse("0 0 0 0 0 0 0"))
    assert shapely.get_coordinates(found) == pytest.approx(np.array([[119.46, 29.21]]), abs=1e-11)


@pytest.mark.parametrize("text", [GIVEN, GIVEN.replace(",", " "), GIVEN.replace(",", "；"), f"{GIVEN},CF"])
def test_every_way_of_writing_reads_back(text: str) -> None:
    assert parse(str(parse(text))) == parse(text)
    assert parse(text).convention == ("coordinate_frame" if text.endswith("CF") else "position_vector")


@pytest.mark.parametrize(
    "text", ["", "1,2,3", f"{GIVEN},9", f"{GIVEN},left", "1,2,3,4,5,6,x", "nan,0,0,0,0,0,0", "0,0,0,300,0,0,0", "+proj=cart " * 7]
)
def test_what_is_no_parameter_is_refused_with_the_units(text: str) -> None:
    with pytest.raises(ParametersUnreadable, match="米"):
        parse(text)
