"""The files of a partitioned store: rows of a layer as GeoParquet, and the manifest that names them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.errors import Refused
from geo.write import publish, replace_file
from layers._cells import from_text, to_text
from layers._layer import Column, Layer
from rules._frames import ZONE_EXTRAS
from store._content import canonical

MANIFEST = "manifest.json"
FORM = 2
_DATES = tuple(Column(name, (name,), name, "date") for name in ("valid_from", "valid_to"))


class PartsBroken(Refused):
    """A folder of partitions that is not whole, or not what its manifest says."""

    zh = "分区文件夹“{folder}”不完整或已被改动（{detail}），请重新导出分区。"
    en = "The partitions in “{folder}” are not whole or were changed ({detail}); export them again."


@dataclass(frozen=True)
class Part:
    """One partition.

    Attributes:
        name: of its folder. bbox: west, south, east, north in judging metres, None where nothing has a place.
        rows: layer → number of rows. sha256: layer → hash of its file.
    """

    name: str
    bbox: tuple[float, float, float, float] | None
    rows: dict[str, int]
    sha256: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """What a folder of partitions holds, written last: without it the folder is unfinished.

    Attributes:
        region: code of the region. crs: of the geometries. rules_hash: of the rules at the time of export.
        revisions, contents: state of every layer of the store. shared: what every worker reads whole.
        parts: in the order of a curve through the map.
    """

    region: str
    crs: str
    rules_hash: str
    revisions: dict[str, int]
    contents: dict[str, str]
    shared: Part
    parts: list[Part] = field(default_factory=list)
    form: int = FORM

    @property
    def rows(self) -> dict[str, int]:
        """Layer → rows in all partitions."""
        found: dict[str, int] = {}
        for part in self.parts:
            for layer, count in part.rows.items():
                found[layer] = found.get(layer, 0) + count
        return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a folder of partitions whole."""
    told = asdict(manifest)
    content = json.dumps(told | {"sha256": _seal(told)}, ensure_ascii=False, indent=1) + "\n"
    replace_file(folder / MANIFEST, content.encode())


def _seal(told: dict[str, Any]) -> str:
    """A hash over all a manifest says: a lost partition or a wrong box would give wrong findings without a word."""
    return hashlib.sha256(canonical(told).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.

    Raises:
        PartsBroken: there is none, it is of another form, or it was changed.
    """
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        if told["form"] != FORM:
            raise ValueError(f"form {told['form']}")
        if told.pop("sha256") != _seal(told):
            raise ValueError("sha256")
        shared, *parts = (
            Part(one["name"], tuple(one["bbox"]) if one["bbox"] else None, one["rows"], one["sha256"])
            for one in (told["shared"], *told["parts"])
        )
        return Manifest(**told | {"shared": shared, "parts": parts})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise PartsBroken(folder=folder.name, detail=f"{MANIFEST}: {fault}") from fault


def write_rows(path: Path, layer: Layer, frame: pd.DataFrame, crs: str) -> str:
    """Rows of a layer as GeoParquet with a box per row; returns the file's SHA-256.

    Args:
        frame: canonical cells, ``geometry`` in ``crs``, ``version``, and for zones their validity.
    """
    texts = {c.name: [to_text(c, value) or None for value in frame[c.name]] for c in layer.columns}
    texts |= {c.name: [to_text(c, value) or None for value in frame[c.name]] for c in _DATES}
    texts["version"] = [str(name) for name in frame["version"]]
    table = pd.DataFrame({name: pd.array(cells, dtype="string") for name, cells in texts.items()})
    shaped = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(list(frame["geometry"]), crs=crs), crs=crs)
    publish(path, lambda part: shaped.to_parquet(part, compression="zstd", write_covering_bbox=True, schema_version="1.1.0"))
    return sha256_of(path)


def read_rows(path: Path, layer: Layer) -> pd.DataFrame:
    """The frame :func:`write_rows` was given, as far as rules read it."""
    names = [column.name for column in layer.columns]
    table = pq.read_table(path, columns=[*names, "valid_from", "valid_to", "version", "geometry"])
    made = {c.name: _cells(c, table[c.name]) for c in (*layer.columns, *_DATES)}
    made["version"] = table["version"].to_pylist()
    made["geometry"] = list(shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False)))
    return pd.DataFrame({name: pd.Series(made[name], dtype=object) for name in (*names, *ZONE_EXTRAS)})


def _cells(column: Column, texts: pa.ChunkedArray) -> list[Any]:
    """Canonical cells of texts; a value that stands often is read once."""
    known: dict[str | None, Any] = {None: None}
    cells = []
    for text in texts.to_pylist():
        if text not in known:
            known[text] = from_text(column, text)
        cells.append(known[text])
    return cells


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(folder: Path, part: Part) -> Mapping[str, Path]:
    """Layer → file of a partition, each as the manifest says.

    Raises:
        PartsBroken: a file is missing or was changed.
    """
    found = {}
    for layer, wanted in part.sha256.items():
        path = folder / part.name / f"{layer}.parquet"
        if not path.is_file() or sha256_of(path) != wanted:
            raise PartsBroken(folder=folder.name, detail=f"{part.name}/{path.name}")
        found[layer] = path
    return found
