"""Opening, refusing, surviving: foreign files, full disks, killed and concurrent writers, migrations."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event, inspect

from geo.errors import BlueSkyError
from store import _sqlite, account_tables, audit, case_tables, changes, features, held_tables, migrate
from store import open as opening
from store._dialects import integrity, missing_guards
from store._place import DatabaseUnsupported
from store.errors import (
    StoreBroken,
    StoreBusy,
    StoreForeign,
    StoreFull,
    StoreMissing,
    StoreTooNew,
    UpgradeFailed,
)
from store.models import SCHEMA_REVISION, metadata
from store.open import Store, open_store
from tests._raw import Makers, address, is_postgres, surroundings
from tests._store_rows import ZONES, put, put_zones, table, validity, zone

ROOT = Path(__file__).resolve().parent.parent


def _digest(folder: Path) -> dict[str, str]:
    """Name → hash of every file of a folder."""
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir()) if f.is_file()}


def _foreign_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE gpkg_contents (x)")
        other.commit()


def _other_product(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE store_info (name, value)")
        other.execute("CREATE TABLE alembic_version (version_num)")
        other.execute("INSERT INTO store_info VALUES ('product', 'something else')")
        other.execute("INSERT INTO alembic_version VALUES ('0001')")
        other.commit()


def _foreign_wal(path: Path) -> None:
    _foreign_sqlite(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode=WAL")


def _cut(path: Path) -> None:
    _foreign_sqlite(path)
    path.write_bytes(path.read_bytes()[:5000])


FOREIGN = {
    "text": lambda path: path.write_text("编号,名称\n", "utf-8"),
    "zip": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)),
    "other_tables": _foreign_sqlite,
    "other_tables_wal": _foreign_wal,
    "other_product": _other_product,
    "only_a_header": lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 200),
    "cut": _cut,
}


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_refused_and_not_touched(tmp_path: Path, kind: str, create: bool) -> None:
    FOREIGN[kind](tmp_path / "theirs.sqlite")
    before = _digest(tmp_path)
    with pytest.raises(StoreForeign, match=r"theirs\.sqlite"):
        open_store(tmp_path / "theirs.sqlite", create=create)
    assert _digest(tmp_path) == before


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreForeign):
        open_store(tmp_path, create=True)


def test_a_missing_store_is_not_made_by_looking(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    for name in ("none.sqlite", "no/such/folder/none.sqlite", "empty.sqlite"):
        with pytest.raises(StoreMissing, match=Path(name).name):
            open_store(tmp_path / name)
    assert _digest(tmp_path) == {"empty.sqlite": hashlib.sha256(b"").hexdigest()}


def test_a_newer_store_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    open_store(path, create=True).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    before = _digest(tmp_path)
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(path)
    assert _digest(tmp_path) == before


@pytest.mark.parametrize("place", ["mysql://host/city", Path("mysql://host/city"), Path("postgresql+psycopg://host/city")])
def test_other_databases_are_refused_with_a_sentence(place: str | Path) -> None:
    with pytest.raises(DatabaseUnsupported, match=str(place).partition(":")[0].replace("+", r"\+")):
        open_store(place, create=True)


def test_a_url_of_sqlite_is_a_path(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True).close()
    assert (tmp_path / "a.sqlite").is_file()


def test_a_store_whose_making_was_killed_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")  # what is there before the first commit
    assert path.stat().st_size
    with pytest.raises(StoreMissing):
        open_store(path)
    open_store(path, create=True).close()
    open_store(path).close()


def test_many_may_make_the_same_store_at_once(makers: Makers) -> None:
    gate, faults, place = threading.Barrier(6), [], makers.place()

    def make() -> None:
        gate.wait()
        try:
            open_store(place, create=True).close()
        except BlueSkyError as fault:
            faults.append(str(fault))

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_every_connection_has_the_settings_of_a_legal_record(sqlite_store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "busy_timeout": 30000}
    with sqlite_store.read() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    assert found == wanted


def test_a_full_disk_is_a_sentence_and_changes_nothing(sqlite_store: Store) -> None:
    put_zones(sqlite_store, zone("A", "2020-01-01"))
    event.listen(sqlite_store.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count=1"))
    sqlite_store.engine.dispose()  # the limit becomes the present size
    rows = [{"enterprise_code": f"E{n}", "address": "址" * 200} for n in range(500)]
    with pytest.raises(StoreFull, match="数据未改动"):
        put(sqlite_store, "enterprises", table(*rows))
    assert changes.revisions(sqlite_store) == {"no_burn_zones": 1}
    assert validity(sqlite_store) == [("A", "2020-01-01", "-")]
    assert audit.verify(sqlite_store) == []


def test_a_lock_held_for_too_long_is_a_sentence(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sqlite, "PRAGMAS", (*_sqlite.PRAGMAS, "PRAGMA busy_timeout=0"))
    sqlite_store.engine.dispose()
    with closing(sqlite3.connect(sqlite_store.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert validity(sqlite_store) == [], "readers do not wait"
        with pytest.raises(StoreBusy):
            put_zones(sqlite_store, zone("A", "2020-01-01"))
    assert put_zones(sqlite_store, zone("A", "2020-01-01")).new == 1


def test_a_broken_promise_is_a_sentence(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    with pytest.raises(StoreBroken, match="append-only"), empty_store.write() as connection:
        connection.exec_driver_sql("DELETE FROM changeset")


def test_an_error_inside_a_transaction_takes_all_of_it_back(empty_store: Store) -> None:
    with pytest.raises(KeyError), empty_store.write() as connection:
        changes.next_revision(connection, "towns")
        raise KeyError
    assert changes.revisions(empty_store) == {}


_KILLED = """
import os, signal, sys
from pathlib import Path
from services import _recording, intake
from store import audit, changes, features, held
from store.open import open_store
from tests._store_rows import put_zones, zone

