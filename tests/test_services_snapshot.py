"""A snapshot is a valid GeoPackage with the rows of exports, dressed for QGIS, and holds what its owner may see."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from geo.errors import NotFound, WrongUsage
from geo.region import Region
from geo.write import NotWritten
from layers._find import load_layers
from maps.qgis import SYMBOL_WORDS
from rules._verdict import HARMLESS
from services import snapshots
from services._board import board
from services.assess import current
from services.bringback import Asked, compare_file
from services.export import layer_frame
from services.intake import ImportOptions, import_file
from services.scope import ROLES, Area, Principal, local_principal
from services.snapshot import Snapshot, write_snapshot
from store import audit, changes
from store.open import Store, open_store

DAY = dt.date(2021, 7, 1)
HEAD = Principal("head", ROLES["grid_head"].permissions, Area(False, frozenset(), frozenset({"P-20", "P-21", "P-25", "P-26"})))
VIEWER = Principal("viewer", ROLES["viewer"].permissions)
REQUIRED = {
    "gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_data_columns",
    "gpkg_data_column_constraints", "layer_styles", "bluesky_base",
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A snapshot of the example city, its store, and a connection to it."""

    store: Store
    told: Snapshot
    path: Path
    rows: sqlite3.Connection

    def all(self, query: str) -> list[Any]:
        return self.rows.execute(query).fetchall()


@pytest.fixture(scope="module")
def made(_demo_folder: Path, tmp_path_factory: pytest.TempPathFactory, region: Region) -> Iterator[Made]:
    from tests.conftest import _copy

    folder = tmp_path_factory.mktemp("snapshot")
    store, path = open_store(_copy(_demo_folder, folder / "store")), folder / "city.gpkg"
    told = write_snapshot(store, region, local_principal(), path, DAY)
    with closing(sqlite3.connect(path)) as rows:
        yield Made(store, told, path, rows)
    store.close()


