"""How often a law is tried: a little in ``make test``, a lot in ``make soak``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import settings

SOAK = os.environ.get("BLUESKY_SOAK") == "1"
MORE = 40
"""How many times as often in ``make soak``."""

Test = TypeVar("Test", bound=Callable[..., Any])

settings.register_profile("ours", max_examples=40 * MORE if SOAK else 40, deadline=None)
settings.load_profile("ours")


def often(few: int, **more: Any) -> Callable[[Test], Test]:
    """Try a law with so many examples, and mark it for ``make soak``; ``more`` goes to hypothesis' settings."""
    chosen = settings(max_examples=few * MORE if SOAK else few, deadline=None, **more)

    def decorate(test: Test) -> Test:
        return pytest.mark.law(chosen(test))

    return decorate
