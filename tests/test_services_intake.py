"""One file into a layer: every row accounted for, nothing half done, the same again changes nothing."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from geo.errors import BlueSkyError, FileMissing, FileUnreadable
from layers._unverified import unverified
from services import _recording
from services.intake import (
    ImportOptions,
    ImportReport,
    import_file,
    import_frame,
    import_many,
    prepare_file,
    record_prepared,
    write_rejects,
)
from services.scope import LayerUnknown
from store import audit, changes, features, held
from store.models import held_row
from store.open import Store, open_store
from tests._store_rows import REGION, table, zone, zones

PLAIN = ImportOptions()
UNITS = """设备编号,企业编号,设备类型,燃料,额定出力,经度,纬度,备注
U1,E1,锅炉,原煤,19.9,119.461,29.201,好
U2,E1,锅炉,不存在的燃料,abc,119.462,29.202,
,E1,锅炉,原煤,4,119.463,29.203,
U4,,锅炉,原煤,4,119.464,29.204,=1+1
U1,E2,锅炉,原煤,5,119.465,29.205,
"""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Five rows: one good, one with unreadable options, one without key, one without enterprise, one twice."""
    path = tmp_path / "设备.csv"
    path.write_bytes(UNITS.encode("gbk"))
    return path


def _take(store: Store, path: Path, layer: str = "combustion_units", **options: object) -> ImportReport:
    return import_file(store, REGION, layer, path, ImportOptions(**options))  # the test hands over something else on purpose


def test_every_row_is_taken_quarantined_or_refused(empty_store: Store, units: Path) -> None:
    report = _take(empty_store, units)
    assert (report.rows_in, report.taken, report.quarantined, report.refused) == (5, 2, 2, 1)
    assert (report.new, report.changed, report.unchanged, report.revision) == (2, 0, 0, 1)
    assert report.encoding and report.encoding.lower().startswith("gb")
    assert (report.crs, report.datum) == ("EPSG:4490", "cgcs2000")
    assert report.sha256 == hashlib.sha256(units.read_bytes()).hexdigest()


def test_the_report_is_json_with_every_problem_named(empty_store: Store, units: Path) -> None:
    told = json.loads(_take(empty_store, units).as_json())
    keys = "rows_in taken quarantined refused encoding crs datum problems new changed unchanged sha256 revision dry_run"
    assert set(keys.split()) <= set(told)
    problems = {(p["row"], p["column"]): p for p in told["problems"]}
    assert problems[3, "fuel"]["value"] == "不存在的燃料" and problems[3, "fuel"]["severity"] == "warning"
    assert problems[3, "capacity_tph"]["severity"] == "warning"
    assert problems[4, "unit_code"]["severity"] == "refused"
    assert problems[5, "enterprise_code"]["severity"] == "quarantined"
    assert problems[6, "unit_code"]["severity"] == "quarantined", "a key twice"
    assert all(p["reason"] for p in told["problems"])
    assert (None, "备注") in problems, "an unknown column is named"


def test_rows_held_back_are_kept_with_their_original_values(empty_store: Store, units: Path) -> None:
    _take(empty_store, units)
    with empty_store.read() as connection:
        every = connection.execute(select(held_row).order_by(held_row.c.row_number)).all()
    assert [(row.row_number, row.severity) for row in every if row.severity == "doubtful"] == [(3, "doubtful")]
    rows = [row for row in every if row.severity != "doubtful"]
    assert [(row.row_number, row.severity) for row in rows] == [(4, "refused"), (5, "quarantined"), (6, "quarantined")]
    assert json.loads(rows[1].original)["备注"] == "=1+1"
    assert json.loads(rows[1].faults)[0]["column"] == "enterprise_code"


