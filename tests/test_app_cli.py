"""Every command of ``python app.py``: what it says, its exit code, and that bad input changes nothing."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import COMMANDS, cli

ENTERPRISES = "enterprise_code,enterprise_name,lon,lat\nE1,甲厂,119.46,29.21\nE2,乙厂,119.47,29.22\n,无编号,119.4,29.2\n"
SQUARE = [[119.4, 29.2], [119.5, 29.2], [119.5, 29.3], [119.4, 29.3], [119.4, 29.2]]
DAY = "2021-07-01"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLUESKY_LANG", "zh")
    monkeypatch.setenv("BLUESKY_LOG", str(tmp_path / "error.log"))
    monkeypatch.delenv("BLUESKY_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: object) -> Result:
    """Run a command in this process; its output, exit code and stderr."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def refused(result: Result, code: int = 1) -> str:
    """The one sentence of a refusal; fails unless it is one line, without a traceback."""
    assert result.exit_code == code, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.output
    assert "内部错误" not in lines[0], lines[0]
    return lines[0]


@pytest.fixture
def enterprises(tmp_path: Path) -> Path:
    file = tmp_path / "企业.csv"
    file.write_text(ENTERPRISES, "utf-8")
    return file


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "store" / "city.sqlite"


@pytest.fixture
def filled(place: Path, enterprises: Path) -> Path:
    """A store with two enterprises."""
    assert run("--store", place, "import", "enterprises", enterprises).exit_code == 0
    return place


def content(store: Path) -> str:
    """A fingerprint of what a store says: its exported enterprises and the file of its audit head."""
    out = store.parent / "fingerprint.csv"
    assert run("--store", store, "export", "enterprises", "--out", out).exit_code == 0
    return hashlib.sha256(out.read_bytes()).hexdigest()


# --- what each command does --------------------------------------------------------------------


def test_help_lists_every_command_with_an_example() -> None:
    told = run("--help").output
    assert all(re.search(rf"^  {name}\b", told, re.MULTILINE) for name in COMMANDS)
    for name in COMMANDS:
        one = run(name, "--help")
        assert one.exit_code == 0
        assert f"python app.py {name}" in one.output, name


def test_import_counts_every_row(filled: Path, enterprises: Path) -> None:
    again = run("--store", filled, "import", "enterprises", enterprises)
    assert "读入 3 行 = 接收 2 + 待修复 0 + 拒绝 1（新增 0，更新 0，未变 2）" in again.stdout
    assert "1 行未接收" in again.stderr


def test_import_writes_rejects_and_report(place: Path, enterprises: Path, tmp_path: Path) -> None:
    rejects, report = tmp_path / "rejects.csv", tmp_path / "report.json"
    done = run("--store", place, "import", "enterprises", enterprises, "--rejects", rejects, "--report", report)
    assert done.exit_code == 0
    rows = list(csv.DictReader(rejects.read_text("utf-8-sig").splitlines()))
    assert [(row["row"], row["severity"], row["column"]) for row in rows] == [("4", "refused", "enterprise_code")]
    told = json.loads(report.read_text("utf-8"))
    assert told["rows_in"] == told["taken"] + told["quarantined"] + told["refused"] == 3
    assert told["sha256"] == hashlib.sha256(enterprises.read_bytes()).hexdigest()


def test_dry_run_stores_nothing(place: Path, enterprises: Path) -> None:
    done = run("--store", place, "import", "enterprises", enterprises, "--dry-run")
    assert done.exit_code == 0
    assert "接收 2" in done.stdout
    assert not place.exists()


def test_retire_takes_a_row_out(filled: Path, tmp_path: Path) -> None:
    assert run("--store", filled, "retire", "enterprises", "E1", "--why", "重复登记").exit_code == 0
    out = tmp_path / "left.csv"
    run("--store", filled, "export", "enterprises", "--out", out)
    assert [row["enterprise_code"] for row in csv.DictReader(out.read_text("utf-8-sig").splitlines())] == ["E2"]


