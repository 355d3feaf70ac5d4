"""Every layer file declares what a layer needs, and a malformed one stops the start."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.raw import RawTable
from geo.region import load_region
from layers import _fuels, _vocabulary
from layers._conform import conform
from layers._conform_headers import plain
from layers._find import LayerMalformed, load_layers
from layers._layer import Layer, Vocabulary

LAYERS = load_layers()
NAMES = [
    "towns", "built_up_areas", "development_zones", "heat_networks", "mixing_ban_areas", "no_burn_zones",
    "nrmm_zones", "grid_cells", "mines", "mine_faces", "construction_sites", "yards", "enterprises",
    "combustion_units", "machines", "air_stations", "petrol_stations",
    "station_values", "complaints",
]  # fmt: skip
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
VOCABULARIES = {name: value for name, value in vars(_vocabulary).items() if isinstance(value, Vocabulary)}


def test_all_layers_are_found_in_drawing_order() -> None:
    assert list(LAYERS) == NAMES
    assert [layer.order for layer in LAYERS.values()] == sorted(layer.order for layer in LAYERS.values())


def test_the_answer_belongs_to_the_caller() -> None:
    load_layers().clear()
    assert list(load_layers()) == NAMES


@every_layer
def test_titles_clause_and_style(layer: Layer) -> None:
    assert re.fullmatch(r"（[一二三四五六七八九十]+）", layer.clause)
    assert re.search(r"[\u4e00-\u9fff]", layer.title)
    assert layer.title_en.isascii()
    for style in (layer.style, *layer.styles.values()):
        assert re.fullmatch(r"#[0-9A-F]{6}", style.line)
        assert style.fill is None or re.fullmatch(r"#[0-9A-F]{6}", style.fill)
        assert 0 <= style.fill_opacity <= 1
    if layer.style_by:
        vocabulary = layer.column(layer.style_by).vocabulary
        assert vocabulary is not None
        assert set(layer.styles) == set(vocabulary.words)


@every_layer
def test_no_header_means_two_columns(layer: Layer) -> None:
    words = [plain(word) for column in layer.columns for word in (column.name, *column.headers)]
    assert sorted(words) == sorted(set(words))


@every_layer
def test_links_point_to_keys_of_layers(layer: Layer) -> None:
    for column in layer.columns:
        if column.links_to:
            assert column.name in (LAYERS[column.links_to].key, "parent_code")


@every_layer
def test_the_example_row_conforms(layer: Layer) -> None:
    example = {column.name: column.example for column in layer.columns if column.example}
    if layer.positioned:
        del example["easting"], example["northing"], example["crs"]
    box = np.array([shapely.box(119.46, 29.21, 119.47, 29.22)], dtype=object)
    polygons = layer.geometry == "polygon"
    raw = RawTable(
        pd.DataFrame([example], dtype=object), [2], box if polygons else None, "EPSG:4490", True, driver="GeoJSON"
    )  # fmt: skip
    done = conform(raw, layer, load_region())
    assert done.faults == []
    row = done.frame.iloc[0]
    assert [name for name in example if row[name] is None] == []
    assert (row["geometry"] is None) == (layer.geometry == "none")


def test_personal_columns_are_marked() -> None:
    personal = {f"{layer.name}.{c.name}" for layer in LAYERS.values() for c in layer.columns if c.personal}
    assert personal >= {
        "grid_cells.phone", "grid_cells.head_name", "grid_cells.member_names",
        "enterprises.contact", "enterprises.grid_person", "machines.owner",
    }  # fmt: skip
    assert "enterprises.enterprise_name" not in personal


@pytest.mark.parametrize("name", VOCABULARIES)
def test_no_word_means_two_values(name: str) -> None:
    vocabulary = VOCABULARIES[name]
    meanings: dict[str, set[str]] = {}
    for value, synonyms in vocabulary.words.items():
        for word in (value, *synonyms):
            meanings.setdefault(plain(word), set()).add(value)
    assert {word: values for word, values in meanings.items() if len(values) > 1} == {}
    assert set(vocabulary.english) <= set(vocabulary.words)
    assert all(vocabulary.title(value, "en").isascii() for value in vocabulary.words)


def test_fuel_groups_are_a_partition() -> None:
    for one, other in itertools.combinations(_fuels.GROUPS.values(), 2):
        assert not one & other
    assert frozenset().union(*_fuels.GROUPS.values()) == frozenset(_fuels.FUEL.words)
    assert set(_fuels.GROUPS) == set(_fuels.GROUP_TITLES)
    assert _fuels.group("petcoke") == "OIL"
    assert _fuels.group("coal_tar") == "OIL"
    assert _fuels.group(None) == _fuels.group("moon dust") == "UNKNOWN"


WHOLE = """
from layers._layer import Column, Layer, Style
LAYER = Layer(title="树", title_en="Trees", group="base", geometry="point", key="code", label="code",
              clause="（一）", columns=(Column("code", ("编号",), "Code", required=True),), style=Style(line="#000000"))
"""
BROKEN = {
    "no_layer": ("NOTHING = 1", "LAYER"),
    "no_clause": (WHOLE.replace("（一）", ""), "clause"),
    "no_key": (WHOLE.replace('key="code"', 'key="id"'), "id"),
    "key_not_required": (WHOLE.replace(", required=True", ""), "required"),
    "no_words": (WHOLE.replace('"Code"', '"Code", "enum"'), "vocabulary"),
    "no_headers": (WHOLE.replace('("编号",)', "()"), "headers"),
    "zone_without_dates": (WHOLE.replace("style=", "zone=True, style="), "effective_from"),
    "broken_python": ("LAYER = = 1", "SyntaxError"),
}


def _package(folder: Path, name: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    package = f"layers_for_{name}"
    (folder / package).mkdir()
    (folder / package / "__init__.py").touch()
    for file, text in files.items():
        (folder / package / file).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    for module in [module for module in sys.modules if module.startswith(package)]:
        monkeypatch.delitem(sys.modules, module)
    return package


def test_a_new_file_is_a_new_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"trees.py": WHOLE, "_machinery.py": "raise RuntimeError"}
    found = load_layers(_package(tmp_path, "whole", files, monkeypatch))
    assert list(found) == ["trees"]
    assert found["trees"].name == "trees"


@pytest.mark.parametrize("fault", BROKEN)
def test_a_malformed_file_is_named(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, what = BROKEN[fault]
    package = _package(tmp_path, fault, {"trees.py": WHOLE, "weeds.py": text}, monkeypatch)
    with pytest.raises(LayerMalformed) as caught:
        load_layers(package)
    assert "weeds.py" in caught.value.sentence("en")
    assert what in caught.value.sentence("en")