def test_rejects_can_be_mended_and_imported_again(empty_store: Store, units: Path, tmp_path: Path) -> None:
    report = _take(empty_store, units)
    assert write_rejects(report, tmp_path / "bad.csv") == 3
    with (tmp_path / "bad.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ["4", "5", "6"]
    assert {"row", "column", "value", "reason", "设备编号", "备注"} <= set(rows[0])
    assert rows[1]["备注"] == "'=1+1", "no spreadsheet runs it"
    mended = (tmp_path / "bad.csv").read_text("utf-8-sig").replace("U4,", "U4,E9")
    (tmp_path / "mended.csv").write_text(mended, "utf-8")
    again = _take(empty_store, tmp_path / "mended.csv")
    assert (again.rows_in, again.taken, again.refused) == (3, 2, 1)
    frame = features.recorded(empty_store, _layer("combustion_units"))
    extra = dict(zip(frame["unit_code"], frame["extra"], strict=True))
    assert extra["U4"]["备注"] == "=1+1", "the original value came back"


def _layer(name: str):  # the test hands over something else on purpose
    from layers._find import load_layers

    return load_layers()[name]


def test_the_same_file_again_changes_nothing(empty_store: Store, units: Path) -> None:
    first, again = _take(empty_store, units), _take(empty_store, units)
    assert (again.new, again.changed, again.unchanged, again.revision) == (0, 0, 2, first.revision)
    assert again.sha256 == first.sha256


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(empty_store: Store, units: Path) -> None:
    looked = _take(empty_store, units, dry_run=True)
    assert (looked.dry_run, looked.new, looked.revision) == (True, 2, 1)
    assert changes.revisions(empty_store) == {} and audit.head(empty_store)[0] == 0
    _take(empty_store, units)
    looked = _take(empty_store, units, dry_run=True)
    assert (looked.new, looked.unchanged, looked.revision) == (0, 2, 1)
    nowhere = import_file(None, REGION, "combustion_units", units, ImportOptions(dry_run=True))
    assert (nowhere.taken, nowhere.new) == (2, 0)


BAD = {
    "missing.csv": None,
    "empty.csv": b"",
    "noise.csv": bytes(range(256)) * 40,
    "other.csv": "甲,乙\n1,2\n".encode(),
    "noise.xlsx": b"no workbook",
    "noise.zip": b"PK\x03\x04 no archive",
    "noise.geojson": b"{",
    "what.txt.exe": b"MZ",
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_refused_with_a_report(tmp_path: Path, name: str) -> None:
    path, content = tmp_path / name, BAD[name]
    if content is not None:
        path.write_bytes(content)

    def opened() -> Store:
        raise AssertionError("a refused file must not open a store")

    with pytest.raises(BlueSkyError) as refused:
        import_file(opened, REGION, "enterprises", path, PLAIN)
    report = refused.value.facts["report"]
    assert isinstance(report, ImportReport)
    assert (report.rows_in, report.taken, report.quarantined) == (report.refused, 0, 0)
    assert report.file_refused == str(refused.value) and "\n" not in report.file_refused
    assert "Traceback" not in refused.value.sentence("en") and str(tmp_path) not in str(refused.value)
    if content is None:
        assert isinstance(refused.value, FileMissing)
    elif name.startswith("noise"):
        assert isinstance(refused.value, FileUnreadable)


def test_an_unknown_layer_is_named(empty_store: Store, units: Path) -> None:
    with pytest.raises(LayerUnknown, match="no_such_layer"):
        _take(empty_store, units, "no_such_layer")


def test_a_failure_while_recording_changes_nothing_and_carries_the_report(
    empty_store: Store, units: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(_recording.audit, "append", full)
    with pytest.raises(BlueSkyError, match="full") as refused:
        _take(empty_store, units)
    assert refused.value.facts["report"].file_refused  # the test hands over something else on purpose
    assert changes.revisions(empty_store) == {} and changes.is_empty(empty_store)


def test_several_tables_are_taken_together_or_not_at_all(empty_store: Store) -> None:
    good = ("enterprises", table({"企业编号": "E1", "名称": "示例厂"}))
    with pytest.raises(BlueSkyError):
        import_many(empty_store, REGION, [good, ("enterprises", table({"甲": "1"}))], "test")
    assert changes.is_empty(empty_store)
    reports = import_many(empty_store, REGION, [good, ("no_burn_zones", zones(zone("A", "2020-01-01")))], "test")
    assert [report.new for report in reports] == [1, 1]
    assert audit.head(empty_store)[0] == 2, "one entry for each table"


def test_one_table_that_is_no_file(empty_store: Store) -> None:
    report = import_frame(empty_store, REGION, "enterprises", table({"企业编号": "E1"}), "现场登记", "王五")
    assert (report.file, report.new) == ("现场登记", 1)
    last = changes.log(empty_store)[0]
    assert (last["source_name"], last["actor"], last["sha256"]) == ("现场登记", "王五", report.sha256)


def test_tables_that_differ_in_geometry_alone_have_different_hashes(empty_store: Store) -> None:
    one = import_many(empty_store, REGION, [("no_burn_zones", zones(zone("A", "2020-01-01")))], "t")[0]
    two = import_many(empty_store, REGION, [("no_burn_zones", zones(zone("A", "2020-01-01", place=1)))], "t")[0]
    assert one.sha256 != two.sha256


def test_a_preview_can_be_confirmed_later(empty_store: Store, units: Path) -> None:
    prepared = prepare_file(REGION, "combustion_units", units, PLAIN)
    units.unlink()
    record_prepared(empty_store, [prepared])
    assert (prepared.report.new, prepared.report.revision) == (2, 1)


def test_other_rows_stay_and_a_changed_row_leaves_its_former_reading(empty_store: Store, tmp_path: Path) -> None:
    for capacity in ("10", "12"):
        path = tmp_path / f"{capacity}.csv"
        path.write_text(f"unit_code,enterprise_code,capacity_tph\nU1,E1,{capacity}\n", "utf-8")
        _take(empty_store, path)
    (tmp_path / "more.csv").write_text("unit_code,enterprise_code\nU2,E1\n", "utf-8")
    _take(empty_store, tmp_path / "more.csv")
    layer = _layer("combustion_units")
    frame = features.recorded(empty_store, layer)
    assert frame["version"].tolist() == ["U1#2", "U2#3"]
    assert [str(c) for c in frame["capacity_tph"]] == ["12", "None"]
    former = [json.loads(row["props"]).get("capacity_tph") for row in features.history(empty_store, layer, "U1")]
    assert former == ["12", "10"]


def test_text_is_stored_as_text_whatever_it_looks_like(empty_store: Store, tmp_path: Path) -> None:
    nasty = ["{{7*7}}", "{% raise %}", "${7*7}", "<img src=x onerror=1>", "`a`", "</script>", "'; DROP TABLE run; --", "😀𠮷"]
    lines = [f'E{n},"{text}"' for n, text in enumerate(nasty)]
    path = tmp_path / "names.csv"
    path.write_text("\n".join(["enterprise_code,enterprise_name", *lines]), "utf-8")
    assert _take(empty_store, path, "enterprises").taken == len(nasty)
    assert features.recorded(empty_store, _layer("enterprises"))["enterprise_name"].tolist() == nasty


def test_a_reopened_store_holds_the_same(sqlite_store: Store, units: Path) -> None:
    _take(sqlite_store, units)
    sqlite_store.close()
    with closing(sqlite3.connect(sqlite_store.path)) as raw:
        assert raw.execute("SELECT count(*) FROM feature_version").fetchone() == (2,)
    again = open_store(sqlite_store.path)
    assert changes.revisions(again) == {"combustion_units": 1}
    again.close()


def test_seven_parameters_stay_with_the_rows_and_with_those_held_back(empty_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "b54.csv"
    path.write_text("企业编号,企业名称,东坐标,北坐标,坐标精度\nB1,甲厂,451000,3232000,2\nB2,乙厂,452000,3233000,abc\n", "utf-8")
    _take(empty_store, path, "enterprises", crs="EPSG:2437", helmert="0,0,0,0,0,0,0")
    frame = features.recorded(empty_store, _layer("enterprises"))
    assert frame["extra"].tolist() == [{"helmert": "0,0,0,0,0,0,0,position_vector"}] * 2
    assert [str(metres) for metres in frame["accuracy_m"]] == ["2", "None"] and not unverified(frame).any()
    plain = _take(empty_store, path, "enterprises", crs="EPSG:2437")
    frame = features.recorded(empty_store, _layer("enterprises"))
    assert plain.changed == 2 and unverified(frame).all() and {str(metres) for metres in frame["accuracy_m"]} == {"100"}
    with empty_store.read() as connection:
        number = connection.execute(select(held_row.c.changeset_id).order_by(held_row.c.id)).scalar()
        assert held.context_of(connection, int(number or 0))["helmert"] == "0,0,0,0,0,0,0,position_vector"


def test_the_preview_is_what_taking_in_makes(empty_store: Store, units: Path, tmp_path: Path) -> None:
    _take(empty_store, units)
    path = tmp_path / "more.csv"
    path.write_text("设备编号,企业编号,燃料,经度,纬度\nU1,E1,天然气,119.47,29.2\nU9,E1,原煤,,\n", "utf-8")
    prepared = prepare_file(REGION, "combustion_units", path, PLAIN)
    layer = _layer("combustion_units")
    with empty_store.read() as connection:
        foreseen = features.foreseen(connection, features.plan(connection, layer, prepared.conformed.frame))
    record_prepared(empty_store, [prepared])
    now = features.recorded(empty_store, layer)
    same = [name for name in now.columns if name not in ("recorded_at", "changeset")]
    assert foreseen[same].astype(str).equals(now[same].astype(str)) and len(now) == 3


def test_a_folder_is_told_from_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="文件夹"):
        import_file(None, REGION, "enterprises", tmp_path, ImportOptions(dry_run=True))
