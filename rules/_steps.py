"""The order of steps for one row under one rule (dictionary §3.3). Only this file and the runner decide."""

from __future__ import annotations

import datetime as dt

import numpy as np

from rules._logic import Mask, empty, is_one_of, refuted, sure, truth, unsure
from rules._rule import Fault, Judgement, Rows, Rule

UNIT_LAYER = "combustion_units"


def applies(rule: Rule, rows: Rows) -> Mask:
    """Rows that no condition refutes; the others are N, also when further conditions are unknown."""
    keep = np.ones(len(rows), dtype=bool)
    if rule.conditions:
        for condition in rule.conditions(rows):
            keep &= ~refuted(condition.truth)
    return keep


def judged(rule: Rule, rows: Rows) -> Judgement:
    """Judge rows that lie where the rule looks."""
    if rule.judge:
        return rule.judge(rows)
    return _standard(rule, rows)


def _standard(rule: Rule, rows: Rows) -> Judgement:
    result = Judgement.of(len(rows))
    is_open = np.ones(len(rows), dtype=bool)
    conditions = rule.conditions(rows) if rule.conditions else []
    unknown = np.zeros(len(rows), dtype=bool)
    for condition in conditions:
        is_open &= ~refuted(condition.truth)
        unknown |= unsure(condition.truth)
    unknown &= is_open
    removed, cut, uncertain_cut = standing(rows)
    settle(result, is_open, removed, "fine", "设备已拆除")
    if rule.exempt:
        settle(result, is_open, rule.exempt(rows), "exempt", rule.exempt_text)
    settle(result, is_open, cut, "fine", "已停用并物理切断")
    for condition in conditions:
        blame(result, rows, is_open & unsure(condition.truth), condition.columns)
    settle(result, is_open, unknown, "unknown")
    blame(result, rows, is_open & uncertain_cut, ("cut_off",))
    settle(result, is_open, uncertain_cut, "unknown", "停用或备用，须核实是否物理切断")
    if rule.violates:
        fault = rule.violates(rows)
        if fault.limit is not None:
            settle(result, is_open, fault.limit, "limit", rule.limit_text)
        _judge(result, rows, fault, is_open, due_of(rule, rows))
    return result


def standing(rows: Rows) -> tuple[Mask, Mask, Mask]:
    """Masks of a unit's standing: removed; out of use and cut off; out of use, cut-off not stated."""
    if "status_now" not in rows.frame:
        none = np.zeros(len(rows), dtype=bool)
        return none, none, none
    status, cut_off = rows.column("status_now"), rows.column("cut_off")
    resting = sure(is_one_of(status, ("idle", "standby")))
    return (
        sure(is_one_of(status, ("removed",))),
        resting & sure(is_one_of(cut_off, ("yes",))),
        resting & empty(cut_off),
    )


def settle(result: Judgement, is_open: Mask, where: Mask, outcome: str, note: str = "") -> None:
    """Decide the rows of a mask that are still open, and close them (``is_open`` is changed)."""
    now = is_open & where
    result.outcome[now] = outcome
    if note:
        result.note[now] = note
    is_open &= ~now


def blame(result: Judgement, rows: Rows, where: Mask, columns: tuple[str, ...]) -> None:
    """Add the empty ones of some columns to what is missing in the rows of a mask."""
    if not where.any():
        return
    for name in columns:
        vacant = _vacant(rows, name)
        for row in np.flatnonzero(where & vacant):
            if name not in result.missing[row]:
                result.missing[row] = (*result.missing[row], name)


def _vacant(rows: Rows, name: str) -> Mask:
    """Where a column says nothing; ``fuel`` means the fuel being judged, ``unknown`` says nothing."""
    cells = rows.column("fuel_now" if name == "fuel" and "fuel_now" in rows.frame else name)
    return np.fromiter((c is None or c == "unknown" for c in cells), dtype=bool, count=len(cells))


def due_of(rule: Rule, rows: Rows) -> dt.date | None:
    """The deadline of a fault: the plan's last day, or none where the rule binds at once."""
    return rows.params["plan_end"] if rule.until_plan_end else None


def _judge(result: Judgement, rows: Rows, fault: Fault, is_open: Mask, due: dt.date | None) -> None:
    blame(result, rows, is_open & unsure(fault.truth), fault.columns)
    faulty = is_open & sure(fault.truth)
    result.due[faulty] = due
    if fault.note is not None:
        result.note[faulty] = fault.note[faulty]
    settle(result, is_open, faulty, "fault")
    settle(result, is_open, unsure(fault.truth), "unknown")
    settle(result, is_open, np.ones(len(rows), dtype=bool), "fine")


def always(rows: Rows) -> Fault:
    """A fault in every row that gets here: the conditions said it all."""
    return Fault(truth(np.ones(len(rows), dtype=bool)))
