"""What cutting a store into parts asks of it: who belongs together and where, without the rows; then rows by number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, select

from layers._layer import Layer
from store._content import frame_of
from store.models import feature_version as versions

BATCH, ASKED_AT_ONCE = 20_000, 500


@dataclass(frozen=True)
class Outline:
    """The rows of one layer by what little cutting needs, one entry a row.

    Attributes:
        ids: int64, the versions' numbers in the store. group: uint64, equal for rows that belong together.
        lonlat: float64 (n, 2), middle of the row's box in degrees; NaN without a place.
    """

    ids: npt.NDArray[np.int64]
    group: npt.NDArray[np.uint64]
    lonlat: npt.NDArray[np.float64]


def name_of(layer: str, code: str) -> int:
    """A number for a key; two keys that share one merely come into the same part."""
    return int.from_bytes(hashlib.blake2b(f"{layer}\0{code}".encode(), digest_size=8).digest(), "little")


def outline(connection: Connection, layer: Layer, split: Sequence[str]) -> Outline:
    """The rows of a layer that are not retired, read in batches: memory grows by 32 bytes a row.

    Args:
        split: layers that are cut; a row that names one of their keys belongs to that row, else to itself.
    """
    links = [(column.name, column.links_to) for column in layer.columns if column.links_to in split]
    names = ("id", "code", "props", "west", "south", "east", "north")
    query = select(*(versions.c[name] for name in names)).where(versions.c.layer == layer.name, versions.c.retired_at.is_(None))
    ids: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)]
    groups: list[npt.NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    places: list[npt.NDArray[np.float64]] = [np.empty((0, 2))]
    for rows in connection.execute(query).yield_per(BATCH).partitions():
        ids.append(np.array([row.id for row in rows], dtype=np.int64))
        groups.append(np.array([_group(layer, links, row.code, row.props) for row in rows], dtype=np.uint64))
        boxes = np.array([(row.west, row.south, row.east, row.north) for row in rows], dtype=np.float64)
        places.append((boxes[:, :2] + boxes[:, 2:]) / 2)
    return Outline(np.concatenate(ids), np.concatenate(groups), np.concatenate(places))


def _group(layer: Layer, links: list[tuple[str, str | None]], code: str, props: str) -> int:
    held = json.loads(props) if links else {}
    for column, target in links:
        if held.get(column):
            return name_of(str(target), held[column])
    return name_of(layer.name, code)


def rows_of(connection: Connection, layer: Layer, ids: npt.NDArray[np.int64]) -> pd.DataFrame:
    """The rows with these numbers, ordered by code; columns as of :func:`store.features.recorded`."""
    found = [row for some in _slices(ids.tolist()) for row in connection.execute(select(versions).where(versions.c.id.in_(some)))]
    return frame_of(layer, sorted(found, key=lambda row: row.code))


def _slices(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), ASKED_AT_ONCE):
        yield ids[start : start + ASKED_AT_ONCE]
