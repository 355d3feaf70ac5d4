"""Words of pages in two languages: Chinese is the source, ``translations/en.json`` the translation."""

from __future__ import annotations

from flask_babel import gettext

from layers._cells import to_text
from layers._find import load_layers
from layers._layer import Column, Layer
from rules._verdict import TITLES
from views._request import language


def verdict_word(verdict: str) -> str:
    """The name of a verdict."""
    return TITLES[verdict][0 if language() == "zh" else 1]


def layer_word(layer: Layer | str) -> str:
    """The title of a layer."""
    found = load_layers()[layer] if isinstance(layer, str) else layer
    return found.title if language() == "zh" else found.title_en


def column_word(layer_name: str, name: str) -> str:
    """The title of a column; special names of missing things too."""
    special = {"position": gettext("坐标"), "mine_faces": gettext("现状开采面")}
    layer = load_layers().get(layer_name)
    if layer is None or not layer.has(name):
        return special.get(name, name)
    column = layer.column(name)
    return column.title if language() == "zh" else column.title_en


def value_word(layer_name: str, name: str, text: str) -> str:
    """A canonical text as people read it: words for enumerations, the unit behind numbers."""
    layer = load_layers().get(layer_name)
    if not text or layer is None or not layer.has(name):
        return text
    column = layer.column(name)
    if column.vocabulary:
        mark = "、" if language() == "zh" else ", "
        return mark.join(column.vocabulary.title(word, language()) for word in text.split(";"))
    return f"{text} {unit_word(column)}".strip()


def unit_word(column: Column) -> str:
    """A unit as it is printed."""
    return {"km2": "km²", "m2": "m²", "mg/m3": "mg/m³", "m-1": "m⁻¹"}.get(column.unit, column.unit)


def cell_word(layer: Layer, name: str, value: object) -> str:
    """A cell of a frame as people read it."""
    return value_word(layer.name, name, to_text(layer.column(name), value))
