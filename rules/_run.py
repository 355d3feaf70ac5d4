"""Runs the rules over frames. This file alone writes verdicts, so no rule can let an unknown pass."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import NotFound
from geo.region import Region
from rules._find import load_rules
from rules._frames import Frames
from rules._parameters import Parameters
from rules._report import COLUMNS, EXTRA_COLUMNS, Verdict, brief, describe
from rules._rule import Indices, Judgement, Rows, Rule
from rules._scenarios import Judged, Reported, outside_mask, reduce
from rules._situation import Situation, ranges
from rules._steps import judged
from rules._verdict import NOT_APPLICABLE

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


def run(
    frames: Frames, as_of: dt.date, region: Region, rules: Sequence[str] | None = None, layers: Collection[str] | None = None
) -> pd.DataFrame:
    """Judge every subject under every rule.

    Args:
        frames: latest subjects and all zone versions. as_of: the day of judgement.
        region: gives the plan dates and parameter overrides.
        rules: keys to run, all by default. layers: subject layers to judge, all by default; the others are only read.
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
    this = Situation(frames, as_of, Parameters(region))
    found = [
        finding
        for rule in known.values()
        if rules is None or rule.key in rules
        for layer in rule.subjects
        if layers is None or layer in layers
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


def _findings(this: Situation, rule: Rule, layer: str) -> list[dict[str, str]]:
    whole = _judge_layer(this, rule, layer)
    if whole is None:
        return []
    result, reported = whole
    return describe(rule, result, [one for one in reported if one.verdict != NOT_APPLICABLE])


def verdicts_of(this: Situation, rule: Rule, layer: str, only: Indices) -> dict[str, Verdict]:
    """The verdicts of some subjects of a layer under one rule, by the same steps as a whole run.

    Args:
        only: ascending positions in the frame of the layer.
    Returns:
        Code → verdict of every subject that has a finding; the others are N.
    """
    whole = _judge_layer(this, rule, layer, only) if len(only) else None
    if whole is None:
        return {}
    result, reported = whole
    return brief(rule, result, [one for one in reported if one.verdict != NOT_APPLICABLE])


def _judge_layer(
    this: Situation, rule: Rule, layer: str, only: Indices | None = None
) -> tuple[Judged, list[Reported]] | None:
    subjects, fuels = this.subjects(layer)
    if not len(subjects):
        return None
    rows = this.applying(rule, layer, only)
    distance = np.full(len(rows), np.nan)
    if rule.zone_layer:
        rows, distance = _with_zones(this, rule, rows, only)
    owner = fuels["subject"].to_numpy(dtype=np.int64)[rows.subject]
    result = Judged(rows, _judgement(rule, rows), owner, distance)
    return result, reduce(rule, result, this.zone_order(rule))


def _judgement(rule: Rule, rows: Rows) -> Judgement:
    result = judged(rule, rows)
    outside = (rows.zone < 0) & (rows.state == "outside")
    result.put(outside, "fine" if rule.outside == "C" else "not", "在限制区域之外")
    lost = np.flatnonzero(rows.state == "nowhere")
    if rule.nowhere and len(lost):
        special = rule.nowhere(rows.only(rows.state == "nowhere"))
        result.outcome[lost], result.due[lost] = special.outcome, special.due
        result.missing[lost], result.note[lost] = special.missing, special.note
    return result


def _with_zones(this: Situation, rule: Rule, rows: Rows, only: Indices | None) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Rows × the zones around their subjects; subjects without position or zone keep one row."""
    places = this.places(rule, rows.layer, only)
    owner = rows.frame["subject"].to_numpy(dtype=np.int64)[rows.subject]
    first = np.searchsorted(places.subject, owner, side="left")
    count = np.searchsorted(places.subject, owner, side="right") - first
    repeated = np.repeat(np.arange(len(rows)), count)
    pair = ranges(first, count)
    outside = outside_mask(places.subject, places.nowhere)
    single = np.flatnonzero(places.nowhere[owner] | (outside[owner] & (rule.outside == "C")))
    state = np.concatenate([places.state[pair], np.where(places.nowhere[owner[single]], "nowhere", "outside").astype(object)])
    chosen = np.concatenate([repeated, single])
    zone = np.concatenate([places.zone[pair], np.full(len(single), -1, dtype=np.int64)])
    distance = np.concatenate([places.distance[pair], np.full(len(single), np.nan)])
    order = np.lexsort((zone, chosen))
    spread = Rows(
        rows.layer, rows.frame, rows.subject[chosen[order]], rows.zones, zone[order], state[order],
        rows.params, rows.as_of, rows.frames, rows.whole,
    )  # fmt: skip
    return spread, distance[order]

