"""The rows a run judges: latest subjects and all recorded zone versions, as plain frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from layers._find import load_layers

SUBJECT_EXTRAS = ("geometry", "version")
ZONE_EXTRAS = ("geometry", "version", "valid_from", "valid_to")


def empty_frame(layer: str) -> pd.DataFrame:
    """A frame of a layer with every canonical column and no row."""
    columns = [column.name for column in load_layers()[layer].columns]
    return pd.DataFrame({name: pd.Series([], dtype=object) for name in (*columns, *ZONE_EXTRAS)})


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

    def subject(self, layer: str) -> pd.DataFrame:
        """Rows of a subject layer; an empty frame where nothing was recorded."""
        frame = self.subjects.get(layer)
        return empty_frame(layer) if frame is None else frame.reset_index(drop=True)

    def zone(self, layer: str) -> pd.DataFrame:
        """Versions of a zone or reference layer; an empty frame where nothing was recorded."""
        frame = self.zones.get(layer)
        return empty_frame(layer) if frame is None else frame.reset_index(drop=True)


def frames_from(recorded: Mapping[str, pd.DataFrame]) -> Frames:
    """Frames from recorded layers by name, as the store gives them; nothing is copied."""
    layers = load_layers()
    zones = {name: frame for name, frame in recorded.items() if layers[name].zone}
    return Frames(subjects=dict(recorded), zones=zones)
