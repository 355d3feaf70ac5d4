"""Judged in parts, the findings are those of judging the whole: same rows, same hash, whoever did the parts."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from app import cli
from geo.curve import along_curve
from geo.region import Region
from layers._find import load_layers
from rules._find import load_rules
from services import _screen_merge
from services._dask import ClusterLost
from services._part_files import PartsBroken, read_manifest
from services.assess import assess
from services.partitions import FolderTaken, division, export_partitions
from services.screen import Engine, screen
from services.screen_import import RulesMovedOn, ScreeningBroken, StoreMovedOn, import_findings
from store import audit, changes, runs
from store.open import Store

DAY = dt.date(2021, 7, 1)


@pytest.fixture(scope="module")
def parts(demo_store: Store, region: Region, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts") / "parts"
    export_partitions(demo_store, region, folder, 250)
    return folder


@pytest.fixture(scope="module")
def whole(demo_store: Store, region: Region) -> Any:
    return assess(demo_store, region, DAY)


def test_every_row_is_in_one_partition_and_units_are_with_their_enterprise(parts: Path, demo_store: Store) -> None:
    from services._part_files import read_rows

    manifest, layers, homes = read_manifest(parts), load_layers(), {}
    assert len(manifest.parts) > 3
    assert {name: count for name, count in manifest.rows.items() if count} == {
        name: len(frame) for name, frame in assess_frames(demo_store).items() if name in manifest.rows and len(frame)
    }
    for part in manifest.parts:
        for layer in part.rows:
            frame = read_rows(parts / part.name / f"{layer}.parquet", layers[layer])
            for key, owner in zip(frame[layers[layer].key], frame.get("enterprise_code", frame[layers[layer].key]), strict=True):
                assert (layer, key) not in homes
                homes[layer, key] = part.name
                if owner and ("enterprises", owner) in homes:
                    assert homes["enterprises", owner] == part.name


def assess_frames(store: Store) -> dict[str, Any]:
    from services.assess import recorded_frames

    return recorded_frames(store)


def test_a_layer_that_is_cut_names_rows_of_no_cut_layer_that_names_others() -> None:
    """One step from a row to the row it belongs to is enough; a rule that breaks this must change the cutting first."""
    cut, layers = division(), load_layers()
    for name in cut.split:
        targets = {c.links_to for c in layers[name].columns if c.links_to in cut.split}
        assert len(targets) <= 1, name
        assert all(c.links_to not in cut.split for target in targets for c in layers[str(target)].columns), name
    for rule in load_rules().values():
        assert set(rule.needs) <= set(cut.shared)
    assert not set(cut.split) & {need for rule in load_rules().values() for need in rule.needs}


@pytest.mark.parametrize("rules", [None, ("R11-NBZ", "R24-MINE")])
def test_the_hash_is_that_of_an_assessment(
    rules: tuple[str, ...] | None, parts: Path, whole: Any, demo_store: Store, region: Region, tmp_path: Path
) -> None:
    expected = whole if rules is None else assess(demo_store, region, DAY, rules)
    found = screen(parts, tmp_path / "out", region, DAY, Engine(), rules)
    assert found.run_hash == expected.run_hash
    assert found.rows == len(expected.findings) > 0
    assert found.judged == len(read_manifest(parts).parts)


def test_neither_the_size_of_partitions_nor_merging_in_groups_changes_a_byte(
    demo_store: Store, whole: Any, region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_screen_merge, "FILES_AT_ONCE", 2)
    monkeypatch.setattr(_screen_merge, "CHUNK", 7)
    export_partitions(demo_store, region, tmp_path / "parts", 400)
    assert screen(tmp_path / "parts", tmp_path / "out", region, DAY, Engine()).run_hash == whole.run_hash
    assert not list((tmp_path / "out").glob(".merge*"))


def test_a_second_run_skips_what_is_finished_and_redoes_what_is_not(parts: Path, region: Region, tmp_path: Path) -> None:
    first = screen(parts, tmp_path, region, DAY, Engine())
    names = [one.name for one in first.done]
    (tmp_path / f"{names[0]}.parquet").write_bytes(b"cut off")
    (tmp_path / f"{names[1]}.json").unlink()
    again = screen(parts, tmp_path, region, DAY, Engine())
    assert (again.judged, again.run_hash) == (2, first.run_hash)
    other = screen(parts, tmp_path, region, dt.date(2019, 10, 1), Engine())
    assert other.judged == len(names) and other.run_hash != first.run_hash, "of another day nothing is kept"


@pytest.mark.slow
def test_two_processes_survive_the_death_of_one(parts: Path, whole: Any, region: Region, tmp_path: Path) -> None:
    """One worker is killed in the middle of its work; its partition is done again."""
    import multiprocessing

    killed: list[int] = []

    def kill_one(done: int, _: int) -> None:
        if done == 2 and not killed:
            killed.append(int(multiprocessing.active_children()[0].pid or 0))
            os.kill(killed[0], signal.SIGKILL)

    found = screen(parts, tmp_path, region, DAY, Engine("dask", workers=2), told=kill_one)
    assert killed
    assert found.run_hash == whole.run_hash
    assert not list(tmp_path.glob("*.part*"))


def test_no_scheduler_is_a_sentence_and_keeps_what_is_done(
    parts: Path, region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services._dask.CONNECT_SECONDS", 0.5)
    with pytest.raises(ClusterLost, match="计算集群不可用"):
        screen(parts, tmp_path, region, DAY, Engine("dask", "tcp://127.0.0.1:9"))


def test_findings_become_the_run_an_assessment_would_have_been(
    demo_copy: Store, region: Region, whole: Any, tmp_path: Path
) -> None:
    export_partitions(demo_copy, region, tmp_path / "parts", 1000)
    screen(tmp_path / "parts", tmp_path / "out", region, DAY, Engine())
    number = import_findings(demo_copy, tmp_path / "out", "test")
    kept = runs.findings_of(demo_copy, number)
    assert kept.equals(whole.findings[kept.columns])
    assert audit.verify(demo_copy) == []


def test_findings_of_another_state_or_changed_ones_are_refused(demo_copy: Store, region: Region, tmp_path: Path) -> None:
    before = len(runs.latest(demo_copy))
    export_partitions(demo_copy, region, tmp_path / "parts", 1000)
    out = tmp_path / "out"
    with pytest.raises(ScreeningBroken):
        import_findings(demo_copy, tmp_path)
    found = screen(tmp_path / "parts", out, region, DAY, Engine())
    told = (out / "findings.json").read_text("utf-8")
    (out / "findings.json").write_text(told.replace(found.run_hash, "0" * 64), "utf-8")
    with pytest.raises(ScreeningBroken):
        import_findings(demo_copy, out)
    (out / "findings.json").write_text(told, "utf-8")
    with demo_copy.write() as connection:
        changes.next_revision(connection, "towns")
    with pytest.raises(StoreMovedOn):
        import_findings(demo_copy, out)
    assert len(runs.latest(demo_copy)) == before


def test_partitions_that_were_changed_or_are_unfinished_are_refused(
    demo_store: Store, region: Region, tmp_path: Path
) -> None:
    folder = tmp_path / "parts"
    with pytest.raises(PartsBroken):
        screen(folder, tmp_path / "out", region, DAY, Engine())
    export_partitions(demo_store, region, folder, 1000)
    with pytest.raises(FolderTaken):
        export_partitions(demo_store, region, folder, 1000)
    file = next((folder / "part-00000").glob("combustion_units.parquet"))
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(PartsBroken, match="part-00000"):
        screen(folder, tmp_path / "out", region, DAY, Engine())


def test_a_manifest_that_lost_a_partition_or_moved_a_box_is_refused(parts: Path, region: Region, tmp_path: Path) -> None:
    told = json.loads((parts / "manifest.json").read_text("utf-8"))
    moved = [told["parts"][0] | {"bbox": [0, 0, 1, 1]}, *told["parts"][1:]]
    for changed in (told | {"parts": told["parts"][:-1]}, told | {"parts": moved}, [told]):
        (tmp_path / "manifest.json").write_text(json.dumps(changed), "utf-8")
        with pytest.raises(PartsBroken, match=r"manifest\.json"):
            screen(tmp_path, tmp_path / "out", region, DAY, Engine())


def test_findings_under_other_rules_are_refused(
    parts: Path, demo_store: Store, region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen(parts, tmp_path, region, DAY, Engine(), ("R24-MINE",))
    monkeypatch.setattr("services.screen_import.rules_hash", lambda *_: "other")
    with pytest.raises(RulesMovedOn):
        import_findings(demo_store, tmp_path)


def test_the_commands_say_what_they_did(demo_path: Path, whole: Any, tmp_path: Path) -> None:
    def run(*arguments: object) -> Any:
        told = ["--store", str(demo_path), *(str(one) for one in arguments)]
        return CliRunner().invoke(cli, told, env={"BLUESKY_LANG": "en"})

    assert "partitions" in run("export-partitions", "--out", tmp_path / "p", "--rows", 5000).output
    done = run("screen", "--partitions", tmp_path / "p", "--out", tmp_path / "f", "--as-of", DAY)
    assert whole.run_hash[:12] in done.output, done.output
    assert "Stored as run" in run("import-findings", tmp_path / "f").output
    assert json.loads((tmp_path / "f" / "findings.json").read_text("utf-8"))["as_of"] == "2021-07-01"
    assert run("screen", "--partitions", tmp_path, "--out", tmp_path / "g").exit_code == 1


def test_neighbours_on_the_curve_are_neighbours_on_the_ground() -> None:
    xy = np.array([(x, y) for x in range(8) for y in range(8)] + [(np.nan, 1)], dtype=np.float64)
    order = along_curve(xy)
    assert sorted(order.tolist()) == list(range(65)) and order[-1] == 64
    assert np.abs(np.diff(xy[order[:-1]], axis=0)).sum(axis=1).max() <= 2
    assert along_curve(np.empty((0, 2))).tolist() == []
