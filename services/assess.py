"""Which facilities break which rule on a day: frames from the store, verdicts from the rules."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from geo.region import Region
from layers._find import load_layers
from rules._find import load_rules
from rules._frames import frames_from
from rules._run import rules_hash, run
from services._recording import now
from store import audit, changes, features, runs
from store._content import canonical
from store.open import Store
from store.runs import RunRecord

KEPT_ASSESSMENTS = 8


@dataclass(frozen=True)
class Assessment:
    """Findings of one day.

    Attributes:
        findings: text columns of ``rules._report``. revisions: layer revisions read.
        rules_hash: of rules and parameters. run_hash: of inputs and findings: equal for equal inputs.
        seconds: how long judging took. frames: the recorded frames that were read, by layer.
    """

    findings: pd.DataFrame
    as_of: dt.date
    rules: tuple[str, ...]
    rules_hash: str
    run_hash: str
    revisions: dict[str, int]
    seconds: float
    frames: dict[str, pd.DataFrame]


class _Cache:
    """Recorded frames by layer revision and assessments by what they depend on, for one process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._frames: dict[tuple[str, str], tuple[int, pd.DataFrame]] = {}
        self._assessments: OrderedDict[str, Assessment] = OrderedDict()

    def frames(self, store: Store) -> tuple[dict[str, int], dict[str, pd.DataFrame]]:
        """Revisions and every recorded version of every layer, read in one consistent state."""
        with self._lock, store.read() as connection:
            found: dict[str, pd.DataFrame] = {}
            revisions: dict[str, int] = {}
            for name, layer in load_layers().items():
                number = changes.revision(connection, name)
                key = (str(store.path), name)
                if key not in self._frames or self._frames[key][0] != number:
                    self._frames[key] = number, features.read_versions(connection, layer, None, None)
                found[name] = self._frames[key][1]
                if number:
                    revisions[name] = number
            return revisions, found

    def assessment(self, key: str) -> Assessment | None:
        with self._lock:
            if key in self._assessments:
                self._assessments.move_to_end(key)
            return self._assessments.get(key)

    def keep(self, key: str, assessment: Assessment) -> None:
        with self._lock:
            self._assessments[key] = assessment
            while len(self._assessments) > KEPT_ASSESSMENTS:
                self._assessments.popitem(last=False)


_cache = _Cache()
_judging = threading.Lock()


def recorded_frames(store: Store) -> dict[str, pd.DataFrame]:
    """Every recorded, not retired version of every layer, kept in memory by layer revision."""
    return _cache.frames(store)[1]


def assess(store: Store, region: Region, as_of: dt.date, rules: Sequence[str] | None = None) -> Assessment:
    """Judge everything as of a day.

    Args:
        as_of: zones, deadlines and observation days are compared with it; subjects are the latest rows.
        rules: keys to run, all by default.
    Raises:
        RuleUnknown: a key that does not exist.
    """
    revisions, frames = _cache.frames(store)
    started = time.perf_counter()
    findings = run(frames_from(frames), as_of, region, rules)
    seconds = time.perf_counter() - started
    hashed = rules_hash(region, rules)
    keys = tuple(rules or load_rules())
    digest = hashlib.sha256(canonical([hashed, revisions, as_of.isoformat(), sorted(keys)]).encode())
    digest.update(findings.to_csv(index=False, lineterminator="\n").encode())
    return Assessment(findings, as_of, keys, hashed, digest.hexdigest(), revisions, seconds, frames)


def current(store: Store, region: Region, as_of: dt.date) -> Assessment:
    """The assessment of a day under all rules, judged again only when a layer or a rule changed."""
    with _judging:
        revisions, _ = _cache.frames(store)
        key = canonical([str(store.path), revisions, rules_hash(region), as_of.isoformat()])
        found = _cache.assessment(key)
        if found is None:
            found = assess(store, region, as_of)
            _cache.keep(key, found)
        return found


def save_run(store: Store, assessment: Assessment, actor: str = "local") -> int:
    """Keep a run with its findings in the store; returns its number."""
    record = RunRecord(
        assessment.as_of, assessment.rules_hash, assessment.run_hash, assessment.revisions, list(assessment.rules)
    )
    at = now()
    with store.write() as connection:
        number = runs.save(connection, record, assessment.findings, actor, at)
        body = {"as_of": assessment.as_of.isoformat(), "run_hash": assessment.run_hash, "rows": len(assessment.findings)}
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
