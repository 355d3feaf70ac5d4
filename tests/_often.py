"""How often a law is tried: a little in ``make test``, a lot in ``make soak``, which picks hypothesis' own mark."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

SOAK = os.environ.get("BLUESKY_SOAK") == "1"
MORE = 40
"""How many times as often in ``make soak``."""

settings.register_profile("ours", max_examples=40 * MORE if SOAK else 40, deadline=None)
settings.load_profile("ours")


def often(few: int, **more: Any) -> settings:
    """Settings of a law that is tried so many times; ``more`` goes to hypothesis' own."""
    return settings(max_examples=few * MORE if SOAK else few, deadline=None, **more)
