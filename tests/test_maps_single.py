"""The map as one file: everything inside, nothing from outside, text as text."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from maps.shell import LayerSource, MapSpec
from maps.single import NotBundled, bundle, single
from tests._pages import Ear
from tests.test_maps_shell import BOUNDS, PAYLOADS

SPEC = MapSpec("single", (LayerSource("no_burn_zones", ""), LayerSource("air_stations", "")), BOUNDS)
SQUARE = [[[119.4, 29.1], [119.6, 29.1], [119.6, 29.3], [119.4, 29.3], [119.4, 29.1]]]


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": properties.get("key"), "properties": properties, "geometry": geometry}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def data(name: str) -> dict[str, Any]:
    """A zone, a station and a facility that all bear a name, and a county."""
    zone = feature({"type": "Polygon", "coordinates": SQUARE}, key="Z", label=name, layer="no_burn_zones", style="II")
    station = feature(point(119.5, 29.4), key="A", label=name, layer="air_stations", style=None)
    judged = {"verdict": "V", "near": False, "counts": {"V": 2, "C": 1}}
    facility = feature(point(119.45, 29.15), layer="enterprises", key="E1", name=name, town=name, **judged)
    county = feature({"type": "Polygon", "coordinates": SQUARE}, kind="county", name=name)
    return {
        "base": collection(county), "no_burn_zones": collection(zone), "air_stations": collection(station),
        "facilities": collection(facility),
    }  # fmt: skip


class Parts(HTMLParser):
    """Tags of a page, the texts of its scripts and styles, and its policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "json": []}
        self.policy, self.title, self._into = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        asked = dict(attrs)
        if asked.get("http-equiv") == "Content-Security-Policy":
            self.policy = asked["content"] or ""
        self._into = "json" if asked.get("type") == "application/json" else tag
        assert not {"src", "href", "style", "onload", "onerror"} & set(asked), asked

    def handle_data(self, text: str) -> None:
        if self._into in self.texts:
            self.texts[self._into].append(text)
        elif self._into == "title":
            self.title += text

    def handle_endtag(self, tag: str) -> None:
        self._into = ""


def test_the_policy_names_exactly_what_stands_in_the_file() -> None:
    parts = Parts(single(SPEC, "图", ("甲",), data("甲")))
    named = {word.strip("';") for word in parts.policy.split() if word.startswith("'sha256-")}
    texts = ["".join(text) for text in (*parts.texts["script"], *parts.texts["style"])]
    assert named == {"sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts}
    assert len(parts.texts["script"]) == 3 and len(parts.texts["style"]) == 2
    assert parts.policy.startswith("default-src 'none';") and "unsafe" not in parts.policy and "http" not in parts.policy


@pytest.mark.parametrize("payload", PAYLOADS)
def test_data_cannot_leave_its_place(payload: str) -> None:
    plain, parts = Parts(single(SPEC, "图", ("甲",), data("甲"))), Parts(single(SPEC, payload, (payload,), data(payload)))
    assert parts.tags == plain.tags
    assert parts.texts["script"] == plain.texts["script"] and parts.texts["style"] == plain.texts["style"]
    assert [json.loads(text) for text in parts.texts["json"]] == list(data(payload).values())
    assert parts.title == payload


def test_equal_content_gives_equal_bytes() -> None:
    assert single(SPEC, "图", (), data("甲")) == single(SPEC, "图", (), data("甲"))


def modules(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text, "utf-8")
    return folder


def test_modules_keep_their_names_to_themselves(tmp_path: Path) -> None:
    modules(
        tmp_path,
        low="const secret = 1;\nexport function low() { return secret; }\nexport const more = 2;\n",
        mid='import { low as deep } from "./low.js";\nconst secret = 5;\nexport class Mid { get() { return deep(); } }\n',
        top='import { Mid } from "./mid.js";\nimport { more } from "./low.js";\nconst secret = new Mid().get() + more;\n',
    )
    text = bundle("top", tmp_path)
    assert text.index("module_low =") < text.index("module_mid =") < text.index("module_top =")
    assert text.count("module_low = ") == 1
    assert "const { low: deep } = module_low;" in text
    assert "return { low, more };" in text and "return { Mid };" in text
    assert "import" not in text and "export" not in text


@pytest.mark.parametrize("line", ['import "./low.js";', 'import all from "./low.js";', "export default 1;", "export { a };"])
def test_unknown_forms_are_told(line: str, tmp_path: Path) -> None:
    with pytest.raises(NotBundled):
        bundle("top", modules(tmp_path, low="export const a = 1;", top=line + "\n"))


def test_a_circle_is_told(tmp_path: Path) -> None:
    modules(tmp_path, a='import { b } from "./b.js";\nexport const a = 1;\n')
    modules(tmp_path, b='import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(NotBundled, match="a → b → a"):
        bundle("a", tmp_path)


@pytest.mark.browser
@pytest.mark.parametrize("payload", PAYLOADS)
def test_it_opens_by_double_click(payload: str, page: Any, tmp_path: Path) -> None:
    """No network, no message, no refusal by the policy; names are shown as they are."""
    path, ear = tmp_path / "map.html", Ear(page)
    path.write_text(single(SPEC, payload, (payload,), data(payload)), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready=map]")
    assert page.evaluate("document.body.dataset.facilities") == "1"
    assert page.text_content("h1") == payload
    assert page.locator(".label-no_burn_zones").text_content() == payload
    page.evaluate("window.blueSky.map.setView([29.15, 119.45], 15, {animate: false})")
    box = page.locator("#map_main").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".map-popup")
    assert page.locator(".popup-title").text_content() == payload
    assert page.locator("img, .map-popup script").count() == 0
    assert ear.said == []
    assert ear.asked == [path.as_uri()]


EVIL = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<link rel=stylesheet href=other.css>", "<p style='color:red'>",
)  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("evil", EVIL)
def test_twin_what_does_not_belong_is_refused_and_heard(evil: str, page: Any, tmp_path: Path) -> None:
    path, ear = tmp_path / "map.html", Ear(page)
    path.write_text(single(SPEC, "图", (), data("甲")).replace("</body>", evil + "</body>"), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready=map]")
    assert any("Content Security Policy" in text for text in ear.said)
    assert "dialog" not in ear.said
