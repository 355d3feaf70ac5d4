"""Many users at once: everybody gets every page. Short here, 50 users for a minute under ``make soak``."""

from __future__ import annotations

import os
import socket

import pytest

from benchmarks.load import load

USERS, SECONDS = (50, 60.0) if os.environ.get("BLUESKY_SOAK") else (6, 2.5)


@pytest.mark.slow
def test_everybody_gets_every_page() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = load(USERS, SECONDS, port)
    assert found.faults == []
    assert len(found.seconds) > USERS
