"""The map of a page: which layers it offers, and its shell's files served under their hashed names."""

from __future__ import annotations

from maps.shell import LayerSource, MapSpec, Shell, shell
from services.mapdata import county_bounds
from services.scope import visible_layers
from views._request import language, principal, region

SHOWN_AS_FACILITIES = frozenset({"enterprises", "combustion_units", "machines", "yards"})
"""Layers whose rows appear as facilities with their verdict, not as a layer of their own."""

_files: dict[str, Shell] = {}


def page_map(kind: str, bounds: tuple[float, float, float, float] | None = None) -> Shell:
    """The shell of a page's map with every layer somebody may see.

    Args:
        kind: overview, findings, zone or facility. bounds: opening view in degrees, default the county.
    """
    layers = [layer for name, layer in visible_layers(principal()).items() if name not in SHOWN_AS_FACILITIES]
    sources = tuple(LayerSource(layer.name, f"/api/layers/{layer.name}", layer.on_by_default) for layer in layers)
    made = shell(MapSpec(kind, sources, bounds or county_bounds(region()), language()))
    _files[made.script_name], _files[made.style_name] = made, made
    return made


def shell_of(name: str) -> Shell | None:
    """The shell a hashed file name belongs to; made anew after a restart."""
    if name not in _files:
        for kind in ("overview", "findings"):
            page_map(kind)
    return _files.get(name)
