"""Styles for QGIS (QML): a layer opens there with the colours, lines, hatches and symbols it has here, and with Chinese names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from layers._layer import Layer, Style
from maps._qgis_symbols import Layers, area, colour, options, point, symbol, verdict
from maps.colours import colours
from maps.shell import LABELLED
from rules._verdict import TITLES, WORST_FIRST

if TYPE_CHECKING:
    from geo.package import Field

SYMBOL_WORDS = {**{letter: TITLES[letter][0] for letter in WORST_FIRST}, "near": "边界疑似"}
"""Values of a column of symbols, worst first, with their words."""
_GEOMETRY = {"point": "0", "polygon": "2", "none": "4"}
_LABELS = {"no_burn_zones": ("#5E2F96", "75"), "nrmm_zones": ("#00695C", "63"), "heat_networks": ("#9A5B13", "50")}


@dataclass(frozen=True)
class Dressed:
    """What a style is for: a table's fields, the column that names a row, and its geometry: point, polygon or none."""

    fields: Sequence[Field]
    label: str
    kind: str


def layer_style(layer: Layer, table: Dressed) -> str:
    """The style of a layer: one symbol, or one for each value of the column its styles are by."""
    styles = {} if layer.style_by is None else dict(layer.styles)
    if not styles or table.kind == "none":
        drawn = [] if table.kind == "none" else [_single(_symbol(layer.style, table.kind))]
        return _document(table, drawn, _labels(layer) if layer.name in LABELLED else [])
    column = layer.column(str(layer.style_by))
    words = column.vocabulary
    rows = [(value, words.title(value) if words else value, _symbol(style, table.kind)) for value, style in styles.items()]
    rows.append(("", layer.title, _symbol(layer.style, table.kind)))
    return _document(table, [_categories(column.name, rows)], _labels(layer) if layer.name in LABELLED else [])


def verdict_style(table: Dressed, column: str, order: str) -> str:
    """The style of facilities or findings: the symbol of the verdict.

    Args:
        column: holds a verdict or ``near``. order: column by which the worst (lowest) is drawn last.
    """
    drawn = _categories(column, [(value, word, ("marker", verdict(value))) for value, word in SYMBOL_WORDS.items()])
    drawn.set("enableorderby", "1")
    clause = SubElement(SubElement(drawn, "orderby"), "orderByClause", asc="0", nullsFirst="0")
    clause.text = f'"{order}"'
    return _document(table, [drawn], [])


def class_style(table: Dressed, column: str, breaks: Sequence[float], ramp: str) -> str:
    """The style of areas by classes of a number.

    Args:
        breaks: inner limits; a value on one belongs to the class below it. ramp: one of ``maps.colours.RAMPS``.
    """
    edges, tones = [-1e9, *breaks, 1e9], colours(ramp, len(breaks) + 1)
    made = Element("renderer-v2", type="graduatedSymbol", attr=column, graduatedMethod="GraduatedColor", symbollevels="0")
    ranges, symbols = SubElement(made, "ranges"), SubElement(made, "symbols")
    for at, tone in enumerate(tones):
        low, high = edges[at], edges[at + 1]
        label = f"≤ {high:g}" if at == 0 else f"> {low:g}" if at == len(breaks) else f"{low:g} – {high:g}"
        SubElement(ranges, "range", lower=str(low), upper=str(high), symbol=str(at), label=label, render="true")
        symbols.append(symbol("fill", str(at), area(Style(line="#FFFFFF", fill=tone, fill_opacity=0.75, weight=0.6))))
    return _document(table, [made], [])


def _symbol(style: Style, kind: str) -> tuple[str, Layers]:
    return ("marker", point(style)) if kind == "point" else ("fill", area(style))


def _single(look: tuple[str, Layers]) -> Element:
    made = Element("renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0", forceraster="0")
    SubElement(made, "symbols").append(symbol(look[0], "0", look[1]))
    return made


def _categories(column: str, rows: Iterable[tuple[str, str, tuple[str, Layers]]]) -> Element:
    made = Element("renderer-v2", type="categorizedSymbol", attr=column, symbollevels="0", enableorderby="0", forceraster="0")
    listed, symbols = SubElement(made, "categories"), SubElement(made, "symbols")
    for at, (value, word, look) in enumerate(rows):
        SubElement(listed, "category", value=value, symbol=str(at), label=word, render="true", type="string")
        symbols.append(symbol(look[0], str(at), look[1]))
    return made


def _labels(layer: Layer) -> list[Element]:
    """Names on the map, with a white edge, none over another."""
    tone, weight = _LABELS.get(layer.name, ("#59636F", "50"))
    made = Element("labeling", type="simple")
    settings = SubElement(made, "settings", calloutType="simple")
    style = SubElement(
        settings, "text-style", fieldName=layer.label, fontSize="9", fontSizeUnit="Point", textColor=colour(tone),
        fontWeight=weight, fontFamily="sans-serif", isExpression="0",
    )  # fmt: skip
    SubElement(style, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor="255,255,255,220")
    SubElement(settings, "placement", placement="1", centroidWhole="1", priority="5")
    SubElement(settings, "rendering", obstacle="0", fontMinPixelSize="3")
    return [made]


def _document(table: Dressed, drawn: Sequence[Element], labels: Sequence[Element]) -> str:
    root = Element("qgis", version="3.22.0-Białowieża", styleCategories="AllStyleCategories", labelsEnabled=str(len(labels)))
    root.extend([*drawn, *labels])
    held, aliases = SubElement(root, "fieldConfiguration"), SubElement(root, "aliases")
    for at, one in enumerate(table.fields):
        place = SubElement(SubElement(held, "field", name=one.name, configurationFlags="None"), "editWidget")
        place.set("type", "ValueMap" if one.choices else "TextEdit")
        plain = {"IsMultiline": "false", "UseHtml": "false"}
        SubElement(place, "config").append(_choices(one) if one.choices else options(plain))
        SubElement(aliases, "alias", field=one.name, index=str(at), name=one.title)
    SubElement(root, "previewExpression").text = f'"{table.label}"'
    SubElement(root, "layerGeometryType").text = _GEOMETRY[table.kind]
    return tostring(root, encoding="unicode")


def _choices(one: Field) -> Element:
    """Words instead of values in forms and tables."""
    made = Element("Option", type="Map")
    listed = SubElement(made, "Option", name="map", type="List")
    for value, word in one.choices:
        entry = SubElement(listed, "Option", type="Map")
        SubElement(entry, "Option", name=word, type="QString", value=value)
    return made
