"""Where things have their page: facilities, zones, and lists of what lies in a cell or a town."""

from __future__ import annotations

from flask import url_for

from services.facilities import facility_layers
from services.scope import visible_layers
from views._request import kept, principal


def facility_url(layer: str, key: str) -> str:
    """The page of a facility on the day shown."""
    return url_for("facility", layer=layer, key=key, **kept())


def place_url(layer_name: str, key: str, label: str, facility: tuple[str, str] | None = None) -> str:
    """Where a row of a layer leads; empty where it has no page.

    Args:
        facility: the facility (layer, key) a subject belongs to, itself by default.
    """
    layer = visible_layers(principal())[layer_name]
    if layer_name in facility_layers():
        return facility_url(*(facility or (layer_name, key)))
    if layer.zone:
        return url_for("zone", layer=layer_name, code=key, **kept())
    if layer_name == "towns":
        return url_for("findings", town=label, **kept())
    return url_for("findings", cell=key, **kept()) if layer_name == "grid_cells" else ""
