"""Every edit, deletion, swap or cut of the audit log shows; every damaged row, too."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.check import run_checks
from store import audit, changes, features
from store.errors import StoreBroken
from store.open import Store, open_store
from tests._often import often
from tests._raw import Makers, is_postgres, raw, tamper
from tests._store_rows import REGION, ZONES, put_zones, validity, zone


@pytest.fixture
def filled(empty_store: Store) -> Store:
    """Five changes, five entries."""
    for place in range(5):
        put_zones(empty_store, zone("A", "2020-01-01", place=place))
    return empty_store


def test_every_change_writes_one_entry_and_the_chain_holds(filled: Store) -> None:
    assert audit.head(filled)[0] == 5
    assert audit.verify(filled) == []
    assert audit.anchor_file(filled).read_text("ascii").count("\n") == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody' WHERE seq = 1",
        "UPDATE audit_log SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 3",
        "UPDATE audit_log SET body = '{}' WHERE seq = 5",
        "UPDATE audit_log SET body = 'no json' WHERE seq = 2",
        "UPDATE audit_log SET action = 'new_key' WHERE seq = 4",
        "DELETE FROM audit_log WHERE seq = 2",
        "DELETE FROM audit_log WHERE seq = 5",
        "DELETE FROM audit_log",
        "UPDATE audit_log SET seq = seq + 1 WHERE seq = 5",
    ],
)
def test_tampering_is_found(filled: Store, statement: str) -> None:
    tamper(filled, statement)
    assert audit.verify(filled)


def test_a_cut_tail_is_found_by_the_anchor_alone(filled: Store) -> None:
    tamper(filled, "DELETE FROM audit_log WHERE seq > 3")
    assert [line.split(":")[0] for line in audit.verify(filled)][:2] == ["entry 4", "entry 5"]
    for table in ("feature_version", "changeset", "held_row", "layer_state", "import_source"):
        tamper(filled, f"DELETE FROM {table}")
    tamper(filled, "DELETE FROM audit_log")
    assert [line.split(":")[0] for line in audit.verify(filled)] == [f"entry {number}" for number in range(1, 6)]
    audit.anchor_file(filled).unlink()
    assert audit.verify(filled) == [], "nothing but the anchor can know"


def test_an_older_copy_put_back_is_found(sqlite_store: Store, tmp_path: Path) -> None:
    filled = sqlite_store
    for place in range(5):
        put_zones(filled, zone("A", "2020-01-01", place=place))
    filled.backup(tmp_path / "old.sqlite")
    put_zones(filled, zone("B", "2020-01-01", place=7))
    filled.close()
    for name in ("-wal", "-shm"):
        filled.path.with_name(filled.path.name + name).unlink(missing_ok=True)
    (tmp_path / "old.sqlite").replace(filled.path)
    assert audit.verify(open_store(filled.path)) == ["entry 6: not the one that was anchored, or cut off"]


def test_a_lost_key_starts_a_new_one_and_is_told(filled: Store) -> None:
    audit.key_file(filled).unlink()
    assert "1 to 5" in audit.verify(filled)[-1]
    put_zones(filled, zone("B", "2020-01-01", place=7))
    assert audit.head(filled)[0] == 7, "one entry for the key, one for the change"
    assert audit.verify(filled) == ["entries 1 to 5: their key is lost, only their order can be checked"]
    tamper(filled, "UPDATE audit_log SET body = '{}' WHERE seq = 7")
    told = audit.verify(filled)
    assert "entry 7: changed, or one before it is missing" in told
    assert "changeset: rows after 5 were added without an entry" in told, "its seal is gone with its body"


@pytest.mark.skipif(os.name != "posix", reason="file rights are POSIX")
def test_the_key_is_for_its_owner_alone(filled: Store) -> None:
    key = audit.key_file(filled)
    assert key.stat().st_mode & 0o777 == 0o600
    assert is_postgres(filled) or key.read_text("ascii").encode() not in filled.path.read_bytes()
    key.chmod(0o644)
    failed = [result.key for result in run_checks(filled, REGION) if result.key == "audit" and not result.ok]
    assert failed == ["audit"]


def test_an_anchor_that_cannot_be_written_does_not_undo_the_change(filled: Store) -> None:
    audit.anchor_file(filled).unlink()
    audit.anchor_file(filled).mkdir()
    assert put_zones(filled, zone("B", "2020-01-01", place=7)).new == 1
    assert not audit.anchor(filled)
    assert audit.verify(filled) == []


def test_an_anchor_line_cut_by_a_crash_is_no_anchor(filled: Store) -> None:
    with audit.anchor_file(filled).open("ab") as file:
        file.write(b"\n6 abcdef")
    put_zones(filled, zone("B", "2020-01-01", place=7))
    assert audit.verify(filled) == []


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@pytest.mark.slow
def test_any_edit_of_any_text_is_found(makers: Makers) -> None:
    numbers = count()

    @often(10 if makers.kind == "sqlite" else 3)
    @given(
        texts=st.lists(_TEXTS, min_size=4, max_size=4), seq=st.integers(1, 4),
        edit=st.sampled_from(["actor", "action", "object", "body"]), new=_TEXTS,
    )  # fmt: skip
    def law(texts: list[str], seq: int, edit: str, new: str) -> None:
        _edited(makers.store(f"chain{next(numbers)}"), texts, seq, edit, new)

    law()


def _edited(store: Store, texts: list[str], seq: int, edit: str, new: str) -> None:
    for text in texts:
        with store.write() as connection:
            audit.append(connection, store, audit.Entry(text, text, text, {"text": text}), changes.moment(connection))
    assert audit.verify(store) == []
    with raw(store) as connection:
        mark = "%s" if is_postgres(store) else "?"
        connection.execute("DROP TRIGGER audit_log_no_update" + (" ON audit_log" if is_postgres(store) else ""))
        old = connection.execute(f"SELECT {edit} FROM audit_log WHERE seq = {seq}").fetchone()[0]
        connection.execute(f"UPDATE audit_log SET {edit} = {mark} WHERE seq = {mark}", (new, seq))
    assert bool(audit.verify(store)) == (old != new)
    store.close()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE feature_version SET props = replace(props, 'II', 'I') WHERE retired_at IS NULL", "A@2020-01-01#5"),
        ("UPDATE feature_version SET valid_to = '2020-01-02' WHERE retired_at IS NULL", "A@2020-01-01#5"),
        ("UPDATE feature_version SET geom_judge = x'00' WHERE version = 'A@2020-01-01#2'", "A@2020-01-01#2"),
        ("DELETE FROM feature_version WHERE retired_at IS NULL", "rows missing"),
        ("UPDATE feature_version SET retired_at = NULL, retired_by = NULL WHERE version LIKE '%#4'", "rows missing"),
    ],
)
def test_a_changed_or_missing_version_is_found(filled: Store, statement: str, named: str) -> None:
    with filled.read() as connection:
        assert features.damaged(connection) == []
    tamper(filled, statement)
    with filled.read() as connection:
        assert [line for line in features.damaged(connection) if named in line]


@pytest.mark.parametrize(
    "edit", ["props = '{'", "geom_map = x'ff'", "recorded_at = 'never'", "valid_from = 'never'", "extra = ''"]
)
def test_a_row_that_cannot_be_read_is_a_sentence_and_check_says_so(filled: Store, edit: str) -> None:
    if is_postgres(filled) and edit.startswith("valid_from"):
        pytest.skip("PostgreSQL keeps days as days: such a cell cannot come to be")
    tamper(filled, f"UPDATE feature_version SET {edit} WHERE retired_at IS NULL")
    with pytest.raises(StoreBroken, match="check"):
        features.recorded(filled, ZONES)
    results = {result.key: result for result in run_checks(filled, REGION)}
    assert not results["content"].ok
    assert not results["guards"].ok, "the triggers were dropped, too"


def test_check_of_a_whole_store_finds_nothing_in_it(filled: Store) -> None:
    results = {result.key: result for result in run_checks(filled, REGION)}
    names = ("store", "schema", "integrity", "guards", "content", "audit", "layers", "rules", "boundaries")
    assert [(name, results[name].ok) for name in names] == [(name, True) for name in names]
    assert validity(filled) == [("A", "2020-01-01", "-")]


def test_check_of_a_missing_store_still_looks_at_the_rest(tmp_path: Path) -> None:
    results = {result.key: result for result in run_checks(lambda: open_store(tmp_path / "no.sqlite"), REGION)}
    assert not results["store"].ok and "no.sqlite" in results["store"].detail
    assert results["layers"].ok and "integrity" not in results
