"""Rows of a file that lie outside somebody's area: what may not be changed one by one is not changed by a file either."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.region import Region
from layers._conform import Conformed, Fault
from layers._layer import Layer
from layers._rows import rows_where
from services._board import board, facilities_of, facility_layers
from services._recording import planned
from services.assess import Assessment, current
from services.scope import Area
from services.seen import facilities_in, ground_of, in_area
from store import features
from store.open import Store

CODE = "elsewhere"
TOLERANCE_M = 1.0
"""Ground that lies over the edge of an area and still belongs to it: edges are drawn twice, and shifted from system to system."""
_WHY = ("不在您负责的范围内", "outside your area", "请由负责该处的人员导入")


def hold_elsewhere(store: Store, region: Region, area: Area, layer: Layer, conformed: Conformed) -> Conformed:
    """Hold back the rows that change something outside an area, or would put something there.

    A facility counts where it is seen: by its responsibility cell or town, a row that belongs to another with its owner.
    Anything else must lie on the ground of the area as a whole, before and after; measurements with their station.
    """
    frame = conformed.frame
    if area.whole or frame.empty:
        return conformed
    found = current(store, region, region.today())
    if layer.name in facility_layers():
        theirs = _facilities(store, area, layer, conformed, found)
    else:
        theirs = _on_the_ground(area, layer, frame, found)
    strange = [row for row, mine in zip(frame["row"].tolist(), theirs, strict=True) if not mine]
    if not strange:
        return conformed
    codes = dict(zip(frame["row"].tolist(), frame[layer.key].astype(str), strict=True))
    faults = [Fault(row, layer.key, codes[row], *_WHY, "quarantined", CODE) for row in strange]
    away = conformed.originals(set(strange)).assign(severity="quarantined")
    places = dict(zip(frame["row"].tolist(), frame["geometry_map"].tolist(), strict=True))
    away["on_map"] = pd.Series([places[row] for row in away["row"].tolist()], dtype=object)
    return dataclasses.replace(
        conformed, frame=rows_where(frame, theirs), kept={}, faults=[*conformed.faults, *faults],
        held=away if conformed.held.empty else pd.concat([conformed.held, away], ignore_index=True),
    )  # fmt: skip


def _facilities(store: Store, area: Area, layer: Layer, conformed: Conformed, found: Assessment) -> list[bool]:
    """Whose facility is in the area as recorded, where it is, and as it would be."""
    with store.read() as connection:
        after = features.foreseen(connection, planned(connection, layer, conformed))
    whole = board(found)
    table, owners = facilities_of({**found.frames, layer.name: after}, found.edge_tolerance_m)
    before, then = facilities_in(whole, area), in_area(table, area)
    known = set(found.frames[layer.name][layer.key].astype(str))
    subjects = [(layer.name, str(code)) for code in conformed.frame[layer.key]]
    return [
        owners.get(one, one) in then and (one[1] not in known or whole.owners.get(one, one) in before) for one in subjects
    ]


def _on_the_ground(area: Area, layer: Layer, frame: pd.DataFrame, found: Assessment) -> list[bool]:
    ground = shapely.buffer(ground_of(area, found.frames, "geometry"), TOLERANCE_M)
    shapely.prepare(ground)
    if layer.series:
        stations = found.frames["air_stations"]
        standing = _covered(ground, stations["geometry"])
        mine = {code for code, here in zip(stations["station_code"], standing, strict=True) if here}
        return [code in mine for code in frame["station_code"]]
    recorded = found.frames[layer.name]
    pairs = zip(recorded[layer.key].astype(str), _covered(ground, recorded["geometry"]), strict=True)
    others = {code for code, here in pairs if not here}
    pairs = zip(frame[layer.key].astype(str), _covered(ground, frame["geometry"]), strict=True)
    return [here and code not in others for code, here in pairs]


def _covered(ground: object, shapes: Iterable[object]) -> list[bool]:
    """Which shapes lie on the ground as a whole; none where there is no shape."""
    held: npt.NDArray[np.bool_] = shapely.covers(ground, np.array([*shapes, None], dtype=object)[:-1])
    return [bool(one) for one in held]
