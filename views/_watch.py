"""What requests cost: counters for the monitoring system, and one line a request in the log, without names or texts."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import Counter

from flask import Flask, Response, current_app, g, json, request

BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
NOWHERE = "-"
"""Stands for the route of an address there is not: what was asked for could hold anything."""

log = logging.getLogger("bluesky.access")


class Counters:
    """Requests since the start, safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._slower: Counter[float] = Counter()
        self._seconds = 0.0
        self.since = time.time()

    def add(self, route: str, method: str, status: str, seconds: float) -> None:
        """One request more."""
        with self._lock:
            self._requests[route, method, status] += 1
            self._seconds += seconds
            for limit in BUCKETS:
                self._slower[limit] += seconds <= limit

    def requests(self) -> list[tuple[tuple[str, str, str], int]]:
        """(route, method, status) and how many."""
        with self._lock:
            return sorted(self._requests.items())

    def durations(self) -> tuple[list[tuple[float, int]], float, int]:
        """How many took up to each limit in seconds, their sum, their number."""
        with self._lock:
            return [(limit, self._slower[limit]) for limit in BUCKETS], self._seconds, sum(self._requests.values())


def watch(app: Flask) -> None:
    """Count and log every request of an application."""
    app.extensions["bluesky_counters"] = Counters()
    app.before_request(_begin)
    app.after_request(_end)


def counters() -> Counters:
    """Those of this application."""
    found: Counters = current_app.extensions["bluesky_counters"]
    return found


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    route = str(request.url_rule) if request.url_rule else NOWHERE
    method = request.method if request.method in METHODS else NOWHERE
    counters().add(route, method, str(response.status_code), seconds)
    if log.isEnabledFor(logging.INFO):
        visitor = getattr(g.get("_login_user"), "principal", None)  # whom the gate let in, if it asked at all
        line = {
            "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"), "route": route, "method": method,
            "status": response.status_code, "ms": round(seconds * 1000, 1), "account": visitor and visitor.account_id,
        }  # fmt: skip
        log.info("%s", json.dumps(line))
    return response
