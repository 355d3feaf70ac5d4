"""What is measured: this product's ways to the pairs, and others' (only where they are installed)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from benchmarks.workloads import WORKLOADS, points, zones

Pairs = tuple[Any, Any]


def _fresh(shapes: Any) -> Any:
    """The same zones without anything prepared."""
    return shapely.from_wkb(shapely.to_wkb(shapes))


def _default(load: str) -> Callable[[], Pairs]:
    from geo import _kept, join

    join.TABLE_FROM = np.inf  # type: ignore[assignment]  # never a table
    state = {"zones": _fresh(zones(WORKLOADS[load][2]))}

    def run() -> Pairs:
        return join.match(points(*WORKLOADS[load][1:]), state["zones"])

    def before() -> None:
        _kept.forget()
        state["zones"] = _fresh(state["zones"])

    run.before = before  # type: ignore[attr-defined]  # unmeasured preparation of each repetition
    return run


def _table(load: str) -> Callable[[], Pairs]:
    from geo import _kept, _warm, join

    if not _warm.warm():
        raise ImportError("numba")
    join.TABLE_FROM = 0
    state = {"zones": _fresh(zones(WORKLOADS[load][2]))}

    def run() -> Pairs:
        return join.match(points(*WORKLOADS[load][1:]), state["zones"])

    def before() -> None:
        _kept.forget()
        state["zones"] = _fresh(state["zones"])

    run.before = before  # type: ignore[attr-defined]  # unmeasured preparation of each repetition
    return run


def _kept(load: str, ordered: bool) -> Callable[[], Pairs]:
    from geo import _kept as kept
    from geo import _warm, join
    from geo._order import cell_order

    if not _warm.warm():
        raise ImportError("numba")
    _, count, name = WORKLOADS[load]
    xy, shapes = points(count, name), zones(name)
    kept.prepare(shapes, count, None)
    order = cell_order(xy)
    if not ordered or order is None:
        return lambda: join.match(xy, shapes)
    mine = np.ascontiguousarray(xy[order.order])

    def run() -> Pairs:
        return join.match(mine, shapes)

    run.back = order.order  # type: ignore[attr-defined]  # so that the hash is over the same numbers
    return run


def _geopandas(load: str, better: bool) -> Callable[[], Pairs]:
    import geopandas as gpd

    _, count, name = WORKLOADS[load]
    left = gpd.GeoDataFrame(geometry=shapely.points(points(count, name)))
    state = {"zones": zones(name)}

    def run() -> Pairs:
        right = gpd.GeoDataFrame(geometry=state["zones"])
        if not better:
            joined = gpd.sjoin(left, right, predicate="intersects")
            return joined.index.to_numpy(), joined["index_right"].to_numpy()
        joined = gpd.sjoin(right, left, predicate="intersects")
        return joined["index_right"].to_numpy(), joined.index.to_numpy()

    def before() -> None:
        state["zones"] = _fresh(state["zones"])

    run.before = before  # type: ignore[attr-defined]  # unmeasured preparation of each repetition
    return run


def _strtree(load: str) -> Callable[[], Pairs]:
    _, count, name = WORKLOADS[load]
    spots, shapes = shapely.points(points(count, name)), zones(name)

    def run() -> Pairs:
        zone, point = shapely.STRtree(spots).query(shapes, predicate="intersects")
        return point, zone

    return run


SQL = "SELECT p.pid, z.zid{area} FROM p JOIN z ON ST_Intersects(p.geometry, z.geometry)"


def _frames(load: str) -> tuple[Any, Any]:
    import geopandas as gpd

    _, count, name = WORKLOADS[load]
    right = gpd.GeoDataFrame({"zid": np.arange(len(zones(name)))}, geometry=zones(name))
    left = zones("sites") if load == "W5" else shapely.points(points(count, name))
    return gpd.GeoDataFrame({"pid": np.arange(len(left))}, geometry=left), right


def _sedona(load: str, library: str) -> Callable[[], Pairs]:
    import sedonadb

    session = sedonadb.connect()
    if library:
        session.sql(f"SET sedona.spatial_join.spatial_library = '{library}'").execute()
    for name, frame in zip(("p", "z"), _frames(load), strict=True):
        session.create_data_frame(frame).to_memtable().to_view(name)
    area = ", ST_Area(ST_Intersection(p.geometry, z.geometry)) AS a" if load == "W5" else ""

    def run() -> Pairs:
        table = session.sql(SQL.format(area=area)).to_arrow_table()
        return table["pid"].to_numpy(), table["zid"].to_numpy()

    return run


def _duckdb(load: str) -> Callable[[], Pairs]:
    from pathlib import Path

    import duckdb
    import duckdb_extension_spatial

    base = Path(duckdb_extension_spatial.__file__).parent
    session = duckdb.connect()
    session.execute(f"LOAD '{next(base.rglob('spatial.duckdb_extension'))}'")
    for name, key, frame in zip(("p", "z"), ("pid", "zid"), _frames(load), strict=True):
        raw = frame.drop(columns="geometry").assign(wkb=shapely.to_wkb(frame.geometry.values))  # noqa: F841  read by name below
        session.execute(f"CREATE TABLE {name} AS SELECT {key}, ST_GeomFromWKB(wkb) AS geometry FROM raw")
    area = ", ST_Area(ST_Intersection(p.geometry, z.geometry)) AS a" if load == "W5" else ""

    def run() -> Pairs:
        found = session.execute(SQL.format(area=area)).fetchnumpy()
        return np.asarray(found["pid"]), np.asarray(found["zid"])

    return run


def _own_overlap(load: str) -> Callable[[], Pairs]:
    from geo.overlap import overlaps

    state = {"zones": _fresh(zones("province"))}

    def before() -> None:
        state["zones"] = _fresh(state["zones"])

    def run() -> Pairs:
        return overlaps(zones("sites"), state["zones"])[:2]

    run.before = before  # type: ignore[attr-defined]  # unmeasured preparation of each repetition
    return run


def _geopandas_overlap(load: str) -> Callable[[], Pairs]:
    left, right = _frames(load)

    def run() -> Pairs:
        import geopandas as gpd

        joined = gpd.sjoin(left, right, predicate="intersects")
        site, zone = joined.index.to_numpy(), joined["index_right"].to_numpy()
        shapely.area(shapely.intersection(left.geometry.values[site], right.geometry.values[zone]))
        return site, zone

    return run


def _postgis(load: str, indexed: str) -> Callable[[], Pairs]:
    from benchmarks._postgis import joined

    return joined(load, indexed)


REFERENCE = "geopandas.sjoin, better order"
AS_WRITTEN = "geopandas.sjoin(points, zones)"
POINTS: dict[str, Callable[[str], Callable[[], Pairs]]] = {
    REFERENCE: lambda load: _geopandas(load, True),
    "STRtree(points).query(zones)": _strtree,
    "own, default (no numba)": _default,
    "own, table, one shot": _table,
    "own, table kept": lambda load: _kept(load, False),
    "own, table kept, points in cell order": lambda load: _kept(load, True),
    "SedonaDB": lambda load: _sedona(load, ""),
    "SedonaDB, geos": lambda load: _sedona(load, "geos"),
    "DuckDB spatial": _duckdb,
    "PostGIS, ST_Subdivide, index of the parts kept": lambda load: _postgis(load, "z"),
    "PostGIS, ST_Subdivide, index of the points kept": lambda load: _postgis(load, "p"),
}
POSTGIS = tuple(name for name in POINTS if name.startswith("PostGIS"))
CELLS = {name: POINTS[name] for name in (REFERENCE, "own, default (no numba)", "SedonaDB")}
EDGES = {
    name: POINTS[name]
    for name in (REFERENCE, "own, default (no numba)", "own, table, one shot", "SedonaDB", "SedonaDB, geos", POSTGIS[1])
}
OVERLAP = {
    REFERENCE: _geopandas_overlap, "own, covers first": _own_overlap, "SedonaDB": lambda load: _sedona(load, ""),
    "DuckDB spatial": _duckdb,
}  # fmt: skip
DUCKDB = {"DuckDB spatial": "does not end in minutes on zones of 50,000 vertices"}
LONG = "would only lengthen the run"
NOT_RUN: dict[str, dict[str, str]] = {
    "W2": DUCKDB,
    "W2e": DUCKDB | {POSTGIS[0]: "finds what it finds with the other index"},
    "W3": DUCKDB | dict.fromkeys(("STRtree(points).query(zones)", "SedonaDB, geos", *POSTGIS), LONG),
    "W4": dict.fromkeys(POSTGIS, "squares have nothing to subdivide"),
    "W5": DUCKDB | dict.fromkeys(POSTGIS, "areas of parts would have to be added up again"),
}
"""Engines that a workload leaves out, with the reason."""


def engines(load: str) -> dict[str, Callable[[str], Callable[[], Pairs]]]:
    """The engines of a workload by name, the reference first."""
    every = {"W2e": EDGES, "W4": CELLS, "W5": OVERLAP}.get(load, POINTS)
    return {name: made for name, made in every.items() if name not in NOT_RUN.get(load, ())}


@contextlib.contextmanager
def quiet() -> Any:
    """Silence of libraries that print."""
    with contextlib.redirect_stdout(None):
        yield
