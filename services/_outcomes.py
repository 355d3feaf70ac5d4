"""The one table from kinds of errors to exit codes and HTTP status (dictionary §1.11)."""

from __future__ import annotations

from dataclasses import dataclass

from geo.errors import (
    BlueSkyError,
    Conflict,
    NotFound,
    NotLoggedIn,
    Refused,
    TryLater,
    Unavailable,
    WrongUsage,
)


@dataclass(frozen=True)
class Outcome:
    """Exit code of a command and status of a response."""

    exit_code: int
    status: int


OUTCOMES: tuple[tuple[type[BlueSkyError], Outcome], ...] = (
    (WrongUsage, Outcome(2, 400)),
    (NotFound, Outcome(1, 404)),
    (NotLoggedIn, Outcome(1, 401)),
    (TryLater, Outcome(1, 429)),
    (Conflict, Outcome(1, 409)),
    (Refused, Outcome(1, 422)),
    (Unavailable, Outcome(1, 503)),
    (BlueSkyError, Outcome(1, 500)),
)


def outcome_of(error: BlueSkyError) -> Outcome:
    """The exit code and status of an error: that of the first kind it belongs to."""
    return next(outcome for kind, outcome in OUTCOMES if isinstance(error, kind))
