"""Takes an import back as a whole: what it added ends, what it replaced comes back, unless it was changed again since."""

from __future__ import annotations

from dataclasses import dataclass

from geo.errors import Conflict, NotFound, Refused
from services.scope import Principal, visible_layers
from store import audit, changes, features, held
from store.changes import Change
from store.held import Decision, Import
from store.open import Store


class OthersImport(Refused):
    """An import of somebody else, by somebody who works in a part of the city."""

    zh = "导入 #{number} 由其他人员导入，可能涉及您负责范围以外的数据，未撤回；请由导入人或全市权限的人员撤回。"
    en = "Import #{number} is somebody else's and may reach outside your area; nothing was changed. Ask them to take it back."


class TakenBackAlready(Conflict):
    """An import that was taken back before."""

    zh = "导入 #{number} 已经撤回。"
    en = "Import #{number} was taken back already."


@dataclass(frozen=True)
class TakenBack:
    """How many versions ended, how many came back, and the codes left because they were changed again since."""

    ended: int
    restored: int
    kept: tuple[str, ...]


def imports(store: Store, principal: Principal, limit: int = 30) -> list[Import]:
    """Imports somebody may see, the latest first; who works in a part of the city sees their own."""
    with store.read() as connection:
        found = held.imports(connection, list(visible_layers(principal)), limit)
    return found if principal.area.whole else [one for one in found if one.actor == principal.name]


def take_back(store: Store, principal: Principal, number: int) -> TakenBack:
    """Take an import back, in one transaction; its open rows in the quarantine are withdrawn.

    Raises:
        NotFound, OthersImport, TakenBackAlready: nothing was changed.
    """
    layers = visible_layers(principal)
    with store.write() as connection:
        found = held.imports(connection, list(layers), 1, number)
        if not found:
            raise NotFound(what=f"#{number}")
        one = found[0]
        if not principal.area.whole and one.actor != principal.name:
            raise OthersImport(number=number)
        if one.taken_back is not None:
            raise TakenBackAlready(number=number)
        at = changes.moment(connection)
        plan, later = features.plan_taking_back(connection, layers[one.layer], number)
        revision = changes.revision(connection, one.layer) if plan.empty else changes.next_revision(connection, one.layer)
        counts = {"ended": len(plan.retire), "restored": len(plan.insert), "kept": len(later)}
        change = Change("retire", one.layer, principal.name, one.source_name, "", f"撤回导入 #{number}")
        made = changes.begin(connection, change, revision, counts, at)
        features.apply(connection, plan, made, revision, at)
        held.note_taken_back(connection, number, made)
        waiting = [row.id for row in held.open_rows(connection, [one.layer], number, 1_000_000)]
        held.decide(connection, waiting, Decision("withdrawn", principal.name, at, f"撤回导入 #{number}", made))
        body = counts | {"import": number, "source": one.source_name, "revision": revision}
        audit.append(connection, store, audit.Entry(principal.name, "take_back", one.layer, body), at)
    audit.anchor(store)
    return TakenBack(len(plan.retire), len(plan.insert), tuple(later))
