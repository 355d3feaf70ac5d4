"""What the joins did, for whoever asks: which way was taken, and how much there was to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Effort:
    """One join.

    Attributes:
        task: what was asked (``match``, ``overlap`` …). way: the kernel that answered.
        points, zones: how many came in. tested: pairs that were looked at exactly. pairs: pairs found.
        kept: whether an index made before was used again. seconds: how long it took.
    """

    task: str
    points: int
    zones: int
    way: str = ""
    tested: int = 0
    pairs: int = 0
    kept: bool = False
    seconds: float = 0.0

    def __str__(self) -> str:
        again = ", index kept" if self.kept else ""
        return (
            f"{self.task}: {self.way}{again}; {self.points} × {self.zones}, "
            f"{self.tested} tested, {self.pairs} pairs, {self.seconds * 1000:.1f} ms"
        )


@dataclass
class _Watch:
    efforts: list[Effort] = field(default_factory=list)


_watch: ContextVar[_Watch | None] = ContextVar("joins_watched", default=None)


@contextmanager
def watched() -> Iterator[list[Effort]]:
    """Collect the joins of a block, in the order they ended."""
    mine = _Watch()
    token = _watch.set(mine)
    try:
        yield mine.efforts
    finally:
        _watch.reset(token)


@contextmanager
def effort(task: str, points: int, zones: int) -> Iterator[Effort]:
    """One join; the block fills in way and counts."""
    told, started = Effort(task, points, zones), time.perf_counter()
    yield told
    told.seconds = time.perf_counter() - started
    watch = _watch.get()
    if watch is not None:
        watch.efforts.append(told)
