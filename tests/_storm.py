"""Processes that publish at the same time, and are killed: ``python -m tests._storm publish|kill …``.

Everything is imported once; the workers are forks of this process, so that a storm costs what it does to the store.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import select

from services.draft_starts import from_zone
from services.publish import publish
from store.errors import ServerUnreachable
from store.models import changeset
from store.open import Store, open_store
from tests._drafting import DAY, LAYER, approved, drawn, revision, table
from tests._store_rows import put_zones, zone

ALIVE = 4
TURNS = 60
"""How often one process publishes at most, a day later each time: after many kills the dates are still in this century."""
WAIT_SECONDS = (0.02, 0.25)


def publish_once(store: Store, code: str, turn: int) -> int:
    """Take a new draft upon a zone all the way, in force a day after the last one; returns the layer's revision."""
    desk, worker = table(store), int(code[1:])
    number = from_zone(desk, LAYER, code, f"草案{code}-{turn}", DAY)
    west = 119.38 + 0.02 * worker
    first = dt.date(2021, 8, 1) + dt.timedelta(days=turn)
    record = {"effective_from": first.isoformat(), "existing_deadline": (first + dt.timedelta(days=90)).isoformat()}
    drawn(store, number, west, west + 0.012 + turn % 100 * 1e-5, **record)
    approved(store, number)
    made = publish(desk, number, revision(store, number)).changeset
    with store.read() as connection:
        return int(connection.execute(select(changeset.c.revision).where(changeset.c.id == made)).scalar_one())


def record_once(store: Store, code: str, turn: int) -> int:
    """The same change as one import, which takes a fiftieth of the time; returns the layer's revision."""
    first = dt.date(2021, 8, 1) + dt.timedelta(days=turn)
    return put_zones(store, zone(code, first.isoformat(), place=2 * (int(code[1:]) - 4))).revision


once = publish_once if os.environ.get("BLUESKY_SOAK") else record_once


def work(address: str, code: str, turns: range, told: Path) -> None:
    """Publish so many times; what has been answered is written down at once, as a person would remember it."""
    store = open_store(address)
    for turn in turns:
        number = once(store, code, turn)
        with told.open("a", encoding="ascii") as file:
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())
    store.close()


def forked(address: str, code: str, turns: range, told: Path) -> int:
    """A process that works and ends; returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        work(address, code, turns, told)
    except ServerUnreachable:
        os._exit(3)
    except BaseException as fault:
        print(code, repr(fault), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def storm_of_publishers(address: str, told: Path, workers: int, each: int) -> int:
    """All at once; how many failed."""
    children = [forked(address, f"Z{n}", range(each), told) for n in range(workers)]
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


def storm_of_kills(address: str, told: Path, kills: int, seed: int) -> int:
    """A few publish without end, and one of them is killed every moment; how many failed by themselves."""
    chance, alive, turn, failed = random.Random(seed), {}, 0, 0
    for done in range(kills):
        while len(alive) < ALIVE:
            code = next(name for name in (f"Z{n}" for n in range(ALIVE)) if name not in alive.values())
            turn += TURNS
            alive[forked(address, code, range(turn, turn + TURNS), told)] = code
        _wait_for_answers(told, done // ALIVE)
        time.sleep(chance.uniform(*WAIT_SECONDS))
        child = chance.choice(sorted(alive))
        os.kill(child, signal.SIGKILL)
        failed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL
        del alive[child]
        if failed:
            break
    for child in alive:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return failed


def _wait_for_answers(told: Path, least: int) -> None:
    """Until something has been published between the kills: a slow machine is no reason to kill beginners only."""
    end = time.monotonic() + 30
    while len(told.read_bytes().splitlines()) <= least and time.monotonic() < end:
        time.sleep(0.02)


def main() -> int:
    """1 where a worker failed that nobody killed."""
    kind, address, told, one, two = sys.argv[1:6]
    storm = storm_of_publishers if kind == "publish" else storm_of_kills
    return int(storm(address, Path(told), int(one), int(two)) > 0)


if __name__ == "__main__":
    sys.exit(main())
