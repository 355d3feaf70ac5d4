"""A store seen as of one moment: what others write meanwhile is neither waited for nor half seen."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from services.retire import retire
from services.scope import local_principal
from services.snapshot import write_snapshot
from store import changes
from store.features import recorded
from store.open import Store
from tests._store_rows import REGION, ZONES, put, put_zones, table, zone

DAY = dt.date(2021, 7, 1)


def _unit(code: str) -> dict[str, str]:
    own = {"enterprise_code": "E1", "unit_type": "boiler", "fuel": "raw_coal", "lon": "119.465", "lat": "29.205"}
    return own | {"unit_code": code, "capacity_tph": "4"}


def test_everything_read_through_it_is_of_one_state(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2019-01-01"))
    with empty_store.frozen() as then:
        put_zones(empty_store, zone("B", "2019-01-01", place=3))
        assert [recorded(store, ZONES)["zone_code"].tolist() for store in (then, empty_store)] == [["A"], ["A", "B"]]
        assert changes.revisions(then) == {"no_burn_zones": 1}
        retire(empty_store, "no_burn_zones", "A", "test")
        assert recorded(then, ZONES)["zone_code"].tolist() == ["A"]
    with empty_store.frozen() as now:
        assert recorded(now, ZONES)["zone_code"].tolist() == ["B"]


def test_nothing_is_written_through_it(empty_store: Store) -> None:
    with empty_store.frozen() as then, pytest.raises(TypeError):
        then.write()


def test_a_writer_in_the_middle_does_not_tear_a_snapshot(empty_store: Store, tmp_path: Path) -> None:
    """Between the judging and the reading of layers a zone is exchanged and a unit comes: the snapshot has all of before."""
    put_zones(empty_store, zone("A", "2019-01-01"))
    put(empty_store, "combustion_units", table(_unit("U1")))
    written = []

    def told(share: int) -> None:
        if share == 40 and not written:
            written.append(put_zones(empty_store, zone("B", "2019-01-01", place=3)).revision)
            retire(empty_store, "no_burn_zones", "A", "test")
            put(empty_store, "combustion_units", table(_unit("U2")))

    out = tmp_path / "out.gpkg"
    made = write_snapshot(empty_store, REGION, local_principal(), out, DAY, told)
    assert written == [2], "the writer did not wait"
    with closing(sqlite3.connect(out)) as found:
        codes = [found.execute(f"SELECT {key} FROM {layer}").fetchall() for layer, key in
                 (("no_burn_zones", "zone_code"), ("combustion_units", "unit_code"))]  # fmt: skip
        zones_of_findings = {row for row in found.execute("SELECT subject_code, zone_code FROM findings WHERE zone_code != ''")}
        marks = dict(found.execute("SELECT layer, revision FROM bluesky_base WHERE revision > 0"))
    assert codes == [[("A",)], [("U1",)]]
    assert zones_of_findings == {("U1", "A")}
    assert marks == {"no_burn_zones": 1, "combustion_units": 1}
    again = write_snapshot(empty_store, REGION, local_principal(), out, DAY)
    assert again.run_hash != made.run_hash and again.rows["combustion_units"] == 2
