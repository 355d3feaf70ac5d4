"""A small store with something of everything: a zone, people, a record with photos."""

from __future__ import annotations

import uuid

from services.accounts import Profile, create
from store import audit, changes, records
from store.accounts import Duty
from store.open import Store
from tests._store_rows import put_zones, zone

PASSWORD = "three-lamps-on-a-river"


def add_record(store: Store, content: bytes, actor: str = "zhang") -> str:
    """A patrol with one photo, as ``services.fieldwork`` writes it; the hash of the photo."""
    digest = records.keep_file(store, content)
    with store.write() as connection:
        at = changes.moment(connection)
        facts = {
            "kind": "patrol", "cell": "P-1", "town": "", "at": at, "sent_at": at, "actor": actor, "body": {"text": "无异常"},
            "client_id": str(uuid.uuid4()),
        }  # fmt: skip
        number = records.add(connection, facts)
        photo = {
            "record_id": number, "sha256": digest, "thumb_sha256": digest, "kind": "jpg", "width": 1, "height": 1,
            "bytes": len(content), "taken_at": "", "added_at": at,
        }  # fmt: skip
        records.add_photo(connection, photo)
        audit.append(connection, store, audit.Entry(actor, "record_patrol", f"record {number}", {"photos": [digest]}), at)
    return digest


def fill(store: Store) -> str:
    """Fill it; the hash of the photo."""
    put_zones(store, zone("A", "2020-01-01"))
    create(store, Profile("chief", "主任", ("admin",), phone="0579-1"), "test", PASSWORD)
    create(store, Profile("zhang", "张", ("grid_head",)), "test", PASSWORD, [Duty("P-1")])
    return add_record(store, b"a photo")