def test_it_is_a_valid_geopackage(made: Made) -> None:
    tables = {name for (name,) in made.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables >= REQUIRED
    assert made.all("PRAGMA application_id") == [(0x47504B47,)] and made.all("PRAGMA user_version") == [(10300,)]
    assert made.all("PRAGMA integrity_check") == [("ok",)] and made.all("PRAGMA foreign_key_check") == []
    listed = dict(made.all("SELECT table_name, data_type FROM gpkg_contents"))
    assert set(listed) <= tables and "bluesky_base" not in listed
    placed = dict(made.all("SELECT table_name, srs_id FROM gpkg_geometry_columns"))
    assert set(placed) == {name for name, kind in listed.items() if kind == "features"} and set(placed.values()) == {4490}
    extended = set(made.all("SELECT table_name, extension_name FROM gpkg_extensions"))
    assert {("gpkg_data_columns", "gpkg_schema"), ("gpkg_data_column_constraints", "gpkg_schema")} <= extended
    for name in placed:
        assert (name, "gpkg_rtree_index") in extended
        indexed, shapes = made.all(f"SELECT (SELECT count(*) FROM rtree_{name}_geom), count(geom) FROM {name}")[0]
        assert indexed == shapes, name


def test_its_rows_are_those_of_an_export_and_numbered_by_key(made: Made, region: Region) -> None:
    for name, layer in load_layers().items():
        wanted = layer_frame(made.store, region, layer, DAY, local_principal())[layer.key].tolist()
        found = []
        for table in layer.halves or (name,):
            codes = [code for (code,) in made.all(f"SELECT {layer.key} FROM {table} ORDER BY fid")]
            assert codes == sorted(codes), table
            assert made.all(f"SELECT min(fid), max(fid) FROM {table}") == [(1, len(codes))]
            found += codes
        assert sorted(found) == wanted == sorted(wanted), name


@pytest.mark.parametrize("name", ["no_burn_zones", "construction_sites_point", "construction_sites_polygon", "petrol_stations"])
def test_what_comes_back_is_unchanged(made: Made, region: Region, name: str) -> None:
    layer = name.removesuffix("_point").removesuffix("_polygon")
    report = import_file(made.store, region, layer, made.path, ImportOptions(dry_run=True, sheet=name))
    assert report.rows_in and (report.unchanged, report.new, report.changed, report.refused) == (report.rows_in, 0, 0, 0)


def test_points_and_areas_of_one_layer_are_two_tables_each_with_its_kind_and_style(made: Made, region: Region) -> None:
    kinds = dict(made.all("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
    assert (kinds["construction_sites_point"], kinds["construction_sites_polygon"]) == ("POINT", "MULTIPOLYGON")
    assert "construction_sites" not in kinds and set(kinds.values()) == {"POINT", "MULTIPOLYGON"}, "QGIS opens each as one layer"
    styles = {name: ElementTree.fromstring(qml) for name, qml in made.all("SELECT f_table_name, styleQML FROM layer_styles")}
    symbols = {name: {one.get("type") for one in styles[name].iter("symbol")} for name in kinds}
    assert {name: symbols[name] for name in kinds if name.startswith("construction_sites")} == {
        "construction_sites_point": {"marker"}, "construction_sites_polygon": {"fill"}
    }  # fmt: skip
    titles = dict(made.all("SELECT table_name, identifier FROM gpkg_contents"))
    assert (titles["construction_sites_point"], titles["construction_sites_polygon"]) == ("施工工地（点）", "施工工地（面）")
    same = compare_file(made.store, region, local_principal(), "construction_sites", made.path, Asked())
    assert same.whole and not same.changes and len(same.brought.cells) == len(same.base), "both halves come back as one layer"


def test_half_a_layer_takes_nothing_of_the_other_half_out(made: Made, region: Region) -> None:
    asked = Asked(options=ImportOptions(sheet="construction_sites_point"))
    half = compare_file(made.store, region, local_principal(), "construction_sites", made.path, asked)
    assert half.mark is not None and half.brought.cells and not half.whole and not half.changes


def test_an_empty_layer_keeps_its_kind(empty_store: Store, tmp_path: Path, region: Region) -> None:
    write_snapshot(empty_store, region, local_principal(), tmp_path / "empty.gpkg", DAY)
    with closing(sqlite3.connect(tmp_path / "empty.gpkg")) as rows:
        kinds = dict(rows.execute("SELECT table_name, geometry_type_name FROM gpkg_geometry_columns").fetchall())
    assert (kinds["no_burn_zones"], kinds["construction_sites_polygon"], kinds["petrol_stations"]) == (
        "MULTIPOLYGON", "MULTIPOLYGON", "POINT"
    )  # fmt: skip


def test_open_findings_and_facilities_are_those_of_the_assessment(made: Made, region: Region) -> None:
    whole = board(current(made.store, region, DAY))
    wanted = sorted(whole.findings[~whole.findings["verdict"].isin(HARMLESS)]["key"])
    assert [key for (key,) in made.all("SELECT key FROM findings ORDER BY fid")] == wanted
    assert {v for (v,) in made.all("SELECT DISTINCT verdict FROM findings")} <= {"V", "T", "U", "B"}
    shown = dict(made.all("SELECT symbol, count(*) FROM facilities GROUP BY symbol"))
    assert sum(shown.values()) == len(whole.facilities) and shown["V"] == int((whole.facilities["verdict"] == "V").sum())
    assert set(shown) <= set(SYMBOL_WORDS) and shown["near"] > 0
    assert made.all("SELECT count(*) FROM hot_cells WHERE lists != ''")[0][0] > 0


def test_every_column_has_a_chinese_alias_and_words_for_its_values(made: Made) -> None:
    chinese = re.compile("[\u4e00-\u9fff]|PM|SO|NO|O3|CO")
    told = {(table, column): (title, words) for table, column, title, words in
            made.all("SELECT table_name, column_name, title, constraint_name FROM gpkg_data_columns")}  # fmt: skip
    for name in made.told.rows:
        columns = {row[1] for row in made.all(f"PRAGMA table_info({name})")} - {"fid", "geom"}
        assert columns == {column for table, column in told if table == name}
    assert [key for key, (title, _) in told.items() if not chinese.search(title)] == []
    meant = "SELECT value, description FROM gpkg_data_column_constraints WHERE constraint_name = 'findings_verdict'"
    words = dict(made.all(meant))
    assert words["V"] == "违规" and words["T"] == "限期整改"
    assert told["no_burn_zones", "zone_class"][1] == "no_burn_zones_zone_class"
    identifiers = [text for (text,) in made.all("SELECT identifier FROM gpkg_contents WHERE table_name != 'layer_styles'")]
    assert all(re.search("[\u4e00-\u9fff]", text) for text in identifiers)


def test_every_table_has_a_style_that_qgis_takes_by_itself(made: Made) -> None:
    styles = {name: (place, ElementTree.fromstring(qml), default) for name, place, qml, default in
              made.all("SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles")}  # fmt: skip
    assert set(styles) == set(made.told.rows)
    for name, (place, root, default) in styles.items():
        columns = [row[1] for row in made.all(f"PRAGMA table_info({name})") if row[1] not in ("fid", "geom")]
        assert [alias.get("field") for alias in root.iter("alias")] == columns and all(a.get("name") for a in root.iter("alias"))
        assert default == 1 and (place == "geom") == (root.find("renderer-v2") is not None)
    verdicts = styles["findings"][1]
    assert [one.get("value") for one in verdicts.iter("category")] == list(SYMBOL_WORDS)
    texts = ElementTree.tostring(verdicts, encoding="unicode")
    assert "200,65,11,255" in texts and "@map_scale" in texts, "the colour of violations, and sizes by scale"
    named = {one.get("name"): one.get("value") for one in verdicts.findall("fieldConfiguration/field[@name='verdict']//Option")}
    assert named["违规"] == "V"
    zones = ElementTree.tostring(styles["no_burn_zones"][1], encoding="unicode")
    assert all(part in zones for part in ('attr="zone_class"', "205,183,226", "94,47,150", 'value="2.117;1.323"', "text-style"))
    assert 'class="LinePatternFill"' in ElementTree.tostring(styles["mines"][1], encoding="unicode")


def test_the_same_looks_in_the_words_of_ogc(made: Made) -> None:
    found = dict(made.all("SELECT f_table_name, styleSLD FROM layer_styles WHERE f_geometry_column = 'geom'"))
    parsed = {name: ElementTree.fromstring(text) for name, text in found.items()}
    sld, ogc = "{http://www.opengis.net/sld}", "{http://www.opengis.net/ogc}"
    assert {one.text for one in parsed["findings"].iter(f"{ogc}Literal")} == set(SYMBOL_WORDS)
    classes = [one.text for one in parsed["no_burn_zones"].iter(f"{ogc}Literal")]
    fills = [one.text for one in parsed["no_burn_zones"].iter(f"{sld}CssParameter") if one.get("name") == "fill"]
    assert (classes, fills) == (["I", "II", "III"], ["#CDB7E2", "#9A6FC4", "#5E2F96"])
    assert all(next(one.iter(f"{sld}Rule"), None) is not None for one in parsed.values())


def test_it_says_what_it_was_made_from(made: Made) -> None:
    with made.store.read() as connection:
        states = changes.states(connection)
    marks = {row[0]: row[1:] for row in made.all("SELECT * FROM bluesky_base")}
    assert set(marks) == set(load_layers())
    for name, (revision, sha256, store, as_of, taken_at, scope) in marks.items():
        if name in states:
            assert (revision, sha256) == (states[name].revision, states[name].content)
        assert (store, as_of, scope) == (audit.origin(made.store), "2021-07-01", "") and len(store) == 32
        assert dt.datetime.fromisoformat(taken_at).tzinfo is not None


def test_brought_back_untouched_it_shows_no_difference_in_any_layer(made: Made, region: Region) -> None:
    for name in load_layers():
        found = compare_file(made.store, region, local_principal(), name, made.path, Asked())
        assert (name, found.changes, found.brought.held) == (name, [], [])
        assert found.mark is not None and found.whole


def test_taking_it_is_written_down(made: Made) -> None:
    with made.store.read() as connection:
        entry = next(row for row in audit.about(connection, "store", 20) if row["action"] == "snapshot")
    assert (entry["actor"], entry["body"]["sha256"], entry["body"]["scope"]) == ("local", made.told.sha256, "")


@pytest.mark.parametrize("who", [HEAD, VIEWER], ids=lambda who: who.name)
def test_it_holds_what_its_owner_may_see(made: Made, region: Region, tmp_path: Path, who: Principal) -> None:
    write_snapshot(made.store, region, who, tmp_path / "own.gpkg", DAY)
    with closing(sqlite3.connect(tmp_path / "own.gpkg")) as own:
        for name, layer in load_layers().items():
            wanted = layer_frame(made.store, region, layer, DAY, who)[layer.key].tolist()
            parts = [[code for (code,) in own.execute(f"SELECT {layer.key} FROM {table} ORDER BY fid")]
                     for table in layer.halves or (name,)]  # fmt: skip
            assert all(codes == sorted(codes) for codes in parts), name
            assert sorted(code for codes in parts for code in codes) == wanted, name
        cells = {cell for (cell,) in own.execute("SELECT cell FROM findings UNION SELECT cell FROM facilities")}
        people = own.execute("SELECT count(contact) FROM enterprises").fetchone()[0]
        tables = {name for (name,) in own.execute("SELECT table_name FROM gpkg_contents")}
        assert {scope for (scope,) in own.execute("SELECT scope FROM bluesky_base")} == {who.view_key}
    assert (cells <= set(HEAD.area.cells), people > 0, "hot_cells" in tables) == ((True,) * 3 if who is HEAD else (False,) * 3)


def test_what_cannot_be_written_leaves_the_old_file(made: Made, region: Region, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage):
        write_snapshot(made.store, region, VIEWER, tmp_path / "a.zip", DAY)
    with pytest.raises(NotWritten):
        write_snapshot(made.store, region, VIEWER, tmp_path / "none" / "a.gpkg", DAY)
    assert list(tmp_path.iterdir()) == []


def test_one_made_in_the_background_is_its_owners_alone(made: Made, region: Region) -> None:
    job = snapshots.start(made.store, region, VIEWER, DAY)
    assert snapshots.start(made.store, region, VIEWER, DAY).key == job.key, "asked twice, made once"
    end = time.monotonic() + 60
    while (now := snapshots.job_of(made.store, VIEWER, job.key)).state == "making":
        assert time.monotonic() < end
        time.sleep(0.05)
    found, place = snapshots.file_of(made.store, VIEWER, job.key)
    assert (now.state, found.progress, found.size) == ("ready", 100, place.stat().st_size)
    more = Principal("viewer", VIEWER.permissions | {"personal"})
    for other in (HEAD, Principal("other", VIEWER.permissions), more):
        with pytest.raises(NotFound):
            snapshots.file_of(made.store, other, job.key)
    for key in ("../../x", "0" * 16, ""):
        with pytest.raises(NotFound):
            snapshots.job_of(made.store, VIEWER, key)


def test_old_ones_go_and_one_cut_short_says_so(made: Made, region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_make", lambda *_: None)
    keys = []
    for n in range(2):
        keys.append(snapshots.start(made.store, region, HEAD, DAY + dt.timedelta(days=n)).key)
        with pytest.raises(snapshots.SnapshotWaiting):
            snapshots.start(made.store, region, HEAD, DAY + dt.timedelta(days=9))
        snapshots._running.clear()
    assert [job.state for job in snapshots.mine(made.store, HEAD)] == ["failed", "failed"]
    monkeypatch.setattr(snapshots, "KEPT_HOURS", -1)
    snapshots.clear_old(made.store)
    assert snapshots.mine(made.store, HEAD) == [] and len(keys) == 2
