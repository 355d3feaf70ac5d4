"""The states of a case and the way between them."""

from __future__ import annotations

from dataclasses import dataclass

from services.scope import Permission, Principal, may


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
WHO_MOVES: dict[str, tuple[Permission, ...]] = {
    "to_inspect": ("patrol", "inspect", "assign"),
    "rectifying": ("inspect", "assign"),
    "recheck": ("patrol", "inspect", "assign"),
    "closed": ("inspect", "assign"),
}
"""State → permissions, one of which it takes to move a case there."""
WHO_DECIDES: tuple[Permission, ...] = ("review", "assign")
OPEN_STATES = tuple(key for key, state in STATES.items() if state.is_open)
FOUND = ("V", "T", "U", "B")
"""Verdicts that make a case."""


def may_decide(principal: Principal) -> bool:
    """Whether somebody grants or refuses exemptions and corrections."""
    return any(may(principal, permission) for permission in WHO_DECIDES)


def steps_of(state: str, principal: Principal) -> tuple[str, ...]:
    """The states somebody may move a case to from the one it is in."""
    return tuple(after for after in STATES[state].next if any(may(principal, one) for one in WHO_MOVES[after]))
