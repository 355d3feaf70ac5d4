"""Cuts a store into partitions 分区 that are judged apart and give, together, what judging the whole gives.

A subject is judged from its own row, the row it names (a boiler its enterprise), and zones and layers that rules
read whole. So rows that name one another come into one partition, what is read whole goes to every worker, and a
layer that a rule reads whole and judges, too (mines and their faces) is judged in one partition of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Connection

from geo.curve import along_curve
from geo.errors import Refused, WrongUsage
from geo.region import Region
from layers._find import load_layers
from rules._find import load_rules
from rules._run import rules_hash
from services._part_files import Manifest, Part, write_manifest, write_rows
from services.assess import judged_states
from store import features, parts
from store.open import Store

ROWS = 50_000
SHARED, WHOLE = "shared", "part-whole"
Told = Callable[[int, int], None]


class FolderTaken(Refused):
    """The folder already holds something."""

    zh = "文件夹“{folder}”不是空的，分区未导出；请换一个新文件夹。"
    en = "The folder “{folder}” is not empty; nothing was exported. Name a new one."


@dataclass(frozen=True)
class Division:
    """Which layers are cut, which are judged whole in one partition, which are read whole by everybody."""

    split: tuple[str, ...]
    whole: tuple[str, ...]
    shared: tuple[str, ...]


def division() -> Division:
    """How the rules that exist let the layers be cut."""
    rules = load_rules().values()
    judged = {layer for rule in rules for layer in rule.subjects}
    needed = {layer for rule in rules for layer in rule.needs}
    zones = {rule.zone_layer for rule in rules if rule.zone_layer}
    ordered = list(load_layers())
    return Division(
        tuple(name for name in ordered if name in judged - needed),
        tuple(name for name in ordered if name in judged & needed),
        tuple(name for name in ordered if name in needed | zones),
    )


def export_partitions(store: Store, region: Region, folder: Path, rows: int = ROWS, told: Told | None = None) -> Manifest:
    """Write the rows of a store as partitions, in one consistent state, without holding them all in memory.

    Args:
        folder: new or empty. rows: about how many a partition has; those that name one another stay together.
        told: called with (partitions written, all).
    Raises:
        FolderTaken: the folder holds something. WrongUsage: fewer than one row.
    """
    if rows < 1:
        raise WrongUsage(value=f"--rows {rows}", hint="至少 1 行 / at least 1")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(folder=folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    plan = division()
    with store.read() as connection:
        states = judged_states(connection)
        shared = _whole(connection, region, folder / SHARED, plan.shared)
        cut = _cut(connection, plan.split, rows)
        written = [_whole(connection, region, folder / WHOLE, plan.whole)]
        for number, ids in enumerate(cut):
            written.append(_part(connection, region, folder / f"part-{number:05d}", ids))
            if told:
                told(number + 1, len(cut))
    manifest = Manifest(
        region.code, region.judging_crs, rules_hash(region), {name: one.revision for name, one in states.items()},
        {name: one.content for name, one in states.items()}, shared, written,
    )  # fmt: skip
    write_manifest(folder, manifest)
    return manifest


def _whole(connection: Connection, region: Region, folder: Path, names: Sequence[str]) -> Part:
    frames = {name: features.read_versions(connection, load_layers()[name]) for name in names}
    return _written(region, folder, frames)


def _part(connection: Connection, region: Region, folder: Path, ids: dict[str, npt.NDArray[np.int64]]) -> Part:
    return _written(region, folder, {name: parts.rows_of(connection, load_layers()[name], ids[name]) for name in ids})


def _written(region: Region, folder: Path, frames: dict[str, pd.DataFrame]) -> Part:
    folder.mkdir()
    layers = load_layers()
    hashes = {
        name: write_rows(folder / f"{name}.parquet", layers[name], frame, region.judging_crs) for name, frame in frames.items()
    }
    return Part(folder.name, _bbox(frames), {name: len(frame) for name, frame in frames.items()}, hashes)


def _bbox(frames: dict[str, pd.DataFrame]) -> tuple[float, float, float, float] | None:
    shapes = [shape for frame in frames.values() for shape in frame["geometry"] if shape is not None]
    west, south, east, north = shapely.total_bounds(shapes).tolist() if shapes else (np.nan,) * 4
    return (west, south, east, north) if np.isfinite(west) else None


def _cut(connection: Connection, split: Sequence[str], rows: int) -> list[dict[str, npt.NDArray[np.int64]]]:
    """For each partition the ids of its rows by layer, neighbours together."""
    layers = load_layers()
    outlines = [parts.outline(connection, layers[name], split) for name in split]
    group = np.concatenate([one.group for one in outlines])
    names, of_row = np.unique(group, return_inverse=True)
    if not len(names):
        return []
    order = along_curve(_places(np.concatenate([one.lonlat for one in outlines]), of_row, len(names)))
    size = np.bincount(of_row, minlength=len(names))[order]
    part = np.empty(len(names), np.int64)
    part[order] = (np.cumsum(size) - size) // rows
    layer = np.repeat(np.arange(len(outlines)), [len(one.ids) for one in outlines])
    ids = np.concatenate([one.ids for one in outlines])
    of_part = part[of_row]
    by_part = np.lexsort((ids, layer, of_part))
    begins = np.flatnonzero(np.diff(of_part[by_part], prepend=-1))
    return [
        {split[number]: ids[mine[layer[mine] == number]] for number in np.unique(layer[mine]).tolist()}
        for mine in np.split(by_part, begins[1:])
    ]


def _places(
    lonlat: npt.NDArray[np.float64], group: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.float64]:
    """The place of each group: that of the first of its rows that has one."""
    found = np.full((count, 2), np.nan)
    known = np.flatnonzero(np.isfinite(lonlat).all(axis=1))[::-1]
    found[group[known]] = lonlat[known]
    return found
