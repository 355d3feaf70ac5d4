"""What a map shows of any layer: its rows in view while they are few, else tiles; of points, from far away, squares."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.tiles import PointMap
from layers._layer import Layer
from layers._rows import rows_where
from services._mapsquares import MapSquares
from services.assess import Assessment
from services.mapdata import screen_features
from services.mapview import CELLS_BELOW, FEATURES, Box
from services.overview import in_force
from services.scope import Principal, layer_for, restrict

KEPT = 8
MOST_KINDS = 255
POINT = 0


class Rows:
    """The rows of a layer in force that somebody may see, ready for boxes and tiles.

    Args:
        frame: columns of the layer, ``geometry_map`` (degrees) and ``version``; rows without a place are left out.
    """

    def __init__(self, layer: Layer, frame: pd.DataFrame) -> None:
        self.layer = layer
        self.frame = rows_where(frame, (shape is not None and not shape.is_empty for shape in frame["geometry_map"]))
        self.shapes = self.frame["geometry_map"].to_numpy(dtype=object)
        self.kinds, self.kind = _kinds(layer, self.frame)
        self.counts = dict(zip(self.kinds, np.bincount(self.kind, minlength=len(self.kinds)).tolist(), strict=True))
        plain = bool((shapely.get_type_id(self.shapes) == POINT).all())
        self.points = PointMap.of(shapely.get_coordinates(self.shapes), self.kind) if plain else None
        self.squares = None if self.points is None else MapSquares(self.points, self.kinds)
        self._tree = None if plain else shapely.STRtree(self.shapes)

    def within(self, box: Box) -> npt.NDArray[np.int64]:
        """Positions of the rows that touch a box (or a place: a box without size), edges included, in the order of the frame."""
        if self._tree is None:
            return np.empty(0, np.int64) if self.points is None else self.points.within(box)[0]
        west, south, east, north = box
        asked = shapely.Point(west, south) if (west, south) == (east, north) else shapely.box(*box)
        return np.sort(self._tree.query(asked, predicate="intersects")).astype(np.int64)

    def view(self, box: Box, zoom: int, tiles: str) -> dict[str, Any]:
        """What a window shows.

        Args:
            box: west, south, east, north in degrees. tiles: address of the tiles, with ``{z}``, ``{x}`` and ``{y}``.
        Returns:
            ``show``: ``features`` (at most 1,500, GeoJSON), ``cells`` (points below zoom 10: those of
            :class:`MapSquares`) or ``tiles``; ``counts`` of every kind of the layer's style on the whole map; ``in_view``.
        """
        count = self.points.count(box) if self.points is not None else len(self.within(box))
        told: dict[str, Any] = {"in_view": count, "counts": self.counts}
        if count <= FEATURES:
            found = self.within(box)
            features = screen_features(self.layer, self.frame.iloc[found], self.shapes[found])
            return told | {"show": "features", "features": features}
        if zoom < CELLS_BELOW and self.squares is not None:
            return told | {"show": "cells", "cells": self.squares.within(box, zoom)}
        return told | {"show": "tiles", "tiles": tiles}


def _kinds(layer: Layer, frame: pd.DataFrame) -> tuple[list[str], npt.NDArray[np.uint8]]:
    """The kinds by which the rows of a layer are drawn, and the number of each row's; the layer's name where it has one kind."""
    if layer.style_by and len(frame):
        texts = np.array([str(value or "") for value in frame[layer.style_by]])
        names, numbers = np.unique(texts, return_inverse=True)
        if len(names) <= MOST_KINDS:
            return names.tolist(), numbers.astype(np.uint8)
    return [layer.name], np.zeros(len(frame), np.uint8)


_kept: OrderedDict[tuple[str, str, str], Rows] = OrderedDict()
_lock = threading.Lock()


def rows_seen(assessment: Assessment, name: str, principal: Principal) -> Rows:
    """The rows of a layer in force on the day of an assessment, kept while they are asked for.

    Args:
        assessment: what they see of it.
    Raises:
        LayerUnknown: the layer does not exist or may not be seen.
    """
    layer = layer_for(principal, name)
    key = (layer_state(assessment, name), principal.view_key, name)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = Rows(layer, restrict(in_force(assessment.frames[name], assessment), layer, principal))
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def layer_state(assessment: Assessment, name: str) -> str:
    """Names the state of a layer on the day of an assessment: another one only when the layer itself is another.

    Of somebody who sees a part of the city, which other layers cut out, it is that of the whole assessment.
    """
    content = assessment.contents.get(name)
    if content is None or assessment.part_of is not None:
        return assessment.run_hash
    state = (name, assessment.revisions.get(name), content, assessment.as_of.isoformat())
    return hashlib.sha256(repr(state).encode()).hexdigest()
