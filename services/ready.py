"""Ready before anybody asks: today's verdicts and the lists pages make of them, worked out when something has changed."""

from __future__ import annotations

import logging
import threading

from geo.errors import BlueSkyError
from geo.region import Region
from services.assess import current
from services.mapview import crowd
from services.overview import overview
from store.open import Store

EVERY_SECONDS = 2.0

log = logging.getLogger("bluesky.ready")


def make_ready(store: Store, region: Region) -> str:
    """Judge today's state, and make the lists of the first page and its map; what is there already costs nothing.

    Returns:
        The hash of the run.
    """
    found = current(store, region, region.today())
    overview(found)
    crowd(found)
    return found.run_hash


class Ready:
    """Keeps today's verdicts ready in the background while the site runs: the first to look does not wait."""

    def __init__(self, store: Store, region: Region, every: float = EVERY_SECONDS) -> None:
        self.store, self.region, self.every = store, region, every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ready", daemon=True)

    def __enter__(self) -> Ready:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=self.every)

    def _work(self) -> None:
        while not self._end.is_set():
            try:
                make_ready(self.store, self.region)
            except BlueSkyError as fault:
                log.warning("ready: %s", fault)
            except Exception:
                log.exception("ready")  # pages that ask meet the same fault and tell it; the next round tries again
            self._end.wait(self.every)
