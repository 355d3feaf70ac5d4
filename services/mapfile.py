"""The map as one HTML file for somebody without the system: opens by double click, needs no network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geo.errors import WrongUsage
from geo.region import Region
from geo.write import replace_file
from layers._layer import Layer
from maps.shell import LayerSource, MapSpec
from maps.single import single
from services.assess import Assessment, current
from services.facilities import board
from services.mapdata import base_geojson, county_bounds, facilities_geojson, layer_geojson
from services.scope import Principal, layer_for, local_principal, visible_layers
from store.open import Store

SUFFIXES = (".html", ".htm")
OWNED = {"combustion_units": "enterprises", "mine_faces": "mines"}
"""Layers whose rows belong to facilities of another layer."""


def write_map(
    store: Store, region: Region, as_of: dt.date, out: Path, names: Sequence[str] | None = None, language: str = "zh"
) -> int:
    """Write the map of a day as one self-contained file.

    Args:
        as_of: day of judgement. out: an ``.html`` file.
        names: layers to put in (facilities of those that are judged); None for all, with the usual ones visible.
    Returns:
        Bytes written.
    Raises:
        WrongUsage: another suffix. LayerUnknown: no such layer. NotWritten: the old file is untouched.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise WrongUsage(value=out.name, hint="文件后缀须为 .html / the file must end in .html")
    principal = local_principal()
    chosen = [layer_for(principal, name) for name in dict.fromkeys(names)] if names is not None else None
    text = map_text(current(store, region, as_of), region, chosen, principal, language)
    content = text.encode("utf-8")
    replace_file(out, content)
    return len(content)


def map_text(
    assessment: Assessment, region: Region, chosen: Sequence[Layer] | None, principal: Principal, language: str = "zh"
) -> str:
    """The file's text: shell, assets and data.

    Args:
        chosen: layers to put in, None for all somebody may see.
    """
    layers = [*visible_layers(principal).values()] if chosen is None else sorted(chosen, key=lambda layer: layer.order)
    drawn = [layer for layer in layers if not _only_as_facility(layer)]
    sources = tuple(LayerSource(layer.name, "", layer.on_by_default or chosen is not None) for layer in drawn)
    data: dict[str, Any] = {"base": base_geojson(region)}
    data |= {layer.name: layer_geojson(assessment, layer.name, principal) for layer in drawn}
    names = {layer.name for layer in layers}  # a unit or face whose owner is not registered is a facility itself
    facilities = _facilities(assessment, names | {OWNED.get(name, name) for name in names})
    if facilities is not None:
        data["facilities"] = facilities
    english = language == "en"
    heading = [f"As of {assessment.as_of}" if english else f"判定日期 {assessment.as_of}"]
    if _example(assessment):
        heading.append("Example data, not official" if english else "示例数据，非正式成果")
    spec = MapSpec("single", sources, county_bounds(region), language)
    return single(spec, region.product_en if english else region.product, tuple(heading), data)


def _only_as_facility(layer: Layer) -> bool:
    """Whether the rows of a layer appear as facilities with their verdict, never as shapes of their own."""
    return layer.geometry == "none" or (layer.geometry == "point" and layer.style.symbol == "verdict")


def _facilities(assessment: Assessment, wanted: set[str]) -> dict[str, Any] | None:
    """Facilities of the wanted layers; None where no wanted layer is judged."""
    table = board(assessment).facilities
    keys = {(layer, key) for layer, key in zip(table["layer"], table["key"], strict=True) if layer in wanted}
    return facilities_geojson(assessment, keys) if keys else None


def _example(assessment: Assessment) -> bool:
    return any("yes" in set(frame["is_demo"]) for frame in assessment.frames.values() if "is_demo" in frame)
