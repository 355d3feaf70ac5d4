"""The findings of many partitions as one list in the order of an assessment, without holding it in memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from services._screen_part import TEXTS, Done, findings_path

CHUNK, FILES_AT_ONCE = 20_000, 200
Row = tuple[str, ...]


def merged(out: Path, done: Sequence[Done]) -> Iterator[pd.DataFrame]:
    """The findings of partitions piece by piece: text columns, sorted by rule, layer and code.

    Args:
        out: their folder; a few files are written there meanwhile where there are very many partitions.
    """
    rows = _in_order([findings_path(out, one.name) for one in done if one.rows], out)
    while piece := list(islice(rows, CHUNK)):
        yield pd.DataFrame(piece, columns=TEXTS.names, dtype=object)


def _in_order(files: list[Path], out: Path, level: int = 0) -> Iterator[Row]:
    """Merge sorted files; more than a process may hold open are merged in groups first."""
    if len(files) <= FILES_AT_ONCE:
        yield from _merge(files)
        return
    groups = [files[start : start + FILES_AT_ONCE] for start in range(0, len(files), FILES_AT_ONCE)]
    firsts = [out / f".merge-{level}-{number}.parquet" for number in range(len(groups))]
    try:
        for group, target in zip(groups, firsts, strict=True):
            _write(target, _merge(group))
        yield from _in_order(firsts, out, level + 1)
    finally:
        for file in firsts:
            file.unlink(missing_ok=True)


def _merge(files: list[Path]) -> Iterator[Row]:
    return heapq.merge(*(_rows(file) for file in files), key=lambda row: row[:3])


def _rows(file: Path) -> Iterator[Row]:
    with pq.ParquetFile(file) as table:
        for batch in table.iter_batches(CHUNK, columns=TEXTS.names):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write(target: Path, rows: Iterator[Row]) -> None:
    with pq.ParquetWriter(target, TEXTS) as writer:
        while piece := list(islice(rows, CHUNK)):
            columns = [pa.array(cells, pa.string()) for cells in zip(*piece, strict=True)]
            writer.write_table(pa.Table.from_arrays(columns, schema=TEXTS))
