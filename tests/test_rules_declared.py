"""Rules are found by their folder, a malformed one is named, parameters are checked."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from _rules_cases import DAY, REGION, findings, region, unit, world

from rules._find import RuleMalformed, load_rules
from rules._parameters import PARAMETERS, Parameters, ParameterUnusable
from rules._run import RuleUnknown, rules_hash, run

KEYS = {
    "R11-NBZ", "R10-LE10", "R10-10-35", "R10-GE35", "R10-BUA", "R10-BUABIO", "R10-HEATNET", "R34-HEATKILN",
    "R09-NEW35", "R34-GAS3M", "R34-HOTAIR", "R18-NRMM", "R21-SITE7", "R21-ONLINE", "R21-MIX", "R24-MINE",
    "R24-CRUSH", "R24-MIXPLANT", "R14-GRID",
}  # fmt: skip
CLAUSES = {"R09": "（九）", "R10": "（十）", "R11": "（十一）", "R14": "（十四）", "R18": "（十八）",
           "R21": "（二十一）", "R24": "（二十四）", "R34": "（三十四）"}  # fmt: skip


def test_the_rules_of_the_contract_in_order_of_their_keys() -> None:
    assert set(load_rules()) == KEYS
    assert list(load_rules()) == sorted(KEYS)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_rule_says_where_it_comes_from(key: str) -> None:
    rule = load_rules()[key]
    assert rule.clause == CLAUSES[key[:3]]
    assert rule.wording.endswith("。") and len(rule.wording) < 80
    assert "《" in rule.legal_basis or "行动计划" in rule.legal_basis
    assert rule.title and rule.title_en.isascii() and rule.fault_en.isascii()
    assert rule.exempt is None or rule.exempt_text


GOOD = '''
from rules.coal_hot_air_furnaces import RULE as OTHER
import dataclasses
RULE = dataclasses.replace(OTHER, key="R99-TEST"{change})
'''


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x = 1", "RULE = Rule"),
        ("import nothing_of_that_name", "nothing_of_that_name"),
        ("def broken(:", "SyntaxError"),
        (GOOD.format(change=', clause=""'), "clause"),
        (GOOD.format(change=", subjects=()"), "subjects"),
        (GOOD.format(change=', subjects=("moons",)'), "moons"),
        (GOOD.format(change=', zone_layer="moons"'), "moons"),
        (GOOD.format(change=', inputs=("colour",)'), "colour"),
        (GOOD.format(change=', parameters=("colour",)'), "colour"),
        (GOOD.format(change=', zone_layer="towns", zone_inputs=("colour",)'), "colour"),
        (GOOD.format(change=", violates=None"), "judge or violates"),
    ],
)
def test_a_malformed_rule_stops_the_start_and_is_named(
    text: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = f"rules_{abs(hash((text, named)))}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("", "utf-8")
    (tmp_path / package / "bad_rule.py").write_text(text, "utf-8")
    (tmp_path / package / "_machinery.py").write_text("raise RuntimeError", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RuleMalformed) as caught:
        load_rules(package)
    assert f"{package}/bad_rule.py" in str(caught.value) and named in str(caught.value)
    assert f"{package}/bad_rule.py" in caught.value.sentence("en")


def test_a_new_file_is_a_new_rule_and_a_key_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "rules_extended"
    folder.mkdir()
    (folder / "__init__.py").write_text("", "utf-8")
    (folder / "one.py").write_text(GOOD.format(change=""), "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert list(load_rules("rules_extended")) == ["R99-TEST"]
    sys.modules.pop("rules_extended")
    folder.rename(tmp_path / "rules_doubled")
    (tmp_path / "rules_doubled" / "two.py").write_text(GOOD.format(change=""), "utf-8")
    with pytest.raises(RuleMalformed, match="twice"):
        load_rules("rules_doubled")


def test_every_parameter_is_documented_and_used() -> None:
    used = {key for rule in load_rules().values() for key in rule.parameters}
    assert used == set(PARAMETERS)
    assert all(p.doc and p.doc_en for p in PARAMETERS.values())


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("ultra_low_pm", 5, Decimal(5)),
        ("ultra_low_pm", 0.1, Decimal("0.1")),
        ("ultra_low_pm", "7.5", Decimal("7.5")),
        ("class1_quality_mode", "all", "all"),
        ("plan_end", dt.date(2022, 12, 31), dt.date(2022, 12, 31)),
        ("plan_end", "2022-12-31", dt.date(2022, 12, 31)),
        ("hpf_outside_zone", ["COAL"], ("COAL",)),
        ("hpf_outside_zone", "COAL, BIO", ("COAL", "BIO")),
    ],
)
def test_overrides(key: str, value: Any, expected: Any) -> None:
    assert Parameters(region(**{key: value}))[key] == expected


def test_overrides_of_smoke_limits_keep_the_other_classes() -> None:
    limits = Parameters(region(smoke_limits={"III": [0.7, 0.7, 0.4]}))["smoke_limits"]
    assert limits["III"] == (Decimal("0.7"), Decimal("0.7"), Decimal("0.4"))
    assert limits["I"] == PARAMETERS["smoke_limits"].default["I"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", 1),
        ("ultra_low_pm", -1),
        ("ultra_low_pm", "much"),
        ("ultra_low_pm", float("nan")),
        ("class1_quality_mode", "some"),
        ("plan_end", "someday"),
        ("plan_end", dt.datetime(2022, 12, 31)),
        ("hpf_outside_zone", ["WOOD"]),
        ("hpf_outside_zone", ["UNKNOWN"]),
        ("high_eff_dust", ["broom"]),
        ("high_eff_dust", ["bag", "cyclone"]),
        ("smoke_limits", {"IV": [1, 1, 1]}),
        ("smoke_limits", {"III": [1, 1]}),
        ("smoke_limits", 3),
    ],
)
def test_an_unusable_override_is_named(key: str, value: Any) -> None:
    with pytest.raises(ParameterUnusable) as caught:
        Parameters(region(**{key: value}))
    assert "data/region.toml" in str(caught.value)


def test_the_plan_dates_are_those_of_the_region() -> None:
    values = Parameters(REGION)
    assert (values["plan_start"], values["plan_end"]) == (REGION.plan_start, REGION.plan_end)


def test_the_limit_for_biomass_outside_zones_is_a_setting() -> None:
    frames = world(combustion_units=unit(fuel=("raw_biomass",), built_on=dt.date(2019, 5, 1)))
    assert findings(frames, "R09-NEW35") == []
    assert len(findings(frames, "R09-NEW35", where=region(hpf_outside_zone=["COAL", "OIL", "BIO"]))) == 1


def test_a_hash_changes_with_rules_and_parameters_and_with_nothing_else() -> None:
    assert rules_hash(REGION) == rules_hash(region()) == rules_hash(REGION, sorted(KEYS, reverse=True))
    others = [rules_hash(region(ultra_low_pm=5)), rules_hash(REGION, ["R11-NBZ"]), rules_hash(REGION, ["R10-BUA"])]
    assert len({rules_hash(REGION), *others}) == 4


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(RuleUnknown, match="R00-NONE"):
        run(world(), DAY, REGION, ["R00-NONE"])


def test_nothing_recorded_gives_an_empty_table_with_all_columns() -> None:
    found = run(world(), DAY, REGION)
    assert len(found) == 0 and len(found.columns) == 17
