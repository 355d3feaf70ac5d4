"""Which facilities break which rule on a day: frames from the store, verdicts from the rules."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pandas as pd
from sqlalchemy import Connection

from geo.region import Region
from layers._find import load_layers
from rules._find import load_rules
from rules._frames import frames_from
from rules._parameters import Parameters
from rules._run import rules_hash, run
from services._indexes import keep_indexes
from services._outbox import put_findings
from store import audit, changes, features, runs
from store._content import NOTHING, canonical
from store.changes import State
from store.open import Store
from store.runs import RunRecord

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

KEPT_ASSESSMENTS, KEPT_STORES = 8, 2
CSV_ROWS = 20_000
"""Findings that are text at one time while they are hashed."""

_Kept = TypeVar("_Kept")


@dataclass(frozen=True, eq=False)
class Assessment:
    """Findings of one day.

    Attributes:
        findings: text columns of ``rules._report``, and ``run_hash``. revisions: layer revisions read.
        rules_hash: of rules and parameters. run_hash: of inputs and findings: equal for equal inputs.
        seconds: how long judging took. frames: the recorded frames that were read, by layer.
        edge_tolerance_m: metres from an edge that count as on it.
        part_of: the whole assessment this is what somebody sees of. facilities: those seen (layer, key), None for
            all. scope: names what is seen, empty for everything. contents: hash of what each layer read holds.
    """

    findings: pd.DataFrame
    as_of: dt.date
    rules: tuple[str, ...]
    rules_hash: str
    run_hash: str
    revisions: dict[str, int]
    seconds: float
    frames: dict[str, pd.DataFrame]
    edge_tolerance_m: float
    part_of: Assessment | None = None
    facilities: frozenset[tuple[str, str]] | None = None
    scope: str = ""
    contents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Recorded:
    """All layers of a store as they stood in one consistent state."""

    states: dict[str, State]
    frames: dict[str, pd.DataFrame]

    @property
    def revisions(self) -> dict[str, int]:
        return {name: state.revision for name, state in self.states.items()}

    @property
    def contents(self) -> dict[str, str]:
        return {name: state.content for name, state in self.states.items()}


def judged_states(connection: Connection) -> dict[str, State]:
    """The state of every layer that can matter to a verdict; series of measurements do not."""
    judged = [name for name, layer in load_layers().items() if not layer.series]
    return {name: state for name, state in changes.states(connection).items() if name in judged}


class _Cache:
    """Recorded frames by store, and assessments by what they depend on, for one process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._recorded: OrderedDict[str, _Recorded] = OrderedDict()
        self._assessments: OrderedDict[str, Assessment] = OrderedDict()

    def recorded(self, store: Store) -> _Recorded:
        """Every recorded version of every layer; only layers that changed are read again."""
        with self._lock, store.read() as connection:
            place, states = store.place.identity, judged_states(connection)
            before = self._recorded.get(place)
            if before is None or before.states != states:
                before = _Recorded(states, _read(connection, states, before))
            _keep(self._recorded, place, before, KEPT_STORES)
            return before

    def assessment(self, key: str) -> Assessment | None:
        """A kept assessment."""
        with self._lock:
            if key in self._assessments:
                self._assessments.move_to_end(key)
            return self._assessments.get(key)

    def keep(self, key: str, assessment: Assessment) -> None:
        """Keep an assessment; the one used longest ago goes."""
        with self._lock:
            _keep(self._assessments, key, assessment, KEPT_ASSESSMENTS)


def _read(connection: Connection, states: dict[str, State], before: _Recorded | None) -> dict[str, pd.DataFrame]:
    frames = {}
    for name, layer in load_layers().items():
        if layer.series:
            frames[name] = features.no_versions(layer)
            continue
        kept = before is not None and before.states.get(name) == states.get(name)
        frames[name] = before.frames[name] if before and kept else features.read_versions(connection, layer)
    return frames


