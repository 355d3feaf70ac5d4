"""Many who publish at once, and a storm of kills: no update is lost, revisions have no gap, the audit chain holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from store import audit, changes, features
from store._dialects import integrity, missing_guards
from store.models import changeset
from store.open import Store, open_store
from tests._raw import address, surroundings
from tests._store_rows import ZONES, put_zones, zone

ROOT = Path(__file__).resolve().parent.parent
SOAK = bool(os.environ.get("BLUESKY_SOAK"))
WORKERS, EACH = 8, 25
KILLS = 250 if SOAK else 5
"""With ``BLUESKY_SOAK`` every change is a draft that is drawn, submitted, approved and published; else one import."""

pytestmark = [pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forks"), pytest.mark.slow]


@pytest.fixture
def city(empty_store: Store) -> Store:
    """A zone for every worker."""
    put_zones(empty_store, *(zone(f"Z{n}", "2020-01-01", place=2 * (n - 4)) for n in range(WORKERS)))
    empty_store.engine.dispose()
    return empty_store


def _storm(store: Store, kind: str, told: Path, *numbers: int) -> None:
    command = [sys.executable, "-m", "tests._storm", kind, address(store), str(told), *map(str, numbers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=surroundings(store))
    assert done.returncode == 0, done.stderr[-2000:]


def _answered(told: Path) -> list[int]:
    return [int(line) for line in told.read_text("ascii").splitlines()]


def _whole(store: Store) -> list[int]:
    """Nothing is wrong with a store; the revisions after the first."""
    again = open_store(store.place)
    with again.read() as connection:
        rows = connection.execute(select(changeset).order_by(changeset.c.id)).all()
        assert features.damaged(connection) == [] and integrity(connection) == [] and missing_guards(connection) == []
    assert [row.revision for row in rows] == list(range(1, len(rows) + 1)), "no gap, none twice"
    assert changes.revisions(again) == {"no_burn_zones": len(rows)}
    assert audit.verify(again) == []
    again.close()
    return [row.revision for row in rows][1:]


def test_eight_processes_that_publish_at_once_lose_nothing(city: Store, tmp_path: Path) -> None:
    told = tmp_path / "answered"
    _storm(city, "publish", told, WORKERS, EACH)
    found = _whole(city)
    assert sorted(_answered(told)) == found and len(found) == WORKERS * EACH
    assert len(features.recorded(city, ZONES)) == WORKERS * (1 + EACH)


def test_a_storm_of_kills_loses_nothing_that_was_answered(city: Store, tmp_path: Path) -> None:
    told = tmp_path / "answered"
    told.touch()
    _storm(city, "kill", told, KILLS, 7)
    found = _whole(city)
    answered = _answered(told)
    assert answered and set(answered) <= set(found), "what was answered is there"
    assert len(set(found) - set(answered)) <= KILLS + 4, "killed between commit and answer: one each at most"
