"""The rows a run judges: latest subjects and all recorded zone versions, as plain frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from layers._find import load_layers

SUBJECT_EXTRAS = ("geometry", "version")
ZONE_EXTRAS = ("geometry", "version", "valid_from", "valid_to")


def empty_frame(layer: str) -> pd.DataFrame:
    """A frame of a layer with every canonical column and no row."""
    columns = [column.name for column in load_layers()[layer].columns]
    return pd.DataFrame({name: pd.Series([], dtype=object) for name in (*columns, *ZONE_EXTRAS)})


def cells(values: Iterable[Any]) -> pd.Series:
    """A column that keeps its values as they are; without a stated type pandas makes None a NaN."""
    return pd.Series(list(values), dtype=object)


def canonical(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows numbered from 0, every column of objects and None for nothing.

    A frame that passed through pandas may carry text columns in which nothing is NaN: such a cell
    would be taken for a known value.
    """
    plain = frame.reset_index(drop=True)
    for place in np.flatnonzero([not pd.api.types.is_object_dtype(kind) for kind in plain.dtypes]):
        column = plain.iloc[:, place]
        known = column.notna().to_numpy(dtype=bool)
        values = np.where(known, column.to_numpy(dtype=object), None)
        plain[plain.columns[place]] = cells(values)
    return plain


@dataclass(frozen=True)
class Frames:
    """What a run reads.

    Attributes:
        subjects: layer → latest recorded rows: canonical columns (object, None for nothing),
            ``geometry`` (shapely in judging metres or None), ``version``.
        zones: layer → every recorded version, with ``valid_from`` / ``valid_to`` (dates, both
            inclusive, None = open) besides.
    """

    subjects: Mapping[str, pd.DataFrame]
    zones: Mapping[str, pd.DataFrame]
    _plain: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def subject(self, layer: str) -> pd.DataFrame:
        """Rows of a subject layer; an empty frame where nothing was recorded."""
        return self._ready("subject", layer, self.subjects)

    def zone(self, layer: str) -> pd.DataFrame:
        """Versions of a zone or reference layer; an empty frame where nothing was recorded."""
        return self._ready("zone", layer, self.zones)

    def replaced(self, layer: str, frame: pd.DataFrame) -> Frames:
        """The same rows with another frame for one layer, as zones and as rows other rules read.

        Args:
            frame: rows numbered from 0, every column of objects and None for nothing.
        """
        plain = {key: ready for key, ready in self._plain.items() if key[1] != layer}
        plain |= {("zone", layer): frame, ("subject", layer): frame}
        return Frames(self.subjects, self.zones, plain)

    def _ready(self, kind: str, layer: str, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """The canonical frame of a layer, made once; nobody changes it."""
        if (kind, layer) not in self._plain:
            frame = tables.get(layer)
            self._plain[kind, layer] = empty_frame(layer) if frame is None else canonical(frame)
        return self._plain[kind, layer]


def frames_from(recorded: Mapping[str, pd.DataFrame]) -> Frames:
    """Frames from recorded layers by name, as the store gives them; nothing is copied."""
    layers = load_layers()
    zones = {name: frame for name, frame in recorded.items() if layers[name].zone}
    return Frames(subjects=dict(recorded), zones=zones)
