"""What every rule, layer and page must have; twins show that each demand can fail."""

from __future__ import annotations

import csv
import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import app
from docs import translations
from geo.errors import BlueSkyError
from geo.region import Region
from layers._find import LayerMalformed, load_layers
from rules._find import RuleMalformed, load_rules
from services.assess import assess
from services.demo import STORY_DATES
from services.scope import ALL
from store.open import Store
from tests import _house
from views._page import Page, RouteUnprotected, register

ROOT = _house.ROOT
CASES = [ROOT / "tests" / "fixtures" / "rules" / name for name in ("expected.csv", "expected_all_2021-07-01.csv")]
CARRIED = re.compile(r"\{sentence_(zh|en)\}")  # a sentence made elsewhere, carried whole
HARMFUL = set("VTUB")
CLAUSE = re.compile(r"（[一二三四五六七八九十]+）")


def without_cases(keys: list[str], records: list[dict[str, str]]) -> list[str]:
    """Rules without a record that finds fault and one that finds none."""
    found = {key: {record["verdict"] for record in records if record["rule"] == key} for key in keys}
    return [key for key, verdicts in found.items() if not verdicts & HARMFUL or not verdicts - HARMFUL]


def unsaid_errors(kinds: list[type[BlueSkyError]]) -> list[str]:
    """Errors whose sentences are missing, the same in both languages, or without Chinese."""
    return [
        kind.__name__
        for kind in kinds
        if not (CARRIED.fullmatch(kind.zh) and CARRIED.fullmatch(kind.en))
        and (kind.zh == kind.en or not re.search(r"[一-鿿]", kind.zh) or re.search(r"[一-鿿]", kind.en))
    ]


def _records() -> list[dict[str, str]]:
    return [record for file in CASES for record in csv.DictReader(file.read_text("utf-8-sig").splitlines())]


def _all_errors() -> list[type[BlueSkyError]]:
    for path in _house.product_files(ROOT):
        name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        if "migrations" not in name and name not in ("app", "geo._reader_process"):
            importlib.import_module(name.removesuffix(".__init__"))
    found, waiting = [], [BlueSkyError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.split(".")[0] in _house.FLOORS]


def test_every_rule_has_cases_for_and_against(demo_store: Store, region: Region) -> None:
    told = [assess(demo_store, region, day).findings.to_dict("records") for day in STORY_DATES]
    records = _records()
    assert {record["rule"] for record in records} == set(load_rules())
    assert without_cases(list(load_rules()), [*records, *told[0], *told[1]]) == []


def test_a_rule_without_cases_is_found() -> None:
    only_fault = [{"rule": "R1", "verdict": "V"}, {"rule": "R2", "verdict": "V"}, {"rule": "R2", "verdict": "N"}]
    assert without_cases(["R1", "R2", "R3"], only_fault) == ["R1", "R3"]


@pytest.mark.parametrize("key", load_rules())
def test_every_rule_names_its_source(key: str) -> None:
    rule = load_rules()[key]
    assert CLAUSE.fullmatch(rule.clause)
    assert rule.wording.endswith("。")
    assert rule.legal_basis
    assert rule.department


def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> str:
    folder = tmp_path / "broken_ones"
    folder.mkdir()
    (folder / "__init__.py").write_text("", "utf-8")
    (folder / "broken.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("broken_ones", "broken_ones.broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "broken_ones"


@pytest.mark.parametrize("source", ["X = 1\n", "1 / 0\n", "import nowhere_at_all\n", "LAYER = RULE = None\n"])
def test_a_malformed_layer_or_rule_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    package = _package(tmp_path, monkeypatch, source)
    load_layers_fresh: Any = importlib.import_module("layers._find")._load.__wrapped__
    load_rules_fresh: Any = importlib.import_module("rules._find")._load.__wrapped__
    with pytest.raises(LayerMalformed, match=r"broken_ones/broken\.py"):
        load_layers_fresh(package)
    with pytest.raises(RuleMalformed, match=r"broken_ones/broken\.py"):
        load_rules_fresh(package)


def test_every_layer_of_a_rule_exists() -> None:
    asked = {name for rule in load_rules().values() for name in (*rule.subjects, *rule.needs, rule.zone_layer) if name}
    assert asked <= set(load_layers())


def test_every_route_is_listed_with_a_permission(empty_store: Store, region: Region) -> None:
    made = app.create_app(empty_store, region)
    served = {str(rule) for rule in made.url_map.iter_rules() if rule.endpoint != "static"}
    assert served == {page.rule for page in app.pages()}
    assert {page.permission for page in app.pages()} <= ALL


@pytest.mark.parametrize("permission", ["", "everything", None])
def test_a_route_without_a_permission_stops_the_start(permission: Any) -> None:
    from flask import Flask

    bare = Page("/x", "x", lambda: "", permission)
    with pytest.raises(RouteUnprotected):
        register(Flask("bare"), [bare])


def test_two_pages_never_share_a_name() -> None:
    names = [page.name for page in app.pages()]
    assert len(names) == len(set(names))


def test_every_error_is_a_sentence_in_both_languages() -> None:
    assert unsaid_errors(_all_errors()) == []


def test_an_unsaid_error_is_found() -> None:
    class Silent:
        zh = en = "nothing"

    class Mixed:
        zh, en = "坏了。", "坏了 broken."

    assert unsaid_errors([Silent, Mixed]) == ["Silent", "Mixed"]  # type: ignore[list-item]  stand-ins, never raised


def test_every_text_of_the_pages_is_translated() -> None:
    assert translations.faults() == []


def test_twin_a_text_without_a_translation_and_a_translation_of_nothing_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = translations.CATALOGUE.read_text("utf-8")
    assert '\nmsgstr "Overview"\n' in whole
    broken = tmp_path / "messages.po"
    broken.write_text(whole.replace('msgstr "Overview"', 'msgstr ""') + '\nmsgid "旧词"\nmsgstr "old"\n', "utf-8")
    monkeypatch.setattr(translations, "CATALOGUE", broken)
    assert translations.faults() == ["no translation: 总览", "not used: 旧词"]


def test_an_update_keeps_what_is_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = translations.CATALOGUE.read_bytes()
    monkeypatch.setattr(translations, "CATALOGUE", tmp_path / "en" / "messages.po")
    translations.CATALOGUE.parent.mkdir()
    translations.CATALOGUE.write_bytes(kept)
    assert translations.update() == []
    assert translations.CATALOGUE.read_bytes() == kept
