"""Indexes of the zones of a store: kept in memory, and on disk beside the store by their content."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from geo._kept import prepare
from geo.join import TABLE_FROM
from layers._find import load_layers
from rules._find import load_rules
from store.open import Store


def index_folder(store: Store) -> Path:
    """The folder beside the store in which indexes are kept; it may be deleted at any time."""
    return store.path.with_name(f"{store.path.name}.index")


def keep_indexes(store: Store, frames: dict[str, pd.DataFrame]) -> None:
    """Have an index ready for every zone layer many subjects are judged against, before the rules ask.

    What did not change since the last revision is not built again: the table of the version before, or
    the one on disk, is used on. With few subjects, or without numba, there is nothing worth keeping.
    """
    subjects = {layer for rule in load_rules().values() for layer in rule.subjects}
    points = max((len(frames[layer]) for layer in subjects if layer in frames), default=0)
    if points < TABLE_FROM:
        return
    for name, layer in load_layers().items():
        if layer.zone and len(frames[name]):
            prepare(frames[name]["geometry"].to_numpy(dtype=np.object_), points, index_folder(store))
