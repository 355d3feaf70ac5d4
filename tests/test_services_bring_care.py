"""What must not happen when a file is brought back: other rows than those shown, rows and columns one does not see, crashes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geo.errors import FileMissing
from services import bring_jobs, import_jobs, uploads
from services.bringback import Asked, Difference, compare_file
from services.export import export_layer
from services.scope import Area, Principal, local_principal
from store import changes
from store.open import Store
from tests._store_rows import REGION, put, table

LOCAL = local_principal()
VIEWER = Principal("viewer", frozenset(("view", "export", "import")), Area(whole=True), account_id=8)
TOWN = Principal("tied", frozenset(("view", "import", "personal", "edit")), Area(towns=frozenset(("游埠镇",))), account_id=9)


def exported(store: Store, path: Path, principal: Principal = LOCAL, layer: str = "enterprises") -> pd.DataFrame:
    export_layer(store, REGION, layer, path, principal)
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.suffix == ".csv" else pd.DataFrame()


def compared(store: Store, path: Path, principal: Principal = LOCAL, layer: str = "enterprises", **asked: Any) -> Difference:
    base = changes.revisions(store)[layer] if path.suffix == ".csv" else None
    return compare_file(store, REGION, principal, layer, path, Asked(base=base, **asked))


def city(store: Store) -> Store:
    rows = [
        {"enterprise_code": f"E{n}", "enterprise_name": f"企业{n}", "contact": "张三", "lon": f"119.4{n}", "lat": "29.21"}
        for n in range(1, 6)
    ]
    put(store, "enterprises", table(*rows))
    return store


def test_what_is_accepted_is_what_was_shown_however_the_file_is_read_meanwhile(empty_store: Store, tmp_path: Path) -> None:
    out = tmp_path / "e.csv"
    rows = exported(city(empty_store), out)
    rows.loc[rows["enterprise_code"] == "E4", "enterprise_name"] = "改名"
    rows[rows["enterprise_code"] != "E1"].to_csv(out, index=False)
    some, whole = compared(empty_store, out), compared(empty_store, out, complete=True)
    assert [change.key[0] for change in some.changes] == ["E4"] and whole.changes[0].key[0] == "E1"
    assert bring_jobs.state_of(some) != bring_jobs.state_of(whole)
    assert bring_jobs.state_of(some) == bring_jobs.state_of(compared(empty_store, out))


def test_an_area_that_others_move_removes_nothing(demo_store: Store, tmp_path: Path) -> None:
    out = tmp_path / "e.gpkg"
    exported(demo_store, out, TOWN)
    found = compared(demo_store, out, TOWN)
    assert not found.whole and found.changes == [] and found.brought.cells


def test_personal_columns_a_viewer_could_not_see_are_not_wiped(empty_store: Store, tmp_path: Path) -> None:
    out, marked = tmp_path / "e.csv", tmp_path / "e.gpkg"
    rows = exported(city(empty_store), out, VIEWER)
    assert "张三" not in rows.to_csv()
    found = compared(empty_store, out, complete=True)
    assert found.changes == [] and "contact" in found.brought.silent["hidden"]
    exported(empty_store, marked, VIEWER)
    put(empty_store, "enterprises", table({"enterprise_code": "E9", "enterprise_name": "新"}))
    other = compare_file(
        empty_store, REGION, LOCAL, "enterprises", marked, Asked(base=changes.revisions(empty_store)["enterprises"])
    )
    assert not [change for change in other.changes if change.kind == "changed"]


def test_a_row_held_back_under_an_odd_code_is_not_missing(empty_store: Store, tmp_path: Path) -> None:
    out = tmp_path / "e.geojson"
    exported(city(empty_store), out)
    document = json.loads(out.read_text("utf-8"))
    last = document["features"][-1]
    last["geometry"] = {"type": "LineString", "coordinates": [[119.4, 29.2], [119.5, 29.3]]}
    last["properties"] |= {"enterprise_code": "Ｅ５", "lon": None, "lat": None}
    out.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    found = compared(empty_store, out)
    assert [code for _, code, _, _ in found.brought.held] == ["Ｅ５"]
    assert found.changes == [] and not found.whole


def test_a_new_row_whose_place_cannot_be_read_is_no_crash(empty_store: Store, tmp_path: Path) -> None:
    out = tmp_path / "e.csv"
    rows = exported(city(empty_store), out)
    new = dict.fromkeys(rows.columns, "") | {"enterprise_code": "E8", "enterprise_name": "新", "lon": "待定", "lat": "待定"}
    pd.concat([rows, pd.DataFrame([new])]).to_csv(out, index=False)
    found = compared(empty_store, out)
    assert [(change.kind, change.key[0]) for change in found.changes if change.kind != "added"] == []


def test_what_is_recorded_counts_though_the_rest_cannot_be_compared(
    empty_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "e.geojson"
    exported(city(empty_store), out)
    out.write_text(out.read_text("utf-8").replace("企业4", "改名"), "utf-8")
    content = out.read_bytes()
    send = [(out.name, lambda at: at.write_bytes(content))]
    key = import_jobs.start(empty_store, REGION, LOCAL, "enterprises", send, back=True).key
    while uploads.is_running(key):
        time.sleep(0.02)
    shown = bring_jobs.state_of(bring_jobs.difference_of(empty_store, REGION, LOCAL, uploads.job_of(empty_store, key)))
    followed: list[str] = []

    def fails(*_: Any) -> Difference:
        raise FileMissing(path="input.geojson")

    monkeypatch.setattr(bring_jobs, "compare_file", fails)
    monkeypatch.setattr(bring_jobs, "follow", lambda *told, **_: followed.append(told[2]))
    done = bring_jobs.take(empty_store, REGION, LOCAL, key, bring_jobs.Ticked(everything=True), shown)
    job = uploads.job_of(empty_store, key)
    assert done.report.changed == 1 and followed == ["bring-back enterprises e.geojson"]
    assert (job.state, job.changeset, (job.report or {})["revision"]) == ("checked", done.report.changeset, 2)
    monkeypatch.undo()
    assert not bring_jobs.difference_of(empty_store, REGION, LOCAL, job).counts["changed"], "it is compared anew when asked for"
