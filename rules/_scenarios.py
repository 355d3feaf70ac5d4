"""From judged rows to one row a subject: worst fuel, worst zone, and what an uncertain edge leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from rules._logic import Cells, Mask
from rules._rule import Indices, Judgement, Rows, Rule
from rules._verdict import HARMLESS, NOT_APPLICABLE, RANK, TASK, UNKNOWN, VIOLATION
from rules._zones import surely_within

_BY_OUTCOME = {"fine": "C", "exempt": "X", "limit": "B", "unknown": UNKNOWN, "not": NOT_APPLICABLE, "task": TASK}
_DECIDED = frozenset({"V", "T", "U", "B"})


@dataclass
class Judged:
    """Judged rows with their verdicts: arrays of one length, ``row`` pointing into ``rows``.

    ``owner`` is the subject each row belongs to (a unit, whatever its fuel).
    """

    rows: Rows
    judgement: Judgement
    owner: Indices
    distance: npt.NDArray[np.float64]
    verdict: Cells = field(init=False)
    rank: Indices = field(init=False)

    def __post_init__(self) -> None:
        self.verdict = verdicts(self.judgement, self.rows)
        self.rank = np.array([RANK[v] for v in self.verdict], dtype=np.int64)


@dataclass(frozen=True)
class Reported:
    """The one row reported for a subject.

    Attributes:
        owner: position of the subject. row: position in the judged rows, -1 where no row was judged.
        verdict, missing: final. others: positions of rows of other zones that were looked at.
    """

    owner: int
    row: int
    verdict: str
    missing: tuple[str, ...]
    others: tuple[int, ...] = ()


def verdicts(judgement: Judgement, rows: Rows) -> Cells:
    """The verdict of each row: a fault is a task while its deadline runs, the day itself included."""
    found = np.empty(len(rows), dtype=object)
    for row, (outcome, due) in enumerate(zip(judgement.outcome, judgement.due, strict=True)):
        if outcome == "fault":
            found[row] = TASK if due is not None and rows.as_of <= due else VIOLATION
        else:
            found[row] = _BY_OUTCOME[outcome]
        if rows.state[row] == "nowhere" and found[row] in _DECIDED:
            found[row] = UNKNOWN
    return found


def zone_order(rule: Rule, zones: pd.DataFrame, code: str) -> Indices:
    """Rank of each zone among zones of equal verdict: the rule's own keys, then the smallest code."""
    keys = rule.zone_rank(zones) if rule.zone_rank else [()] * len(zones)
    codes, versions = zones[code].tolist(), zones["version"].tolist()
    order = sorted(range(len(zones)), key=lambda i: (keys[i], str(codes[i]), str(versions[i])))
    rank = np.empty(len(zones) + 1, dtype=np.int64)
    rank[order] = np.arange(len(zones))
    rank[-1] = len(zones)
    return rank


def reduce(rule: Rule, judged: Judged, zone_rank: Indices) -> list[Reported]:
    """One reported row a subject (dictionary §3.2, §3.3).

    The worst fuel in each zone comes first (a tie: the first listed), then the worst zone; where a
    point is nearer to an edge than its accuracy, the scenarios (a), (b), (c) are compared.
    """
    best = _worst_fuel(judged)
    near_owner = set(judged.owner[best][judged.rows.state[best] == "near"].tolist())
    uncertain = np.isin(judged.owner[best], list(near_owner))
    reported = [
        _plain(judged, group) for group in _groups(judged, best[~uncertain], zone_rank)
    ]
    reported += [
        _uncertain(rule, judged, group, zone_rank) for group in _groups(judged, best[uncertain], zone_rank)
    ]
    return sorted(reported, key=lambda r: r.owner)


def _worst_fuel(judged: Judged) -> Indices:
    """Rows of the worst fuel for each subject and zone."""
    order = np.lexsort((np.arange(len(judged.owner)), judged.rank, judged.rows.zone, judged.owner))
    owner, zone = judged.owner[order], judged.rows.zone[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (owner[1:] != owner[:-1]) | (zone[1:] != zone[:-1])
    return order[first].astype(np.int64)


def _groups(judged: Judged, best: Indices, zone_rank: Indices) -> list[Indices]:
    """The rows of each subject, the worst zone first."""
    order = best[np.lexsort((zone_rank[judged.rows.zone[best]], judged.rank[best], judged.owner[best]))]
    if not len(order):
        return []
    return list(np.split(order, np.flatnonzero(np.diff(judged.owner[order])) + 1))


def _plain(judged: Judged, group: Indices) -> Reported:
    row = int(group[0])
    missing = judged.judgement.missing[row]
    if judged.rows.state[row] == "nowhere" and judged.verdict[row] == UNKNOWN:
        missing = ("position", *(name for name in missing if name != "position"))
    return Reported(int(judged.owner[row]), row, judged.verdict[row], missing, tuple(group[1:].tolist()))


def _uncertain(rule: Rule, judged: Judged, group: Indices, zone_rank: Indices) -> Reported:
    """The scenarios of §3.2: every near zone, each near zone alone, none of them."""
    state = judged.rows.state[group]
    sure_rows, near_rows = group[state == "in"], group[state == "near"]
    everything = int(group[0])
    outcomes = {str(judged.verdict[everything])}
    for row in near_rows:
        outcomes.add(str(judged.verdict[_first(judged, np.append(sure_rows, row), zone_rank)]))
    none = _first(judged, sure_rows, zone_rank) if len(sure_rows) else None
    possible = not _certainly_in(judged, near_rows)
    if possible:
        outcomes.add(rule.outside if none is None else str(judged.verdict[none]))
    owner = int(judged.owner[everything])
    if len(outcomes) == 1 or outcomes <= HARMLESS:
        row = none if possible and none is not None else everything
        others = tuple(int(r) for r in group if r != row)
        return Reported(owner, row, judged.verdict[row], judged.judgement.missing[row], others)
    missing = ("position", *(m for m in judged.judgement.missing[everything] if m != "position"))
    return Reported(owner, everything, UNKNOWN, missing, tuple(int(r) for r in group[1:]))


def _first(judged: Judged, rows: Indices, zone_rank: Indices) -> int:
    order = np.lexsort((zone_rank[judged.rows.zone[rows]], judged.rank[rows]))
    return int(rows[order[0]])


def _certainly_in(judged: Judged, near: Indices) -> bool:
    """Whether the point, wherever it is, lies in one of the near zones."""
    rows = judged.rows
    zones = [rows.zones["geometry"].iloc[int(z)] for z in rows.zone[near]]
    point = rows.column("geometry")[near[0]]
    return surely_within(point, float(rows.column("accuracy_m")[near[0]]), zones)


def outside_mask(touched: Indices, nowhere: Mask) -> Mask:
    """Subjects with a position and without any zone in force around them."""
    outside = ~nowhere
    outside[touched] = False
    return outside
