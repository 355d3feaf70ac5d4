"""The second wall: branca keeps every text literally; without the wall it runs what stands in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import folium
import pytest
from branca.element import Element

from maps._shell import raise_wall
from tests.test_maps_shell import PAYLOADS

ROOT = Path(__file__).resolve().parent.parent
WITHOUT_WALL = """
import folium
from branca.element import Element
print(Element("{{7*7}}").render())
made = folium.Map(tiles=None)
folium.Marker([29, 119], popup="{{7*7}}").add_to(made)
print("49" in made.get_root().render() and "{{7*7}}" not in made.get_root().render())
"""


@pytest.fixture(autouse=True)
def _wall() -> None:
    raise_wall()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_element_is_its_own_text(payload: str) -> None:
    assert Element(payload).render() == payload


@pytest.mark.parametrize("payload", ["{{7*7}}", "{% for x in (1,) %}!{% endfor %}", "{# gone #}", "{{", "{%"])
def test_what_reaches_folium_by_mistake_stays_text(payload: str) -> None:
    point = {"type": "Point", "coordinates": [119, 29]}
    places = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": payload}, "geometry": point}]}
    made = folium.Map(tiles=None)
    folium.Marker([29, 119], popup=payload, tooltip=payload).add_to(made)
    folium.Marker([29, 119], popup=folium.Popup(folium.Html(payload))).add_to(made)
    folium.GeoJson(places, name=payload, tooltip=folium.GeoJsonTooltip(["name"])).add_to(made)
    text = made.get_root().render()
    assert text.count(payload) >= 4
    assert not re.search(r"[>\"\s]49[<\"\s]|[>\"]![<\"]", text), "an expression ran"


def test_twin_without_the_wall_text_runs_as_code() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_WALL], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["49", "True"], done.stderr


def test_a_plain_map_is_drawn_as_before() -> None:
    plain = "import folium\nm = folium.Map([29, 119], tiles=None)\nm._id = 'one'\nm.get_root()._id = 'two'\n"
    ask = "print(m.get_root().render())"
    walled = "from maps._shell import raise_wall\nraise_wall()\n"
    pages = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout.split()
        for code in (plain + ask, walled + plain + ask)
    ]
    assert len(pages[0]) > 50
    assert pages[0] == pages[1]


def test_raising_the_wall_twice_is_the_same() -> None:
    before = Element.__init__
    raise_wall()
    assert Element.__init__ is before
