"""Signs of the map as QGIS symbols: areas with their lines and hatches, verdict symbols that grow as the map comes nearer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement

from layers._layer import Style

FLAG, FINE, GREY, PALE, WHITE = "#C8410B", "#1B6FAE", "#6B7280", "#A3AEB9", "#FFFFFF"
PX = 25.4 / 96
"""Millimetres of one pixel of a style."""
RADIUS: Mapping[str, float] = {"N": 7, "C": 7, "X": 7.5, "B": 8, "U": 8, "near": 8, "T": 8.5, "V": 8.5}
"""Pixels, as on the pages' maps."""
GROWS = "max(0.45, min(1, 0.5 + (ln(486000000 / @map_scale) / ln(2) - 9) * 0.1))"
"""The share of its size a symbol has at a scale, as on the pages' maps at the zoom that shows as much."""

Layers = Sequence[Element]


def options(values: Mapping[str, object]) -> Element:
    """A map of values as QGIS writes it."""
    made = Element("Option", type="Map")
    for name, value in values.items():
        SubElement(made, "Option", name=name, type="QString", value=str(value))
    return made


def colour(text: str, opacity: float = 1.0) -> str:
    """``#RRGGBB`` as QGIS writes it."""
    red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * 255)}"


def symbol(kind: str, name: str, layers: Layers) -> Element:
    """Symbol layers put together; ``kind``: ``marker``, ``line`` or ``fill``."""
    made = Element("symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    made.extend(layers)
    return made


def _layer(kind: str, values: Mapping[str, object]) -> Element:
    made = Element("layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    made.append(options(values))
    return made


def _line(style: Style) -> Element:
    values: dict[str, object] = {
        "line_color": colour(style.line), "line_style": "solid", "line_width": round(style.weight * PX, 3),
        "line_width_unit": "MM", "joinstyle": "round", "capstyle": "flat", "use_custom_dash": "0",
    }  # fmt: skip
    if style.dash:
        lengths = [round(float(n) * PX, 3) for n in style.dash.replace(",", " ").split()]
        values |= {"use_custom_dash": "1", "customdash_unit": "MM", "customdash": ";".join(map(str, lengths))}
    return _layer("SimpleLine", values)


def _hatch(tone: str) -> Element:
    made = _layer("LinePatternFill", {"angle": 45, "distance": round(5.6 * PX, 3), "distance_unit": "MM", "color": colour(tone)})
    stroke = {"line_color": colour(tone, 0.75), "line_style": "solid", "line_width": round(1.3 * PX, 3), "line_width_unit": "MM"}
    made.append(symbol("line", "@0@0", [_layer("SimpleLine", stroke)]))
    return made


def area(style: Style) -> Layers:
    """An area as its style says."""
    if style.pattern == "hatch":
        return [_hatch(style.fill or style.line), _line(style)]
    if not style.fill:
        return [_plain_fill(style.line, 0.0), _line(style)]
    return [_plain_fill(style.fill, style.fill_opacity), _line(style)]


def _plain_fill(tone: str, opacity: float) -> Element:
    look = "solid" if opacity else "no"
    return _layer("SimpleFill", {"color": colour(tone, opacity), "style": look, "outline_style": "no"})


def point(style: Style) -> Layers:
    """A point of a layer of its own sign; where verdicts show on another layer, a dot."""
    tone = style.fill or style.line
    if style.symbol == "triangle":
        return [_marker("triangle", 7, 1.9, tone, WHITE, 1.2)]
    if style.symbol == "square":
        return [_marker("square", 7, 1.5, tone, WHITE, 1.2)]
    return [_marker("circle", 7, 1.2 if style.symbol == "dot" else 0.9, tone, WHITE, 1)]


def verdict(kind: str) -> Layers:
    """The symbol of a verdict, or of ``near``."""
    r = RADIUS[kind]
    ring = _marker("circle", r, 1.84, WHITE, GREY, 1.6)
    made: dict[str, Layers] = {
        "V": [_marker("diamond", r, 2.36, FLAG, WHITE, 1.6)],
        "T": [_marker("diamond", r, 2.24, WHITE, FLAG, 2), _hand(r, 0.45, 0, (0.0, -0.22)), _hand(r, 0.42, 119, (0.18, 0.1))],
        "C": [_marker("circle", r, 1.72, FINE, WHITE, 1.4)],
        "U": [_marker("circle", r, 1.9, WHITE, GREY, 1.5, dash=True), _glyph("?", r, 1.35)],
        "near": [ring, _marker("semi_circle", r, 1.84, GREY, None, 0, angle=-90)],
        "B": [ring, _glyph("=", r, 1.4)],
        "X": [_marker("circle", r, 1.76, WHITE, FINE, 1.8), _marker("line", r, 1.76, FINE, FINE, 1.8, angle=45)],
        "N": [_marker("circle", r, 0.84, PALE, WHITE, 0.8)],
    }
    return made[kind]


def _marker(
    shape: str, radius: float, share: float, fill: str, line: str | None, width: float, angle: float = 0, dash: bool = False
) -> Element:
    """One shape; its diameter is ``share`` radii (pixels)."""
    look = "no" if line is None else "dash" if dash else "solid"
    size = round(radius * share * PX, 3)
    values = {
        "name": shape, "color": colour(fill), "outline_color": colour(line or fill), "outline_style": look,
        "outline_width": round(width * PX, 3), "outline_width_unit": "MM", "size": size, "size_unit": "MM", "angle": angle,
    }  # fmt: skip
    return _growing(_layer("SimpleMarker", values), size)


def _hand(radius: float, share: float, angle: float, aside: tuple[float, float]) -> Element:
    """A hand of a clock: a short line beside the middle (radii)."""
    made = _marker("line", radius, share, FLAG, FLAG, 1.5, angle)
    x, y = (round(part * radius * PX, 3) for part in aside)
    made.find("Option").append(Element("Option", name="offset", type="QString", value=f"{x},{y}"))  # type: ignore[union-attr]  # every layer has options
    return _growing(made, round(radius * share * PX, 3), f"to_string({x} * {GROWS}) || ',' || to_string({y} * {GROWS})")


def _glyph(text: str, radius: float, share: float) -> Element:
    size = round(radius * share * PX, 3)
    values = {
        "chr": text, "font": "Arial", "font_style": "Bold", "color": colour(GREY), "outline_width": 0, "size": size,
        "size_unit": "MM", "horizontal_anchor_point": 1, "vertical_anchor_point": 1,
    }  # fmt: skip
    return _growing(_layer("FontMarker", values), size)


def _growing(layer: Element, size: float, offset: str = "") -> Element:
    """Let a sign have its size by the scale of the map."""
    for old in layer.findall("data_defined_properties"):
        layer.remove(old)
    asked = {"size": f"{size} * {GROWS}"} | ({"offset": offset} if offset else {})
    held = SubElement(layer, "data_defined_properties")
    outer = SubElement(held, "Option", type="Map")
    SubElement(outer, "Option", name="name", type="QString", value="")
    inner = SubElement(outer, "Option", name="properties", type="Map")
    for name, expression in asked.items():
        one = SubElement(inner, "Option", name=name, type="Map")
        SubElement(one, "Option", name="active", type="bool", value="true")
        SubElement(one, "Option", name="expression", type="QString", value=expression)
        SubElement(one, "Option", name="type", type="int", value="3")
    SubElement(outer, "Option", name="type", type="QString", value="collection")
    return layer
