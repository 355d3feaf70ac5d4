"""Brought back: an unchanged file shows no difference in any format; an edit shows as just that edit, and nothing is lost."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import select

from geo.base_mark import BaseMark, marks_in, marks_of
from geo.same_shape import same_shapes
from geo.write import SUFFIXES
from layers._find import load_layers
from services import bringback
from services.bringback import Asked, Choice, Difference, bring_back, compare_file
from services.change_words import row_lines
from services.export import export_layer
from services.scope import Area, Principal, local_principal
from services.takeback import imports, take_back
from store import changes, features
from store.models import audit_log
from store.open import Store, open_store
from tests._roundtrip import Rows, edit_vector, edit_workbook
from tests._store_rows import REGION, put, put_zones, square, table, zone, zones

LOCAL = local_principal()
ANN, BOB = (dataclasses.replace(LOCAL, name=name) for name in ("ann", "bob"))
PLANNER = Principal("planner", frozenset(("view", "import", "personal", "edit")), Area(whole=True), account_id=7)
ALL = Choice()
FORMATS = [suffix.lstrip(".") for suffix in SUFFIXES]
NAMED = ("gpkg", "zip", "xlsx", "kml")
"""Formats every layer goes through; the others take a layer of each kind."""
TRIED = ("no_burn_zones", "construction_sites")


def export(store: Store, layer: str, out: Path, principal: Principal = LOCAL, **options: Any) -> Path:
    export_layer(store, REGION, layer, out, principal, **options)
    return out


def compare(store: Store, layer: str, path: Path, principal: Principal = LOCAL, **asked: Any) -> Difference:
    return compare_file(store, REGION, principal, layer, path, Asked(**asked))


def told(difference: Difference) -> list[tuple[str, str, list[str]]]:
    """Kind, code and units of every change."""
    return [(change.kind, change.key[0], sorted(cell.unit for cell in change.cells)) for change in difference.changes]


def values(store: Store, layer: str, column: str) -> dict[str, Any]:
    known = load_layers()[layer]
    frame = features.recorded(store, known)
    return {str(key): value for key, value in zip(frame[known.key], frame[column], strict=True)}


@pytest.mark.parametrize(
    ("layer", "suffix"),
    [(name, suffix) for name in load_layers() for suffix in FORMATS if suffix in NAMED or name in TRIED],
)
def test_an_unchanged_file_shows_no_difference(demo_store: Store, tmp_path: Path, layer: str, suffix: str) -> None:
    out = export(demo_store, layer, tmp_path / f"{layer}.{suffix}")
    base = None if suffix not in ("csv", "fgb") else changes.revisions(demo_store)[layer]
    found = compare(demo_store, layer, out, base=base, complete=True)
    assert found.changes == [] and not found.brought.held and not found.brought.lost
    assert (found.mark is None) == (suffix in ("csv", "fgb"))
    known = load_layers()[layer]
    undrawn = suffix in ("csv", "xlsx") and any(
        shape is not None and shape.geom_type != "Point" for shape in found.base_frame["geometry_map"]
    )
    assert ("geometry" in found.brought.silent) == undrawn and len(found.brought.cells) == len(found.base_frame) > 0
    assert known.key in found.brought.units


@pytest.fixture
def city(empty_store: Store) -> Store:
    """Units by degrees, by metres, in a shifted datum and without a place; three zones; a fenced site."""
    own = {"enterprise_code": "E1", "unit_type": "boiler", "fuel": "raw_coal;natural_gas"}
    rows = [
        own | {"unit_code": "U1", "lon": "119.466712345", "lat": "29.214212345", "capacity_tph": "19.9"},
        own | {"unit_code": "U2", "easting": "448142.930", "northing": "3233128.517", "built_on": "2012-05-01"},
        own | {"unit_code": "U3", "lon": "119.47", "lat": "29.21", "datum": "gcj02", "accuracy_m": "15"},
        own | {"unit_code": "U4", "unit_name": "<img src=x onerror=alert(1)>{{7*7}}", "备注": "原有备注", "fid": "甲"},
    ]
    put(empty_store, "enterprises", table({"enterprise_code": "E1", "enterprise_name": "甲", "lon": "119.465", "lat": "29.205"}))
    put(empty_store, "combustion_units", table(*rows))
    put_zones(empty_store, zone("A", "2019-01-01"), zone("A", "2020-01-01", place=1), zone("B", None, place=3))
    return empty_store


def set_cell(code: str, column: str, value: Any) -> Any:
    """A change of one cell of a workbook, by the key in its first column."""

    def change(headers: list[str], rows: Rows) -> None:
        next(row for row in rows if row[0] == code)[headers.index(column)] = value

    return change


def test_one_cell_of_a_workbook_is_one_change(city: Store, tmp_path: Path) -> None:
    out = export(city, "combustion_units", tmp_path / "u.xlsx")
    edit_workbook(out, set_cell("U1", "capacity_tph", 6.5))
    found = compare(city, "combustion_units", out)
    assert told(found) == [("changed", "U1", ["capacity_tph"])]
    before = features.recorded(city, load_layers()["combustion_units"])
    taken = bring_back(city, REGION, found, ALL, ANN)
    assert (taken.report.changed, taken.report.new) == (1, 0)
    after = features.recorded(city, load_layers()["combustion_units"])
    assert str(values(city, "combustion_units", "capacity_tph")["U1"]) == "6.5"
    assert before["geometry_filed"].tolist() == after["geometry_filed"].tolist()
    assert [one for one in after["version"] if one.endswith("#2")] == ["U1#2"], "the other rows are the very same versions"
    assert (imports(city, LOCAL)[0].source_name, imports(city, LOCAL)[0].actor) == ("u.xlsx", "ann")
    back = take_back(city, LOCAL, imports(city, LOCAL)[0].id)
    assert (back.ended, back.restored) == (1, 1) and str(values(city, "combustion_units", "capacity_tph")["U1"]) == "19.9"


@pytest.mark.parametrize("code", ["U1", "U2", "U3"])
def test_a_point_moved_on_a_map_by_a_metre_takes_its_columns_along(city: Store, tmp_path: Path, code: str) -> None:
    out = export(city, "combustion_units", tmp_path / "u.gpkg", crs="EPSG:4549")

    def move(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        here = frame["unit_code"] == code
        frame.loc[here, "geometry"] = shapely.transform(frame.loc[here, "geometry"].iloc[0], lambda xy: xy + np.array([1.0, 0.0]))
        return frame

    before = features.recorded(city, load_layers()["combustion_units"]).set_index("unit_code")["geometry"][code]
    edit_vector(out, move)
    found = compare(city, "combustion_units", out)
    assert told(found) == [("changed", code, ["@place"])]
    bring_back(city, REGION, found, ALL, ANN)
    after = features.recorded(city, load_layers()["combustion_units"]).set_index("unit_code")
    assert after["geometry"][code].distance(before) == pytest.approx(1.0, abs=0.001)
    assert (after["easting"][code] is not None, after["lon"][code] is not None) == (code == "U2", code != "U2")
    assert after["datum"][code] is None
    again = export(city, "combustion_units", tmp_path / "again.gpkg")
    assert compare(city, "combustion_units", again).changes == []


def test_a_vertex_moved_by_a_metre_is_seen_and_one_moved_by_half_a_millimetre_is_not(city: Store, tmp_path: Path) -> None:
    out = export(city, "no_burn_zones", tmp_path / "z.gpkg", crs="EPSG:4549")

    def moved(by: float) -> Any:
        def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
            ring = shapely.get_coordinates(frame.geometry.iloc[0])[:-1]
            ring = np.roll(ring, 2, axis=0)[::-1]
            ring[1] += [by, 0.0]
            frame.loc[frame.index[0], "geometry"] = shapely.multipolygons([shapely.polygons(ring)])
            return frame

        return change

    edit_vector(out, moved(0.0005))
    assert compare(city, "no_burn_zones", out).changes == [], "turned round, begun elsewhere, wrapped, half a millimetre off"
    edit_vector(out, moved(1.0))
    found = compare(city, "no_burn_zones", out)
    assert told(found) == [("changed", "A", ["@place"])] and found.changes[0].key == ("A", "2019-01-01")
    bring_back(city, REGION, found, ALL, ANN)
    assert len(features.recorded(city, load_layers()["no_burn_zones"])) == 3


def test_rows_added_and_removed(city: Store, tmp_path: Path) -> None:
    out = export(city, "combustion_units", tmp_path / "u.xlsx")

    def change(headers: list[str], rows: Rows) -> None:
        new = list(rows[0])
        new[0] = "U9"
        del rows[1]
        rows.append(new)

    edit_workbook(out, change)
    found = compare(city, "combustion_units", out)
    assert [(kind, code) for kind, code, _ in told(found)] == [("removed", "U2"), ("added", "U9")]
    only = bring_back(city, REGION, found, Choice(keys=[("U9", "")]), ANN)
    assert only.report.new == 1 and set(values(city, "combustion_units", "lon")) == {"U1", "U2", "U3", "U4", "U9"}
    found = compare(city, "combustion_units", out)
    assert [(kind, code) for kind, code, _ in told(found)] == [("removed", "U2"), ("same", "U9")]
    bring_back(city, REGION, found, ALL, ANN)
    assert set(values(city, "combustion_units", "lon")) == {"U1", "U3", "U4", "U9"}
    done = take_back(city, LOCAL, imports(city, LOCAL)[0].id)
    assert (done.restored, "U2" in values(city, "combustion_units", "lon")) == (1, True)


def test_a_version_of_a_zone_that_is_removed_lets_the_one_before_hold_again(city: Store, tmp_path: Path) -> None:
    out = export(city, "no_burn_zones", tmp_path / "z.gpkg")
    edit_vector(out, lambda frame: frame[frame["effective_from"] != "2020-01-01"])
    found = compare(city, "no_burn_zones", out)
    assert [(c.kind, c.key) for c in found.changes] == [("removed", ("A", "2020-01-01"))]
    by_planner = compare(city, "no_burn_zones", out, PLANNER)
    assert not by_planner.removable
    with pytest.raises(bringback.NothingAccepted):
        bring_back(city, REGION, by_planner, ALL, PLANNER)
    with pytest.raises(bringback.RemovalElsewhere, match="草案"):
        bring_back(city, REGION, by_planner, Choice(keys=[("A", "2020-01-01")]), PLANNER)
    bring_back(city, REGION, found, ALL, ANN)
    frame = features.recorded(city, load_layers()["no_burn_zones"])
    assert frame[frame["zone_code"] == "A"][["valid_from", "valid_to"]].to_numpy().tolist() == [[dt.date(2019, 1, 1), None]]


def test_columns_changed_on_both_sides_merge_and_the_same_column_is_a_conflict(city: Store, tmp_path: Path) -> None:
    out = export(city, "combustion_units", tmp_path / "u.xlsx")
    here = export(city, "combustion_units", tmp_path / "here.xlsx")
    edit_workbook(here, set_cell("U1", "capacity_tph", 8))
    bring_back(city, REGION, compare(city, "combustion_units", here), ALL, BOB)
    edit_workbook(out, set_cell("U1", "unit_name", "一号炉"))
    edit_workbook(out, set_cell("U2", "unit_name", "二号炉"))
    found = compare(city, "combustion_units", out)
    assert told(found) == [("changed", "U1", ["unit_name"]), ("changed", "U2", ["unit_name"])]
    edit_workbook(out, set_cell("U1", "capacity_tph", 4))
    found = compare(city, "combustion_units", out)
    assert [(c.unit, c.conflict, c.base, c.theirs, c.ours) for c in found.changes[0].cells if c.unit == "capacity_tph"] == [
        ("capacity_tph", True, "19.9", "4", "8")
    ]
    left = bring_back(city, REGION, found, ALL, ANN, dry_run=True)
    assert left.undecided == [("U1", "")] and left.report.changed == 1
    ours = Choice(sides={("U1", ""): {"capacity_tph": "ours"}})
    bring_back(city, REGION, found, ours, ANN)
    assert str(values(city, "combustion_units", "capacity_tph")["U1"]) == "8", "ours stays"
    assert values(city, "combustion_units", "unit_name")["U1"] == "一号炉", "what is no conflict is merged"
    found = compare(city, "combustion_units", out)
    bring_back(city, REGION, found, Choice(rest="theirs"), ANN)
    assert str(values(city, "combustion_units", "capacity_tph")["U1"]) == "4"


def test_of_two_who_bring_back_at_once_the_second_is_told(city: Store, tmp_path: Path) -> None:
    one, two = (export(city, "combustion_units", tmp_path / f"{n}.xlsx") for n in ("one", "two"))
    edit_workbook(one, set_cell("U1", "unit_name", "甲"))
    edit_workbook(two, set_cell("U2", "unit_name", "乙"))
    first, second = (compare(city, "combustion_units", path) for path in (one, two))
    bring_back(city, REGION, first, ALL, ANN)
    with pytest.raises(bringback.MovedOn, match="1 → 2"):
        bring_back(city, REGION, second, ALL, BOB)
    bring_back(city, REGION, compare(city, "combustion_units", two), ALL, BOB)
    names = values(city, "combustion_units", "unit_name")
    assert (names["U1"], names["U2"]) == ("甲", "乙")


def test_removed_here_and_changed_there_is_a_conflict_with_two_ends(city: Store, tmp_path: Path) -> None:
    from services.retire import retire

    out = export(city, "combustion_units", tmp_path / "u.xlsx")
    edit_workbook(out, set_cell("U1", "unit_name", "一号炉"))
    retire(city, "combustion_units", "U1", "拆除")
    retire(city, "combustion_units", "U2", "拆除")
    found = compare(city, "combustion_units", out)
    assert [(c.kind, c.clash, c.key[0]) for c in found.changes] == [("conflict", "removed_here", "U1")]
    with pytest.raises(bringback.NothingAccepted):
        bring_back(city, REGION, found, Choice(rest="ours"), ANN)
    bring_back(city, REGION, found, Choice(rest="theirs"), ANN)
    frame = features.recorded(city, load_layers()["combustion_units"]).set_index("unit_code")
    assert frame["unit_name"]["U1"] == "一号炉" and str(frame["lon"]["U1"]) == "119.466712345" and "U2" not in frame.index


def test_a_table_of_areas_changes_their_columns_and_never_their_geometry(city: Store, tmp_path: Path) -> None:
    out = export(city, "no_burn_zones", tmp_path / "z.xlsx")

    def change(headers: list[str], rows: Rows) -> None:
        rows[0][headers.index("zone_name")] = "改名"
        new = list(rows[0])
        new[0] = "NEW"
        rows.append(new)

    edit_workbook(out, change)
    found = compare(city, "no_burn_zones", out)
    assert told(found) == [("changed", "A", ["zone_name"])] and found.brought.silent == {"geometry": []}
    assert [(code, "没有图形" in zh) for _, code, zh, _ in found.brought.held] == [("NEW", True)]
    before = features.recorded(city, load_layers()["no_burn_zones"])
    bring_back(city, REGION, found, ALL, ANN)
    after = features.recorded(city, load_layers()["no_burn_zones"])
    assert before["geometry_filed"].tolist() == after["geometry_filed"].tolist() and after["zone_name"][0] == "改名"


def test_an_unreadable_cell_is_left_out_and_wipes_nothing(city: Store, tmp_path: Path) -> None:
    out = export(city, "combustion_units", tmp_path / "u.xlsx")
    edit_workbook(out, set_cell("U1", "capacity_tph", "很大"))
    edit_workbook(out, set_cell("U2", "built_on", "去年"))
    found = compare(city, "combustion_units", out)
    assert found.changes == [] and {column for _, column, _, _ in found.brought.lost} == {"capacity_tph", "built_on"}
    edit_workbook(out, set_cell("U1", "capacity_tph", None))
    assert told(compare(city, "combustion_units", out)) == [("changed", "U1", ["capacity_tph"])], "emptied by hand"


def test_extra_attributes_come_back_under_their_names_and_a_shapefile_keeps_them_here(city: Store, tmp_path: Path) -> None:
    out = export(city, "combustion_units", tmp_path / "u.gpkg")

    def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame.loc[frame["unit_code"] == "U4", "备注"] = "新备注"
        frame.loc[frame["unit_code"] == "U4", "extra_fid"] = "乙"
        frame["objectid"] = range(len(frame))
        return frame

    edit_vector(out, change)
    found = compare(city, "combustion_units", out)
    assert told(found) == [("changed", "U4", ["+fid", "+备注"])]
    bring_back(city, REGION, found, ALL, ANN)
    assert values(city, "combustion_units", "extra")["U4"] == {"fid": "乙", "备注": "新备注"}
    found = compare(city, "combustion_units", export(city, "combustion_units", tmp_path / "u.zip"))
    assert found.changes == [] and found.brought.silent["extra"] == ["fid", "备注"]


ODD = ["<img src=x onerror=a(1)>{{7*7}}", "=cmd|' /c calc'!A1", " 两端空格\t ", "多行\r\n文字\n末", "\x0b控制\x1f符", "a;b,c|d"]


def test_odd_texts_in_keys_cells_and_headers_are_no_changes(empty_store: Store, tmp_path: Path) -> None:
    rows = [{"enterprise_code": f"E{n}{odd}", "enterprise_name": odd, f"注{odd}": odd, "lon": "119.4", "lat": "29.2", "crs": odd}
            for n, odd in enumerate(ODD)]  # fmt: skip
    put(empty_store, "enterprises", table(*rows))
    for suffix in ("gpkg", "zip", "xlsx", "kml", "csv", "geojson", "parquet"):
        out = export(empty_store, "enterprises", tmp_path / f"e.{suffix}")
        found = compare(empty_store, "enterprises", out, base=1, complete=True)
        assert (suffix, told(found), found.brought.held) == (suffix, [], [])
        assert len(found.brought.cells) == len(ODD)


def test_geometry_and_columns_that_say_two_new_places_are_held_back(city: Store, tmp_path: Path) -> None:
    out = export(city, "combustion_units", tmp_path / "u.gpkg")

    def change(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        here = frame["unit_code"] == "U1"
        frame.loc[here, "lon"] = "119.48"
        frame.loc[here, "geometry"] = shapely.Point(119.5, 29.2)
        copied = frame[frame["unit_code"] == "U3"].assign(unit_code="U7", geometry=[shapely.Point(119.51, 29.2)])
        drawn = copied.assign(unit_code="U8", lon=None, lat=None, datum=None)
        return pd.concat([frame, copied, drawn], ignore_index=True)

    edit_vector(out, change)
    found = compare(city, "combustion_units", out)
    assert [code for _, code, _, _ in found.brought.held] == ["U1", "U7"], "a copy that kept the old columns, too"
    assert [(kind, code) for kind, code, _ in told(found)] == [("added", "U8")]
    bring_back(city, REGION, found, ALL, ANN)
    frame = features.recorded(city, load_layers()["combustion_units"]).set_index("unit_code")
    assert frame["geometry_map"]["U8"].distance(shapely.Point(119.51, 29.2)) < 1e-9 and len(frame) == 5


def test_a_file_of_another_store_asks_for_its_base(city: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path / "other.sqlite", create=True)
    row = {"unit_code": "U1", "enterprise_code": "E1", "unit_type": "boiler", "unit_name": "他库"}
    put(other, "combustion_units", table(row))
    out = export(other, "combustion_units", tmp_path / "u.xlsx")
    other.close()
    with pytest.raises(bringback.BaseUnknown, match="另一个数据库") as caught:
        compare(city, "combustion_units", out)
    known: Any = caught.value.facts["revisions"]
    assert [one.number for one in known] == [1]
    found = compare(city, "combustion_units", out, base=1)
    assert told(found) == [("changed", "U1", ["@place", "capacity_tph", "fuel", "unit_name"])]
    assert not found.whole, "what is missing in it was not removed"
    with pytest.raises(bringback.BaseUnknown, match="没有这一版次"):
        compare(city, "combustion_units", out, base=9)
    with pytest.raises(bringback.OtherLayer, match="combustion_units"):
        compare(city, "enterprises", out)


FORGED: list[tuple[str, Any, str]] = [
    ("revision", 99, "版次在本库中没有"), ("sha256", "0" * 64, "内容不符"), ("store", "x", "另一个数据库"),
    ("layer", "<script>", "“<script>”导出"), ("as_of", "gestern", "内容不符"), ("revision", -1, "没有写明"),
    ("revision", "1; DROP TABLE", "没有写明"),
]  # fmt: skip


def test_a_forged_mark_is_not_believed(city: Store, tmp_path: Path) -> None:
    true = export(city, "combustion_units", tmp_path / "u.gpkg").read_bytes()
    for number, (name, value, sentence) in enumerate(FORGED):
        out = tmp_path / f"{number}.gpkg"
        out.write_bytes(true)
        with sqlite3.connect(out) as connection:
            connection.execute(f"UPDATE bluesky_base SET {name} = ?", (value,))
        with pytest.raises((bringback.BaseUnknown, bringback.OtherLayer), match=sentence):
            compare(city, "combustion_units", out)


@pytest.mark.parametrize("odd", ["", "[" * 200_000, '{"layer": 1}', "null", '[[], 3, {"layer": "a", "revision": "1e9"}]', "5"])
def test_a_mark_that_is_none_is_none(odd: str) -> None:
    assert marks_in(odd) == []
    assert marks_of([{"layer": "a", "revision": 3.5}, None]) == []


def test_a_mark_says_no_more_than_it_should() -> None:
    long = marks_of({"layer": "a" * 10_000, "revision": 1, "sha256": None, "extra": "x"})
    assert long == [BaseMark("a" * 200, 1, "", "", "", "", "")]


def test_what_somebody_could_not_see_is_never_removed(demo_store: Store, tmp_path: Path) -> None:
    head = Principal("head", frozenset(("view", "export", "personal")), Area(towns=frozenset(("兰江街道",))), 5)
    viewer = Principal("viewer", frozenset(("view", "export")), Area(whole=True), 6)
    part = export(demo_store, "enterprises", tmp_path / "part.xlsx", head)
    found = compare(demo_store, "enterprises", part)
    assert found.changes == [] and not found.whole and len(found.brought.cells) < len(found.base_frame)
    blind = export(demo_store, "enterprises", tmp_path / "blind.xlsx", viewer)
    found = compare(demo_store, "enterprises", blind)
    assert found.changes == [] and found.whole and "hidden" in found.brought.silent
    mine = dataclasses.replace(head, permissions=head.permissions | {"import"})
    whole = export(demo_store, "enterprises", tmp_path / "all.xlsx")
    found = compare(demo_store, "enterprises", whole, mine)
    assert found.changes == [] and found.outside > 0


def test_what_changed_in_hidden_columns_is_a_conflict_and_is_not_shown(city: Store, tmp_path: Path) -> None:
    layer = load_layers()["enterprises"]
    person = next(column.name for column in layer.columns if column.personal)
    out = export(city, "enterprises", tmp_path / "e.xlsx")
    here = export(city, "enterprises", tmp_path / "here.xlsx")
    edit_workbook(here, set_cell("E1", person, "张三"))
    bring_back(city, REGION, compare(city, "enterprises", here), ALL, BOB)
    edit_workbook(out, lambda headers, rows: rows.clear())
    edit_workbook(out, lambda headers, rows: rows.append(["E9", *[None] * (len(headers) - 1)]))
    blind = dataclasses.replace(PLANNER, permissions=frozenset(("view", "import", "edit")))
    for who, shown in ((PLANNER, True), (blind, False)):
        found = compare(city, "enterprises", out, who)
        assert ("conflict", "removed_there") in {(c.kind, c.clash) for c in found.changes}
        lines = row_lines(found, "zh", 10)["conflict"]
        assert ("张三" in repr(lines)) == shown and lines[0].whole


def test_the_audit_log_tells_what_was_brought_back(city: Store, tmp_path: Path) -> None:
    out = export(city, "combustion_units", tmp_path / "u.xlsx")
    edit_workbook(out, lambda headers, rows: rows.__delitem__(0))
    bring_back(city, REGION, compare(city, "combustion_units", out), ALL, ANN)
    with city.read() as connection:
        entry = connection.execute(select(audit_log).order_by(audit_log.c.seq.desc()).limit(1)).one()
    assert (entry.actor, entry.action, entry.object) == ("ann", "import", "combustion_units")
    assert '"removed":1' in entry.body and '"revision":2' in entry.body
    assert changes.log(city, "combustion_units")[0]["note"] == "带回修改：由版次 1 导出的文件"


def test_shapes_are_the_same_to_a_millimetre() -> None:
    ring = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=float)
    hole = shapely.polygons(ring, [ring * 0.2 + 3])
    turned = shapely.polygons(np.roll(ring, 1, axis=0)[::-1], [np.roll(ring * 0.2 + 3, 2, axis=0)])
    more = shapely.polygons(np.insert(ring, 1, [5.0, 0.0005], axis=0))
    pairs = [
        (hole, turned, True), (shapely.polygons(ring), more, True), (hole, shapely.polygons(ring), False),
        (shapely.polygons(ring), shapely.polygons(ring + np.array([0.002, 0])), False), (None, None, True), (None, hole, False),
        (shapely.Point(0, 0), shapely.Point(0, 0.0009), True), (shapely.Point(0, 0), shapely.Point(0, 0.0011), False),
        (shapely.Point(0, 0), hole, False), (shapely.multipolygons([hole]), hole, True), (shapely.Point(), None, True),
    ]  # fmt: skip
    ones, others, wanted = (list(column) for column in zip(*pairs, strict=True))
    both = [np.array([*column, None], dtype=object)[:-1] for column in (ones, others)]
    assert same_shapes(*both).tolist() == wanted


def test_sites_that_are_points_or_areas_come_back_from_two_shapefiles(empty_store: Store, tmp_path: Path) -> None:
    put(empty_store, "construction_sites", zones({"site_code": "S1", "fence_pct": "50", "geometry": square(2)}))
    put(empty_store, "construction_sites", table({"site_code": "S2", "lon": "119.47", "lat": "29.21"}))
    out = export(empty_store, "construction_sites", tmp_path / "s.zip")
    found = compare(empty_store, "construction_sites", out)
    assert found.changes == [] and len(found.brought.cells) == 2