module, name = {"apply": (features, "apply"), "hold": (held, "hold"),
                "append": (audit, "append"), "anchor": (audit, "anchor")}[sys.argv[2]]
real = getattr(module, name)

def die(*args):
    if name not in ("apply", "anchor"):
        real(*args)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(module, name, die)
put_zones(open_store(sys.argv[1]), *(zone(f"Z{n}", "2020-01-01", place=n, doc_no="new") for n in range(50)))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(("point", "committed"), [("apply", 0), ("hold", 0), ("append", 0), ("anchor", 50)])
def test_a_writer_killed_anywhere_leaves_the_old_state_or_the_new(
    empty_store: Store, point: str, committed: int
) -> None:
    if is_postgres(empty_store) and point != "anchor":
        pytest.skip("the storm kills there, too")
    put_zones(empty_store, *(zone(f"Z{n}", "2020-01-01", place=n, doc_no="old") for n in range(50)))
    empty_store.engine.dispose()
    command = [sys.executable, "-c", _KILLED, address(empty_store), point]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120, env=surroundings(empty_store))
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    again = open_store(empty_store.place)
    frame = features.recorded(again, ZONES)
    assert len(frame) == 50
    assert (frame["doc_no"] == "new").sum() == committed
    assert changes.revisions(again) == {"no_burn_zones": 2 if committed else 1}
    assert audit.verify(again) == []
    with again.read() as connection:
        assert features.damaged(connection) == [] and integrity(connection) == []
    put_zones(again, zone("Z0", "2020-01-01", doc_no="after"))
    again.close()


def test_two_writers_lose_nothing(empty_store: Store) -> None:
    faults: list[BaseException] = []

    def write(name: str) -> None:
        mine = open_store(empty_store.place)
        try:
            for turn in range(12):
                put_zones(mine, zone(name, "2020-01-01", place=turn), zone("SHARED", "2020-01-01", doc_no=f"{name}{turn}"))
        except BaseException as fault:
            faults.append(fault)
        finally:
            mine.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert changes.revisions(empty_store) == {"no_burn_zones": 24}
    assert len(features.history(empty_store, ZONES, "SHARED")) == 24
    assert [code for code, *_ in validity(empty_store)] == ["A", "B", "SHARED"]
    assert audit.verify(empty_store) == []


def test_a_reader_sees_one_state_while_a_writer_commits(empty_store: Store) -> None:
    put_zones(empty_store, zone("A", "2020-01-01"))
    with empty_store.read() as connection:
        first = changes.revision(connection, "no_burn_zones")
        put_zones(empty_store, zone("A", "2020-01-01", place=1))
        assert changes.revision(connection, "no_burn_zones") == first == 1
    assert changes.revisions(empty_store) == {"no_burn_zones": 2}


_POSTGIS = ("spatial_ref_sys", "shape", "feature_version_shape", "feature_version_no_overlap")


def test_the_migrations_make_exactly_the_tables_of_the_models(empty_store: Store) -> None:
    assert {account_tables.account, case_tables.case_file, held_tables.held_decision} <= set(metadata.tables.values())
    with empty_store.read() as connection:
        ours = {"compare_type": not is_postgres(empty_store), "include_name": lambda name, *_: name not in _POSTGIS}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, metadata) == []


_STEP = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "9999", "{before}", None, None

def upgrade():
    op.add_column("changeset", sa.Column("extra", sa.Text))
    op.create_table("note", sa.Column("id", sa.Integer, primary_key=True))
    {last}
"""


def _with_second_step(folder: Path, monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    """A program whose migrations go one step further."""
    shutil.copytree(migrate._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_more.py").write_text(_STEP.format(last=last, before=SCHEMA_REVISION), "utf-8")
    monkeypatch.setattr(opening, "SCHEMA_REVISION", "9999")
    monkeypatch.setattr(opening, "upgrade", lambda connection: migrate.upgrade(connection, folder))
    monkeypatch.setattr(opening, "known_schemas", lambda: migrate.known_schemas(folder))


def test_an_older_store_is_brought_up_after_a_backup(
    makers: Makers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_store = open_store(makers.place(), create=True)
    put_zones(empty_store, zone("A", "2020-01-01"))
    empty_store.close()
    _with_second_step(tmp_path / "steps", monkeypatch, "pass")
    store = open_store(empty_store.place)
    with store.read() as connection:
        assert migrate.schema_of(connection) == "9999"
        assert missing_guards(connection) == []
    assert validity(store) == [("A", "2020-01-01", "-")]
    store.close()
    monkeypatch.undo()
    (kept,) = empty_store.path.parent.glob(f"{empty_store.path.name}.before-*")
    assert validity(open_store(kept)) == [("A", "2020-01-01", "-")]


def test_a_migration_that_fails_leaves_the_old_schema_whole(
    makers: Makers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_store = open_store(makers.place(), create=True)
    put_zones(empty_store, zone("A", "2020-01-01"))
    empty_store.close()
    _with_second_step(tmp_path / "steps", monkeypatch, 'op.execute("no such statement")')
    said, name = ("syntax error" if is_postgres(empty_store) else "near "), empty_store.path.name
    told = rf"{SCHEMA_REVISION} 升级到 9999 失败（.*{said}.*副本为 {name}\.before-9999-at-{SCHEMA_REVISION}"
    with pytest.raises(UpgradeFailed, match=told):
        open_store(empty_store.place)
    monkeypatch.undo()
    store = open_store(empty_store.place)
    with store.read() as connection:
        tables = inspect(connection).get_table_names()
        columns = [column["name"] for column in inspect(connection).get_columns("changeset")]
    assert "note" not in tables and "extra" not in columns
    store.close()
