"""The list of findings 判定清单: filtered, sorted, paged; the same filter serves page, map and downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import WrongUsage
from layers._find import load_layers
from layers._fuels import FUEL, GROUPS
from rules._find import load_rules
from rules._verdict import RANK, WORST_FIRST
from services.assess import Assessment
from services.facilities import board, label_of

SORTS = ("verdict", "rule", "name", "town", "zone_code", "due_on", "edge_distance_m", "capacity")
PAGE_SIZE = 50
HotPlaces = Callable[[list[tuple[float | None, float | None]]], list[tuple[str, ...]]]
"""Tells of places in degrees the lists of the hot cell they lie in."""


@dataclass(frozen=True)
class Filter:
    """What to show; every field is one URL parameter of the same name, empty for any.

    Attributes:
        rule: rule key. verdict: letters such as ``V,T``. worst: the same, of the facility's worst
            verdict. zone: code of a zone, or ``layer/code``.
        town, cell: of the facility. fuel: a fuel or a group such as ``COAL``. cap_from, cap_to: t/h, inclusive.
        q: text in name, code, zone or reason. near: anything for 边界疑似 alone. layer: subject layer.
        sort: one of ``SORTS``. desc: anything for the other direction.
    """

    rule: str = ""
    verdict: str = ""
    worst: str = ""
    zone: str = ""
    town: str = ""
    cell: str = ""
    fuel: str = ""
    cap_from: str = ""
    cap_to: str = ""
    q: str = ""
    near: str = ""
    layer: str = ""
    sort: str = "verdict"
    desc: str = ""

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Filter:
        """A filter from request parameters; unknown ones are left to the caller.

        Raises:
            WrongUsage: a value that cannot be meant.
        """
        made = cls(**{f.name: values.get(f.name, "").strip() or str(f.default) for f in fields(cls)})
        made.check()
        return made

    def check(self) -> None:
        """Refuse what cannot be meant, with a sentence."""
        if self.rule and self.rule not in load_rules():
            raise WrongUsage(value=self.rule, hint="没有这条规则 / no such rule")
        for text in (self.verdict, self.worst):
            if not set(letters(text)) <= set(WORST_FIRST):
                raise WrongUsage(value=text, hint=" ".join(WORST_FIRST))
        if self.sort not in SORTS:
            raise WrongUsage(value=self.sort, hint=" ".join(SORTS))
        if self.fuel and self.fuel not in GROUPS and self.fuel not in FUEL.words:
            raise WrongUsage(value=self.fuel, hint=" ".join(GROUPS))
        if self.layer and self.layer not in load_layers():
            raise WrongUsage(value=self.layer, hint="没有这个图层 / no such layer")
        for text in (self.cap_from, self.cap_to):
            _number(text)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The verdicts asked for."""
        return letters(self.verdict)

    def chosen(self) -> dict[str, str]:
        """The fields that differ from the default, as URL parameters."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}


def letters(text: str) -> tuple[str, ...]:
    """Verdicts of ``V``, ``VT`` or ``V,T``."""
    return tuple(dict.fromkeys(text.replace(",", "")))


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise WrongUsage(value=text, hint="请输入数字 / a number is needed") from None
    if not np.isfinite(value):
        raise WrongUsage(value=text, hint="请输入数字 / a number is needed")
    return value


def select(assessment: Assessment, wanted: Filter) -> pd.DataFrame:
    """The findings a filter lets through, in its order."""
    table = board(assessment).findings
    keep = np.ones(len(table), dtype=bool)
    equal = {"rule": wanted.rule, "town": wanted.town, "cell": wanted.cell, "subject_layer": wanted.layer}
    for column, value in equal.items():
        if value:
            keep &= (table[column] == value).to_numpy(dtype=bool)
    for column, text in (("verdict", wanted.verdict), ("worst", wanted.worst)):
        if text:
            keep &= table[column].isin(letters(text)).to_numpy(dtype=bool)
    if wanted.near:
        keep &= table["near"].to_numpy(dtype=bool)
    keep &= by_zone(table, wanted.zone) & _by_fuel(table, wanted.fuel) & _by_capacity(table, wanted) & _by_text(table, wanted.q)
    return _sorted(table[keep], wanted)


def by_zone(table: pd.DataFrame, zone: str) -> npt.NDArray[np.bool_]:
    """Which findings of a board name a zone: ``layer/code``, or a code in any layer."""
    if not zone:
        return np.ones(len(table), dtype=bool)
    reported = table["zone_layer"] + "/" + table["zone_code"]
    named = (reported == zone) | (table["judged_at"] == zone) | (table["zone_code"] == zone)
    return np.asarray(named, dtype=bool)


def _by_fuel(table: pd.DataFrame, fuel: str) -> Any:
    if not fuel:
        return np.ones(len(table), dtype=bool)
    members = GROUPS.get(fuel, frozenset({fuel}))
    return np.array([bool(members & set(fuels.split(";"))) for fuels in table["fuel"]], dtype=bool)


def _by_capacity(table: pd.DataFrame, wanted: Filter) -> Any:
    low, high = _number(wanted.cap_from), _number(wanted.cap_to)
    keep = np.ones(len(table), dtype=bool)
    sizes = table["capacity"].to_numpy(dtype=float)
    if low is not None:
        keep &= sizes >= low
    if high is not None:
        keep &= sizes <= high
    return keep


def _by_text(table: pd.DataFrame, text: str) -> Any:
    if not text:
        return np.ones(len(table), dtype=bool)
    needle = text.casefold()
    columns = ("name", "subject_code", "facility_key", "zone_code", "reason")
    hits = [[needle in str(cell).casefold() for cell in table[column]] for column in columns]
    return np.array(hits, dtype=bool).any(axis=0)


def _sorted(table: pd.DataFrame, wanted: Filter) -> pd.DataFrame:
    keys = {
        "verdict": [RANK[v] for v in table["verdict"]],
        "edge_distance_m": [float(d) if d else np.nan for d in table["edge_distance_m"]],
        "due_on": [d or None for d in table["due_on"]],
    }
    key = keys.get(wanted.sort, table[wanted.sort].tolist())
    ordered = table.assign(_key=key).sort_values(
        ["_key", "rule", "subject_layer", "subject_code"], ascending=[not wanted.desc, True, True, True], kind="stable"
    )
    return ordered.drop(columns="_key")


def page(selected: pd.DataFrame, number: int) -> tuple[pd.DataFrame, int, int]:
    """One page of findings, its number and how many there are; a number beyond them gives the last."""
    pages = max(1, -(-len(selected) // PAGE_SIZE))
    chosen = min(max(number, 1), pages)
    return selected.iloc[(chosen - 1) * PAGE_SIZE : chosen * PAGE_SIZE], chosen, pages


def facility_keys(selected: pd.DataFrame) -> set[tuple[str, str]]:
    """The facilities of some findings."""
    return set(zip(selected["facility_layer"], selected["facility_key"], strict=True))


@dataclass(frozen=True)
class Choices:
    """What a filter can be set to: zones (layer, code, name), towns and cells that findings name."""

    zones: list[tuple[str, str, str]]
    towns: list[str]
    cells: list[str]


def choices(assessment: Assessment) -> Choices:
    """Everything the findings of an assessment can be filtered by."""
    table = board(assessment).findings
    named = []
    for layer, code in sorted(set(zip(table["zone_layer"], table["zone_code"], strict=True)) - {("", "")}):
        if load_layers()[layer].zone:
            frame = assessment.frames[layer]
            names = frame[frame[load_layers()[layer].key] == code][label_of(layer)]
            named.append((layer, code, str(names.iloc[-1] or code)))
    return Choices(named, sorted(set(table["town"]) - {""}), sorted(set(table["cell"]) - {""}))
