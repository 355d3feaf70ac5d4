"""The database itself refuses to edit history, whoever asks: raw SQL on a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import DataError
from sqlalchemy import Date

from services.assess import assess, save_run
from store._dialects import missing_guards
from store.models import feature_version
from store.open import Store
from tests import _raw
from tests._raw import REFUSED, is_postgres
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
def raw(filled: Store) -> Iterator[Any]:
    """A plain connection without any of our settings."""
    with _raw.raw(filled) as connection:
        yield connection


def test_nothing_can_be_deleted_or_replaced(raw: Any, filled: Store) -> None:
    for name in ("feature_version", "changeset", "held_row", "run", "finding", "audit_log"):
        _cannot_be_deleted_or_replaced(raw, is_postgres(filled), name)


def _cannot_be_deleted_or_replaced(raw: Any, postgres: bool, table: str) -> None:
    count = raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    assert count, "the test needs a row"
    with pytest.raises(REFUSED, match="append-only"):
        raw.execute(f"DELETE FROM {table}")
    replaced = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    with pytest.raises(REFUSED, match=r"append-only|two versions in force"):
        raw.execute(f"TRUNCATE {table} CASCADE" if postgres else replaced)
    assert raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == count


def test_nothing_can_be_edited(raw: Any) -> None:
    edits = {"changeset": "actor", "held_row": "original", "run": "run_hash", "finding": "verdict", "audit_log": "body"}
    for name, column in edits.items():
        with pytest.raises(REFUSED, match="append-only"):
            raw.execute(f"UPDATE {name} SET {column} = 'x'")


def _columns() -> list[str]:
    return [c.name for c in feature_version.columns if c.name not in ("retired_at", "retired_by")]


def test_no_column_of_a_version_can_be_edited_even_while_retiring(raw: Any) -> None:
    for column in _columns():
        _cannot_be_edited_while_retiring(raw, column)


def _cannot_be_edited_while_retiring(raw: Any, column: str) -> None:
    other = "'2031-01-01'" if isinstance(feature_version.c[column].type, Date) else "'7777'"
    for value in (other, "NULL"):
        held = raw.execute(f"SELECT {column} FROM feature_version WHERE code = 'A' AND valid_to IS NULL").fetchone()
        if (held[0] is None) == (value == "NULL"):
            continue
        with pytest.raises(REFUSED):
            raw.execute(
                f"UPDATE feature_version SET {column} = {value}, retired_at = '2020', retired_by = 1 "
                "WHERE code = 'A' AND valid_to IS NULL"
            )


def test_a_version_is_retired_once_and_never_comes_back(raw: Any, filled: Store) -> None:
    retire = "UPDATE feature_version SET retired_at = {}, retired_by = {} WHERE code = 'A'"
    with pytest.raises(REFUSED):
        raw.execute(retire.format("'2030-01-01T00:00:00.000000Z'", "NULL"))
    raw.execute(retire.format("'2030-01-01T00:00:00.000000Z'", 1))
    for again in (("'2031-01-01T00:00:00.000000Z'", 1), ("NULL", "NULL")):
        with pytest.raises(REFUSED, match="only be retired"):
            raw.execute(retire.format(*again))
    assert validity(filled) == []


def test_a_retired_version_cannot_be_replaced(raw: Any, filled: Store) -> None:
    if is_postgres(filled):
        pytest.skip("INSERT OR REPLACE is SQLite's; ON CONFLICT DO UPDATE is an update")
    put_zones(filled, zone("A", "2020-01-01", place=9))
    retired = "FROM feature_version WHERE retired_at IS NOT NULL"
    assert raw.execute(f"SELECT count(*) {retired}").fetchone() == (1,)
    with pytest.raises(REFUSED, match="append-only"):
        raw.execute(f"INSERT OR REPLACE INTO feature_version SELECT * {retired}")


_COPY = """
INSERT INTO feature_version (layer, code, version, valid_from, valid_to, recorded_at, changeset_id, props, extra,
  filed_sha256, sha256)
SELECT layer, code, 'x', {}, {}, recorded_at, changeset_id, props, extra, filed_sha256, sha256
FROM feature_version WHERE code = 'A' LIMIT 1
"""


def _copy(start: str | None, end: str | None) -> str:
    return _COPY.format(*("CAST(NULL AS date)" if day is None else f"date('{day}')" for day in (start, end)))


OVERLAPPING = [("2020-05-31", "2020-05-31"), (None, "2020-01-01"), ("2019-01-01", None), ("2025-01-01", None), (None, None)]


def test_two_versions_in_force_on_one_day_are_refused(raw: Any) -> None:
    for start, end in OVERLAPPING:
        _is_refused(raw, start, end)


def _is_refused(raw: Any, start: str | None, end: str | None) -> None:
    with pytest.raises(REFUSED, match=r"two versions in force|feature_version_no_overlap"):
        raw.execute(_copy(start, end))


def test_a_version_beside_the_others_is_taken_so_the_test_above_can_fail(raw: Any) -> None:
    raw.execute(_copy(None, "2019-12-31"))
    with pytest.raises((*REFUSED, DataError)):
        raw.execute(_copy("2018-12-31", "2018-01-01"))


def test_a_missing_guard_is_noticed(raw: Any, filled: Store) -> None:
    with filled.read() as connection:
        assert missing_guards(connection) == []
    raw.execute("DROP TRIGGER audit_log_no_delete" + (" ON audit_log" if is_postgres(filled) else ""))
    with filled.read() as connection:
        assert missing_guards(connection) == ["audit_log_no_delete"]
    if is_postgres(filled):
        raw.execute("ALTER TABLE changeset DISABLE TRIGGER changeset_no_update")
        raw.execute("ALTER TABLE feature_version DROP CONSTRAINT feature_version_no_overlap")
        with filled.read() as connection:
            found = missing_guards(connection)
        assert found == ["audit_log_no_delete", "changeset_no_update", "feature_version_no_overlap"]
