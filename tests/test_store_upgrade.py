"""Filled stores of every earlier schema are brought up to date with every row, or left as they were."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from services.journal import verify
from services.login import Where, log_in
from services.upgrade import bring_up
from store import _seal, audit, migrate
from store import open as opening
from store._copy import pour
from store._dialects import engine_for
from store._place import Place
from store.errors import UpgradeFailed
from store.models import SCHEMA_REVISION
from store.open import as_it_stands, open_store
from tests._filled_store import PASSWORD, fill
from tests._often import SOAK
from tests._raw import Makers
from tests._store_rows import validity

OLDER = migrate.known_schemas()[1:]


def older_store(folder: Path, schema: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A filled store as the program of an earlier schema left it: its tables, its rows, its audit log without seals."""
    with monkeypatch.context() as patch:
        patch.setattr(_seal, "seal", lambda connection, at: {})
        new = open_store(folder / "new.sqlite", create=True)
        fill(new)
        new.close()
    old = folder / "city.sqlite"
    engine = create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(migrate._FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
    engine.dispose()
    with closing(sqlite3.connect(old)) as raw:
        raw.execute("ATTACH ? AS new", (str(new.path),))
        tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in set(tables) - {"alembic_version", "sqlite_sequence"}:
            columns = ", ".join(row[1] for row in raw.execute(f"PRAGMA table_info({table})"))
            raw.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new.{table}")
        raw.execute("UPDATE store_info SET value = ? WHERE name = 'schema'", (schema,))
        raw.execute("DELETE FROM store_info WHERE name = 'sealed'")
        raw.commit()
    for suffix in (".key", ".anchor", ".files"):
        new.path.with_name(new.path.name + suffix).rename(old.with_name(old.name + suffix))
    return old


def older(makers: Makers, folder: Path, schema: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The same on the database of the test."""
    file = older_store(folder, schema, monkeypatch)
    if makers.kind == "sqlite":
        return Place(file)
    place = makers.place("city")
    source, engine = as_it_stands(file), engine_for(place)
    with source.read() as reading, engine.execution_options(bluesky_write=True).connect() as made, made.begin():
        migrate.upgrade(made, to=schema)
        pour(reading, made, schema, lambda *_: None)
    source.close()
    engine.dispose()
    place.path.parent.mkdir()
    for suffix in (".key", ".anchor", ".files"):
        file.with_name(file.name + suffix).rename(place.path.with_name(place.path.name + suffix))
    return place


def counts(place: Place) -> dict[str, int]:
    store = as_it_stands(place)
    with store.read() as connection:
        found = migrate.rows_of(connection)
    store.close()
    return found


@pytest.mark.parametrize("schema", OLDER)
def test_a_filled_store_is_brought_up_with_every_row(
    schema: str, makers: Makers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if makers.kind == "postgres" and schema not in (OLDER[0], OLDER[-1]):
        pytest.skip("the oldest and the newest are enough on the second database")
    old = older(makers, tmp_path, schema, monkeypatch)
    before = counts(old)
    done = bring_up(old)
    copied = f"{old.path.name}.before-{SCHEMA_REVISION}-at-{schema}"
    assert (done.before, done.after, done.copy) == (schema, SCHEMA_REVISION, copied)
    store = open_store(old)
    assert validity(store) == [("A", "2020-01-01", "-")]
    assert verify(store) == []
    after = counts(old)
    changed = {name: after[name] - number for name, number in before.items() if after[name] != number}
    assert changed == {"audit_log": 1, "store_info": 1}, "an entry that seals everything, and where it ended"
    if schema > "0001":
        log_in(store, "chief", PASSWORD, Where("127.0.0.1"))
    store.close()
    copy = counts(Place(old.path.with_name(str(done.copy))))
    assert copy == {name: number for name, number in before.items() if name in copy}, "a copy of what was"
    assert bring_up(old).copy is None, "once is enough"


@pytest.mark.slow
@pytest.mark.parametrize("schema", OLDER)
@pytest.mark.parametrize("harm", ["raise", "lose", "unguard"])
def test_a_failing_upgrade_leaves_the_former_state(
    schema: str, harm: str, makers: Makers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if makers.kind == "postgres" and (schema, harm) != (OLDER[0], "lose"):
        pytest.skip("one failure is enough on the second database: the transaction is the same for all")
    if harm != "raise" and schema not in (OLDER[0], OLDER[-1]) and not SOAK:
        pytest.skip("long: make soak")
    old = older(makers, tmp_path, schema, monkeypatch)
    before = counts(old)

    def upgrade(connection: Any) -> None:
        migrate.upgrade(connection)
        if harm == "raise":
            raise RuntimeError("the step fails")
        on = " ON {}" if makers.kind == "postgres" else ""
        if harm == "unguard":
            connection.exec_driver_sql("DROP TRIGGER changeset_no_update" + on.format("changeset"))
        if harm == "lose":
            connection.exec_driver_sql("DROP TRIGGER audit_log_no_delete" + on.format("audit_log"))
            connection.exec_driver_sql("DELETE FROM audit_log WHERE seq = 1")

    monkeypatch.setattr(opening, "upgrade", upgrade)
    word = {"raise": "the step fails", "lose": "audit_log", "unguard": "changeset_no_update"}[harm]
    with pytest.raises(UpgradeFailed, match=word):
        bring_up(old)
    assert counts(old) == before
    store = opening.as_it_stands(old)
    with store.read() as connection:
        assert migrate.schema_of(connection) == schema
    store.close()
    monkeypatch.undo()
    store = open_store(old)
    assert audit.verify(store) == []
    store.close()
