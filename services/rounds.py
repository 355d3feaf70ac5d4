"""A round of visits in a good order: nearest neighbour, then 2-opt until no swap helps (Croes 1958).

Distances are straight lines on the ground; times assume ``SPEED_KMH`` on a road ``DETOUR`` times as long and
``VISIT_MINUTES`` a visit. Both are said on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.photos import metres_between

SPEED_KMH, DETOUR, VISIT_MINUTES = 35.0, 1.35, 30
MOST_STOPS = 60

Place = tuple[float, float]
"""(lon, lat) in degrees."""


@dataclass(frozen=True)
class Leg:
    """One stop: which of the places, how far from the one before, minutes from the start until one is there."""

    place: int
    metres: float
    arrival: int


@dataclass(frozen=True)
class Round:
    """Stops in order, metres on a straight line altogether, minutes with driving and visits."""

    legs: list[Leg]
    metres: float
    minutes: int


def plan_round(places: Sequence[Place], start: Place | None = None) -> Round:
    """Order visits so that the way is short; it does not lead back.

    Args:
        places: at most ``MOST_STOPS``. start: where the round begins; the first place by default.
    """
    points = [*([start] if start is not None else []), *places]
    if not places:
        return Round([], 0.0, 0)
    gaps = [[metres_between(a, b) for b in points] for a in points]
    order = _improved(_nearest(gaps), gaps)
    offset = len(points) - len(places)
    legs, total, minutes = [], 0.0, 0.0
    for before, here in zip([order[0], *order], order, strict=False):
        gap = gaps[before][here]
        total += gap
        minutes += gap * DETOUR / 1000 / SPEED_KMH * 60
        if here >= offset:
            legs.append(Leg(here - offset, gap, round(minutes)))
            minutes += VISIT_MINUTES
    return Round(legs, total, round(minutes))


def _nearest(gaps: Sequence[Sequence[float]]) -> list[int]:
    """Always on to the nearest place not seen yet, from the first."""
    order, left = [0], set(range(1, len(gaps)))
    while left:
        here = order[-1]
        order.append(min(left, key=lambda other: (gaps[here][other], other)))
        left.remove(order[-1])
    return order


def _improved(order: list[int], gaps: Sequence[Sequence[float]]) -> list[int]:
    """Turn parts of the way round as long as that makes it shorter; the start stays."""
    better = True
    while better:
        better = False
        for first in range(1, len(order) - 1):
            for last in range(first + 1, len(order)):
                if _gain(order, gaps, first, last) > 1e-6:
                    order[first : last + 1] = order[first : last + 1][::-1]
                    better = True
    return order


def _gain(order: Sequence[int], gaps: Sequence[Sequence[float]], first: int, last: int) -> float:
    """How many metres turning round a part saves."""
    before, a, b = order[first - 1], order[first], order[last]
    saved = gaps[before][a] - gaps[before][b]
    if last + 1 < len(order):
        after = order[last + 1]
        saved += gaps[b][after] - gaps[a][after]
    return saved
