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
from store.errors import UpgradeFailed
from store.models import SCHEMA_REVISION
from store.open import open_store
from tests._filled_store import PASSWORD, fill
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


def counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


@pytest.mark.parametrize("schema", OLDER)
def test_a_filled_store_is_brought_up_with_every_row(schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = older_store(tmp_path, schema, monkeypatch)
    before = counts(old)
    done = bring_up(old)
    assert (done.before, done.after, done.copy) == (schema, SCHEMA_REVISION, f"city.sqlite.before-{SCHEMA_REVISION}-at-{schema}")
    store = open_store(old)
    assert validity(store) == [("A", "2020-01-01", "-")]
    assert verify(store) == []
    after = counts(old)
    changed = {name: after[name] - number for name, number in before.items() if after[name] != number}
    assert changed == {"audit_log": 1, "store_info": 1}, "an entry that seals everything, and where it ended"
    if schema > "0001":
        log_in(store, "chief", PASSWORD, Where("127.0.0.1"))
    store.close()
    assert counts(tmp_path / str(done.copy)) == before, "a copy of what was"
    assert bring_up(old).copy is None, "once is enough"


@pytest.mark.parametrize("schema", OLDER)
@pytest.mark.parametrize("harm", ["raise", "lose", "unguard"])
def test_a_failing_upgrade_leaves_the_former_state(
    schema: str, harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = older_store(tmp_path, schema, monkeypatch)
    before = counts(old)

    def upgrade(connection: Any) -> None:
        migrate.upgrade(connection)
        if harm == "raise":
            raise RuntimeError("the step fails")
        if harm == "unguard":
            connection.exec_driver_sql("DROP TRIGGER changeset_no_update")
        if harm == "lose":
            connection.exec_driver_sql("DROP TRIGGER audit_log_no_delete")
            connection.exec_driver_sql("DELETE FROM audit_log WHERE seq = 1")

    monkeypatch.setattr(opening, "upgrade", upgrade)
    word = {"raise": "the step fails", "lose": "audit_log", "unguard": "changeset_no_update"}[harm]
    with pytest.raises(UpgradeFailed, match=word):
        bring_up(old)
    assert counts(old) == before
    store = opening.as_it_stands(old)
    assert store.path.is_file()
    with store.read() as connection:
        assert migrate.schema_of(connection) == schema
    store.close()
    monkeypatch.undo()
    store = open_store(old)
    assert audit.verify(store) == []
    store.close()
