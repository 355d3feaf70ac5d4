"""Many users on the mixed pages at once: the product as a process of its own, people with a moment's thought between pages."""

from __future__ import annotations

import http.client
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
THOUGHT_SECONDS = (0.5, 1.5)
DAYS = {
    "demo-head": ("/cell", "/cases", "/report", "/api/facilities", "/api/layers/grid_cells?full=1", "/ledger", "/"),
    "demo-inspector": ("/cases", "/cases?sort=due&layer=combustion_units", "/cases/2", "/api/cases", "/findings?verdict=V",
                       "/round?case=1&case=2&case=3", "/cases/2/paper/inspection"),
    "demo-planner": ("/", "/findings", "/zones", "/api/facilities", "/api/layers/no_burn_zones", "/ledger?by=rule", "/data"),
    "demo-viewer": ("/", "/findings?rule=R11-NBZ", "/api/findings", "/api/summary", "/about"),
}  # fmt: skip
"""Account → the pages of its day."""


@dataclass
class Load:
    """What a load found: seconds of every answer, and every answer that was none."""

    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Seconds within which that share of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class _User(threading.Thread):
    """One person with a browser that keeps its connection and its cookie."""

    def __init__(self, place: tuple[str, int], name: str, seed: int, end: float, found: Load) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(*place, timeout=60)
        self.name_, self.end, self.found, self.cookie = name, end, found, ""
        self.chance = random.Random(seed)

    def run(self) -> None:
        try:
            self._work()
        finally:
            self.connection.close()

    def _work(self) -> None:
        self._enter()
        while time.monotonic() < self.end:
            time.sleep(self.chance.uniform(*THOUGHT_SECONDS))
            path = self.chance.choice(DAYS[self.name_])
            started = time.perf_counter()
            try:
                status, _ = self._ask("GET", path)
            except OSError as fault:
                self.found.faults.append(f"{path}: {fault}")
                self.connection.close()
                continue
            self.found.seconds.append(time.perf_counter() - started)
            if status != 200:
                self.found.faults.append(f"{path}: {status}")

    def _enter(self) -> None:
        _, page = self._ask("GET", "/login")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        form = urlencode({"csrf_token": token[1] if token else "", "name": self.name_})
        status, _ = self._ask("POST", "/login/example", form)
        if status != 303:
            self.found.faults.append(f"log-in: {status}")

    def _ask(self, method: str, path: str, form: str = "") -> tuple[int, str]:
        headers = {"Cookie": self.cookie} | ({"Content-Type": "application/x-www-form-urlencoded"} if form else {})
        self.connection.request(method, path, form or None, headers)
        answer = self.connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        given = answer.getheader("Set-Cookie") or ""
        if given.startswith("bluesky="):
            self.cookie = given.split(";")[0]
        return answer.status, body


@contextmanager
def _product(port: int) -> Iterator[None]:
    """The example city, served as users start it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "load.sqlite"
        run = [sys.executable, "app.py", "--store", str(store)]
        subprocess.run([*run, "demo"], cwd=ROOT, check=True, capture_output=True)
        told = {**os.environ, "BLUESKY_LOG": str(Path(folder) / "error.log"), "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen([*run, "serve", "--port", str(port)], cwd=ROOT, env=told, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            server.stdout.readline()
            yield
            server.terminate()


def load(users: int, seconds: float, port: int) -> Load:
    """Let some users work for some seconds, each in turn of another role; their log-in is not counted.

    Args:
        port: a free one of the loopback.
    """
    found, names = Load(), list(DAYS)
    with _product(port):
        end = time.monotonic() + seconds
        people = [_User(("127.0.0.1", port), names[n % len(names)], n, end, found) for n in range(users)]
        for one in people:
            one.start()
        for one in people:
            one.join(timeout=seconds + 120)
    return found
