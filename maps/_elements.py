"""Our own Folium elements: they hand constants to the page's script, never data."""

from __future__ import annotations

import json
from typing import Any

from branca.element import MacroElement
from jinja2 import Template


def script_json(value: Any) -> str:
    """JSON that can stand inside a script: no markup, no line separators."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for mark in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


class Frame(MacroElement):
    """Opens ``window.blueSky``: the Leaflet map and the page's constants."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        window.blueSky = {map: {{ this._parent.get_name() }}, config: {{ this.config }}, sources: []};
        {% endmacro %}
        """)

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # folium ships no types here
        self._name, self._id, self.config = "Frame", "frame", script_json(config)


class DataLayer(MacroElement):
    """One layer by id, style and data URL; the page fetches its features as JSON."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        window.blueSky.sources.push({{ this.config }});
        {% endmacro %}
        """)

    def __init__(self, source: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # folium ships no types here
        self._name, self._id, self.config = "DataLayer", str(source["layer"]), script_json(source)
