"""The map of a page: which layers it offers, and its shell's files under their hashed names."""

from __future__ import annotations

from layers._layer import Layer
from maps.shell import LayerSource, MapSpec, Shell, shell
from services.mapdata import county_bounds
from services.scope import visible_layers
from views._request import LANGUAGES, language, principal, region

KINDS = (
    "overview", "findings", "zone", "facility", "cases", "cell", "report", "round", "grid", "plan", "import", "raster", "hot",
    "ogc",
)  # fmt: skip

_files: dict[str, Shell] = {}


def page_map(kind: str, spoken: str | None = None) -> Shell:
    """The shell of a page's map with every layer somebody may see; it opens on the county.

    A page that shows a part says so with ``data-bounds`` on its body: shells differ by kind and
    language alone, so that every worker builds the same few files.

    Args:
        kind: one of ``KINDS``. spoken: ``zh`` or ``en``, that of the request by default.
    """
    layers = [layer for layer in visible_layers(principal()).values() if not _shown_otherwise(layer)]
    sources = tuple(LayerSource(layer.name, f"/api/layers/{layer.name}", layer.on_by_default) for layer in layers)
    made = shell(MapSpec(kind, sources, county_bounds(region()), spoken or language()))
    _files[made.script_name], _files[made.style_name] = made, made
    return made


def _shown_otherwise(layer: Layer) -> bool:
    """Whether the rows of a layer appear as facilities with their verdict instead of as a layer, or have no place at all."""
    return layer.geometry == "none" or (layer.geometry == "point" and layer.style.symbol == "verdict")


def shell_of(name: str) -> Shell | None:
    """The shell a hashed file name belongs to; made anew after a restart."""
    if name not in _files:
        for kind in KINDS:
            for spoken in LANGUAGES:
                page_map(kind, spoken)
    return _files.get(name)
