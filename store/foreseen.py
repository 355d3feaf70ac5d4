"""What a layer would hold once a plan is carried out; nothing is written."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import Connection, select

from layers._layer import Layer
from store._content import frame_of, version_name
from store.features import Plan
from store.models import feature_version as versions

_SHAPES = ("geom_judge", "geom_map", "geom_filed")


def foreseen(connection: Connection, layer: Layer, made: Plan, revision: int, at: dt.datetime) -> pd.DataFrame:
    """The frame of a layer after a plan, as ``store.features.read_versions`` would give it.

    Args:
        revision: the layer's revision that the plan would make. at: when it would be recorded.
    """
    query = select(versions).where(versions.c.layer == layer.name, versions.c.retired_at.is_(None))
    kept: list[Any] = [row for row in connection.execute(query) if row.id not in made.retire]
    kept += [_row(layer, content, revision, at) for content in made.insert]
    return frame_of(layer, sorted(kept, key=lambda row: (row.code, row.valid_from or dt.date.min)))


def _row(layer: Layer, content: dict[str, Any], revision: int, at: dt.datetime) -> SimpleNamespace:
    given = {name: content[name] for name in _SHAPES if content[name] is not None}
    shapes = {name: shape if isinstance(shape, bytes) else shapely.to_wkb(shape) for name, shape in given.items()}
    named = version_name(content["code"], content["valid_from"], layer.zone, revision)
    return SimpleNamespace(**content | dict.fromkeys(_SHAPES) | shapes, version=named, recorded_at=at, changeset_id=0)
