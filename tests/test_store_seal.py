"""Any row of the record that is changed, taken away or added behind the program's back is found."""

from __future__ import annotations

import datetime as dt

import pytest

from services.assess import assess, save_run
from services.cases import follow
from store import audit
from store.open import Store
from tests._filled_store import fill
from tests._raw import is_postgres, tamper
from tests._store_rows import REGION

HARM = {
    "changeset": ["UPDATE changeset SET note = 'x'", "DELETE FROM changeset WHERE id = (SELECT max(id) FROM changeset)"],
    "feature_version": [
        "UPDATE feature_version SET version = 'x' WHERE id = 1",
        "UPDATE feature_version SET sha256 = replace(sha256, 'a', 'b') WHERE id = 1",
    ],
    "field_record": [
        "UPDATE field_record SET body = '{}'", "DELETE FROM field_record",
        "INSERT INTO field_record SELECT 99, kind, case_id, facility_layer, facility_key, cell, town, at, sent_at, actor, lon,"
        " lat, accuracy_m, distance_m, body, 'another' FROM field_record",
    ],
    "photo": ["UPDATE photo SET sha256 = thumb_sha256 || 'x'", "DELETE FROM photo", "UPDATE photo SET lon = 119.5"],
    "account": [
        "UPDATE account SET roles = 'admin' WHERE name = 'zhang'", "UPDATE account SET password_hash = NULL",
        "DELETE FROM account WHERE name = 'zhang'",
        "INSERT INTO account SELECT 99, 'ghost', 'x', NULL, 'admin', NULL, NULL, NULL,"
        " is_demo, must_change, '2026', NULL, NULL, 1 FROM account WHERE name = 'zhang'",
    ],
    "account_cell": ["UPDATE account_cell SET cell_code = 'P-2'", "DELETE FROM account_cell"],
    "layer_state": ["UPDATE layer_state SET revision = 7"],
}  # fmt: skip


@pytest.mark.parametrize(("table", "statement"), [(table, one) for table, every in HARM.items() for one in every])
def test_a_foreign_hand_is_found(empty_store: Store, table: str, statement: str) -> None:
    if is_postgres(empty_store) and statement != HARM[table][-1]:
        pytest.skip("one statement a table is enough on the second database")
    fill(empty_store)
    assert audit.verify(empty_store) == []
    tamper(empty_store, statement)
    assert any(line.startswith(f"{table}:") for line in audit.verify(empty_store))


def test_who_was_seen_when_is_no_change(empty_store: Store) -> None:
    fill(empty_store)
    tamper(empty_store, "UPDATE account SET last_login_at = '2026-01-01T00:00:00.000000Z'")
    assert audit.verify(empty_store) == []


def test_a_pointer_set_forward_hides_nothing(empty_store: Store) -> None:
    fill(empty_store)
    forward = """value = replace(value, '"field_record":1', '"field_record":9')"""
    tamper(empty_store, f"UPDATE store_info SET {forward} WHERE name = 'sealed'")
    tamper(empty_store, HARM["field_record"][2].replace("99", "5"))
    assert any(line.startswith("field_record:") for line in audit.verify(empty_store))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_file SET state = 'closed' WHERE id = 3", "DELETE FROM case_file WHERE id = 3",
        "UPDATE case_basis SET verdict = 'C' WHERE case_id = 3", "UPDATE case_event SET actor = 'nobody' WHERE id = 3",
        "UPDATE finding SET verdict = 'C' WHERE key = (SELECT key FROM finding WHERE verdict = 'V' LIMIT 1)",
        "UPDATE run SET run_hash = rules_hash",
    ],
)  # fmt: skip
def test_a_case_changed_behind_its_history_is_found(demo_copy: Store, statement: str) -> None:
    if is_postgres(demo_copy) and not statement.startswith(("UPDATE case_basis", "UPDATE finding")):
        pytest.skip("one statement of cases and one of runs is enough on the second database")
    day = dt.date(2021, 7, 1)
    follow(demo_copy, REGION, "test", day)
    save_run(demo_copy, assess(demo_copy, REGION, day))
    assert audit.verify(demo_copy) == []
    tamper(demo_copy, statement)
    assert audit.verify(demo_copy)
