"""``bring-back`` at the terminal: the same difference as on the page, printed; recorded only when asked."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from click.testing import CliRunner, Result

from app import cli
from geo import base_mark
from tests._roundtrip import edit_vector, edit_workbook, marks_of
from tests.test_services_bringback import set_cell

ENTERPRISES = "enterprise_code,enterprise_name,lon,lat\nE1,甲厂,119.46,29.21\nE2,乙厂,119.47,29.22\n"
STATIONS = "petrol_code,petrol_name,lon,lat\nS1,东站,119.46,29.21\n"
VALUES = "station_code,observed_at,pm25\nS1,2021-07-01 08:00,35\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two enterprises, a petrol station and one value of an air station."""
    monkeypatch.setenv("BLUESKY_LANG", "zh")
    monkeypatch.setenv("BLUESKY_LOG", str(tmp_path / "error.log"))
    monkeypatch.delenv("BLUESKY_DATABASE_URL", raising=False)
    for layer, text in (("enterprises", ENTERPRISES), ("petrol_stations", STATIONS), ("station_values", VALUES)):
        (tmp_path / f"{layer}.csv").write_text(text, "utf-8")
        assert run("--store", tmp_path / "s.sqlite", "import", layer, tmp_path / f"{layer}.csv").exit_code == 0
    return tmp_path / "s.sqlite"


def names(store: Path) -> str:
    out = store.with_name("names.csv")
    assert run("--store", store, "export", "enterprises", "--out", out).exit_code == 0
    return out.read_text("utf-8-sig")


def test_the_difference_is_printed_and_recorded_only_when_asked(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "企业.xlsx"
    run("--store", place, "export", "enterprises", "--out", out)
    told = run("--store", place, "bring-back", "enterprises", out)
    assert told.exit_code == 0 and "冲突 0，新增 0，修改 0，删除 0" in told.stdout
    edit_workbook(out, set_cell("E1", "enterprise_name", "丙厂"))
    told = run("--store", place, "bring-back", "enterprises", out)
    assert "修改 1" in told.stdout and "企业名称 甲厂 → 丙厂" in told.stdout and "甲厂" in names(place)
    trial = run("--store", place, "bring-back", "enterprises", out, "--accept", "all", "--dry-run")
    assert "试运行" in trial.stdout and "甲厂" in names(place)
    done = run("--lang", "en", "--store", place, "bring-back", "enterprises", out, "--accept", "all")
    assert "Brought back: 0 new, 1 changed, 0 removed (revision 2)" in done.stdout and "丙厂" in names(place)
    again = run("--lang", "zh", "--store", place, "bring-back", "enterprises", out, "--accept", "all")
    assert again.exit_code == 0 and "两边相同 1" in again.stdout


def test_a_conflict_needs_a_side(place: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "一.xlsx", tmp_path / "二.xlsx"
    for path, name in ((one, "丙厂"), (two, "丁厂")):
        run("--store", place, "export", "enterprises", "--out", path)
        edit_workbook(path, set_cell("E1", "enterprise_name", name))
    run("--store", place, "bring-back", "enterprises", one, "--accept", "all")
    left = run("--store", place, "bring-back", "enterprises", two, "--accept", "all")
    assert left.exit_code == 0 and "（本库 丙厂）" in left.stdout and "--conflicts" in left.stdout
    run("--store", place, "bring-back", "enterprises", two, "--accept", "all", "--conflicts", "theirs")
    assert "丁厂" in names(place)


def test_without_a_mark_the_revisions_are_listed(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.csv"
    run("--store", place, "export", "enterprises", "--out", out)
    asked = run("--store", place, "bring-back", "enterprises", out)
    assert asked.exit_code == 1 and "enterprises.csv" in asked.stdout and "--base" in asked.stderr
    out.write_text(out.read_text("utf-8-sig").replace("乙厂", "戊厂"), "utf-8")
    assert run("--store", place, "bring-back", "enterprises", out, "--base", "1", "--accept", "all").exit_code == 0
    assert "戊厂" in names(place)
    assert run("--store", place, "bring-back", "enterprises", out, "--base", "7").exit_code == 1
    assert run("--store", place, "bring-back", "nowhere", out).exit_code == 1
    assert run("--store", place, "bring-back", "enterprises", tmp_path / "missing.csv").exit_code == 1
    assert run("--store", place, "bring-back", "all", out).exit_code == 2


def test_every_layer_of_a_geopackage_comes_back(place: Path, tmp_path: Path) -> None:
    whole, marks = tmp_path / "snapshot.gpkg", []
    for layer in ("enterprises", "petrol_stations", "station_values"):
        out = tmp_path / f"{layer}.gpkg"
        run("--store", place, "export", layer, "--out", out)
        marks += marks_of(out)
        if layer == "station_values":  # a table without geometry is no layer of features
            pyogrio.write_dataframe(pd.DataFrame(gpd.read_file(out).drop(columns="geometry")), whole, layer=layer)
            continue
        edit_vector(out, lambda frame: frame.assign(**{frame.columns[1]: "改名"}))
        gpd.read_file(out).to_file(whole, layer=layer, engine="pyogrio")
    base_mark.put_into_geopackage(whole, marks)
    told = run("--store", place, "bring-back", "all", whole, "--accept", "all")
    assert told.exit_code == 0, told.output
    assert "enterprises（由版次 1" in told.stdout and "petrol_stations（由版次 1" in told.stdout
    assert "station_values（由版次 1 导出，现为版次 1）：冲突 0，新增 0，修改 0，删除 0" in told.stdout
    assert names(place).count("改名") == 2
    one = run("--store", place, "bring-back", "petrol_stations", whole)
    assert "两边相同 1" in one.stdout
