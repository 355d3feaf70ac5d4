"""The states of a case and the way between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """A state of a case: its names, whether work is still to be done, and which states people may move it to."""

    title: str
    title_en: str
    is_open: bool
    next: tuple[str, ...] = ()


STATES: dict[str, State] = {
    "to_verify": State("待核实", "To verify", True, ("to_inspect", "rectifying")),
    "to_inspect": State("待检查", "To inspect", True, ("rectifying",)),
    "rectifying": State("整改中", "Being rectified", True, ("recheck",)),
    "recheck": State("待复查", "To re-check", True, ("rectifying", "closed")),
    "closed": State("已销号", "Closed", False),
    "exempt": State("豁免", "Exempt", False),
    "wrong": State("判定有误", "Wrong verdict", False),
}
OPEN_STATES = tuple(key for key, state in STATES.items() if state.is_open)
FOUND = ("V", "T", "U", "B")
"""Verdicts that make a case."""
