"""Runs the rules over frames. This file alone writes verdicts, so no rule can let an unknown pass."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import NotFound
from geo.region import Region
from layers._find import load_layers
from rules._find import load_rules
from rules._frames import Frames, empty_frame
from rules._logic import Cells
from rules._parameters import Parameters
from rules._report import COLUMNS, EXTRA_COLUMNS, describe
from rules._rule import Indices, Judgement, Rows, Rule
from rules._scenarios import Judged, Reported, outside_mask, reduce, zone_order
from rules._steps import UNIT_LAYER, applies, judged
from rules._units import by_fuel, with_enterprise_place
from rules._verdict import NOT_APPLICABLE
from rules._zones import Places, locate

SOURCES_BELOW = (
    "layers/_fuels.py", "layers/_cells.py", "geo/join.py", "geo/distance.py", "geo/_order.py", "geo/_covered.py",
    "geo/_kept.py", "geo/grids.py", "geo/overlap.py", "geo/_exact.py", "geo/_table.py", "geo/_table_edges.py",
    "geo/_table_cells.py", "geo/_table_query.py",
)  # fmt: skip
"""Files of the floors below that a verdict depends on."""


class RuleUnknown(NotFound):
    """A rule key that does not exist."""

    zh = "没有规则“{what}”，可用规则见 python app.py rules。"
    en = "There is no rule “{what}”; python app.py rules lists them."


@dataclass
class _Run:
    """One run: what it reads, with frames and places shared by the rules that need the same."""

    frames: Frames
    as_of: dt.date
    params: Parameters
    _subjects: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=dict)
    _places: dict[tuple[str, str, str | None], Places] = field(default_factory=dict)

    def subjects(self, layer: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Subjects of a layer, and the same once per fuel (the same frame for other layers)."""
        if layer not in self._subjects:
            frame = self.frames.subject(layer)
            if layer == UNIT_LAYER:
                frame = with_enterprise_place(frame, self.frames.subject("enterprises"))
                self._subjects[layer] = frame, by_fuel(frame)
            else:
                single = frame.assign(subject=np.arange(len(frame), dtype=np.int64))
                self._subjects[layer] = frame, single
        return self._subjects[layer]

    def places(self, rule: Rule, layer: str, zone_layer: str) -> Places:
        """Where the subjects of a layer lie against a zone layer; one join for all rules that ask."""
        key = (layer, zone_layer, rule.zone_day)
        if key not in self._places:
            frame, _ = self.subjects(layer)
            self._places[key] = locate(
                frame, self.frames.zone(zone_layer), self._days(frame, rule.zone_day),
                float(self.params["edge_tolerance_m"]), float(self.params["overlap_tolerance_m2"]),
            )  # fmt: skip
        return self._places[key]

    def _days(self, frame: pd.DataFrame, column: str | None) -> Cells:
        days = np.full(len(frame), self.as_of, dtype=object)
        if column:
            for row, moment in enumerate(frame[column]):
                days[row] = self.as_of if moment is None else _day(moment)
        return days


