"""One partition judged: the piece of work a process gets. It can be done again at any time, with the same result."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.errors import Conflict
from geo.region import load_region
from geo.write import publish, replace_file
from layers._find import load_layers
from rules._find import load_rules
from rules._frames import Frames
from rules._parameters import Parameters
from rules._report import COLUMNS, EXTRA_COLUMNS
from rules._run import rules_hash, run
from services._part_files import MANIFEST, Manifest, Part, checked, read_manifest, read_rows, sha256_of

TEXTS = pa.schema([(name, pa.string()) for name in (*COLUMNS, *EXTRA_COLUMNS)])


class OtherRules(Conflict):
    """This process would judge under other rules than the one that gave the order."""

    zh = "本机的规则或区域设置与任务不一致，未判定；请让各机使用同一版本的程序和数据文件夹。"
    en = "The rules or the region here differ from the order's; nothing was judged. Use the same version everywhere."


@dataclass(frozen=True)
class Order:
    """What is asked of every partition.

    Attributes:
        folder: the partitions. out: where findings go. as_of: ISO date. rules: keys asked. rules_hash: of these rules.
    """

    folder: str
    out: str
    as_of: str
    rules: tuple[str, ...]
    rules_hash: str


@dataclass(frozen=True)
class Done:
    """One partition judged: how many findings, their file's hash, and the inputs it stands for."""

    name: str
    rows: int
    sha256: str
    inputs: dict[str, str]


def findings_path(out: Path, name: str) -> Path:
    """The findings of a partition."""
    return out / f"{name}.parquet"


def finished(order: Order, part: Part) -> Done | None:
    """What an earlier run left of a partition, when it was judged from the same inputs and is still whole."""
    out = Path(order.out)
    try:
        told = Done(**json.loads((out / f"{part.name}.json").read_text("utf-8")))
        same = told.inputs == _inputs(order, part) and sha256_of(findings_path(out, part.name)) == told.sha256
    except (OSError, ValueError, TypeError):
        return None
    return told if same else None


def judge_part(order: Order, name: str) -> Done:
    """Judge a partition and write its findings, under a temporary name until they are whole.

    Raises:
        PartsBroken: the partition is not what its manifest says. OtherRules: this process has other rules.
    """
    region, folder, out = load_region(), Path(order.folder), Path(order.out)
    if rules_hash(region, order.rules) != order.rules_hash:
        raise OtherRules()
    manifest = _manifest(order.folder, (folder / MANIFEST).stat().st_mtime_ns)
    part = next(one for one in manifest.parts if one.name == name)
    layers = load_layers()
    mine = {layer: read_rows(path, layers[layer]) for layer, path in checked(folder, part).items()}
    reach = _reach(mine, float(Parameters(region)["edge_tolerance_m"]))
    shared = _shared(order.folder, str(manifest.shared.sha256)).items()
    frames = {**{layer: _near(layer, frame, part, reach) for layer, frame in shared}, **mine}
    zones = {layer: frame for layer, frame in frames.items() if layers[layer].zone}
    found = run(Frames(frames, zones), dt.date.fromisoformat(order.as_of), region, order.rules, tuple(mine))
    path = findings_path(out, name)
    table = pa.Table.from_pandas(found, schema=TEXTS, preserve_index=False)
    publish(path, lambda target: pq.write_table(table, target, compression="zstd"))
    done = Done(name, len(found), sha256_of(path), _inputs(order, part))
    replace_file(out / f"{name}.json", json.dumps(asdict(done)).encode())
    return done


def _inputs(order: Order, part: Part) -> dict[str, str]:
    return {
        "as_of": order.as_of, "rules": order.rules_hash, "manifest": sha256_of(Path(order.folder) / MANIFEST), **part.sha256,
    }  # fmt: skip


@lru_cache(maxsize=2)
def _manifest(folder: str, changed: int) -> Manifest:
    return read_manifest(Path(folder))


@lru_cache(maxsize=1)
def _shared(folder: str, hashes: str) -> Mapping[str, pd.DataFrame]:
    """What every partition reads, once a process."""
    files = checked(Path(folder), read_manifest(Path(folder)).shared)
    return {layer: read_rows(path, load_layers()[layer]) for layer, path in files.items()}


def _reach(frames: Mapping[str, pd.DataFrame], tolerance: float) -> float:
    """Metres from its place at which a zone may still matter to a subject: the coarsest accuracy stated."""
    stated = [float(a) for frame in frames.values() if "accuracy_m" in frame for a in frame["accuracy_m"] if a is not None]
    return max([tolerance, *stated]) + 1.0


def _near(layer: str, frame: pd.DataFrame, part: Part, reach: float) -> pd.DataFrame:
    """The zones that can matter to a partition, in their order; layers that are no zones of a rule stay whole."""
    if layer not in _zone_layers() or part.bbox is None or not len(frame):
        return frame
    west, south, east, north = part.bbox
    left, low, right, high = shapely.bounds(frame["geometry"].to_numpy(dtype=object)).T
    beside = (left > east + reach) | (right < west - reach) | (low > north + reach) | (high < south - reach)
    return frame[~beside].reset_index(drop=True)


def _zone_layers() -> set[str | None]:
    rules = load_rules().values()
    return {rule.zone_layer for rule in rules} - {need for rule in rules for need in rule.needs}


def asked(rules: Sequence[str] | None) -> tuple[str, ...]:
    """The keys of the rules asked for, all by default."""
    return tuple(load_rules()) if rules is None else tuple(dict.fromkeys(rules))

