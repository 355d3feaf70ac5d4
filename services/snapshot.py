"""GIS snapshot 快照: everything somebody may see as one GeoPackage, of one state of the store, dressed for QGIS."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo.errors import WrongUsage
from geo.package import Extras, PackageTable, write_package
from geo.region import Region
from layers._layer import Layer
from services._snapshot_tables import facility_table, finding_table, hot_table, layer_tables
from services.assess import Assessment, current
from services.export import layer_frame
from services.hotcells import SIZES, SOURCES, HotGrid, Wish, hot_grid, months_with
from services.overview import in_force
from services.scope import Principal, may, visible_layers
from services.seen import seen_by
from store import audit, changes
from store.changes import State
from store.open import Store

SUFFIX = ".gpkg"
BASE = "bluesky_base"
"""The table that says what each layer was made from."""
_NEVER = State(0, "0" * 64)

Told = Callable[[int], None]
"""Hears how far a snapshot is, in percent."""


@dataclass(frozen=True)
class Snapshot:
    """What was written: rows by table, the day shown, when the state was read (UTC), the file's SHA-256, the run shown."""

    as_of: str
    taken_at: str
    rows: dict[str, int]
    sha256: str
    run_hash: str


def check_name(out: Path) -> None:
    """Only a GeoPackage is written.

    Raises:
        WrongUsage: another suffix.
    """
    if out.suffix.lower() != SUFFIX:
        raise WrongUsage(value=out.name, hint=f"文件后缀须为 {SUFFIX} / the file must end in {SUFFIX}")


def write_snapshot(
    store: Store, region: Region, principal: Principal, out: Path, as_of: dt.date, told: Told = lambda _: None
) -> Snapshot:
    """Write a snapshot, whole or not at all; others may read and write meanwhile.

    Everything is read through one transaction, which is over before the file is written.

    Args:
        as_of: rows in force on that day and the findings of it. told: hears how far it is.
    Raises:
        WrongUsage: another suffix. NotWritten, StoreBusy: whatever stood at ``out`` is untouched.
    """
    check_name(out)
    told(2)
    with store.frozen() as then:
        at = dt.datetime.now(dt.UTC)
        found = seen_by(current(then, region, as_of), principal)
        told(40)
        tables = _tables(then, region, principal, found)
        marks = _marks(then, principal, as_of, at)
    told(60)
    instant = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    write_package(
        out, tables, region.map_crs, Extras(instant, BASE, marks), lambda done, of: told(60 + 38 * done // of)
    )
    rows = {one.name: len(one.columns[0][1]) for one in tables}
    made = Snapshot(as_of.isoformat(), instant, rows, _sha256(out), found.run_hash)
    _note(store, principal, made)
    told(100)
    return made


def _tables(then: Store, region: Region, principal: Principal, found: Assessment) -> list[PackageTable]:
    tables = [facility_table(found), finding_table(found)]
    grid = _hot(then, region, principal, found.as_of)
    if grid is not None and grid.cells:
        tables.append(hot_table(grid, region))
    layers = sorted(visible_layers(principal).values(), key=lambda layer: -layer.order)
    for layer in layers:
        tables += layer_tables(layer, rows_of(then, region, principal, layer, found), region)
    return tables


def rows_of(then: Store, region: Region, principal: Principal, layer: Layer, found: Assessment) -> pd.DataFrame:
    """The rows of a layer as ``services.export.layer_frame`` gives them, without asking the store twice."""
    if layer.series:
        return layer_frame(then, region, layer, found.as_of, principal)
    return in_force(found.frames[layer.name], found)


def _hot(then: Store, region: Region, principal: Principal, day: dt.date) -> HotGrid | None:
    """The hot cells known on a day, for those who see them on the page."""
    if not may(principal, "cases"):
        return None
    for source in SOURCES:
        months = [month for month in months_with(then, source) if month <= day]
        if months:
            return hot_grid(then, region, principal, day, Wish(months[-1], SIZES[0], source))
    return None


def _marks(then: Store, principal: Principal, as_of: dt.date, at: dt.datetime) -> list[dict[str, object]]:
    """What each layer was when it was read: where edits made outside begin."""
    with then.read() as connection:
        states = changes.states(connection)
    whose = audit.origin(then)
    return [
        {
            "layer": name, "revision": states.get(name, _NEVER).revision, "sha256": states.get(name, _NEVER).content,
            "store": whose, "as_of": as_of.isoformat(), "taken_at": at.isoformat(timespec="seconds"), "scope": principal.view_key,
        }
        for name in visible_layers(principal)
    ]  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(store: Store, principal: Principal, made: Snapshot) -> None:
    """Who took a copy of what, in the audit log: a snapshot leaves the house as a whole."""
    body = {"as_of": made.as_of, "taken_at": made.taken_at, "rows": sum(made.rows.values()), "sha256": made.sha256}
    with audit.writing(store) as connection:
        entry = audit.Entry(principal.name, "snapshot", "store", body | {"scope": principal.view_key})
        audit.append(connection, store, entry, changes.moment(connection))
