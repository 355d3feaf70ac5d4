"""Takes a wrong row out of a layer, with a reason, leaving its history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection

from geo.errors import Conflict, WrongUsage
from layers._find import load_layers
from layers._layer import Layer
from services._board import Subject, label_of
from services._edit_effect import Effect, children, effect_of
from services._edit_row import Row
from services.casework import said
from services.corrections import note_answer
from services.edit import Asked, Editor, cases_follow
from services.scope import layer_for, local_principal
from services.seen import seen_by
from store import audit, changes, features
from store.changes import Change
from store.errors import FeatureMissing
from store.features import Plan
from store.history import standing
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
        ended = _take_out(connection, store, layer, key.strip(), why.strip(), actor)
    audit.anchor(store)
    return ended


def _take_out(connection: Connection, store: Store, layer: Layer, key: str, why: str, actor: str) -> int:
    """Retire a key in the caller's transaction, with its audit entry."""
    plan = _plan(connection, layer, key)
    if plan.empty:
        raise FeatureMissing(layer=layer.title, what=key)
    at = changes.moment(connection)
    number = changes.next_revision(connection, layer.name)
    change = Change("retire", layer.name, actor, note=why)
    changeset = changes.begin(connection, change, number, {"retired": plan.ended}, at)
    features.apply(connection, plan, changeset, number, at)
    body = {"key": key, "why": why, "versions": plan.ended, "revision": number}
    audit.append(connection, store, audit.Entry(actor, "retire", layer.name, body), at)
    return plan.ended


@dataclass(frozen=True)
class Farewell:
    """What taking a row out would do. ``hanging``: rows that name it (layer, key, name). ``effect``: of the row alone, and
    of the row with them."""

    row: Row
    hanging: list[tuple[str, str, str]]
    alone: Effect
    together: Effect


def farewell(editor: Editor, layer_name: str, key: str) -> Farewell:
    """What hangs on a row, and what happens to verdicts without it.

    Raises:
        LayerUnknown, FeatureMissing: no such row, or not theirs.
    """
    row = editor.row(layer_name, key)
    subject, whole = (layer_name, key), editor.whole
    hanging = children(whole.frames, subject)
    named = [(name, code, _name(whole.frames[name], name, code)) for name, code in hanging]
    alone = effect_of(whole, editor.region, {subject: None}, editor.principal)
    gone: dict[Subject, None] = dict.fromkeys([subject, *hanging])
    together = effect_of(whole, editor.region, gone, editor.principal) if hanging else alone
    return Farewell(row, named, alone, together)


def _name(frame: pd.DataFrame, layer_name: str, key: str) -> str:
    names = frame[frame[load_layers()[layer_name].key].astype(str) == key][label_of(layer_name)]
    return str(names.iloc[-1] or "") if len(names) else ""


def take_out(editor: Editor, asked: Asked, layer_name: str, key: str, with_hanging: bool) -> bool:
    """Take a row out with its reason, and what hangs on it where that is wanted, in one transaction; then the cases follow.

    Args:
        asked: its ``version`` is the one the page showed, its ``case`` the one this answers.
    Returns:
        Whether the cases are up to date, too.
    Raises:
        LayerUnknown, FeatureMissing: no such row, or not theirs. TextMissing: no reason. Conflict: it changed meanwhile.
    """
    editor.row(layer_name, key)  # theirs to see
    why, store, actor = said(asked.why), editor.store, editor.principal.name
    subjects = [*(children(editor.whole.frames, (layer_name, key)) if with_hanging else []), (layer_name, key)]
    facilities = seen_by(editor.whole, editor.principal).facilities
    with store.write() as connection:
        if standing(connection, layer_name, key) != asked.version:
            raise Conflict()
        for name, code in subjects:
            _take_out(connection, store, load_layers()[name], code, why, actor)
        if asked.case is not None:
            note_answer(connection, store, editor.principal, facilities, asked.case, (layer_name, key), why, False)
    audit.anchor(store)
    return cases_follow(store, editor.region, f"retire {layer_name} {key}：{why}")


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
