"""Map shells: made of constants alone, the same bytes everywhere, split into files of our own."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layers._find import load_layers
from maps import shell as shells
from maps._elements import script_json
from maps.shell import LayerSource, MapSpec, Shell, shell

ROOT = Path(__file__).resolve().parent.parent
BOUNDS = (119.2, 29.0, 119.9, 29.5)
PAYLOADS = (
    "{{7*7}}", "{% raise %}", "{% for x in (1,) %}!{% endfor %}", "{# gone #}", "${7*7}", "`${alert(1)}`",
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "{{", "{%", "\\u0027);alert(1)//", "\u2028alert(1)\u2029", "'\"&amp;",
)  # fmt: skip
FINGERPRINT = """
import hashlib, sys
from layers._find import load_layers
from maps.shell import LayerSource, MapSpec, shell
sources = tuple(LayerSource(name, "/api/layers/" + name) for name in load_layers())
made = shell(MapSpec("overview", sources, (119.2, 29.0, 119.9, 29.5)))
print(hashlib.sha256("|".join([made.html, made.script, made.style, made.script_name, made.style_name]).encode()).hexdigest())
"""


def all_layers(language: str = "zh") -> MapSpec:
    sources = tuple(LayerSource(name, f"/api/layers/{name}") for name in load_layers())
    return MapSpec("overview", sources, BOUNDS, language)


def with_title(payload: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell of one layer that carries a payload in its titles."""
    layer = dataclasses.replace(load_layers()["no_burn_zones"], title=payload, title_en=payload)
    monkeypatch.setattr(shells, "load_layers", lambda: {"no_burn_zones": layer})
    return shell.__wrapped__(MapSpec("overview", (LayerSource("no_burn_zones", "/api/layers/no_burn_zones"),), BOUNDS))


def pushed(script: str) -> list[dict[str, Any]]:
    """What the shell's script hands to the page, layer by layer."""
    return [json.loads(text) for text in re.findall(r"sources\.push\((\{.*\})\);", script)]


def test_every_process_builds_the_same_bytes() -> None:
    def fingerprint(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", FINGERPRINT], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert fingerprint("1") == fingerprint("2")


def test_files_are_named_by_their_content() -> None:
    made = shell(all_layers())
    assert made.script_name == f"shell-{hashlib.sha256(made.script.encode()).hexdigest()[:16]}.js"
    assert made.style_name == f"shell-{hashlib.sha256(made.style.encode()).hexdigest()[:16]}.css"
    assert shell(all_layers("en")).script_name != made.script_name


def test_nothing_is_inline_and_nothing_is_foreign() -> None:
    made = shell(all_layers())
    assert re.fullmatch(r'<div class="folium-map" id="map_main"\s*></div>', made.html)
    for text in (made.html, made.script, made.style):
        assert not re.search(r"//[\w-]+\.\w|https?:", text), "another host"
        assert "jquery" not in text.lower() and "bootstrap" not in text.lower()
    assert "style=" not in made.html and "<script" not in made.script and "L.tileLayer" not in made.script


def test_the_script_names_every_layer_with_its_style() -> None:
    found = {source["layer"]: source for source in pushed(shell(all_layers()).script)}
    assert list(found) == list(load_layers())
    assert found["mines"]["title"] == "露天矿山" and found["mines"]["style"]["pattern"] == "hatch"
    assert [kind["value"] for kind in found["no_burn_zones"]["kinds"]] == ["I", "II", "III"]
    english = {source["layer"]: source["title"] for source in pushed(shell(all_layers("en")).script)}
    assert english["mines"] == "Open-pit mines"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_title_stays_text(payload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = with_title(payload, monkeypatch)
    assert [source["title"] for source in pushed(made.script)] == [payload]
    assert "</script" not in made.script and "<img" not in made.script and "\u2028" not in made.script
    assert payload not in made.html and payload not in made.style


def test_script_json_is_json_without_markup() -> None:
    value = {"b": list(PAYLOADS), "a": 1}
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)
    assert text == script_json({"a": 1, "b": list(PAYLOADS)}), "the order of keys makes no difference"