def test_assess_says_the_day_and_stores_the_run(demo_path: Path) -> None:
    done = run("--store", demo_path, "assess", "--as-of", DAY)
    assert done.exit_code == 0
    assert DAY in done.stderr
    assert re.search(r"第 \d+ 次判定已保存", done.stdout)
    assert "R11-NBZ" in done.stdout


def test_assess_defaults_to_today_in_the_region(demo_path: Path, region: object) -> None:
    before, done, after = region.today(), run("--store", demo_path, "assess", "--rules", "R18-NRMM"), region.today()
    assert before.isoformat() in done.stderr or after.isoformat() in done.stderr


def test_assess_writes_the_same_bytes_twice(demo_path: Path, tmp_path: Path) -> None:
    files = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for file in files:
        assert run("--store", demo_path, "assess", "--as-of", DAY, "--out", file).exit_code == 0
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert first.startswith(b"\xef\xbb\xbfrule,")


@pytest.mark.parametrize("suffix", [".xlsx", ".geojson", ".gpkg", ".parquet"])
def test_assess_writes_every_format(demo_path: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"findings{suffix}"
    assert run("--store", demo_path, "assess", "--as-of", DAY, "--rules", "R11-NBZ", "--out", out).exit_code == 0
    assert out.stat().st_size > 1000


def test_join_pairs_any_two_files_without_a_store(enterprises: Path, tmp_path: Path) -> None:
    zones, out = tmp_path / "districts.geojson", tmp_path / "pairs.csv"
    feature = {"type": "Feature", "properties": {"district_id": "D1"}, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    done = run("join", enterprises, zones, "--out", out)
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    pairs = [(row["point_id"], row["zone_id"]) for row in rows]
    assert pairs == [("E1", "D1"), ("E2", "D1"), ("4", "D1")]  # a corner belongs; without an id the row number names it
    assert not (tmp_path / "instance").exists()


def test_layers_and_rules_are_listed() -> None:
    assert "no_burn_zones" in run("layers").output
    assert "enterprise_code" in run("layers", "enterprises").output
    assert "（十一）" in run("rules").output
    assert "class1_quality_mode = any" in run("rules", "R11-NBZ").output


def test_demo_fills_an_empty_store_once(place: Path) -> None:
    assert "示例城市已写入" in run("--store", place, "demo").output
    before = hashlib.sha256(place.read_bytes()).hexdigest()
    assert "空数据库" in refused(run("--store", place, "demo"))
    assert hashlib.sha256(place.read_bytes()).hexdigest() == before


def test_backup_is_a_store_of_its_own(filled: Path, tmp_path: Path) -> None:
    made, copy = tmp_path / "made.zip", tmp_path / "copy.sqlite"
    assert run("--store", filled, "backup", made).exit_code == 0
    assert "已存在" in refused(run("--store", filled, "backup", made))
    assert "--keep" in refused(run("--store", filled, "backup", tmp_path / "other.zip", "--keep", 3), 2)
    assert "已恢复" in run("--store", copy, "restore", made).stdout
    assert "已有数据库" in refused(run("--store", copy, "restore", made))
    assert "原库另存为" in run("--store", copy, "restore", made, "--replace").stdout
    assert run("--store", copy, "export", "enterprises", "--out", tmp_path / "rows.csv").exit_code == 0
    assert "不可用" in refused(run("--store", tmp_path / "c.sqlite", "restore", tmp_path / "none.zip"))


def test_backups_go_into_a_folder_and_old_ones_out_of_it(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "bluesky-20200101-000000.zip").touch()
    assert "删除旧备份 1 份" in run("--store", filled, "backup", folder, "--keep", 1).stdout
    assert len(list(folder.iterdir())) == 1
    import sqlite3

    with sqlite3.connect(filled) as raw:
        raw.execute("UPDATE layer_state SET revision = 9")
        raw.commit()
    raw.close()
    time.sleep(1.1)  # the name is made of the second
    faulty = run("--store", filled, "backup", folder, "--keep", 1)
    assert faulty.exit_code == 1 and "layer_state" in faulty.stderr
    assert len(list(folder.iterdir())) == 2, "the older one may hold what is lost"


def test_audit_verify_tells_the_head_and_what_was_changed(filled: Path) -> None:
    import sqlite3

    whole = run("--store", filled, "audit", "verify")
    assert whole.exit_code == 0 and re.search(r"审计链 \d+ [0-9a-f]{64}", whole.stdout)
    with sqlite3.connect(filled) as raw:
        raw.execute("INSERT INTO account SELECT 99, 'ghost', 'x', NULL, 'admin', NULL, NULL, NULL, 0, 0, '2026', NULL, NULL, 1")
        raw.commit()
    raw.close()
    broken = run("--store", filled, "audit", "verify")
    assert broken.exit_code == 1 and "account" in broken.stderr
    assert run("--store", filled, "check").exit_code == 1


def test_upgrade_says_when_there_is_nothing_to_do(filled: Path, tmp_path: Path) -> None:
    assert "已是最新版本" in run("--store", filled, "upgrade").stdout
    assert "没有数据库" in refused(run("--store", tmp_path / "none.sqlite", "upgrade"))


def test_the_environment_names_the_store(filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for address in (str(filled), f"sqlite:///{filled}"):
        monkeypatch.setenv("BLUESKY_DATABASE_URL", address)
        assert "2" in run("export", "enterprises", "--out", tmp_path / "rows.csv").output


def test_messages_in_english(place: Path, enterprises: Path) -> None:
    assert "3 rows in = 2 taken" in run("--lang", "en", "--store", place, "import", "enterprises", enterprises).stdout
    assert "There is no layer" in refused(run("--lang", "en", "layers", "nope"))


# --- bad input: a sentence, an exit code, nothing changed --------------------------------------


BAD_FILES = {
    "empty.csv": b"",
    "wrong_columns.csv": b"a,b\n1,2\n",
    "only_header.xlsx": b"PK\x05\x06" + b"\x00" * 18,
    "noise.csv": bytes(range(128, 256)) * 20,
    "noise.geojson": bytes(range(128, 256)) * 20,
    "noise.gpkg": bytes(range(128, 256)) * 20,
    "noise.zip": bytes(range(128, 256)) * 20,
    "half.geojson": b'{"type": "FeatureCollection", "features": [',
    "no_such_format.doc": b"hello",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_and_makes_no_store(name: str, place: Path, tmp_path: Path) -> None:
    file, report = tmp_path / name, tmp_path / "report.json"
    file.write_bytes(BAD_FILES[name])
    refused(run("--store", place, "import", "enterprises", file, "--report", report))
    assert not place.exists()
    told = json.loads(report.read_text("utf-8"))
    assert told["file_refused"]
    assert told["rows_in"] == told["refused"] and told["taken"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["import", "nope", "企业.csv"], 1, "nope"),
        (["import", "enterprises", "missing.csv"], 1, "missing.csv"),
        (["import", "enterprises", "企业.csv", "--crs", "EPSG:99999"], 1, "EPSG:99999"),
        (["import", "enterprises", "企业.csv", "--crs", "banana"], 1, "banana"),
        (["import", "enterprises", "企业.csv", "--datum", "mars"], 2, "mars"),
        (["import", "enterprises", "企业.csv", "--encoding", "klingon"], 1, "编码"),
        (["import", "enterprises", "企业.csv", "--sheet", "nope"], 1, "nope"),
        (["join", ".", "企业.csv", "--out", "p.csv"], 1, "“.”"),
        (["import", "enterprises", "企业.csv", "--rejects", "no/such/folder.csv"], 2, "文件夹"),
        (["retire", "enterprises", "E9", "--why", "x"], 1, "E9"),
        (["retire", "enterprises", "E1", "--why", "  "], 2, "--why"),
        (["retire", "enterprises", "E1"], 2, "--why"),
        (["retire", "nope", "E1", "--why", "x"], 1, "nope"),
        (["assess", "--as-of", "2021-02-30"], 2, "2021-02-30"),
        (["assess", "--as-of", "yesterday"], 2, "yesterday"),
        (["assess", "--as-of", "20210701"], 2, "20210701"),
        (["export", "nope", "--out", "x.csv"], 1, "nope"),
        (["snapshot", "--out", "x.zip"], 2, ".gpkg"),
        (["export", "enterprises", "--out", "x.doc"], 2, ".csv"),
        (["export", "enterprises", "--out", "x.gpkg", "--crs", "EPSG:99999"], 1, "EPSG:99999"),
        (["join", "企业.csv", "missing.shp", "--out", "p.csv"], 1, "missing.shp"),
        (["join", "企业.csv", "企业.csv", "--out", "p.csv"], 1, "企业.csv"),
        (["rules", "nope"], 1, "nope"),
        (["serve", "--host", "0.0.0.0"], 1, "--tls-cert"),
        (["serve", "--host", "example.invalid"], 1, "--insecure-lan"),
        (["nope"], 2, "nope"),
        (["demo", "--seed", "x"], 2, "x"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(filled: Path, arguments: list[str], code: int, word: str) -> None:
    before = content(filled)
    assert word in refused(run("--store", filled, *arguments), code)
    assert content(filled) == before


def test_unknown_rules_are_refused(filled: Path) -> None:
    result = run("--store", filled, "assess", "--as-of", DAY, "--rules", "R11-NBZ,NOPE")
    assert result.exit_code == 1
    assert "NOPE" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["retire", "enterprises", "E1", "--why", "x"], ["assess"], ["export", "enterprises", "--out", "x.csv"],
        ["map", "--out", "m.html"], ["serve"], ["check"], ["backup", "b.sqlite"],
    ],
)  # fmt: skip
def test_a_missing_store_is_refused(place: Path, arguments: list[str]) -> None:
    assert "city.sqlite" in refused(run("--store", place, *arguments))
    assert not place.exists()


FOREIGN = {"text": b"these are my notes\n", "sqlite": None, "short": b"SQLite format 3\x00"}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("command", [["assess"], ["demo"], ["import", "enterprises", "企业.csv"], ["check"]])
def test_a_foreign_file_keeps_every_byte(tmp_path: Path, enterprises: Path, kind: str, command: list[str]) -> None:
    import sqlite3
    from contextlib import closing

    store = tmp_path / "foreign.sqlite"
    if FOREIGN[kind] is None:
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("CREATE TABLE cats (name TEXT)")
            connection.commit()
    else:
        store.write_bytes(FOREIGN[kind])
    before = store.read_bytes()
    assert "foreign.sqlite" in refused(run("--store", store, *command))
    assert store.read_bytes() == before


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    refused(run("--store", tmp_path, "assess"))


def test_an_address_of_another_database_hides_the_password() -> None:
    told = refused(run("--store", "mysql://someone:secret@host/db", "assess"), 2)
    assert "secret" not in told


def test_an_unexpected_fault_is_a_sentence_with_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("services.scope.visible_layers", lambda principal: 1 / 0)
    result = run("layers")
    assert result.exit_code == 1
    number = re.search(r"编号 (\w{8})", result.stderr)
    assert number
    log = (tmp_path / "error.log").read_text("utf-8")
    assert number[1] in log
    assert "ZeroDivisionError" in log


def test_an_interruption_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(principal: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("services.scope.visible_layers", interrupt)
    result = run("layers")
    assert result.exit_code == 130
    assert "Traceback" not in result.output


def test_a_port_beyond_the_last_is_wrong_usage(filled: Path) -> None:
    assert "99999" in refused(run("--store", filled, "serve", "--port", "99999"), 2)
