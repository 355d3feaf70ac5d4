"""Codes with check digits, units, nearly dates; doubts about rows beside each other."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from geo.raw import RawTable
from layers._codes import check_permit, check_uscc, organisation_digit, uscc_digit
from layers._conform import ConformOptions, conform
from layers._find import load_layers
from layers._plausible import doubts
from tests._store_rows import REGION

GOOD = ("91130200699229617X", "911302307808371268", "11330781734527258H")


@pytest.mark.parametrize("code", GOOD)
def test_real_codes_pass_and_one_changed_character_fails(code: str) -> None:
    assert check_uscc(code) is None and uscc_digit(code[:17]) == code[17]
    assert check_uscc(f" {code[:8]} {code[8:].lower()}") is None, "spaces and case are forgiven"
    for place in (0, 8, 17):
        other = "1" if code[place] != "1" else "2"
        remark = check_uscc(code[:place] + other + code[place + 1 :])
        assert remark is not None and remark.code == "bad_uscc"


@pytest.mark.parametrize("code", ["699229617", "734527258", "780837126"])
def test_organisation_codes(code: str) -> None:
    assert organisation_digit(code[:8]) == code[8] and check_uscc(code) is None


@pytest.mark.parametrize("text", ["9.13308E+17", "9.133078112345679e+17", "913307811234567000"])
def test_codes_that_a_spreadsheet_damaged(text: str) -> None:
    remark = check_uscc(text)
    assert remark is not None and remark.code == "excel_damaged"


def test_permits() -> None:
    assert check_permit("91130200699229617X001P") is None
    assert check_permit("H933078100000012345V") is None or check_permit("H9330781000012345V") is None
    assert check_permit("123") is not None


def units(**cells: str) -> dict[str, dict[str, str]]:
    """Code and repair of each fault of one combustion unit."""
    row = {"unit_code": "U1", "enterprise_code": "E1", **cells}
    done = conform(RawTable(pd.DataFrame([row], dtype=object), [2], driver="CSV"), load_layers()["combustion_units"], REGION)
    assert len(done.frame) == 1
    return {fault.code: dict(fault.repair or {}) for fault in done.faults}


def test_every_slip_has_its_code_and_where_possible_a_repair() -> None:
    assert units(capacity_tph="7MW") == {"bad_unit": {"capacity_tph": "10"}}
    assert units(capacity_tph="10 t/h") == {"unit_in_value": {"capacity_tph": "10"}}
    assert units(capacity_tph="3,5") == {"bad_number": {"capacity_tph": "3.5"}}
    assert units(fuel="原媒") == {"unknown_value": {"fuel": "raw_coal"}}
    assert units(built_on="20120501") == {"bad_date": {"built_on": "2012-05-01"}}
    assert units(built_on="2012年5月") == {"bad_date": {"built_on": "2012-05-01"}}
    assert units(lon="29.21", lat="119.46") == {"coord_swapped": {"lon": "119.46", "lat": "29.21"}}
    assert units(unit_name="=cmd|x!A1") == {"formula_text": {}}
    assert units(unit_name="<script>x</script>") == {"markup_text": {}}
    assert units(unit_name="1号锅炉", capacity_tph="10", fuel="原煤") == {}


def test_packed_degrees_are_doubted_and_read_when_said() -> None:
    rows = [{"enterprise_code": f"E{n}", "lon": f"119.27{n:02d}", "lat": f"29.12{n:02d}"} for n in range(10, 22)]
    raw = RawTable(pd.DataFrame(rows, dtype=object), list(range(2, 14)), driver="CSV")
    layer = load_layers()["enterprises"]
    assert "packed_degrees" in {fault.code for fault in conform(raw, layer, REGION).faults}
    done = conform(raw, layer, REGION, ConformOptions(packed=True))
    assert float(done.frame["lon"].iloc[0]) == pytest.approx(119 + 27 / 60 + 10 / 3600)
    assert "packed_degrees" not in {fault.code for fault in done.faults}


def found(
    layer: str, rows: list[dict[str, object]], shapes: list[shapely.Geometry] | None = None
) -> list[tuple[int | None, str]]:
    """Row and code of every doubt about rows of a layer."""
    raw = RawTable(
        pd.DataFrame(rows, dtype=object), list(range(2, len(rows) + 2)), None if shapes is None else shapely.points(0, 0),
        "EPSG:4549", True, driver="CSV",
    )  # fmt: skip
    if shapes is not None:
        import dataclasses

        import numpy as np

        raw = dataclasses.replace(raw, geometry=np.array([*shapes, None], dtype=object)[:-1])
    done = conform(raw, load_layers()[layer], REGION)
    return [(fault.row, fault.code) for fault in doubts(done.frame, load_layers()[layer], REGION)]


def test_rows_beside_each_other() -> None:
    same = [{"enterprise_code": f"E{n}", "enterprise_name": f"厂{n}", "lon": "119.46", "lat": "29.21"} for n in range(5)]
    assert found("enterprises", same) == [(row, "same_place") for row in range(2, 7)]
    assert found("enterprises", same[:4]) == []
    near = [{"enterprise_code": "A", "enterprise_name": "甲厂", "lon": "119.46", "lat": "29.21", "uscc": GOOD[0]},
            {"enterprise_code": "B", "enterprise_name": "甲 厂", "lon": "119.4602", "lat": "29.21", "uscc": GOOD[0]}]  # fmt: skip
    assert found("enterprises", near) == [(3, "duplicate_uscc"), (3, "duplicate_name")]


def test_rows_beside_the_county() -> None:
    far = {"enterprise_code": "A", "lon": "120.15", "lat": "30.27"}
    assert found("enterprises", [far]) == [(2, "outside_boundary")]


def test_polygons_beside_each_other() -> None:
    x, y = 448_000, 3_233_000
    box = shapely.box
    cells = [{"cell_code": f"G{n}"} for n in range(2)]
    assert found("grid_cells", cells, [box(x, y, x + 100, y + 100), box(x + 90, y, x + 200, y + 100)]) == [(3, "overlap")]
    assert found("grid_cells", cells, [box(x, y, x + 100, y + 100), box(x + 100, y, x + 200, y + 100)]) == []
    ring = [box(x, y, x + 300, y + 100), box(x, y + 200, x + 300, y + 300), box(x, y + 100, x + 100, y + 200),
            box(x + 200, y + 100, x + 300, y + 200)]  # fmt: skip
    assert found("grid_cells", [{"cell_code": f"G{n}"} for n in range(4)], ring) == [(None, "gap")]
    zone = {"zone_code": "Z", "stated_area_km2": "0.02"}
    assert found("built_up_areas", [zone], [box(x, y, x + 100, y + 100)]) == [(2, "area_differs")]
