"""What a change of one row would do to verdicts: the same runner judges the same rules with the draft in its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from geo.region import Region
from layers._find import load_layers
from layers._rows import rows_where
from rules._find import load_rules
from rules._frames import frames_from
from rules._run import run
from rules._verdict import RANK
from services._board import OWNER_LAYERS, Frames, Subject, board, facility_layers
from services.assess import Assessment
from services.scope import Principal
from services.seen import facilities_in

DRAFT = "draft"
"""Version name of a row that is not recorded."""
_TOLD = ("verdict", "zone_version", "due_on", "reason", "missing")


@dataclass(frozen=True)
class Verdict:
    """One rule on one subject before and after; None where the rule does not apply, or the subject is not there."""

    rule: str
    layer: str
    code: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def changed(self) -> bool:
        """Whether anything a reader is told differs."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return any(self.before[name] != self.after[name] for name in _TOLD)


@dataclass(frozen=True)
class Effect:
    """Verdicts before and after, the changed ones first. ``judged``: the assessment with the draft, for its part of the city."""

    verdicts: list[Verdict]
    judged: Assessment

    @property
    def changed(self) -> list[Verdict]:
        """The verdicts that differ."""
        return [one for one in self.verdicts if one.changed]


def effect_of(
    whole: Assessment, region: Region, changes: Mapping[Subject, Mapping[str, Any] | None], principal: Principal
) -> Effect:
    """Judge with some rows in place of the recorded ones.

    Args:
        whole: what holds now, for the whole city. changes: (layer, key) → the new row (cells and geometries), None for one
            that is taken out.
    """
    frames = {name: _with(name, frame, changes) for name, frame in whole.frames.items()}
    affected = _members(whole.frames, _owners(whole.frames, changes)) | _members(frames, _owners(frames, changes)) | set(changes)
    reduced = {name: _reduced(name, frame, affected) for name, frame in frames.items()}
    before = {name: _reduced(name, frame, affected) for name, frame in whole.frames.items()}
    after = run(frames_from(reduced), whole.as_of, region)
    judged = dataclasses.replace(whole, findings=after, frames=reduced, part_of=None, facilities=None, scope="")
    old, new = _by_key(_about(whole.findings, before)), _by_key(after)
    verdicts = [Verdict(*key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]
    shown = [one for one in verdicts if _shown(one, affected, whole, principal)]
    return Effect(sorted(shown, key=lambda one: (not one.changed, _rank(one), (one.layer, one.code) not in changes)), judged)


def within(effect: Effect, whole: Assessment, subject: Subject, principal: Principal) -> bool:
    """Whether a row, as drafted, lies where somebody works; a row that is no facility has no place to be outside of."""
    if principal.area.whole or subject[0] not in facility_layers():
        return True
    owner = board(effect.judged).owners.get(subject, subject)
    return owner in facilities_in(board(effect.judged), principal.area)


def children(frames: Frames, owner: Subject) -> list[Subject]:
    """Rows that name a row as their owner."""
    return sorted(_members(frames, {owner}) - {owner})


@cache
def _whole_layers() -> frozenset[str]:
    """Layers a rule reads as a whole, beside its subjects and zones."""
    return frozenset(name for rule in load_rules().values() for name in rule.needs)


def _links(name: str) -> list[tuple[str, str]]:
    """Columns of a layer that name an owner, with the owner's layer."""
    return [(c.name, c.links_to) for c in load_layers()[name].columns if c.links_to in OWNER_LAYERS and c.links_to != name]


def _owners(frames: Frames, changes: Iterable[Subject]) -> set[Subject]:
    """The changed rows and those they belong to."""
    found = set(changes)
    for name, key in changes:
        frame = frames[name]
        mine = rows_where(frame, (str(code) == key for code in frame[load_layers()[name].key]))
        found |= {(owner, str(value)) for column, owner in _links(name) for value in mine[column] if value is not None}
    return found


def _members(frames: Frames, owners: set[Subject]) -> set[Subject]:
    """Owners with everything that names them."""
    found = set(owners)
    for name in facility_layers():
        key = load_layers()[name].key
        for column, owner in _links(name):
            rows = zip(frames[name][key], frames[name][column], strict=True)
            found |= {(name, str(code)) for code, value in rows if (owner, value) in owners}
    return found


def _reduced(name: str, frame: pd.DataFrame, affected: set[Subject]) -> pd.DataFrame:
    if name not in facility_layers() or name in _whole_layers():
        return frame
    return rows_where(frame, ((name, str(code)) in affected for code in frame[load_layers()[name].key]))


def _with(name: str, frame: pd.DataFrame, changes: Mapping[Subject, Mapping[str, Any] | None]) -> pd.DataFrame:
    """A layer with the drafted rows in place of the recorded ones."""
    mine = {key: record for (layer, key), record in changes.items() if layer == name}
    if not mine:
        return frame
    kept = rows_where(frame, (str(code) not in mine for code in frame[load_layers()[name].key]))
    added = [record for record in mine.values() if record is not None]
    columns = {}
    for column in frame.columns:
        values = [*kept[column], *(DRAFT if column == "version" else record.get(column) for record in added)]
        cells = np.empty(len(values), dtype=object)
        cells[:] = values
        columns[column] = pd.Series(cells, dtype=object)
    return pd.DataFrame(columns)


def _about(findings: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """The findings on the rows of reduced frames."""
    judged = {(name, str(code)) for name in facility_layers() for code in frames[name][load_layers()[name].key]}
    pairs = zip(findings["subject_layer"], findings["subject_code"], strict=True)
    return rows_where(findings, (pair in judged for pair in pairs))


def _by_key(findings: pd.DataFrame) -> dict[tuple[str, str, str], dict[str, Any]]:
    rows = findings.to_dict("records")
    return {(row["rule"], row["subject_layer"], row["subject_code"]): row for row in rows}


def _shown(one: Verdict, affected: set[Subject], whole: Assessment, principal: Principal) -> bool:
    """The facility's own verdicts all, those of others where they change and may be seen."""
    subject = (one.layer, one.code)
    if subject in affected:
        return True
    owner = board(whole).owners.get(subject, subject)
    return one.changed and (principal.area.whole or owner in facilities_in(board(whole), principal.area))


def _rank(one: Verdict) -> tuple[int, str, str]:
    worst = min((RANK[side["verdict"]] for side in (one.before, one.after) if side), default=0)
    return worst, one.rule, one.code
