"""The seven verdicts, their names and their order from worst to mildest (dictionary §3.1, §1.10)."""

from __future__ import annotations

VIOLATION, TASK, UNKNOWN, LIMIT, EXEMPT, COMPLIANT, NOT_APPLICABLE = "V", "T", "U", "B", "X", "C", "N"

WORST_FIRST: tuple[str, ...] = (VIOLATION, TASK, UNKNOWN, LIMIT, EXEMPT, COMPLIANT, NOT_APPLICABLE)
RANK: dict[str, int] = {verdict: rank for rank, verdict in enumerate(WORST_FIRST)}

TITLES: dict[str, tuple[str, str]] = {
    VIOLATION: ("违规", "Violation"),
    TASK: ("限期整改", "By deadline"),
    UNKNOWN: ("待核实", "To verify"),
    LIMIT: ("临界值", "On a limit"),
    EXEMPT: ("豁免", "Exempt"),
    COMPLIANT: ("合规", "Compliant"),
    NOT_APPLICABLE: ("不适用", "Not applicable"),
}

HARMLESS = frozenset({COMPLIANT, EXEMPT, NOT_APPLICABLE})
"""Verdicts between which an uncertain position makes no difference (dictionary §3.2)."""


def worst(verdicts: list[str]) -> str:
    """The worst of some verdicts; N for none."""
    return min(verdicts, key=RANK.__getitem__, default=NOT_APPLICABLE)
