"""Takes a wrong row out of a layer, with a reason, leaving its history."""

from __future__ import annotations

import datetime as dt

from geo.errors import WrongUsage
from services._recording import now
from services.scope import layer_for, local_principal
from store import audit, changes, features
from store.changes import Change
from store.errors import FeatureMissing
from store.open import Store


def retire(store: Store, layer_name: str, key: str, why: str, actor: str = "local") -> int:
    """Retire every version of a key; ``CODE@YYYY-MM-DD`` names one version of a zone.

    Returns:
        How many versions were retired.
    Raises:
        FeatureMissing: nothing of that key is recorded. WrongUsage: no reason was given.
    """
    layer = layer_for(local_principal(), layer_name)
    if not why.strip():
        raise WrongUsage(value="--why", hint="请写明撤销原因 / give the reason")
    code, start = _split(key) if layer.zone else (key, None)
    at = now()
    with store.write() as connection:
        ids = features.ids_of(connection, layer.name, code, start) or features.ids_of(connection, layer.name, key)
        if not ids:
            raise FeatureMissing(layer=layer.title, what=key)
        number = changes.next_revision(connection, layer.name)
        change = Change("retire", layer.name, actor, note=why.strip())
        changeset = changes.begin(connection, change, number, {"retired": len(ids)}, at)
        features.retire(connection, ids, changeset, at)
        body = {"key": key, "why": why.strip(), "versions": len(ids), "revision": number}
        audit.append(connection, store, audit.Entry(actor, "retire", layer.name, body), at)
    audit.anchor(store)
    return len(ids)


def _split(key: str) -> tuple[str, dt.date | None]:
    code, mark, day = key.rpartition("@")
    try:
        return (code, dt.date.fromisoformat(day)) if mark else (key, None)
    except ValueError:
        return key, None
