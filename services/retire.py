"""Takes a wrong row out of a layer, with a reason, leaving its history."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection

from geo.errors import WrongUsage
from layers._layer import Layer
from services.scope import layer_for, local_principal
from store import audit, changes, features
from store.changes import Change
from store.errors import FeatureMissing
from store.features import Plan
from store.open import Store

ALWAYS = "always"
"""Stands in a key for the version of a zone without a first day."""


def retire(store: Store, layer_name: str, key: str, why: str, actor: str = "local") -> int:
    """Retire every version of a key; ``CODE@YYYY-MM-DD`` names one version of a zone.

    A version that ended early because of a retired one is in force again until its filed end.

    Args:
        why: the reason, kept in history.
    Returns:
        How many versions were retired.
    Raises:
        FeatureMissing: nothing of that key is recorded. WrongUsage: no reason was given.
    """
    layer = layer_for(local_principal(), layer_name)
    if not why.strip():
        raise WrongUsage(value="--why", hint="请写明撤销原因 / give the reason")
    with store.write() as connection:
        plan = _plan(connection, layer, key.strip())
        if plan.empty:
            raise FeatureMissing(layer=layer.title, what=key)
        at = changes.moment(connection)
        number = changes.next_revision(connection, layer.name)
        change = Change("retire", layer.name, actor, note=why.strip())
        changeset = changes.begin(connection, change, number, {"retired": plan.ended}, at)
        features.apply(connection, plan, changeset, number, at)
        body = {"key": key.strip(), "why": why.strip(), "versions": plan.ended, "revision": number}
        audit.append(connection, store, audit.Entry(actor, "retire", layer.name, body), at)
    audit.anchor(store)
    return plan.ended


def _plan(connection: Connection, layer: Layer, key: str) -> Plan:
    """What to retire; a code may itself contain ``@``."""
    code, mark, day = key.rpartition("@")
    if layer.zone and mark:
        try:
            start = None if day == ALWAYS else dt.date.fromisoformat(day)
        except ValueError:
            pass
        else:
            plan = features.plan_retirement(connection, layer, code, start)
            if not plan.empty:
                return plan
    return features.plan_retirement(connection, layer, key)
