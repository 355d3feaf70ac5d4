"""The Folium map of a page, without data: map, panes and layers by id, split into our own files.

Folium draws the shell from constants (layer titles and styles of ``layers/``, data URLs). Its one
script and its styles become files named by content hash, so that no page needs inline code.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import folium
from branca.element import CssLink, Figure, JavascriptLink

from layers._find import load_layers
from layers._layer import Layer, Style
from maps._elements import DataLayer, Frame
from maps._shell import raise_wall
from rules._verdict import TITLES

MAP_ID = "main"
VENDOR_JS = ("leaflet.js",)
VENDOR_CSS = ("leaflet.css",)
EDITOR_JS, EDITOR_CSS = ("leaflet-geoman.js",), ("leaflet-geoman.css",)
"""Besides, on pages where something is drawn."""
LABELLED = frozenset({"towns", "no_burn_zones", "heat_networks", "nrmm_zones"})
"""Layers whose features carry their name on the map."""


@dataclass(frozen=True)
class LayerSource:
    """A layer on a map: its name, where its features come from, and whether it starts visible."""

    layer: str
    url: str
    on: bool = True


@dataclass(frozen=True)
class MapSpec:
    """What a page's map holds: kind of page, layers, opening view (west, south, east, north), language."""

    kind: str
    sources: tuple[LayerSource, ...]
    bounds: tuple[float, float, float, float]
    language: str = "zh"


@dataclass(frozen=True)
class Shell:
    """A map split into parts: markup for the page, and one script and one style file of its own."""

    html: str
    script_name: str
    script: str
    style_name: str
    style: str


class LeanMap(folium.Map):
    """Folium's map with Leaflet alone: no jQuery, no Bootstrap, no icon fonts."""

    default_js = [link for link in folium.folium._default_js if link[0] == "leaflet"]  # noqa: RUF012  folium's own class attribute
    default_css = [link for link in folium.folium._default_css if link[0] == "leaflet_css"]  # noqa: RUF012  folium's own class attribute


@lru_cache(maxsize=32)
def shell(spec: MapSpec) -> Shell:
    """Build the shell of a page's map; equal specs give equal bytes in every process."""
    raise_wall()
    figure = Figure()
    west, south, east, north = spec.bounds
    made = LeanMap(
        location=[(south + north) / 2, (west + east) / 2], zoom_start=11, tiles=None, prefer_canvas=True,
        zoom_control=False, attributionControl=True, min_zoom=8, max_zoom=19,
    )  # fmt: skip
    made._id, made._name = MAP_ID, "map"
    made.options |= {"max_zoom": 19, "min_zoom": 8, "zoom_snap": 0.25}
    frame = Frame(_config(spec))
    made.add_child(frame, name="frame")
    for source in spec.sources:
        made.add_child(DataLayer(_source(source, spec.language)), name=f"layer_{source.layer}")
    figure.add_child(made, name="map")
    figure.render()
    return _split(figure)


def _config(spec: MapSpec) -> dict[str, Any]:
    zh = spec.language == "zh"
    return {
        "kind": spec.kind,
        "bounds": list(spec.bounds),
        "verdicts": {key: titles[0 if zh else 1] for key, titles in TITLES.items()},
        "words": _WORDS_ZH if zh else _WORDS_EN,
    }


_WORDS_ZH = {
    "legend": "图例与图层", "near": "边界疑似", "coordinates": "CGCS2000", "loading": "正在读取…",
    "failed": "读取失败", "retry": "重试", "empty": "当前条件下没有设施", "open": "查看判定依据", "north": "北",
    "facilities": "设施（按最严判定）", "attribution": "边界 © 天地图（概化，仅供示例）",
    "findings": "条判定", "home": "全市", "more": "更多图层",
    "map": "地图", "layers": "图层", "zoom_in": "放大", "zoom_out": "缩小",
    "raster": {
        "title": "栅格", "series": "数据", "none": "不显示", "day": "日期", "scheme": "分级", "opacity": "不透明",
        "fixed": "固定分级", "data": "按数据分级", "basemap": "底图", "here": "此处", "no_data": "无数据",
    },
}  # fmt: skip
_WORDS_EN = {
    "legend": "Legend and layers", "near": "Near the edge", "coordinates": "CGCS2000", "loading": "Loading…",
    "failed": "Could not be read", "retry": "Try again", "empty": "No facility under these conditions",
    "open": "Open the evidence", "north": "N", "facilities": "Facilities (worst verdict)",
    "attribution": "Boundary © Tianditu (generalised, example only)",
    "findings": "findings", "home": "Whole city", "more": "More layers",
    "map": "Map", "layers": "Layers", "zoom_in": "Zoom in", "zoom_out": "Zoom out",
    "raster": {
        "title": "Rasters", "series": "Data", "none": "none", "day": "Date", "scheme": "Classes", "opacity": "Opacity",
        "fixed": "fixed limits", "data": "from the data", "basemap": "Base map", "here": "Here", "no_data": "no data",
    },
}  # fmt: skip


def _source(source: LayerSource, language: str) -> dict[str, Any]:
    layer = load_layers()[source.layer]
    return {
        "layer": layer.name, "title": layer.title if language == "zh" else layer.title_en, "url": source.url,
        "on": source.on, "group": layer.group, "order": layer.order, "labelled": layer.name in LABELLED,
        "style": dataclasses.asdict(layer.style), "style_by": layer.style_by, "kinds": _kinds(layer, language),
    }  # fmt: skip


def _kinds(layer: Layer, language: str) -> list[dict[str, Any]]:
    """The styles of a layer whose features differ by a word, with the words, strictest last."""
    if not layer.style_by:
        return []
    words = layer.column(layer.style_by).vocabulary
    return [
        {"value": value, "title": words.title(value, language) if words else value, "style": dataclasses.asdict(style)}
        for value, style in layer.styles.items()
    ]


def legend_rows(layer: Layer, language: str = "zh") -> list[tuple[str, Style]]:
    """What a legend shows of a layer: one row, or one for each of its styles."""
    title = layer.title if language == "zh" else layer.title_en
    if not layer.style_by:
        return [(title, layer.style)]
    words = layer.column(layer.style_by).vocabulary
    return [(f"{title} {words.title(value, language) if words else value}", style) for value, style in layer.styles.items()]


def _split(figure: Figure) -> Shell:
    """The rendered figure as markup, script and style; links are left out, our pages name their own."""
    scripts, styles = [], []
    for part in figure.header._children.values():
        if isinstance(part, JavascriptLink | CssLink):
            continue
        text = part.render()
        scripts += re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
        found = re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)
        styles += [style for style in found if f"#map_{MAP_ID}" in style]  # not Folium's full-page rules
    script = "\n".join([*scripts, figure.script.render()])
    style = "\n".join(styles)
    html = figure.html.render().strip()
    return Shell(html, _hashed("shell", script, "js"), script, _hashed("shell", style, "css"), style)


def _hashed(stem: str, text: str, suffix: str) -> str:
    return f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.{suffix}"
