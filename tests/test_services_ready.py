"""Today's verdicts are there before anybody asks."""

from __future__ import annotations

import time
from unittest import mock

from geo.region import Region
from services import assess, overview
from services.ready import Ready, make_ready
from store.open import Store


def _until(true: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]  # a condition
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_what_is_ready_is_not_made_again(demo_store: Store, region: Region) -> None:
    first = make_ready(demo_store, region)
    with (
        mock.patch.object(assess, "_judged", side_effect=AssertionError),
        mock.patch.object(overview, "_overview", side_effect=AssertionError),
    ):
        assert make_ready(demo_store, region) == first


def test_it_is_made_in_the_background_again_after_a_fault_and_ends_with_the_site(demo_store: Store, region: Region) -> None:
    made: list[str] = []

    def work(*_: object) -> str:
        made.append("")
        if len(made) == 1:
            raise RuntimeError("once")
        return made[-1]

    with mock.patch("services.ready.make_ready", side_effect=work), Ready(demo_store, region, every=0.01):
        _until(lambda: len(made) > 2)
    before = len(made)
    time.sleep(0.1)
    assert len(made) == before, "it went on after the site had stopped"