def _keep(kept: OrderedDict[str, _Kept], key: str, value: _Kept, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


_cache = _Cache()
_judging = threading.Lock()


def recorded_frames(store: Store) -> dict[str, pd.DataFrame]:
    """Every recorded, not retired version of every layer, kept in memory as long as the layer stays as it is."""
    return _cache.recorded(store).frames


def recorded_layer(store: Store, name: str) -> tuple[State, pd.DataFrame]:
    """One layer of :func:`recorded_frames`, no series, with the state it was read in."""
    recorded = _cache.recorded(store)
    return recorded.states.get(name, State(0, NOTHING)), recorded.frames[name]


def assess(store: Store, region: Region, as_of: dt.date, rules: Sequence[str] | None = None) -> Assessment:
    """Judge everything as of a day.

    Args:
        as_of: zones, deadlines and observation days are compared with it; subjects are the latest rows.
        rules: keys to run, all by default.
    Raises:
        RuleUnknown: a key that does not exist.
    """
    return _judged(store, region, as_of, rules, _cache.recorded(store))


def _judged(store: Store, region: Region, as_of: dt.date, rules: Sequence[str] | None, recorded: _Recorded) -> Assessment:
    started = time.perf_counter()
    keep_indexes(store, recorded.frames)
    findings = run(frames_from(recorded.frames), as_of, region, rules)
    seconds = time.perf_counter() - started
    hashed = rules_hash(region, rules)
    keys = tuple(load_rules()) if rules is None else tuple(dict.fromkeys(rules))
    digest = digest_of_inputs(hashed, recorded.states, as_of, keys)
    for start in range(0, max(len(findings), 1), CSV_ROWS):
        part = findings.iloc[start : start + CSV_ROWS]
        digest.update(part.to_csv(index=False, header=start == 0, lineterminator="\n").encode())
    run_hash = digest.hexdigest()
    findings["run_hash"] = run_hash
    tolerance = float(Parameters(region)["edge_tolerance_m"])
    read = recorded.revisions, seconds, recorded.frames, tolerance
    return Assessment(findings, as_of, keys, hashed, run_hash, *read, contents=recorded.contents)


def digest_of_inputs(rules: str, states: Mapping[str, State], as_of: dt.date, keys: Sequence[str]) -> Hash:
    """What a run reads, as the beginning of its hash; the findings follow as CSV."""
    contents = {name: state.content for name, state in states.items()}
    revisions = {name: state.revision for name, state in states.items()}
    return hashlib.sha256(canonical([rules, contents, revisions, as_of.isoformat(), sorted(keys)]).encode())


def current(store: Store, region: Region, as_of: dt.date) -> Assessment:
    """The assessment of a day under all rules, judged again only when a layer or a rule changed."""
    with _judging:
        recorded = _cache.recorded(store)
        states = [recorded.revisions, recorded.contents]
        key = canonical([store.place.identity, states, rules_hash(region), as_of.isoformat()])
        found = _cache.assessment(key)
        if found is None:
            found = _judged(store, region, as_of, None, recorded)
            _cache.keep(key, found)
        return found


def save_run(store: Store, assessment: Assessment, actor: str = "local") -> int:
    """Keep a run with its findings in the store; returns its number."""
    record = RunRecord(
        assessment.as_of, assessment.rules_hash, assessment.run_hash, assessment.revisions, list(assessment.rules)
    )
    body = {"as_of": assessment.as_of.isoformat(), "run_hash": assessment.run_hash, "rows": len(assessment.findings)}
    with store.write() as connection:
        at = changes.moment(connection)
        number = runs.save(connection, record, assessment.findings, actor, at)
        put_findings(connection, store, number, record, at)
        audit.append(connection, store, audit.Entry(actor, "assess", f"run {number}", body), at)
    audit.anchor(store)
    return number


def summary(findings: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Counts of verdicts by rule, rules and verdicts in their own order."""
    counts: dict[str, dict[str, int]] = {}
    for rule, verdict in zip(findings["rule"], findings["verdict"], strict=True):
        row = counts.setdefault(str(rule), {})
        row[str(verdict)] = row.get(str(verdict), 0) + 1
    return dict(sorted(counts.items()))
