"""Where every subject stands: its own point, or that of the enterprise it belongs to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from layers._find import load_layers


def subject_points(layer_name: str, frames: dict[str, pd.DataFrame], column: str = "geometry_map") -> dict[str, Any]:
    """Code → point of every subject of a layer; a unit without one has its enterprise's.

    Args:
        column: ``geometry_map`` for degrees, ``geometry`` for judging metres.
    """
    layer, frame = load_layers()[layer_name], frames[layer_name]
    points = shapely.point_on_surface(frame[column].to_numpy(dtype=object))
    found = dict(zip(map(str, frame[layer.key]), points.tolist(), strict=True))
    if layer_name == "combustion_units":
        enterprises = subject_points("enterprises", frames, column)
        for code, owner in zip(frame[layer.key], frame["enterprise_code"], strict=True):
            found[str(code)] = found[str(code)] or enterprises.get(str(owner))
    return found
