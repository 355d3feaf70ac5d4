"""Rows held back: nothing lost, nothing repaired untold; corrected lists come back; imports are taken back whole."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter

from geo.errors import Conflict, NotFound, WrongUsage
from layers._find import load_layers
from services import quarantine
from services._intake_verdicts import verdict_changes
from services.intake import ImportOptions, ImportReport, import_file, prepare_file
from services.quarantine import NothingToAccept, StillWrong
from services.scope import ANONYMOUS, local_principal
from services.takeback import TakenBackAlready, imports, take_back
from store import audit, changes, features
from store.open import Store
from tests._store_rows import REGION

FILE = Path(__file__).parent / "fixtures" / "import" / "enterprises_gbk.csv"
LISTED = {"序号": "enterprise_code"}
ME = local_principal()


@pytest.fixture
def taken(empty_store: Store) -> ImportReport:
    return import_file(empty_store, REGION, "enterprises", FILE, ImportOptions(mapping=LISTED))


def by_row(store: Store) -> dict[int, quarantine.Held]:
    return {row.row_number: row for row in quarantine.listing(store, ME) if row.row_number is not None}


def places(store: Store) -> dict[str, str | None]:
    frame = features.recorded(store, load_layers()["enterprises"])
    return {code: None if lon is None else str(lon) for code, lon in zip(frame["enterprise_code"], frame["lon"], strict=True)}


def test_rows_held_back_and_doubted_wait_with_their_values(empty_store: Store, taken: ImportReport) -> None:
    rows = by_row(empty_store)
    assert set(rows) == {5, 6, 8, 10, 11, 13, 14, 17}
    assert (rows[10].severity, rows[5].severity) == ("quarantined", "doubtful")
    assert rows[5].original["纬度"] == "119.5068" and next(iter(rows[5].original)) == "序号"
    assert {kind.code for kind in quarantine.kinds_of(list(rows.values()))} >= {"duplicate", "coord_swapped"}
    assert quarantine.listing(empty_store, ANONYMOUS) == []


def test_an_accepted_repair_is_recorded_and_settled(empty_store: Store, taken: ImportReport) -> None:
    rows = by_row(empty_store)
    assert places(empty_store)["4"] is None or places(empty_store)["4"] == "29.1862"
    assert quarantine.accept(empty_store, REGION, ME, [rows[5].id, rows[6].id]) == (2, 0)
    assert places(empty_store)["4"] == "119.5068"
    assert {5, 6} & set(by_row(empty_store)) == set()
    with pytest.raises(Conflict):
        quarantine.accept(empty_store, REGION, ME, [rows[5].id])
    with pytest.raises(NothingToAccept):
        quarantine.accept(empty_store, REGION, ME, [rows[11].id])
    assert audit.verify(empty_store) == []


def test_a_correction_is_checked_again(empty_store: Store, taken: ImportReport) -> None:
    row = by_row(empty_store)[10]
    with pytest.raises(StillWrong):
        quarantine.correct(empty_store, REGION, ME, row.id, {"序号": ""})
    quarantine.correct(empty_store, REGION, ME, row.id, {"序号": "8b"})
    assert "8b" in places(empty_store)
    assert 10 not in by_row(empty_store)
    assert audit.verify(empty_store) == [], "what was decided is sealed"


def test_setting_aside_needs_a_reason(empty_store: Store, taken: ImportReport) -> None:
    row = by_row(empty_store)[17]
    with pytest.raises(WrongUsage):
        quarantine.dismiss(empty_store, ME, [row.id], "  ")
    assert quarantine.dismiss(empty_store, ME, [row.id], "省外企业") == 1
    settled = quarantine.one(empty_store, ME, row.id)
    assert (settled.state, settled.reason, settled.decided_by) == ("dismissed", "省外企业", "local")
    with pytest.raises(NotFound):
        quarantine.one(empty_store, ME, 999)


def test_a_corrected_workbook_handles_its_own_rows_only(empty_store: Store, taken: ImportReport, tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(quarantine.as_xlsx(list(by_row(empty_store).values())))
    header, *lines = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "list.xlsx")).get_sheet_by_index(0).to_python()
    assert header[:5] == ["隔离编号", "原行号", "处理状态", "问题", "建议"] and len(lines) == 8
    kept = [line for line in lines if line[1] in (10, 11)]
    for line in kept:
        line[header.index("序号")] = f"N{int(line[1])}"
        line[header.index("经度")], line[header.index("纬度")] = "119.46", "29.21"
    with xlsxwriter.Workbook(tmp_path / "back.xlsx") as book:
        sheet = book.add_worksheet()
        for at, line in enumerate([header, *kept]):
            sheet.write_row(at, 0, line)
    report = import_file(empty_store, REGION, "enterprises", tmp_path / "back.xlsx", ImportOptions())
    assert (report.rows_in, report.taken, report.new) == (2, 2, 2)
    assert {"N10", "N11"} <= set(places(empty_store))
    assert set(by_row(empty_store)) == {5, 6, 8, 13, 14, 17}
    assert audit.verify(empty_store) == [], "what was decided is sealed"


def test_a_mapping_is_remembered_and_the_same_content_writes_nothing(empty_store: Store, taken: ImportReport) -> None:
    before = changes.revisions(empty_store), audit.head(empty_store)
    again = import_file(empty_store, REGION, "enterprises", FILE, ImportOptions())
    assert again.remembered and again.repeated and again.changeset == taken.changeset
    assert (changes.revisions(empty_store), audit.head(empty_store)) == before
    assert len(by_row(empty_store)) == 8, "no row waits twice"


def test_an_import_is_taken_back_as_a_whole(empty_store: Store, taken: ImportReport, tmp_path: Path) -> None:
    (tmp_path / "next.csv").write_text("企业编号,企业名称,经度,纬度\n1,改名,119.4,29.2\n99,新厂,119.4,29.2\n", "utf-8")
    second = import_file(empty_store, REGION, "enterprises", tmp_path / "next.csv", ImportOptions())
    assert (second.new, second.changed) == (1, 1)
    done = take_back(empty_store, ME, int(second.changeset or 0))
    assert (done.ended, done.restored, done.kept) == (2, 1, ())
    frame = features.recorded(empty_store, load_layers()["enterprises"])
    names = dict(zip(frame["enterprise_code"], frame["enterprise_name"], strict=True))
    assert names["1"] == "兰溪某印染厂" and "99" not in names
    with pytest.raises(TakenBackAlready):
        take_back(empty_store, ME, int(second.changeset or 0))
    with pytest.raises(NotFound):
        take_back(empty_store, ME, 12345)
    third = import_file(empty_store, REGION, "enterprises", tmp_path / "next.csv", ImportOptions())
    assert not third.repeated and third.new == 1, "what was taken back can be imported again"
    take_back(empty_store, ME, int(taken.changeset or 0))
    assert audit.verify(empty_store) == [], "also where an older import was taken back later"


def test_rows_changed_since_stay_when_an_import_is_taken_back(empty_store: Store, taken: ImportReport) -> None:
    row = by_row(empty_store)[5]
    quarantine.accept(empty_store, REGION, ME, [row.id])
    done = take_back(empty_store, ME, int(taken.changeset or 0))
    assert done.kept == ("4",) and set(places(empty_store)) == {"4"}
    assert by_row(empty_store) == {}, "open rows of the import are withdrawn"
    assert [one.taken_back is not None for one in imports(empty_store, ME)] == [False, True]


def test_the_change_in_verdicts_is_told_and_nothing_written(demo_copy: Store, tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text(
        "设备编号,企业编号,设备类型,燃料,额定出力,经度,纬度\nNEW1,E0001,锅炉,原煤,4,119.46,29.21\n", "utf-8"
    )
    before = changes.revisions(demo_copy), audit.head(demo_copy)
    prepared = prepare_file(REGION, "combustion_units", tmp_path / "units.csv", ImportOptions(), demo_copy)
    told = verdict_changes(demo_copy, REGION, prepared.layer, prepared.conformed, dt.date(2021, 7, 1))
    assert told["added"] >= 1 and told["removed"] == 0
    assert (changes.revisions(demo_copy), audit.head(demo_copy)) == before
