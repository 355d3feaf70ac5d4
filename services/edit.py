"""Editing one row 编辑: what it holds, what a change would do to its verdicts, saving it with a reason, its history.

A row typed here passes the same conforming as one imported, and its verdicts before saving come from the same runner.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest

from geo.errors import BlueSkyError, Conflict, Refused
from geo.region import Region
from layers._layer import Layer
from layers._rows import rows_where
from services._board import OWNER_LAYERS, Subject, board, facility_layers, label_of
from services._edit_effect import Effect, effect_of, within
from services._edit_row import Changed, Draft, Row, Told, editable, edited_layers, read, texts_of
from services._points import subject_points
from services._recording import record
from services.assess import Assessment
from services.cases import follow
from services.casework import said
from services.corrections import note_answer
from services.scope import LayerUnknown, Principal, layer_for
from services.seen import seen_by
from store import audit, features
from store.changes import Change
from store.errors import FeatureMissing
from store.history import Recording, history, standing
from store.open import Store

__all__ = [
    "Asked", "Checked", "Draft", "Editor", "FeatureMissing", "LostToOther", "NotReady", "NothingChanged", "Row", "Saved",
    "Version", "edited_layers",
]  # fmt: skip

MOST_ROWS = 50
_NUMBERED = re.compile(r"(.*?)([0-9]{1,9})")
_TAKEN = Told("这个编号不能用，请换一个。", "This key cannot be used; choose another.")
_NO_OWNER = Told("没有找到这个编号，请先登记它或改正编号。", "Nothing has this key; register it first or correct the key.")
_ELSEWHERE = Told("改后的位置不在您负责的范围内，未保存。", "The new position lies outside your area; nothing was stored.")


class NothingChanged(Refused):
    """Saving what is recorded already."""

    zh = "没有改动，未保存。"
    en = "Nothing changed, nothing was stored."


class NotReady(Refused):
    """Saving with faults in it."""

    zh = "有填写错误，未保存，请改正后再提交。"
    en = "There are faults; nothing was stored. Correct them and send it again."


class LostToOther(Conflict):
    """Somebody else changed the row meanwhile. ``facts``: ``actor``, ``at`` (UTC)."""

    zh = "这条记录刚被 {actor} 修改，未保存。您填写的内容已保留，请核对后再提交。"
    en = "This row was just changed by {actor}; nothing was stored. What you typed is kept: check it and send it again."


@dataclass(frozen=True)
class Asked:
    """What came with a form. ``version``: the row's version it was filled in from. ``case``: the case it answers, or None."""

    typed: Mapping[str, str]
    version: str = ""
    why: str = ""
    case: int | None = None


@dataclass(frozen=True)
class Checked:
    """A draft with what it would do; no effect where there are faults or nothing changed."""

    draft: Draft
    effect: Effect | None


@dataclass(frozen=True)
class Saved:
    """What saving did. ``facility``: whose page shows it. ``followed``: whether the cases are up to date, too."""

    key: str
    facility: Subject
    followed: bool


@dataclass(frozen=True)
class Version:
    """One version of a row with its values and what it changed, as far as somebody may see them."""

    recording: Recording
    texts: dict[str, str]
    changed: list[Changed]


