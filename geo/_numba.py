"""Numba where it is installed: compiled once, kept in a folder of this product outside the checkout.

Without it the same functions run as plain Python: slow, but the same, which is how the tests of a
default installation prove them. Nothing but the modules of the table imports this one.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

KERNELS = ("_exact.py", "_table_edges.py", "_table_cells.py", "_table_query.py")
"""The files whose functions are compiled; numba itself does not see a change in one that another calls."""


def installed() -> bool:
    """Whether numba is there; it is not loaded for the answer."""
    return find_spec("numba") is not None


@cache
def cache_folder() -> Path:
    """Where compiled code is kept: one folder a user, Python, numba and state of the kernels."""
    own = os.environ.get("BLUESKY_CACHE")
    if own:
        base = Path(own)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or tempfile.gettempdir()) / "bluesky-map"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bluesky-map"
    digest = hashlib.sha256(f"{sys.version}{_version()}".encode())
    for name in KERNELS:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return base / "kernels" / digest.hexdigest()[:16]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("numba")
    except PackageNotFoundError:
        return ""


def ready() -> bool:
    """Whether the kernels were compiled before, so that the first call does not wait for it."""
    return installed() and (cache_folder() / "complete").exists()


@cache
def compile_aside() -> None:
    """Compile the kernels in a process of its own, once, so that nobody waits for them."""
    if installed() and own_folder() is not None and not ready():
        subprocess.Popen(
            [sys.executable, "-m", "geo._warm"], cwd=Path(__file__).resolve().parent.parent, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def own_folder() -> Path | None:
    """The cache folder, made if need be; None where others could write into it or it cannot be made."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = folder.stat()
    except OSError:
        return None
    foreign = os.name == "posix" and (state.st_uid != os.geteuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return None if foreign else folder


def _plain(kernel: Kernel) -> Kernel:
    return kernel


def _decorator() -> Callable[[Kernel], Kernel]:
    if not installed():
        return _plain
    import numba

    folder = own_folder()
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    made: Callable[[Kernel], Kernel] = numba.njit(nogil=True, error_model="numpy", cache=folder is not None)
    return made


compiled = _decorator()
"""Compile a function without the GIL, so that threads may share the work."""
