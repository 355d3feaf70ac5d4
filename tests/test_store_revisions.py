"""Every revision of a layer can be read again, and has the hash it had; on both databases."""

from __future__ import annotations

from layers._find import load_layers
from services.retire import retire
from store import changes, revisions
from store.open import Store
from tests._store_rows import put, put_zones, table, zone

ENTERPRISES = load_layers()["enterprises"]


def test_every_revision_can_be_read_again(empty_store: Store) -> None:
    with empty_store.read() as connection:
        assert revisions.identity(connection) == "" and revisions.read(connection, ENTERPRISES, 1) is None
        nothing = revisions.read(connection, ENTERPRISES, 0)
    assert nothing is not None and nothing.frame.empty
    put(empty_store, "enterprises", table({"enterprise_code": "E1", "enterprise_name": "甲"}, {"enterprise_code": "E2"}))
    held = [state_of(empty_store)]
    put(empty_store, "enterprises", table({"enterprise_code": "E1", "enterprise_name": "乙"}))
    held.append(state_of(empty_store))
    put_zones(empty_store, zone("A", "2019-01-01"))
    retire(empty_store, "enterprises", "E2", "重复")
    held.append(state_of(empty_store))
    with empty_store.read() as connection:
        first, second, third = (revisions.read(connection, ENTERPRISES, number) for number in (1, 2, 3))
        assert [one.sha256 for one in (first, second, third) if one] == held
        assert first is not None and second is not None and third is not None
        assert first.frame["enterprise_name"].tolist() == ["甲", None]
        assert second.frame["enterprise_name"].tolist() == ["乙", None] and len(third.frame) == 1
        assert [(one.number, one.kind) for one in revisions.listed(connection, "enterprises")] == [
            (3, "retire"), (2, "import"), (1, "import"),
        ]  # fmt: skip
        assert revisions.read(connection, ENTERPRISES, 4) is None and revisions.identity(connection)


def state_of(store: Store) -> str:
    with store.read() as connection:
        return changes.states(connection)["enterprises"].content