@dataclass(frozen=True)
class Editor:
    """Somebody who edits, in front of what holds today (the whole city; what is shown is narrowed by who asks)."""

    store: Store
    region: Region
    principal: Principal
    whole: Assessment

    def layer(self, name: str) -> Layer:
        """A layer whose rows are edited.

        Raises:
            LayerUnknown: there is none, it may not be seen, or its rows come from files alone.
        """
        layer = layer_for(self.principal, name)
        if not editable(layer):
            raise LayerUnknown(what=name)
        return layer

    def row(self, layer_name: str, key: str) -> Row:
        """The recorded row of a key.

        Raises:
            LayerUnknown, FeatureMissing: no such row, or not theirs to see: both look the same.
        """
        layer = self.layer(layer_name)
        seen = seen_by(self.whole, self.principal).frames[layer_name]
        if key not in set(seen[layer.key].astype(str)):
            raise FeatureMissing(layer=layer.title, what=key)
        frame = self.whole.frames[layer_name]
        record_ = rows_where(frame, (str(code) == key for code in frame[layer.key])).iloc[-1].to_dict()
        return Row(layer, key, str(record_["version"]), texts_of(layer, record_), record_)

    def retired(self, layer_name: str, key: str) -> dict[str, str] | None:
        """The last values of a row that was taken out, to enter it again; None where there is none, or not for them."""
        layer = self.layer(layer_name)
        if not self.principal.area.whole or layer.geometry == "polygon" or self._is_taken(layer_name, key):
            return None
        versions = self.versions(Row(layer, key, "", {}))
        return versions[0].texts if versions else None

    def new_row(self, layer_name: str) -> Row:
        """A row that is not there yet; polygons come from files alone.

        Raises:
            LayerUnknown: as for rows.
        """
        layer = self.layer(layer_name)
        if layer.geometry == "polygon":
            raise LayerUnknown(what=layer_name)
        return Row(layer, "", "", {column.name: "" for column in layer.columns})

    def place(self, row: Row) -> tuple[float, float] | None:
        """Where a recorded row stands (longitude, latitude in EPSG:4490), a unit without a point of its own at its owner's."""
        point = subject_points(row.layer.name, self.whole.frames).get(row.key)
        return (float(point.x), float(point.y)) if point is not None else None

    def facility_of(self, row: Row) -> Subject | None:
        """The facility whose page shows a recorded row; None for a row of a layer without."""
        subject = (row.layer.name, row.key)
        return board(self.whole).owners.get(subject, subject) if row.layer.name in facility_layers() and row.key else None

    def name(self, row: Row) -> str:
        """What a row is called; its key where it has no name."""
        return row.texts.get(label_of(row.layer.name), "") or row.key

    def rows(self, layer_name: str, text: str = "") -> tuple[list[tuple[str, str]], int]:
        """Keys and names of the rows somebody may edit, the first that hold a text; and how many there are."""
        layer, needle = self.layer(layer_name), text.casefold().strip()
        frame = seen_by(self.whole, self.principal).frames[layer_name]
        named = [(str(key), str(name or "")) for key, name in zip(frame[layer.key], frame[label_of(layer_name)], strict=True)]
        found = sorted(pair for pair in named if needle in f"{pair[0]} {pair[1]}".casefold())
        return found[:MOST_ROWS], len(found)

    def free_key(self, layer_name: str) -> str:
        """A key for a new row: one more than the highest of the commonest kind; empty where none offers itself."""
        layer = self.layer(layer_name)
        kinds: dict[tuple[str, int], list[int]] = {}
        for key in self.whole.frames[layer_name][layer.key]:
            if (parts := _NUMBERED.fullmatch(str(key))) is not None:
                kinds.setdefault((parts[1], len(parts[2])), []).append(int(parts[2]))
        if not kinds:
            return ""
        (stem, width), numbers = max(kinds.items(), key=lambda item: (len(item[1]), item[0]))
        return f"{stem}{max(numbers) + 1:0{width}d}"

    def check(self, row: Row, typed: Mapping[str, str]) -> Checked:
        """Read what was typed and judge it; nothing is stored."""
        draft = read(row, typed, self.region, self.principal)
        self._check_links(draft)
        if row.is_new and draft.key and (self._is_taken(row.layer.name, draft.key) or _no_address(draft.key)):
            draft.faults.setdefault(row.layer.key, []).append(_TAKEN)
        if draft.faults or not draft.changed:
            return Checked(draft, None)
        subject = (row.layer.name, draft.key)
        effect = effect_of(self.whole, self.region, {subject: draft.record}, self.principal)
        if not within(effect, self.whole, subject, self.principal):
            draft.faults.setdefault("position", []).append(_ELSEWHERE)
            return Checked(draft, None)
        return Checked(draft, effect)

    def save(self, row: Row, asked: Asked) -> Saved:
        """Store a changed or new row with its reason, in one transaction; then the cases follow.

        Raises:
            NotReady, NothingChanged, TextMissing (no reason): nothing was stored.
            LostToOther: the row has another version than the one the form was filled in from.
            CaseUnknown: a case to answer that is not there, or not theirs.
        """
        if row.version != asked.version:
            raise self.lost(row.layer.name, row.key)
        checked = self.check(row, asked.typed)
        draft = checked.draft
        if draft.faults:
            raise NotReady()
        if checked.effect is None:
            raise NothingChanged()
        why, layer = said(asked.why), row.layer
        told = {"key": draft.key, "why": why, "changed": [one.column for one in draft.changed]}
        change = Change("edit", layer.name, self.principal.name, draft.key, _hash(draft), why)
        facilities, subject = seen_by(self.whole, self.principal).facilities, (layer.name, draft.key)
        with self.store.write() as connection:
            fresh = standing(connection, layer.name, draft.key) == row.version
            if fresh:
                record(connection, self.store, layer, draft.conformed, change, told)
            if fresh and asked.case is not None:
                note_answer(connection, self.store, self.principal, facilities, asked.case, subject, why, row.is_new)
        if not fresh:
            raise self.lost(layer.name, draft.key)
        audit.anchor(self.store)
        what = "edit" if asked.case is None else "correct"
        followed = cases_follow(self.store, self.region, f"{what} {layer.name} {draft.key}：{why}")
        return Saved(draft.key, board(checked.effect.judged).owners.get(subject, subject), followed)

    def rebased(self, row: Row, asked: Asked) -> dict[str, str]:
        """What somebody typed before another saved: their changes on top of what holds now."""
        before = next((one.texts for one in self.versions(row) if one.recording.version == asked.version), {})
        kept = {name: text for name, text in asked.typed.items() if not _equal(row, name, text, before.get(name, ""))}
        return {**row.texts, **kept}

    def versions(self, row: Row) -> list[Version]:
        """Every version of a row, newest first, each with what it changed."""
        stored = {one["version"]: dict(json.loads(one["props"])) for one in features.history(self.store, row.layer, row.key)}
        hidden = {c.name for c in row.layer.columns if c.personal} if "personal" not in self.principal.permissions else set()
        shown = {name: {n: t for n, t in texts.items() if n not in hidden} for name, texts in stored.items()}
        recordings = history(self.store, row.layer.name, row.key)
        names = [column.name for column in row.layer.columns]
        found = []
        for recording, earlier in zip_longest(recordings, recordings[1:]):
            now, before = shown[recording.version], shown[earlier.version] if earlier else {}
            pairs = [Changed(name, before.get(name, ""), now.get(name, "")) for name in names]
            found.append(Version(recording, now, [one for one in pairs if earlier and one.before != one.after]))
        return found

    def _check_links(self, draft: Draft) -> None:
        """A changed link must name a row somebody may see; what may not be seen is not there."""
        for one in draft.changed:
            owner = draft.row.layer.column(one.column).links_to
            if owner in OWNER_LAYERS and one.after and one.after not in self._keys_seen(owner):
                draft.faults.setdefault(one.column, []).append(_NO_OWNER)

    def _keys_seen(self, layer_name: str) -> set[str]:
        layer = layer_for(self.principal, layer_name)
        return set(seen_by(self.whole, self.principal).frames[layer_name][layer.key].astype(str))

    def _is_taken(self, layer_name: str, key: str) -> bool:
        with self.store.read() as connection:
            return bool(standing(connection, layer_name, key))

    def lost(self, layer_name: str, key: str) -> LostToOther:
        """What to tell somebody whose form is older than the row: who was faster."""
        latest = next(iter(history(self.store, layer_name, key)), None)
        return LostToOther(actor=latest.actor if latest else "", at=latest.recorded_at if latest else dt.datetime.now(dt.UTC))


def cases_follow(store: Store, region: Region, why: str) -> bool:
    """Let the cases follow a change that is stored already; a busy store leaves it to the next following."""
    try:
        follow(store, region, why)
    except BlueSkyError:
        return False
    return True


def _no_address(key: str) -> bool:
    """Whether browsers would take a part of the key for a step between folders, so that its page could not be opened."""
    return any(part in (".", "..") for part in key.replace("\\", "/").split("/"))


def _hash(draft: Draft) -> str:
    told = repr(sorted(texts_of(draft.row.layer, draft.record).items()))
    return hashlib.sha256(told.encode()).hexdigest()


def _equal(row: Row, name: str, text: str, stored: str) -> bool:
    if row.layer.has(name) and row.layer.column(name).kind == "enum_list":
        return set(filter(None, text.split(";"))) == set(filter(None, stored.split(";")))
    return text.strip() == stored.strip()
