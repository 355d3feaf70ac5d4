"""The database itself refuses to edit history, whoever asks: raw SQL on a connection of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from services.assess import assess, save_run
from store._sqlite import missing_triggers
from store.open import Store
from tests._store_rows import REGION, put, put_zones, table, validity, zone


@pytest.fixture
def filled(empty_store: Store) -> Store:
    """A store with two versions of a zone, a held row and a run with a finding."""
    put_zones(empty_store, zone("A", "2020-01-01"), zone("A", "2020-06-01", place=1))
    unit = {"unit_code": "U1", "enterprise_code": "E1", "unit_type": "锅炉", "fuel": "原煤", "capacity_tph": "4"}
    put(empty_store, "combustion_units", table(unit, {"unit_code": "U2"}))
    save_run(empty_store, assess(empty_store, REGION, REGION.plan_end))
    return empty_store


@pytest.fixture
def raw(filled: Store) -> Iterator[sqlite3.Connection]:
    """A plain connection without any of our settings."""
    with closing(sqlite3.connect(filled.path)) as connection:
        yield connection


@pytest.mark.parametrize("table", ["feature_version", "changeset", "held_row", "run", "finding", "audit_log"])
def test_nothing_can_be_deleted_or_replaced(raw: sqlite3.Connection, table: str) -> None:
    count = raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    assert count, "the test needs a row"
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(f"DELETE FROM {table}")
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|two versions in force"):
        raw.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    assert raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == count


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("changeset", "actor"),
        ("held_row", "original"),
        ("run", "run_hash"),
        ("finding", "verdict"),
        ("audit_log", "body"),
    ],
)
def test_nothing_can_be_edited(raw: sqlite3.Connection, table: str, column: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(f"UPDATE {table} SET {column} = 'x'")


def _columns() -> list[str]:
    from store.models import feature_version

    return [c.name for c in feature_version.columns if c.name not in ("retired_at", "retired_by")]


@pytest.mark.parametrize("column", _columns())
def test_no_column_of_a_version_can_be_edited_even_while_retiring(raw: sqlite3.Connection, column: str) -> None:
    for value in ("7777", "NULL"):
        held = raw.execute(f"SELECT {column} FROM feature_version WHERE code = 'A' AND valid_to IS NULL").fetchone()
        if (held[0] is None) == (value == "NULL"):
            continue
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute(
                f"UPDATE feature_version SET {column} = {value}, retired_at = '2020', retired_by = 1 "
                "WHERE code = 'A' AND valid_to IS NULL"
            )


def test_a_version_is_retired_once_and_never_comes_back(raw: sqlite3.Connection, filled: Store) -> None:
    retire = "UPDATE feature_version SET retired_at = ?, retired_by = ? WHERE code = 'A'"
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(retire, ("2030-01-01T00:00:00.000000Z", None))
    raw.execute(retire, ("2030-01-01T00:00:00.000000Z", 1))
    raw.commit()
    for again in (("2031-01-01T00:00:00.000000Z", 1), (None, None)):
        with pytest.raises(sqlite3.IntegrityError, match="only be retired"):
            raw.execute(retire, again)
    assert validity(filled) == []


def test_a_retired_version_cannot_be_replaced(raw: sqlite3.Connection, filled: Store) -> None:
    put_zones(filled, zone("A", "2020-01-01", place=9))
    retired = "FROM feature_version WHERE retired_at IS NOT NULL"
    assert raw.execute(f"SELECT count(*) {retired}").fetchone() == (1,)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(f"INSERT OR REPLACE INTO feature_version SELECT * {retired}")


_COPY = """
INSERT INTO feature_version (layer, code, version, valid_from, valid_to, recorded_at, changeset_id, props, extra,
  filed_sha256, sha256)
SELECT layer, code, 'x', ?, ?, recorded_at, changeset_id, props, extra, filed_sha256, sha256
FROM feature_version WHERE code = 'A' LIMIT 1
"""


@pytest.mark.parametrize(
    ("start", "end"),
    [("2020-05-31", "2020-05-31"), (None, "2020-01-01"), ("2019-01-01", None), ("2025-01-01", None), (None, None)],
)
def test_two_versions_in_force_on_one_day_are_refused(
    raw: sqlite3.Connection, start: str | None, end: str | None
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="two versions in force"):
        raw.execute(_COPY, (start, end))


def test_a_version_beside_the_others_is_taken_so_the_test_above_can_fail(raw: sqlite3.Connection) -> None:
    raw.execute(_COPY, (None, "2019-12-31"))
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(_COPY, ("2018-12-31", "2018-01-01"))


def test_a_missing_guard_is_noticed(raw: sqlite3.Connection, filled: Store) -> None:
    with filled.read() as connection:
        assert missing_triggers(connection) == []
    raw.execute("DROP TRIGGER audit_log_no_delete")
    raw.commit()
    with filled.read() as connection:
        assert missing_triggers(connection) == ["audit_log_no_delete"]
