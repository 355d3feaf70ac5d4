"""GCJ-02 and BD-09 against published pairs, and as a law: there and back again."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import datum

PAIRS = Path(__file__).parent / "fixtures" / "datums" / "gcj_bd_vectors.csv"
MOVES: dict[tuple[str, str], Callable[[Any, Any], datum.Pair]] = {
    ("WGS84", "GCJ02"): datum.cgcs2000_to_gcj02,
    ("GCJ02", "WGS84"): datum.gcj02_to_cgcs2000,
    ("WGS84", "BD09"): datum.cgcs2000_to_bd09,
    ("BD09", "WGS84"): datum.bd09_to_cgcs2000,
    ("GCJ02", "BD09"): datum.gcj02_to_bd09,
    ("BD09", "GCJ02"): datum.bd09_to_gcj02,
}


def _published() -> list[dict[str, str]]:
    with PAIRS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _metres(lon: Any, lat: Any, lon_to: Any, lat_to: Any) -> Any:
    east = (lon - lon_to) * 111_320 * np.cos(np.radians(lat))
    return np.hypot(east, (lat - lat_to) * 111_320)


@pytest.mark.parametrize("direction", MOVES)
def test_published_pairs_within_their_tolerance(direction: tuple[str, str]) -> None:
    rows = [r for r in _published() if (r["from_crs"], r["to_crs"]) == direction and r["use_tolerance_m"]]
    numbers = {
        key: np.array([float(r[key]) for r in rows]) for key in ("from_lon", "from_lat", "to_lon", "to_lat")
    }
    lon, lat = MOVES[direction](numbers["from_lon"], numbers["from_lat"])
    missed = _metres(lon, lat, numbers["to_lon"], numbers["to_lat"])
    tolerance = np.array([float(r["use_tolerance_m"]) for r in rows])
    assert len(rows) > 300
    assert [r["name"] for r, far in zip(rows, missed > tolerance, strict=True) if far] == []


@pytest.mark.parametrize(
    "row", [r for r in _published() if "unchanged" in r["note"] or "no distortion" in r["note"]], ids=lambda r: r["name"]
)  # fmt: skip
def test_outside_mainland_china_nothing_moves(row: dict[str, str]) -> None:
    lon, lat = np.array([float(row["from_lon"])]), np.array([float(row["from_lat"])])
    for move in MOVES.values():
        assert np.array_equal(move(lon, lat), (lon, lat))


def test_lanxi_moves_by_half_a_kilometre_and_more() -> None:
    lon, lat = np.array([119.46]), np.array([29.21])
    gcj = _metres(*datum.gcj02_to_cgcs2000(lon, lat), lon, lat)
    bd = _metres(*datum.bd09_to_cgcs2000(lon, lat), lon, lat)
    assert 535 < gcj[0] < 580
    assert 1110 < bd[0] < 1190


def test_border_towns_of_the_mainland_move() -> None:
    """Twin of the unshifted places: Shenzhen and Zhuhai stand a few kilometres from them."""
    lon, lat = np.array([114.0579, 113.5767, 118.0894]), np.array([22.5431, 22.2707, 24.4798])
    assert datum.shifted_here(lon, lat).all()


def test_arrays_of_the_caller_stay_and_nan_stays() -> None:
    lon, lat = np.array([119.46, np.nan]), np.array([29.21, 29.2])
    out_lon, _ = datum.to_cgcs2000("gcj02", lon, lat)
    assert lon[0] == 119.46
    assert np.isnan(out_lon[1])


@pytest.mark.parametrize("name", [None, "cgcs2000", "wgs84", "assumed"])
def test_the_same_numbers_come_back_as_a_copy(name: str | None) -> None:
    lon, lat = np.array([119.46]), np.array([29.21])
    out = datum.to_cgcs2000(name, lon, lat)
    assert np.array_equal(out, (lon, lat))
    assert out[0] is not lon


_INLAND = st.tuples(st.floats(81, 119), st.floats(27, 45))


@given(_INLAND)
def test_there_and_back_again(place: tuple[float, float]) -> None:
    lon, lat = np.array([place[0]]), np.array([place[1]])
    for there, back in (
        (datum.cgcs2000_to_gcj02, datum.gcj02_to_cgcs2000),
        (datum.gcj02_to_bd09, datum.bd09_to_gcj02),
        (datum.cgcs2000_to_bd09, datum.bd09_to_cgcs2000),
    ):
        assert _metres(*back(*there(lon, lat)), lon, lat)[0] < 1e-6
