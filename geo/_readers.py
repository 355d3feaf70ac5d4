"""A reader kept warm: a process that has imported what reading needs and forks a fresh child for every file.

The child is what a process started for the file alone would be: the same environment from before the first
import, the same limits and walls, entered before a byte is read; only the half second of imports is saved.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

START_SECONDS = 60.0
TIMED_OUT = -1


class ReaderGone(Exception):
    """The warm process does not answer; the caller starts one of its own."""


class WarmReader:
    """One waiting process; it ends when this one does."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        """Start it.

        Args:
            root: folder the product's modules are found in. environment: whole, with the driver allow-list.
        """
        self.owner, self._lock = os.getpid(), threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "geo._reader_process", "--wait"], cwd=root, env=dict(environment),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
        )  # fmt: skip

    def run(self, folder: Path, seconds: float) -> int | None:
        """Read one job; returns the child's exit code, ``TIMED_OUT``, or None when another job is running.

        Raises:
            ReaderGone: the process died or never began.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._run(folder, seconds)
        except OSError as fault:
            raise ReaderGone from fault
        finally:
            self._lock.release()

    def _run(self, folder: Path, seconds: float) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{folder}\n".encode())
        child = self._number(START_SECONDS)
        if child is None:
            raise ReaderGone
        code = self._number(seconds)
        if code is not None:
            return code
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        self._number(START_SECONDS)
        return TIMED_OUT

    def _number(self, seconds: float) -> int | None:
        """The next line of the process, a number; None when none came in time."""
        assert self._process.stdout is not None
        line, end = b"", time.monotonic() + seconds
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return None
            byte = self._process.stdout.read(1)
            if not byte:
                raise ReaderGone
            line += byte
        return int(line)

    def close(self) -> None:
        """End it."""
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()


_kept: dict[str, WarmReader] = {}
_making = threading.Lock()


def run_warm(root: Path, folder: Path, seconds: float, environment: Mapping[str, str]) -> int | None:
    """Read one job by the warm reader of this process; None when it is busy or this system has none."""
    if not hasattr(os, "fork"):
        return None
    with _making:
        reader = _kept.get("reader")
        if reader is None or reader.owner != os.getpid():
            reader = _kept["reader"] = WarmReader(root, environment)
    try:
        return reader.run(folder, seconds)
    except ReaderGone:
        let_go()
        return None


@atexit.register
def let_go() -> None:
    """End the warm reader, where this process has one; the next job starts another."""
    with _making:
        reader = _kept.pop("reader", None)
    if reader is not None:
        reader.close()
