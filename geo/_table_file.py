"""Tables on disk, beside the store: named by the content of their zones, and never believed unread.

A file is the SHA-256 of what follows, then the arrays. One that does not match is not used: a table
with a flipped bit would give wrong answers without a word.
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from geo._numba import KERNELS
from geo._table import Table
from geo._table_cells import Lists
from geo._table_edges import Grid
from geo._table_query import Tables

FILES = 32
"""Tables kept in one folder; the oldest go."""


def _version() -> str:
    """Tables of other kernels, or kept in another way, have other names."""
    sources = [Path(__file__).with_name(name).read_bytes() for name in (*KERNELS, "_table.py", "_table_file.py")]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:8]


def load(folder: Path, name: str) -> Table | None:
    """The table of some zones; None where there is none that is whole."""
    try:
        content = (folder / f"{name}-{_version()}.table").read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[32:]).digest() != content[:32]:
        return None
    with np.load(io.BytesIO(content[32:]), allow_pickle=False) as parts:
        x0, y0, size, columns, rows, longest = parts["grid"].tolist()
        lists = Lists(*(parts[f"list_{part}"] for part in Lists._fields))
        return Table(Tables(Grid(x0, y0, size, int(columns), int(rows)), lists, parts["rows"], int(longest)))


def save(folder: Path, name: str, table: Table) -> None:
    """Keep a table; a full or closed disk only means that it is built again next time."""
    tables, packed = table.tables, io.BytesIO()
    arrays: dict[str, Any] = {"grid": np.array([*tables.grid, tables.longest], dtype=np.float64), "rows": tables.rows}
    arrays |= {f"list_{part}": getattr(tables.lists, part) for part in Lists._fields}
    np.savez(packed, **arrays)
    content = packed.getvalue()
    target = folder / f"{name}-{_version()}.table"
    draft = target.with_suffix(f".{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(hashlib.sha256(content).digest() + content)
        draft.replace(target)
        for old in sorted(folder.glob("*.table"), key=lambda file: file.stat().st_mtime)[:-FILES]:
            old.unlink(missing_ok=True)
    except OSError:
        draft.unlink(missing_ok=True)
