"""Systems inferred from numbers: the right one first, the known pair of look-alikes told apart by asking."""

from __future__ import annotations

import numpy as np
import pytest

from geo import crs as systems
from geo.county import county
from geo.datum import cgcs2000_to_bd09, cgcs2000_to_gcj02
from geo.infer import candidates_for, propose
from geo.shifts import against_lines, against_points
from tests._store_rows import REGION

LON = np.array([119.46, 119.52, 119.40, 119.61])
LAT = np.array([29.21, 29.25, 29.30, 29.15])


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4528", "EPSG:4549", "EPSG:4498", "EPSG:3857"])
@pytest.mark.parametrize("swap", [False, True])
def test_the_system_of_numbers_is_the_first_proposal(crs: str, swap: bool) -> None:
    xy = np.column_stack([LON, LAT]) if crs == "EPSG:4490" else systems.transform_xy(LON, LAT, "EPSG:4490", crs)
    found = propose(xy[:, ::-1] if swap else xy, REGION)
    assert (found[0].crs, found[0].swapped) == (crs, swap)
    assert len(found) == 1


def test_six_degree_and_utm_are_both_named() -> None:
    xy = systems.transform_xy(LON, LAT, "EPSG:4490", "EPSG:4509")
    assert {one.crs for one in propose(xy, REGION)} == {"EPSG:4509", "EPSG:32650"}
    xy = systems.transform_xy(LON, LAT, "EPSG:4490", "EPSG:32651")
    assert {one.crs for one in propose(xy, REGION)} == {"EPSG:4510", "EPSG:32651"}


def test_numbers_of_nowhere_are_no_proposal() -> None:
    assert propose(np.array([[np.nan, 1.0], [0.0, 0.0]]), REGION) == []
    assert propose(np.array([[2.35, 48.85]]), REGION) == []
    assert "EPSG:4549" in candidates_for(REGION.bounds)


@pytest.mark.parametrize(("shift", "name"), [(cgcs2000_to_gcj02, "gcj02"), (cgcs2000_to_bd09, "bd09")])
def test_a_shift_is_measured_against_known_points(shift: object, name: str) -> None:
    where = systems.transform_xy(LON, LAT, "EPSG:4490", REGION.judging_crs)
    found = against_points(*shift(LON, LAT), where, REGION.judging_crs)  # type: ignore[operator]  # one of two functions
    assert found is not None and found.datum == name
    assert found.residual_m > 400 and found.converted_m < 1
    assert against_points(LON + 0.0005, LAT, where, REGION.judging_crs) is None, "50 m are no datum"


def test_the_county_knows_in_and_out() -> None:
    home = county(REGION)
    inside, outside = systems.transform_xy(np.array([119.46, 120.15]), np.array([29.21, 30.27]), "EPSG:4490", REGION.judging_crs)
    away = home.distance_outside(np.array([inside, outside, (np.nan, 0.0)]))
    assert away[0] == 0 and away[1] > 90_000 and np.isnan(away[2])
    assert against_lines(LON, LAT, home.lines, REGION.judging_crs) is None
