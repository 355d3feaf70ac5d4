"""The same styles in OGC's words (SLD 1.0), for programs that are not QGIS; as far as these words go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from layers._layer import Layer, Style
from maps._qgis_symbols import FINE, FLAG, GREY, PALE, RADIUS, WHITE
from maps.colours import colours
from rules._verdict import TITLES

_MARKS = {
    "V": ("square", FLAG, WHITE, 45), "T": ("square", WHITE, FLAG, 45), "U": ("circle", WHITE, GREY, 0),
    "B": ("circle", WHITE, GREY, 0), "near": ("circle", GREY, GREY, 0), "X": ("circle", WHITE, FINE, 0),
    "C": ("circle", FINE, WHITE, 0), "N": ("circle", PALE, WHITE, 0),
}  # fmt: skip
"""Symbol → well-known mark, fill, line, turn (degrees)."""
_FAR = 1e9


@dataclass(frozen=True)
class _Rule:
    """One look: its title, the part of the map that has it (column and value, or column, low, high), and its symbolizer."""

    title: str
    symbolizer: Element
    equals: tuple[str, str] | None = None
    between: tuple[str, float, float] | None = None


def layer_sld(layer: Layer, kind: str) -> str:
    """The style of a layer of points or areas; empty for a table."""
    if kind == "none":
        return ""
    by, words = layer.style_by, None if layer.style_by is None else layer.column(layer.style_by).vocabulary
    rules = [
        _Rule(words.title(value) if words else value, _look(style, kind), equals=(str(by), value))
        for value, style in layer.styles.items()
        if by is not None
    ]
    return _document(layer.name, rules or [_Rule(layer.title, _look(layer.style, kind))])


def verdict_sld(name: str, column: str) -> str:
    """The style of facilities or findings by the symbol of the verdict."""
    words = {letter: title for letter, (title, _) in TITLES.items()} | {"near": "边界疑似"}
    rules = []
    for value, (mark, fill, line, turn) in reversed(_MARKS.items()):
        size = RADIUS[value] * (0.84 if value == "N" else 1.8)
        rules.append(_Rule(words[value], _mark(mark, fill, line, (size, turn)), equals=(column, value)))
    return _document(name, rules)


def class_sld(name: str, column: str, breaks: Sequence[float], ramp: str) -> str:
    """The style of areas by classes of a number, as ``maps.qgis.class_style``."""
    edges, tones = [-_FAR, *breaks, _FAR], colours(ramp, len(breaks) + 1)
    pairs = zip(edges, edges[1:], tones, strict=False)
    styles = [(low, high, Style(line=WHITE, fill=tone, fill_opacity=0.75, weight=0.6)) for low, high, tone in pairs]
    return _document(name, [_Rule(f"≤ {high:g}", _area(style), between=(column, low, high)) for low, high, style in styles])


def _look(style: Style, kind: str) -> Element:
    if kind != "point":
        return _area(style)
    shape, size = {"triangle": ("triangle", 13.0), "square": ("square", 10.0)}.get(style.symbol or "", ("circle", 6.0))
    return _mark(shape, style.fill or style.line, WHITE, (size, 0))


def _area(style: Style) -> Element:
    made = Element("PolygonSymbolizer")
    if style.fill:
        _parameters(SubElement(made, "Fill"), {"fill": style.fill, "fill-opacity": style.fill_opacity})
    stroke: dict[str, str | float] = {"stroke": style.line, "stroke-width": style.weight}
    if style.dash:
        stroke["stroke-dasharray"] = " ".join(style.dash.replace(",", " ").split())
    _parameters(SubElement(made, "Stroke"), stroke)
    return made


def _mark(shape: str, fill: str, line: str, place: tuple[float, int]) -> Element:
    made = Element("PointSymbolizer")
    graphic = SubElement(made, "Graphic")
    mark = SubElement(graphic, "Mark")
    SubElement(mark, "WellKnownName").text = shape
    _parameters(SubElement(mark, "Fill"), {"fill": fill})
    _parameters(SubElement(mark, "Stroke"), {"stroke": line, "stroke-width": 1.4})
    SubElement(graphic, "Size").text = f"{place[0]:g}"
    if place[1]:
        SubElement(graphic, "Rotation").text = str(place[1])
    return made


def _parameters(place: Element, values: dict[str, str | float]) -> None:
    for name, value in values.items():
        SubElement(place, "CssParameter", name=name).text = str(value)


def _document(name: str, rules: Iterable[_Rule]) -> str:
    root = Element("StyledLayerDescriptor", {
        "version": "1.0.0", "xmlns": "http://www.opengis.net/sld", "xmlns:ogc": "http://www.opengis.net/ogc",
    })  # fmt: skip
    layer = SubElement(root, "NamedLayer")
    SubElement(layer, "Name").text = name
    style = SubElement(SubElement(layer, "UserStyle"), "FeatureTypeStyle")
    for rule in rules:
        made = SubElement(style, "Rule")
        SubElement(made, "Title").text = rule.title
        _filter(made, rule)
        made.append(rule.symbolizer)
    return tostring(root, encoding="unicode")


def _filter(made: Element, rule: _Rule) -> None:
    if rule.equals is not None:
        asked = SubElement(SubElement(made, "ogc:Filter"), "ogc:PropertyIsEqualTo")
        SubElement(asked, "ogc:PropertyName").text, SubElement(asked, "ogc:Literal").text = rule.equals
    if rule.between is not None:
        column, low, high = rule.between
        both = SubElement(SubElement(made, "ogc:Filter"), "ogc:And")
        for word, limit in (("PropertyIsGreaterThan", low), ("PropertyIsLessThanOrEqualTo", high)):
            asked = SubElement(both, f"ogc:{word}")
            SubElement(asked, "ogc:PropertyName").text, SubElement(asked, "ogc:Literal").text = column, f"{limit:g}"