def _day(moment: dt.datetime | dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def run(frames: Frames, as_of: dt.date, region: Region, rules: Sequence[str] | None = None) -> pd.DataFrame:
    """Judge every subject under every rule.

    Args:
        frames: latest subjects and all zone versions. as_of: the day of judgement.
        region: gives the plan dates and parameter overrides.
        rules: keys to run, all by default.
    Returns:
        Findings as text columns (``COLUMNS`` and ``EXTRA_COLUMNS``), one row per rule and subject,
        N left out, sorted by rule, layer and code. The same inputs give the same frame.
    Raises:
        RuleUnknown: a key that does not exist.
    """
    known = load_rules()
    for key in rules or ():
        if key not in known:
            raise RuleUnknown(what=key)
    this = _Run(frames, as_of, Parameters(region))
    found = [
        finding
        for rule in known.values()
        if rules is None or rule.key in rules
        for layer in rule.subjects
        for finding in _findings(this, rule, layer)
    ]
    table = pd.DataFrame(found, columns=[*COLUMNS, *EXTRA_COLUMNS], dtype=object)
    return table.sort_values(["rule", "subject_layer", "subject_code"], kind="stable", ignore_index=True)


def rules_hash(region: Region, rules: Sequence[str] | None = None) -> str:
    """SHA-256 over the source of the rules and of what judges them, the rules asked and the parameters in force."""
    keys = sorted(set(rules)) if rules is not None else list(load_rules())
    settings = json.dumps([keys, Parameters(region).texts(), region.judging_crs], sort_keys=True)
    return hashlib.sha256((_source_hash() + settings).encode()).hexdigest()


@cache
def _source_hash() -> str:
    """Every file that decides a verdict: this floor, the fuel groups, the joins."""
    root = Path(__file__).resolve().parent.parent
    files = [*(root / "rules").glob("*.py"), *(root / name for name in SOURCES_BELOW)]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _findings(this: _Run, rule: Rule, layer: str) -> list[dict[str, str]]:
    whole = _judge_layer(this, rule, layer)
    if whole is None:
        return []
    result, reported = whole
    return describe(rule, result, [one for one in reported if one.verdict != NOT_APPLICABLE])


def _judge_layer(this: _Run, rule: Rule, layer: str) -> tuple[Judged, list[Reported]] | None:
    subjects, fuels = this.subjects(layer)
    if not len(subjects):
        return None
    zones = this.frames.zone(rule.zone_layer) if rule.zone_layer else empty_frame("towns")
    count = len(fuels)
    alone = Rows(
        layer, fuels, np.arange(count, dtype=np.int64), zones, np.full(count, -1, dtype=np.int64),
        np.full(count, "city", dtype=object), this.params, this.as_of, this.frames,
    )  # fmt: skip
    rows = alone.only(applies(rule, alone))
    distance = np.full(len(rows), np.nan)
    if rule.zone_layer:
        rows, distance = _with_zones(this, rule, rows, len(subjects))
    owner = fuels["subject"].to_numpy(dtype=np.int64)[rows.subject]
    result = Judged(rows, _judgement(rule, rows), owner, distance)
    key = load_layers()[rule.zone_layer].key if rule.zone_layer else load_layers()["towns"].key
    return result, reduce(rule, result, zone_order(rule, zones, key))


def _judgement(rule: Rule, rows: Rows) -> Judgement:
    result = judged(rule, rows)
    outside = (rows.zone < 0) & (rows.state == "outside")
    result.put(outside, "fine" if rule.outside == "C" else "not", "在限制区域之外")
    if rule.nowhere:
        lost = np.flatnonzero(rows.state == "nowhere")
        special = rule.nowhere(rows.only(rows.state == "nowhere"))
        result.outcome[lost], result.due[lost] = special.outcome, special.due
        result.missing[lost], result.note[lost] = special.missing, special.note
    return result


def _with_zones(this: _Run, rule: Rule, rows: Rows, subjects: int) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Rows × the zones around their subjects; subjects without position or zone keep one row."""
    places = this.places(rule, rows.layer, rule.zone_layer or "")
    owner = rows.frame["subject"].to_numpy(dtype=np.int64)[rows.subject]
    first = np.searchsorted(places.subject, owner, side="left")
    count = np.searchsorted(places.subject, owner, side="right") - first
    repeated = np.repeat(np.arange(len(rows)), count)
    pair = _ranges(first, count)
    outside = outside_mask(subjects, places.subject, places.nowhere)
    single = np.flatnonzero(places.nowhere[owner] | (outside[owner] & (rule.outside == "C")))
    state = np.concatenate([places.state[pair], np.where(places.nowhere[owner[single]], "nowhere", "outside").astype(object)])
    chosen = np.concatenate([repeated, single])
    zone = np.concatenate([places.zone[pair], np.full(len(single), -1, dtype=np.int64)])
    distance = np.concatenate([places.distance[pair], np.full(len(single), np.nan)])
    order = np.lexsort((zone, chosen))
    spread = Rows(
        rows.layer, rows.frame, rows.subject[chosen[order]], rows.zones, zone[order], state[order],
        rows.params, rows.as_of, rows.frames,
    )  # fmt: skip
    return spread, distance[order]


def _ranges(first: Indices, count: Indices) -> Indices:
    """Concatenated ``first[i] … first[i] + count[i] - 1``."""
    total = int(count.sum())
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return (starts + np.arange(total)).astype(np.int64)
