"""``python app.py grid``: cells, coverage, workload, the assignment table and hand-over from the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(demo_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``grid …`` on a copy of the example city: exit code, what it says, what it complains of."""
    monkeypatch.setenv("BLUESKY_LANG", "zh")
    monkeypatch.setenv("BLUESKY_LOG", str(tmp_path / "error.log"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        made = CliRunner().invoke(cli, ["--store", str(demo_path), "grid", *arguments])
        return made.exit_code, made.stdout, made.stderr

    return call


def test_cells_are_made_written_and_stored_once(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "cells.geojson"
    town = ("make", "--size", "3000", "--system", "patrol", "--clip", "towns/330781102")
    code, said, _ = run(*town, "--out", str(out), "--import")
    assert code == 0 and "已写入：新增" in said
    features = json.loads(out.read_text("utf-8"))["features"]
    assert len(features) > 3 and {f["properties"]["grid_system"] for f in features} == {"patrol"}
    code, _, err = run(*town, "--import")
    assert code == 1 and "都已存在" in err
    for suffix in (".gpkg", ".csv", ".zip"):
        assert run("make", "--size", "3000", "--out", str(tmp_path / f"cells{suffix}"))[0] == 0


@pytest.mark.parametrize(("arguments", "code"), [
    (("make", "--size", "7"), 2), (("make", "--system", "moon"), 2), (("make", "--clip", "towns/0"), 2),
    (("check", "--area", "moon"), 2), (("export", "--out", "x.exe"), 2), (("import", "nowhere.csv"), 1),
    (("handover", "NOWHERE", "demo-head"), 1),
    (("handover", "P-20", "demo-viewer"), 1), (("handover", "P-20", "demo-head"), 1),
])  # fmt: skip
def test_what_cannot_be_is_one_sentence(arguments: tuple[str, ...], code: int, run: Run) -> None:
    ended, _, err = run(*arguments)
    assert ended == code and len(err.strip().splitlines()) == 1 and "内部错误" not in err


def test_coverage_workload_and_table(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("check", "--out", str(tmp_path / "coverage.csv"))
    assert code == 0 and "地面空白 2" in said and "P-07、P-90" in (tmp_path / "coverage.csv").read_text("utf-8")
    assert run("workload", "--by", "head", "--out", str(tmp_path / "load.xlsx"))[0] == 0
    table = tmp_path / "table.csv"
    assert run("export", "--out", str(table))[0] == 0
    table.write_text(table.read_text("utf-8").replace("示例张伟", "示例新人", 1) + "NOWHERE,,谁,,,,,\r\n", "utf-8")
    code, said, err = run("import", str(table), "--dry-run")
    assert code == 0 and "试运行" in said and "NOWHERE" in err
    assert "更改 1，" in run("import", str(table))[1] and "更改 0，" in run("import", str(table))[1]


def test_a_cell_is_handed_over(run: Run) -> None:
    code, said, _ = run("handover", "P-20", "demo-townhead")
    assert code == 0 and "demo-head → demo-townhead" in said
    assert "生效的交接：0" in run("settle")[1]
