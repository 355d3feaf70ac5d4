"""After rows or verdicts changed, the cases follow; what that did is told in one line."""

from __future__ import annotations

from commands._base import Context
from commands._progress import working


def follow_cases(context: Context, why: str) -> None:
    """Bring the cases up to date with today's assessment."""
    from services.cases import follow

    with working("更新案件", "updating cases"):
        done = follow(context.store(), context.region(), why)
    if done.opened or done.updated or done.closed:
        context.say(
            f"案件：新立 {len(done.opened)}，更新 {len(done.updated)}，结案 {len(done.closed)}。",
            f"Cases: {len(done.opened)} opened, {len(done.updated)} updated, {len(done.closed)} closed.",
        )
