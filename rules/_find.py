"""Finds every rule: one file of this folder, one rule."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from geo.errors import Unavailable
from layers._find import load_layers
from rules._parameters import PARAMETERS
from rules._rule import Rule


class RuleMalformed(Unavailable):
    """A rule file does not declare what a rule needs: the start stops here."""

    zh = "规则文件“{file}”不完整：{what}，请补全后再启动。"
    en = "The rule file “{file}” is incomplete: {what}; complete it and start again."


def load_rules(package: str = "rules") -> dict[str, Rule]:
    """Every rule by key, ordered by key.

    Args:
        package: the package to look in (tests give their own).
    Raises:
        RuleMalformed: a file lacks something; names the file and what is missing.
    """
    return dict(_load(package))


@cache
def _load(package: str) -> dict[str, Rule]:
    folder = importlib.import_module(package)
    found: dict[str, Rule] = {}
    for module in pkgutil.iter_modules(folder.__path__):
        if module.name.startswith("_"):
            continue
        rule = _load_one(package, module.name)
        if rule.key in found:
            raise RuleMalformed(file=f"{package}/{module.name}.py", what=f"key {rule.key} twice")
        found[rule.key] = rule
    return dict(sorted(found.items()))


def _load_one(package: str, name: str) -> Rule:
    file = f"{package.replace('.', '/')}/{name}.py"
    try:
        module = importlib.import_module(f"{package}.{name}")
    except Exception as fault:
        raise RuleMalformed(file=file, what=f"{type(fault).__name__}: {fault}") from fault
    rule = getattr(module, "RULE", None)
    if not isinstance(rule, Rule):
        raise RuleMalformed(file=file, what="RULE = Rule(...)")
    missing = _gaps(rule)
    if missing:
        raise RuleMalformed(file=file, what="; ".join(missing))
    return rule


def _gaps(rule: Rule) -> list[str]:
    texts = ("key", "title", "title_en", "clause", "wording", "legal_basis", "department", "fault", "fault_en")
    gaps = [name for name in texts if not getattr(rule, name)]
    layers = load_layers()
    asked = (*rule.subjects, *rule.needs, *((rule.zone_layer,) if rule.zone_layer else ()))
    gaps += [f"layer {name}" for name in asked if name not in layers]
    gaps += [f"parameter {key}" for key in rule.parameters if key not in PARAMETERS]
    if not rule.subjects:
        gaps.append("subjects")
    gaps += [
        f"column {name}"
        for name in rule.inputs
        if not any(layers[layer].has(name) for layer in rule.subjects if layer in layers)
    ]
    if rule.zone_layer in layers:
        gaps += [f"zone column {name}" for name in rule.zone_inputs if not layers[rule.zone_layer].has(name)]
    if bool(rule.judge) == bool(rule.violates):
        gaps.append("either judge or violates")
    return gaps
