"""Stores move between SQLite and PostgreSQL and back with every row, and both hold the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import shapely

from services.backup import backup_store
from services.check import run_checks
from services.copy import SameStore, TargetNotEmpty, copy_store
from services.journal import verify
from services.login import Where, log_in
from services.restore import BackupUnusable, restore_store
from store import _copy, audit, changes, features, records
from store._place import AddressWrong, Place, place_of
from store.errors import DataFolderWrong, StoreBroken
from store.models import SCHEMA_REVISION
from store.open import Store, open_store
from tests._filled_store import PASSWORD, add_record, fill
from tests._raw import Makers, raw
from tests._store_rows import REGION, ZONES, put_zones, validity, zone

DATABASES = ("postgres",)
"""What stands in the middle: SQLite is where everything comes from and goes back to."""


def _content(store: Store) -> dict[str, tuple[int, str]]:
    with store.read() as connection:
        return _copy.hashes(connection, SCHEMA_REVISION)


def _there_and_back(store: Store, makers: Makers, folder: Path) -> tuple[Store, Store]:
    """A copy on the test's database, and a copy of that in a file."""
    there, back = makers.place("there"), folder / "back.sqlite"
    assert copy_store(store.place, there).faults == []
    assert copy_store(there, back).faults == []
    return open_store(there), open_store(back)


def test_a_round_trip_proves_equal(demo_path: Path, makers: Makers, tmp_path: Path) -> None:
    source = open_store(demo_path)
    add_record(source, b"another photo")
    there, back = _there_and_back(source, makers, tmp_path)
    assert _content(source) == _content(there) == _content(back)
    assert audit.head(source) == audit.head(there) == audit.head(back)
    with source.read() as one, there.read() as two:
        assert changes.states(one) == changes.states(two)
    assert records.kept_files(source) == records.kept_files(there) == records.kept_files(back)
    assert [one.key for one in run_checks(there, REGION) if not one.ok and not one.optional] == []
    for store in (there, back):
        assert verify(store) == []
        put_zones(store, zone("NEW", "2020-01-01", place=3))  # numbers go on after those that were copied
        add_record(store, b"a third")
        assert verify(store) == []
        store.close()
    source.close()


def test_a_copied_account_logs_in_and_history_is_all_there(empty_store: Store, makers: Makers, tmp_path: Path) -> None:
    fill(empty_store)
    put_zones(empty_store, zone("A", "2020-01-01", place=1), zone("A", "2021-01-01", place=2))
    before = changes.log(empty_store)[-1]["at"]
    there, back = _there_and_back(empty_store, makers, tmp_path)
    for store in (there, back):
        log_in(store, "chief", PASSWORD, Where("127.0.0.1"))
        assert validity(store) == validity(empty_store)
        assert validity(store, known_at=before) == validity(empty_store, known_at=before)
        assert features.history(store, ZONES, "A") == features.history(empty_store, ZONES, "A")
        store.close()


def test_a_copy_goes_into_an_empty_store_only(empty_store: Store, makers: Makers, tmp_path: Path) -> None:
    fill(empty_store)
    other = makers.store("other")
    put_zones(other, zone("B", "2020-01-01"))
    before = _content(other)
    with pytest.raises(TargetNotEmpty, match="数据"):
        copy_store(empty_store.place, other.place)
    with pytest.raises(SameStore):
        copy_store(empty_store.place, empty_store.place)
    assert _content(other) == before
    third = makers.store("third")  # made, and without a row
    assert copy_store(empty_store.place, third.place).faults == [] and _content(third) == _content(empty_store)


