"""What happens every night: cells change hands that day, today is judged, the cases follow, personal data that is due goes.

Each step is whole by itself and finds nothing to do the second time, so that it may run twice, or beside the server.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from geo.region import Region
from services import snapshots, uploads
from services.assess import Assessment, current, save_run
from services.cases import SYSTEM, Followed, follow
from services.handover import settle
from services.retention import Removed, retain
from store import audit, changes, runs
from store.open import Store

WHY = "nightly"
_OF_THE_DAY = ["as_of", "key", "run_hash"]


@dataclass(frozen=True)
class Night:
    """What a night did.

    Attributes:
        run: number of the run that was stored; None where the verdicts are those of the last one.
        cells: responsibility cells whose hand-over was due.
    """

    day: dt.date
    findings: int
    run: int | None
    cases: Followed
    removed: Removed
    cells: tuple[str, ...] = ()


def night(store: Store, region: Region, day: dt.date | None = None) -> Night:
    """Do a night's work.

    Args:
        day: the day that begins; today by default.
    """
    cells = tuple(settle(store, region, day))
    found = current(store, region, day or region.today())
    number = save_run(store, found, SYSTEM) if _is_news(store, found) else None
    followed = follow(store, region, WHY, found.as_of)
    removed = retain(store, region.retention)
    uploads.clear_old(store)
    snapshots.clear_old(store)
    done = Night(found.as_of, len(found.findings), number, followed, removed, cells)
    _write_down(store, done, found.run_hash)
    return done


def last_night(store: Store) -> dt.datetime | None:
    """When a night's work was last finished."""
    with store.read() as connection:
        return audit.last_of(connection, WHY)


def _is_news(store: Store, found: Assessment) -> bool:
    """Whether the verdicts differ from those of the last run under the same rules, whatever their day."""
    last = runs.latest(store, limit=1)
    if not last or last[0]["rules_hash"] != found.rules_hash:
        return True
    kept = runs.findings_of(store, int(last[0]["id"])).drop(columns=_OF_THE_DAY, errors="ignore")
    now = found.findings.drop(columns=_OF_THE_DAY, errors="ignore")[list(kept.columns)]
    return not kept.equals(now.astype(object).sort_values(list(kept.columns[:3]), ignore_index=True))


def _write_down(store: Store, done: Night, run_hash: str) -> None:
    counts = {name: len(numbers) for name, numbers in asdict(done.cases).items()}
    day, gone = done.day.isoformat(), asdict(done.removed)
    body = {"as_of": day, "run_hash": run_hash, "run": done.run, "cases": counts, "removed": gone, "cells": done.cells}
    with store.write() as connection:
        audit.append(connection, store, audit.Entry(SYSTEM, WHY, "store", body), changes.moment(connection))
    audit.anchor(store)
