"""Where every subject stands: its own point, or that of the enterprise it belongs to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from layers._find import load_layers


def subject_points(layer_name: str, frames: dict[str, pd.DataFrame], column: str = "geometry_map") -> dict[str, Any]:
    """Code → point of every subject of a layer; a unit without one has its enterprise's.

    Args:
        column: ``geometry_map`` for degrees, ``geometry`` for judging metres.
    """
    layer, frame = load_layers()[layer_name], frames[layer_name]
    points = np.array([*frame[column], None], dtype=object)[:-1]
    areas = shapely.get_type_id(points) > 0
    points[areas] = shapely.point_on_surface(points[areas])
    codes = [str(code) for code in frame[layer.key].tolist()]
    found = dict(zip(codes, points.tolist(), strict=True))
    if layer_name == "combustion_units":
        enterprises, owners = subject_points("enterprises", frames, column), frame["enterprise_code"].tolist()
        for at in np.flatnonzero(shapely.is_missing(points) | shapely.is_empty(points)).tolist():
            found[codes[at]] = enterprises.get(str(owners[at]))
    return found
