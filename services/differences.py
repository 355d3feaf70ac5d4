"""The difference of two assessments, subject by subject and rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from rules._verdict import NOT_APPLICABLE

TOLD = ("verdict", "zone_code", "due_on", "missing")
KEY = ("rule", "subject_layer", "subject_code")


@dataclass(frozen=True)
class Difference:
    """What changed: rows by rule and subject.

    Attributes:
        entering: a rule applies now and did not. leaving: the reverse. changed: both, judged otherwise.
            Each row: rule, subject_layer, subject_code, enterprise_code, zone_before, zone_after, verdict_before,
            verdict_after, due_on, missing.
    """

    entering: list[dict[str, str]] = field(default_factory=list)
    leaving: list[dict[str, str]] = field(default_factory=list)
    changed: list[dict[str, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[dict[str, str]]:
        yield from (*self.entering, *self.leaving, *self.changed)

    @property
    def facilities(self) -> dict[str, int]:
        """How many facilities each list touches."""
        lists = {"entering": self.entering, "leaving": self.leaving, "changed": self.changed}
        return {name: len({row["enterprise_code"] or row["subject_code"] for row in rows}) for name, rows in lists.items()}


def differences(before: pd.DataFrame, after: pd.DataFrame) -> Difference:
    """Hold two tables of findings (``rules._run.run``) against each other.

    Verdict, zone, deadline and missing fields count; wording and versions of zones do not.
    """
    was, now = _by_subject(before), _by_subject(after)
    made = Difference()
    for key in sorted(was.keys() | now.keys()):
        one, other = was.get(key), now.get(key)
        if one is None and other is not None:
            made.entering.append(_told(key, None, other))
        elif other is None and one is not None:
            made.leaving.append(_told(key, one, None))
        elif one is not None and other is not None and any(one[name] != other[name] for name in TOLD):
            made.changed.append(_told(key, one, other))
    return made


def _by_subject(findings: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    kept = findings[findings["verdict"] != NOT_APPLICABLE]
    names = list(dict.fromkeys([*KEY, "enterprise_code", *TOLD]))
    return {tuple(row[name] for name in KEY): row for row in kept[names].to_dict("records")}


def _told(key: tuple[str, ...], one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, str]:
    known = other or one or {}
    return {
        **dict(zip(KEY, key, strict=True)), "enterprise_code": known["enterprise_code"],
        "zone_before": one["zone_code"] if one else "", "zone_after": other["zone_code"] if other else "",
        "verdict_before": one["verdict"] if one else NOT_APPLICABLE,
        "verdict_after": other["verdict"] if other else NOT_APPLICABLE,
        "due_on": other["due_on"] if other else "", "missing": other["missing"] if other else "",
    }  # fmt: skip