def test_a_copy_that_does_not_hold_the_same_does_not_count(
    empty_store: Store, makers: Makers, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(empty_store)
    place = makers.place("there")
    real = _copy._hashed
    spoiled = iter(range(10**6))
    monkeypatch.setattr(_copy, "_hashed", lambda blocks: (real(blocks)[0], str(next(spoiled))))
    with pytest.raises(StoreBroken, match="数据未改动"):
        copy_store(empty_store.place, place)
    monkeypatch.undo()
    assert not list(place.path.parent.glob("*.key"))
    place.path.parent.mkdir(exist_ok=True)
    beside = place.path.with_name(place.path.name + ".anchor")
    beside.write_bytes(audit.anchor_file(empty_store).read_bytes()[:100])  # what a copy that was killed leaves
    assert copy_store(empty_store.place, place).faults == [], "nothing of a first try is in the way"


def test_what_is_damaged_is_told_and_the_rest_comes_along(empty_store: Store, makers: Makers) -> None:
    digest = fill(empty_store)
    (records.folder_of(empty_store) / digest[:2] / digest).write_bytes(b"other bytes")
    done = copy_store(empty_store.place, makers.place("there"))
    assert done.files == 0 and done.faults == [f"photo {digest[:12]}: missing or changed"]


def test_a_backup_of_either_is_restored_into_either(empty_store: Store, makers: Makers, tmp_path: Path) -> None:
    fill(empty_store)
    made = backup_store(empty_store, tmp_path / "backup.zip", tmp_path / "apart.key")
    assert made.faults == [] and made.files == 1
    with pytest.raises(BackupUnusable):
        restore_store(makers.place("nokey"), tmp_path / "backup.zip")
    for place in (makers.place("there"), Place(tmp_path / "file.sqlite")):
        done = restore_store(place, tmp_path / "backup.zip", key=tmp_path / "apart.key")
        assert done.head == audit.head(empty_store) and done.files == 1
        store = open_store(place)
        assert verify(store) == [] and validity(store) == [("A", "2020-01-01", "-")]
        assert audit.head(store)[0] == done.head[0] + 1, "the restoring is an entry of its own"
        store.close()


def test_the_folder_beside_a_database_must_be_its_own(makers: Makers) -> None:
    store = makers.store("city")
    put_zones(store, zone("A", "2020-01-01"))
    empty = Place(store.path.parent.with_name("elsewhere") / "store", store.place.url)
    with pytest.raises(DataFolderWrong, match=r"elsewhere.*store\.key"):
        open_store(empty)
    other = makers.place("city")  # the same folder, another database
    with pytest.raises(DataFolderWrong, match="city"):
        open_store(other, create=True)
    shutil.copytree(store.path.parent, empty.path.parent, dirs_exist_ok=True)
    again = open_store(empty)
    assert validity(again) == [("A", "2020-01-01", "-")]
    again.close()


def test_postgis_holds_the_same_shapes_with_an_index(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2020-01-01", place=4), zone("B", "2020-01-01", place=2))
    with raw(empty_store) as connection:
        found = connection.execute(
            "SELECT code, ST_SRID(shape), ST_AsBinary(shape, 'NDR') FROM feature_version"
            " WHERE shape && ST_MakeEnvelope(119.495, 29.2, 119.52, 29.21, 4490) AND retired_at IS NULL"
        ).fetchall()
        index = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'feature_version_shape'").fetchone()
    frame = features.recorded(empty_store, ZONES)
    assert [(code, srid) for code, srid, _ in found] == [("A", 4490)]
    assert shapely.from_wkb(found[0][2]).equals_exact(frame["geometry_map"].iloc[0], 0.0)
    assert index is not None and "USING gist (shape)" in index[0]  # which one a plan takes for two rows is chance


@pytest.mark.parametrize("text", ["postgresql+psycopg://host/", "postgresql+psycopg://host:x/y", "postgres://"])
def test_an_address_that_says_too_little_is_a_sentence(text: str) -> None:
    with pytest.raises(AddressWrong, match="postgresql\\+psycopg://"):
        place_of(text)


def test_the_folder_is_named_by_the_setting_or_after_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BLUESKY_DATA_DIR", raising=False)
    by_name = place_of("postgres://u:secret@h/../etc").path
    assert (by_name.parent.parent.name, by_name.parent.name) == ("instance", "___etc")
    monkeypatch.setenv("BLUESKY_DATA_DIR", str(tmp_path))
    place = place_of("postgresql://u:secret@h/city")
    assert place.path == tmp_path / "store" and place.url is not None and place.url.drivername == "postgresql+psycopg"
    assert place.name == "city" and "secret" not in place.identity
