"""What somebody sees: own cells or town and nothing else, the same everywhere."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from geo.region import Region
from layers._find import load_layers
from services._board import board
from services.assess import Assessment, current
from services.export import export_layer
from services.scope import ALL, ROLES, Area, Principal, may, principal_of
from services.search import search
from services.seen import facilities_in, seen_by
from store.accounts import Account, Duty
from store.open import Store

DAY = dt.date(2021, 7, 1)
CELLS = frozenset({"P-20", "P-21", "P-25", "P-26"})
HEAD = Principal("head", ROLES["grid_head"].permissions, Area(False, frozenset(), CELLS))
TOWN = Principal("town", ROLES["grid_head"].permissions, Area(False, frozenset({"游埠镇"})))
NOWHERE = Principal("new", ROLES["grid_head"].permissions, Area())
VIEWER = Principal("viewer", ROLES["viewer"].permissions)


@pytest.fixture(scope="module")
def whole(demo_store: Store, region: Region) -> Assessment:
    return current(demo_store, region, DAY)


def account(roles: tuple[str, ...], town: str | None = None) -> Account:
    now = dt.datetime.now(dt.UTC)
    return Account(1, "a", "A", None, roles, town, None, None, False, False, now, None, None, 1)


def test_a_grid_head_sees_the_facilities_of_the_own_cells_only(whole: Assessment) -> None:
    mine = board(seen_by(whole, HEAD))
    everything = board(whole).facilities
    expected = everything[everything["cell"].isin(CELLS)]
    assert 5 < len(expected) < 30
    assert sorted(mine.facilities["key"]) == sorted(expected["key"])
    assert set(mine.findings["cell"]) <= CELLS and len(mine.findings)
    assert set(mine.facilities["cell"]) <= CELLS


@pytest.mark.parametrize("principal", [HEAD, TOWN, NOWHERE], ids=["cells", "town", "nowhere"])
def test_every_frame_holds_rows_of_seen_facilities_only(whole: Assessment, principal: Principal) -> None:
    seen = seen_by(whole, principal)
    keys, owners = facilities_in(board(whole), principal.area), board(whole).owners
    for name in ("enterprises", "combustion_units", "machines", "construction_sites", "mines", "mine_faces", "yards"):
        layer = load_layers()[name]
        for key in seen.frames[name][layer.key]:
            assert owners.get((name, key), (name, key)) in keys, (name, key)
    assert set(zip(seen.findings["subject_layer"], seen.findings["subject_code"], strict=True)) == set(
        zip(board(seen).findings["subject_layer"], board(seen).findings["subject_code"], strict=True)
    )


def test_who_has_no_cell_sees_no_facility(whole: Assessment) -> None:
    seen = seen_by(whole, NOWHERE)
    assert len(board(seen).facilities) == len(seen.findings) == len(seen.frames["grid_cells"]) == 0
    assert len(seen.frames["no_burn_zones"]) == len(whole.frames["no_burn_zones"]), "zones are public"


def test_parts_of_areas_add_up(whole: Assessment) -> None:
    """Two heads together see what one head of both sees."""
    table = board(whole)
    one, two = (facilities_in(table, Area(False, frozenset(), frozenset(cells))) for cells in ({"P-20"}, {"P-26", "P-25"}))
    assert one | two == facilities_in(table, Area(False, frozenset(), frozenset({"P-20", "P-25", "P-26"})))


def test_neighbouring_cells_are_seen_with_their_heads_but_without_facilities(whole: Assessment) -> None:
    cells = seen_by(whole, HEAD).frames["grid_cells"]
    codes = set(cells["cell_code"])
    assert codes > CELLS and len(codes) < len(whole.frames["grid_cells"]) / 4
    assert any(cells["head_name"].notna())


def test_personal_columns_are_empty_without_the_right(whole: Assessment) -> None:
    seen = seen_by(whole, VIEWER)
    assert len(seen.frames["enterprises"]) == len(whole.frames["enterprises"])
    for layer in load_layers().values():
        for column in layer.columns:
            if column.personal:
                assert seen.frames[layer.name][column.name].isna().all()
    assert whole.frames["enterprises"]["contact"].notna().any(), "the caller's frames stay as they are"


def test_search_finds_nothing_of_others(whole: Assessment) -> None:
    foreign = board(whole).facilities
    key = foreign[(foreign["layer"] == "enterprises") & (foreign["cell"] == "")]["key"].iloc[0]
    assert search(whole, key, HEAD)
    assert not search(seen_by(whole, HEAD), key, HEAD)


def test_an_export_holds_no_other_rows(demo_store: Store, region: Region, whole: Assessment, tmp_path: Path) -> None:
    out = tmp_path / "units.geojson"
    written = export_layer(demo_store, region, "combustion_units", out, HEAD, DAY)
    codes = {feature["properties"]["unit_code"] for feature in json.loads(out.read_text("utf-8"))["features"]}
    assert written == len(codes) > 0
    assert codes == set(seen_by(whole, HEAD).frames["combustion_units"]["unit_code"])


def test_equal_scopes_share_one_view(whole: Assessment) -> None:
    other = Principal("other", HEAD.permissions, HEAD.area)
    assert seen_by(whole, HEAD) is seen_by(whole, other)
    assert seen_by(whole, HEAD) is not seen_by(whole, TOWN)


@pytest.mark.parametrize(
    ("roles", "town", "whole_city"),
    [
        (("admin",), None, True),
        (("planner",), None, True),
        (("inspector",), None, True),
        (("inspector",), "游埠镇", False),
        (("grid_head",), None, False),
        (("grid_head", "inspector"), None, True),
        (("grid_head", "inspector"), "游埠镇", False),
    ],
)
def test_the_area_follows_roles_and_ties(roles: tuple[str, ...], town: str | None, whole_city: bool) -> None:
    made = principal_of(account(roles, town), [Duty("P-20")], DAY)
    assert made.area.whole is whole_city
    assert made.cells == {"P-20"}
    assert whole_city or ("游埠镇" in made.area.towns) == (town is not None)


def test_cells_count_on_their_days_only() -> None:
    duties = [Duty("A", dt.date(2021, 1, 1), dt.date(2021, 6, 30)), Duty("B", dt.date(2021, 7, 1)), Duty("C", None, DAY)]
    assert principal_of(account(("grid_head",)), duties, DAY).area.cells == {"B", "C"}
    assert principal_of(account(("grid_head",)), duties, dt.date(2021, 6, 30)).area.cells == {"A", "C"}


def test_rights_of_several_roles_add_up_and_a_key_narrows_them() -> None:
    both = principal_of(account(("grid_head", "reviewer")), [], DAY)
    assert may(both, "patrol") and may(both, "review") and not may(both, "users")
    narrowed = principal_of(account(("grid_head", "reviewer")), [], DAY, ("view", "users"))
    assert may(narrowed, "view") and not may(narrowed, "patrol") and not may(narrowed, "users")
    assert principal_of(account(("admin",)), [], DAY).permissions == ALL
