"""Where the plan stands: time gone against what is done, and what waits for the one who looks."""

from __future__ import annotations

from dataclasses import dataclass

from geo.region import Region
from services.assess import Assessment
from services.casebook import Wish, book
from services.casework import wishes
from services.facilities import board
from services.scope import Principal, may
from store.open import Store

SOON_DAYS = 30


@dataclass(frozen=True)
class Progress:
    """The plan on the day of an assessment.

    Attributes:
        gone: share of the plan's days that are over, 0 to 1. days_left: until its last day, negative afterwards.
        done, faults: findings that are compliant, and that are violations or tasks.
    """

    gone: float
    days_left: int
    done: int
    faults: int

    @property
    def share(self) -> float:
        """Compliant among what the plan asks for, 0 to 1; 1 where it asks for nothing."""
        asked = self.done + self.faults
        return self.done / asked if asked else 1.0


@dataclass(frozen=True)
class Todo:
    """What waits today: cases open, overdue, due soon, to re-check, given to the one who asks, waiting for a decision."""

    open: int
    overdue: int
    soon: int
    recheck: int
    mine: int
    wishes: int


def progress(assessment: Assessment, region: Region) -> Progress:
    """How far the plan is in what somebody sees."""
    counts = board(assessment).findings["verdict"].value_counts().to_dict()
    whole = (region.plan_end - region.plan_start).days + 1
    over = (assessment.as_of - region.plan_start).days
    return Progress(
        min(1.0, max(0.0, over / whole)), (region.plan_end - assessment.as_of).days, int(counts.get("C", 0)),
        int(counts.get("V", 0) + counts.get("T", 0)),
    )  # fmt: skip


def todo(store: Store, today: Assessment, principal: Principal) -> Todo | None:
    """What waits, in what somebody sees of today; None for those who see no cases."""
    if not may(principal, "cases"):
        return None
    found = book(store, today, principal, Wish())
    soon = sum(row.days is not None and 0 <= row.days <= SOON_DAYS for row in found.every)
    mine = sum(row.case.assignee_id == principal.account_id for row in found.every if row.case.assignee_id)
    waiting = wishes(store, principal, today.facilities)
    return Todo(found.total, found.counts["overdue"], soon, found.counts["recheck"], mine, len(waiting))
