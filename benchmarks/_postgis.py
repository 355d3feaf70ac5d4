"""PostGIS in the joins: a server of its own, zones cut by ``ST_Subdivide``, the pairs fetched as two arrays.

The server is that of the tests (loopback, a temporary folder, gone at the end however that comes). What is kept
(rows, parts, index, statistics) is made beforehand and not measured, as for the others that keep something.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.workloads import WORKLOADS, points, zones

if TYPE_CHECKING:
    import psycopg

SETTINGS = ("shared_buffers=512MB", "work_mem=256MB", "maintenance_work_mem=256MB")
MADE = """
CREATE EXTENSION postgis;
CREATE TABLE xy (pid integer, x float8, y float8);
CREATE TABLE whole (zid integer, wkb bytea);
"""
PREPARED = """
CREATE TABLE p AS SELECT pid, ST_SetSRID(ST_MakePoint(x, y), 4549) AS geometry FROM xy;
CREATE TABLE z AS SELECT zid, ST_Subdivide(ST_GeomFromWKB(wkb, 4549), 128) AS geometry FROM whole;
DROP TABLE xy, whole;
CREATE INDEX ON {indexed} USING gist (geometry);
ANALYZE;
CHECKPOINT;
"""
JOIN = """
SELECT array_agg(pid), array_agg(zid)
FROM (SELECT DISTINCT p.pid, z.zid FROM p JOIN z ON ST_Intersects(p.geometry, z.geometry)) AS pair
"""
"""Distinct, because a point on the seam of two parts is in both. Two arrays, because a driver that takes a million rows
one by one (COPY as well) spends half as much again as the server.
"""
SIGNATURE, END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
SPOT = np.dtype([("fields", ">i2"), ("l1", ">i4"), ("pid", ">i4"), ("l2", ">i4"), ("x", ">f8"), ("l3", ">i4"), ("y", ">f8")])
"""A row of PostgreSQL's binary COPY: the number of fields, then each field after its length."""
ARRAY, AHEAD = np.dtype([("length", ">i4"), ("value", ">i4")]), 20
"""An item of a binary array of integers, and the bytes before the first: dimensions, NULLs, type, length, lower bound."""


def joined(load: str, indexed: str) -> Callable[[], tuple[Any, Any]]:
    """The join of one workload, everything before it done.

    Args:
        load: one of points.
        indexed: which table has the GiST: ``z``, the parts, as people do it; or ``p``, the points. Only one has: with both
            the planner takes that of the parts for a million points, which costs several times more.
    Raises:
        ImportError: there is no PostgreSQL with PostGIS here, or no /proc to see what it costs.
    """
    import psycopg

    from tests._postgres import Cluster, find_postgres

    programs = find_postgres()
    if programs is None:
        raise ImportError("no PostgreSQL with PostGIS")
    if not Path("/proc/self/stat").exists():
        raise ImportError("what a server costs is read from /proc")
    cluster = Cluster(programs, *SETTINGS).start()  # it ends and removes its folder when this process ends
    place = cluster.dsn(cluster.database())
    with psycopg.connect(place, autocommit=True) as before:
        _fill(before, load)
        for statement in PREPARED.format(indexed=indexed).split(";"):
            before.execute(statement.encode())
    session = psycopg.connect(place, autocommit=True)  # a new one: its memory has not seen the preparation
    assert cluster.process is not None
    postmaster, backend = cluster.process.pid, session.info.backend_pid

    def run() -> tuple[Any, Any]:
        told = session.cursor(binary=True).execute(JOIN.encode()).pgresult
        assert told is not None
        return unpacked(told.get_value(0, 0)), unpacked(told.get_value(0, 1))

    run.spent = lambda: cpu_seconds(postmaster)  # type: ignore[attr-defined]  # counted with this process
    run.peak_mb = lambda: peak_mb(backend)  # type: ignore[attr-defined]  # counted with this process
    return run


def _fill(session: psycopg.Connection[Any], load: str) -> None:
    _, count, name = WORKLOADS[load]
    session.execute(MADE.encode())
    with session.cursor().copy("COPY xy FROM STDIN (FORMAT binary)") as copy:
        copy.write(packed(points(count, name)))
    with session.cursor().copy("COPY whole FROM STDIN") as copy:
        for row in enumerate(_bytea(zones(name))):
            copy.write_row(row)


def _bytea(shapes: Any) -> Iterable[str]:
    return (f"\\x{wkb}" for wkb in shapely.to_wkb(shapes, hex=True))


def packed(xy: Any) -> bytes:
    """Points (n, 2) and their numbers as a file of binary COPY."""
    rows = np.empty(len(xy), SPOT)
    rows["fields"], rows["l1"], rows["l2"], rows["l3"] = 3, 4, 8, 8
    rows["pid"], (rows["x"], rows["y"]) = np.arange(len(xy)), xy.T
    return SIGNATURE + rows.tobytes() + END


def unpacked(array: bytes | None) -> Any:
    """The int64 array in a binary array of integers; of no rows the server makes NULL."""
    return np.frombuffer(array or bytes(AHEAD), ARRAY, offset=AHEAD)["value"].astype(np.int64)


def cpu_seconds(postmaster: int) -> float:
    """CPU seconds of a server so far: of its processes, and (in the postmaster's books) of those that have ended.

    Exact to a tick of the kernel (10 ms) for each process. Parallel workers have ended when their query has.
    """
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text("utf-8", "replace").rpartition(")")[2].split()  # after the name, which may hold blanks
        except OSError:
            continue  # it ended meanwhile, as processes of others do
        if postmaster in (int(place.parent.name), int(fields[1])):
            ticks += sum(int(one) for one in fields[11:15])  # utime, stime, cutime, cstime
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mb(process: int) -> float:
    """The most memory a process had, with the shared buffers it touched."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
