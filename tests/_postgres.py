"""Runs a PostgreSQL with PostGIS of the tests' own, or gets one: ``python tests/_postgres.py``.

In this order: the folder ``BLUESKY_POSTGRES`` names, the newest of the system that has PostGIS, apt (root on Debian).
Where none is to be had the tests on PostgreSQL are skipped with a loud line; with ``CI=true`` that is a failure.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script it does not find its neighbour

from tests._browser import _is_root_on_debian, _run, in_ci

APT_PACKAGES = (("postgresql-15", "postgresql-15-postgis-3"), ("postgresql", "postgresql-postgis"))
USER = "bluesky"
TEMPLATE = "bluesky_made"
START_SECONDS = 60
PREFIX, LEFT_SECONDS, ROOM_BYTES = "bluesky-postgres-", 3600, 4_000_000_000
LOUD = """
==============================================================================
  NO POSTGRESQL: the tests on PostgreSQL are SKIPPED. PostgreSQL 测试被跳过。
  Install it (apt install postgresql-15 postgresql-15-postgis-3), or name one:
  BLUESKY_POSTGRES=/path/to/postgresql/bin make test
==============================================================================
"""


def _fit(folder: Path) -> bool:
    """Whether a folder holds a server that has PostGIS."""
    if not all((folder / name).is_file() for name in ("initdb", "postgres", "pg_config")):
        return False
    done = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
    return (Path(done.stdout.strip()) / "extension" / "postgis.control").is_file()


def find_postgres(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of the programs to use, or None; installs nothing."""
    named = environment.get("BLUESKY_POSTGRES")
    if named:
        return Path(named) if _fit(Path(named)) else None
    numbered = Path("/usr/lib/postgresql").glob("*/bin")
    found = sorted(numbered, key=lambda place: int(re.sub(r"\D", "", place.parent.name) or 0), reverse=True)
    on_path = shutil.which("postgres", path=environment.get("PATH"))
    return next((place for place in [*found, *([Path(on_path).parent] if on_path else [])] if _fit(place)), None)


def get() -> Path | None:
    """Find a server, or install one where that is allowed."""
    if find_postgres() is None and _is_root_on_debian():
        _run("apt-get", "update")
        for packages in APT_PACKAGES:
            print(f"Installing {' '.join(packages)} …", flush=True)
            if _run("apt-get", "install", "-y", "--no-install-recommends", *packages):
                break
    return find_postgres()


class Cluster:
    """A running server on a free port of the loopback, in a temporary folder; gone at the end, however that comes."""

    def __init__(self, programs: Path, *settings: str) -> None:
        self.programs = programs
        self.settings = settings
        self.password = secrets.token_urlsafe(12)
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_quick_folder()))
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.spare: list[str] = []
        self._count = 0
        atexit.register(self.stop)

    def start(self) -> Cluster:
        """Make it and wait until it answers."""
        secret = self.folder / "password"
        secret.write_text(self.password, "ascii")
        if os.geteuid() == 0:
            for place in (self.folder, secret):
                shutil.chown(place, "postgres", "postgres")
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh"]  # sorts unlike SQLite
        made = [self.programs / "initdb", "-D", self.folder / "data", "-U", USER, "-A", "scram-sha-256", "--no-sync", *locale]
        subprocess.run([*_as_owner(), *made, f"--pwfile={secret}"], check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.run()
        return self

    def run(self) -> None:
        """Start the server on what is there; after a kill the last of the old processes must be gone first."""
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = int(free.getsockname()[1])
        told = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", "fsync=off", "jit=off",
                "max_wal_size=512MB", "autovacuum=off", *self.settings]  # fmt: skip
        command = [*_as_owner(), self.programs / "postgres", "-D", self.folder / "data"]
        with (self.folder / "log").open("ab") as log:
            options = [part for one in told for part in ("-c", one)]
            end = time.monotonic() + START_SECONDS
            while not self._answers():
                if time.monotonic() > end:
                    raise RuntimeError((self.folder / "log").read_text("utf-8", "replace")[-2000:])
                if self.process is None or self.process.poll() is not None:
                    self.process = subprocess.Popen(
                        [*command, *options], stdout=log, stderr=log, cwd="/", start_new_session=True
                    )
                time.sleep(0.05)

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def dsn(self, database: str) -> str:
        """An address psycopg takes."""
        return self.url(database).replace("+psycopg", "")

    def url(self, database: str) -> str:
        """An address the product takes."""
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> list[Any]:
        """One statement of its administrator, outside any transaction."""
        import psycopg

        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def database(self, template: str = "template0") -> str:
        """A new database; returns its name."""
        self._count += 1
        name = f"city_{os.getpid()}_{self._count}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def kill(self) -> None:
        """What a power failure of the server's process is: SIGKILL, nothing is told to anybody."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End the server and remove its folder; once is enough."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth keeping
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)


def _quick_folder() -> Path:
    """Memory where there is plenty: databases are made and dropped by the thousand files."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES
    return memory if roomy else Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove what tests left that were killed: their servers ended with them, their folders did not."""
    for old in _quick_folder().glob(f"{PREFIX}*"):
        running = (old / "data" / "postmaster.pid").exists()
        if not running and time.time() - old.stat().st_mtime > LEFT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _as_owner() -> list[str]:
    """A server does not run as root; and it ends when the tests do, even where those are killed."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    owner = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    return [setpriv, *owner, "--pdeathsig=QUIT"]


def main() -> int:
    """Say what was found; 1 only where a missing server is a failure."""
    if get() is not None:
        return 0
    print(LOUD, file=sys.stderr)
    return 1 if in_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
