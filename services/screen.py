"""Judges partitions 分区筛查, in this process or on many machines with Dask; the findings are those of ``assess``."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from geo.errors import Refused
from geo.region import Region
from geo.write import replace_file
from rules._run import rules_hash
from services._part_files import Manifest, Part, read_manifest
from services._screen_merge import merged
from services._screen_part import TEXTS, Done, Order, asked, finished, judge_part
from services.assess import digest_of_inputs
from store.changes import State

RESULT = "findings.json"
Told = Callable[[int, int], None]


class RegionDiffers(Refused):
    """Partitions of another city."""

    zh = "分区属于区域 {found}，当前区域是 {wanted}，未判定。"
    en = "The partitions are of region {found}, this is {wanted}; nothing was judged."


@dataclass(frozen=True)
class Engine:
    """How partitions are judged.

    Attributes:
        name: ``local`` (this process) or ``dask``. scheduler: address of a Dask scheduler; empty for processes of
            this machine. workers: how many of these.
    """

    name: str = "local"
    scheduler: str = ""
    workers: int = 2


@dataclass(frozen=True)
class Screened:
    """A screening that is whole.

    Attributes:
        as_of: ISO date. run_hash: equal to that of an assessment of the same store, day and rules.
        done: partitions in order. judged: how many of them this run judged; the others were there already.
    """

    as_of: str
    rules: tuple[str, ...]
    rules_hash: str
    revisions: dict[str, int]
    contents: dict[str, str]
    run_hash: str
    rows: int
    done: list[Done]
    judged: int
    seconds: float


def screen(
    folder: Path, out: Path, region: Region, as_of: dt.date, engine: Engine, rules: Sequence[str] | None = None,
    told: Told | None = None,
) -> Screened:  # fmt: skip
    """Judge every partition of a folder; those finished by an earlier run with the same inputs are skipped.

    Args:
        out: folder of the findings, one Parquet file a partition. told: called with (partitions done, all).
    Raises:
        PartsBroken, RegionDiffers, RuleUnknown, ClusterLost: what was finished stays.
    """
    started = time.perf_counter()
    manifest = read_manifest(folder)
    if manifest.region != region.code or manifest.crs != region.judging_crs:
        raise RegionDiffers(found=manifest.region, wanted=region.code)
    keys = asked(rules)
    order = Order(str(folder.resolve()), str(out.resolve()), as_of.isoformat(), keys, rules_hash(region, keys))
    out.mkdir(parents=True, exist_ok=True)
    (out / RESULT).unlink(missing_ok=True)
    done = {part.name: one for part in manifest.parts if (one := finished(order, part))}
    left = [part for part in manifest.parts if part.name not in done]
    kept = len(done)
    for one in _judged(order, left, engine):
        done[one.name] = one
        if told:
            told(len(done), len(manifest.parts))
    return _whole(order, manifest, [done[part.name] for part in manifest.parts], len(done) - kept, started)


def _judged(order: Order, parts: list[Part], engine: Engine) -> Iterator[Done]:
    if engine.name == "local" or not parts:
        return (judge_part(order, part.name) for part in parts)
    from services._dask import judged_by_many

    return judged_by_many(order, parts, engine.scheduler, engine.workers)


def _whole(order: Order, manifest: Manifest, done: list[Done], judged: int, started: float) -> Screened:
    """Put the hash of all findings together and write the result's own manifest, which makes it whole."""
    states = {name: State(revision, manifest.contents[name]) for name, revision in manifest.revisions.items()}
    digest = digest_of_inputs(order.rules_hash, states, dt.date.fromisoformat(order.as_of), order.rules)
    header = True
    for piece in merged(Path(order.out), done):
        digest.update(piece.to_csv(index=False, header=header, lineterminator="\n").encode())
        header = False
    if header:
        digest.update(pd.DataFrame(columns=TEXTS.names).to_csv(index=False, lineterminator="\n").encode())
    made = Screened(
        order.as_of, order.rules, order.rules_hash, manifest.revisions, manifest.contents, digest.hexdigest(),
        sum(one.rows for one in done), done, judged, time.perf_counter() - started,
    )  # fmt: skip
    replace_file(Path(order.out) / RESULT, (json.dumps(asdict(made), ensure_ascii=False, indent=1) + "\n").encode())
    return made
