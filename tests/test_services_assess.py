"""The same inputs give the same findings, byte for byte; the files of the acceptance records, end to end."""

from __future__ import annotations

import csv
import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rules._report import COLUMNS, EXTRA_COLUMNS
from rules._run import RuleUnknown
from services.assess import Assessment, assess, current, recorded_frames, save_run, summary
from services.export import findings_csv
from services.intake import ImportOptions, import_file
from services.retire import retire
from store import audit, runs
from store.open import Store, open_store
from tests._store_rows import REGION, put, put_zones, table, zone

DAY = dt.date(2021, 7, 1)


def _fill(store: Store, folder: Path, order: int = 1) -> None:
    files = [f for f in folder.iterdir() if f.suffix != ".md" and not f.stem.startswith("expected")]
    for file in sorted(files)[::order]:
        report = import_file(store, REGION, file.stem, file, ImportOptions())
        assert report.taken == report.rows_in, report.problems


@pytest.fixture(scope="module")
def rules_store(fixture_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The acceptance records, imported from their files."""
    store = open_store(tmp_path_factory.mktemp("rules") / "s.sqlite", create=True)
    _fill(store, fixture_dir / "rules")
    yield store
    store.close()


@pytest.fixture(scope="module")
def assessed(rules_store: Store) -> Assessment:
    """All rules on the day of the records."""
    return assess(rules_store, REGION, DAY)


def test_the_83_records_agree_through_files_and_store(rules_store: Store, fixture_dir: Path) -> None:
    with (fixture_dir / "rules" / "expected.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    verdicts: dict[str, dict[tuple[str, str], str]] = {}
    for record in records:
        day = record["as_of"]
        if day not in verdicts:
            frame = assess(rules_store, REGION, dt.date.fromisoformat(day)).findings
            keys = zip(frame["rule"], frame["subject_code"], strict=True)
            verdicts[day] = dict(zip(keys, frame["verdict"], strict=True))
    wrong = [r for r in records if verdicts[r["as_of"]].get((r["rule"], r["subject_code"]), "N") != r["verdict"]]
    assert (len(records), wrong) == (83, [])


def test_findings_name_their_zone_version_and_run(assessed: Assessment) -> None:
    assert list(assessed.findings.columns) == [*COLUMNS, *EXTRA_COLUMNS, "run_hash"]
    assert set(assessed.findings["run_hash"]) == {assessed.run_hash}
    zoned = assessed.findings[(assessed.findings["zone_code"] != "") & (assessed.findings["rule"] == "R11-NBZ")]
    assert len(zoned) and zoned["zone_version"].str.fullmatch(r".+@(always|\d{4}-\d\d-\d\d)#1").all()


def test_the_csv_has_exactly_the_contract_columns_and_a_mark_for_excel(assessed: Assessment) -> None:
    content = findings_csv(assessed.findings)
    assert content.startswith(b"\xef\xbb\xbfrule,subject_layer,subject_code,enterprise_code,zone_layer,zone_code,")
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    assert rows[0] == list(COLUMNS) and len(rows) == len(assessed.findings) + 1
    assert {len(row) for row in rows} == {14}


def test_the_same_inputs_give_the_same_bytes_in_another_store_and_another_order(
    assessed: Assessment, fixture_dir: Path, tmp_path: Path
) -> None:
    other = open_store(tmp_path / "other.sqlite", create=True)
    _fill(other, fixture_dir / "rules", order=-1)
    again = assess(other, REGION, DAY)
    assert findings_csv(again.findings) == findings_csv(assessed.findings)
    assert (again.run_hash, again.rules_hash) == (assessed.run_hash, assessed.rules_hash)
    assert assess(other, REGION, DAY + dt.timedelta(days=1)).run_hash != again.run_hash
    assert assess(other, REGION, DAY, ["R11-NBZ"]).run_hash != again.run_hash
    other.close()


def test_rules_can_be_chosen_and_unknown_ones_are_refused(rules_store: Store) -> None:
    one = assess(rules_store, REGION, DAY, ["R11-NBZ"])
    assert set(one.findings["rule"]) == {"R11-NBZ"} and one.rules == ("R11-NBZ",)
    with pytest.raises(RuleUnknown):
        assess(rules_store, REGION, DAY, ["R99"])
    assert len(assess(rules_store, REGION, DAY, []).findings) == 0


def _unit(code: str) -> dict[str, str]:
    place = {"lon": "119.465", "lat": "29.205"}
    return {"unit_code": code, "enterprise_code": "E1", "unit_type": "boiler", "fuel": "raw_coal", "capacity_tph": "4"} | place


def test_the_version_in_force_on_the_day_is_the_one_named(empty_store: Store) -> None:
    put(empty_store, "combustion_units", table(_unit("U1") | {"built_on": "2010-01-01"}))
    put_zones(empty_store, zone("Z", "2019-01-01", existing_deadline="2020-06-30"))
    put_zones(empty_store, zone("Z", "2021-01-01", existing_deadline="2022-06-30"))
    told = {}
    for day in ("2018-12-31", "2019-06-01", "2020-07-01", "2021-01-01", "2022-07-01"):
        frame = assess(empty_store, REGION, dt.date.fromisoformat(day), ["R11-NBZ"]).findings
        told[day] = [(r["verdict"], r["zone_version"], r["due_on"]) for r in frame.to_dict("records")]
    assert told == {
        "2018-12-31": [],
        "2019-06-01": [("T", "Z@2019-01-01#2", "2020-06-30")],
        "2020-07-01": [("V", "Z@2019-01-01#2", "2020-06-30")],
        "2021-01-01": [("T", "Z@2021-01-01#2", "2022-06-30")],
        "2022-07-01": [("V", "Z@2021-01-01#2", "2022-06-30")],
    }


def test_the_current_assessment_is_kept_until_something_changes(empty_store: Store) -> None:
    put(empty_store, "combustion_units", table(_unit("U1")))
    put_zones(empty_store, zone("Z", "2019-01-01"))
    first = current(empty_store, REGION, DAY)
    frames = recorded_frames(empty_store)
    assert current(empty_store, REGION, DAY) is first
    assert current(empty_store, REGION, DAY + dt.timedelta(days=1)) is not first
    retire(empty_store, "no_burn_zones", "Z", "试验")
    second = current(empty_store, REGION, DAY)
    assert second is not first and "R11-NBZ" in set(first.findings["rule"]) - set(second.findings["rule"])
    assert recorded_frames(empty_store)["combustion_units"] is frames["combustion_units"], "only what changed is read"


def test_another_store_in_the_same_place_is_not_taken_for_the_former(tmp_path: Path) -> None:
    path, verdicts = tmp_path / "s.sqlite", []
    for capacity in ("4", "40"):
        for file in tmp_path.glob("s.sqlite*"):
            file.unlink()
        store = open_store(path, create=True)
        put(store, "combustion_units", table(_unit("U1") | {"capacity_tph": capacity}))
        verdicts.append(set(current(store, REGION, DAY).findings["rule"]))
        store.close()
    assert "R10-LE10" in verdicts[0] and "R10-LE10" not in verdicts[1]


def test_many_threads_get_one_assessment(rules_store: Store) -> None:
    found: list[Assessment] = []
    day = dt.date(2020, 2, 2)
    threads = [threading.Thread(target=lambda: found.append(current(rules_store, REGION, day))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len({id(one) for one in found}) == 1


def test_a_run_is_kept_with_every_finding(rules_store: Store, assessed: Assessment) -> None:
    number = save_run(rules_store, assessed, "王五")
    kept = runs.findings_of(rules_store, number)
    wanted = assessed.findings.drop(columns="run_hash")
    assert kept[list(wanted.columns)].equals(wanted.reset_index(drop=True))
    last = runs.latest(rules_store)[0]
    assert (last["id"], last["actor"], last["run_hash"]) == (number, "王五", assessed.run_hash)
    assert (last["as_of"], last["rows"], last["rules_hash"]) == (DAY, len(wanted), assessed.rules_hash)
    assert audit.verify(rules_store) == []


def test_the_summary_counts_by_rule_and_verdict(assessed: Assessment) -> None:
    counts = summary(assessed.findings)
    assert list(counts) == sorted(counts)
    assert sum(sum(row.values()) for row in counts.values()) == len(assessed.findings)
    expected = (assessed.findings["rule"] == "R11-NBZ") & (assessed.findings["verdict"] == "V")
    assert counts["R11-NBZ"]["V"] == expected.sum() > 0


def test_an_empty_store_has_no_findings(empty_store: Store) -> None:
    found = assess(empty_store, REGION, DAY)
    assert len(found.findings) == 0 and found.revisions == {}
    assert findings_csv(found.findings).decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"
